"""Whatever bytes arrive: a Quote, a Book, a Rejected or a BadReply come out, and nothing else."""

import contextlib
import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exchanges
from exchanges import BadReply, Quote, Rejected, Response
from exchanges.book import Book, Level
from exchanges.decode import decode_books, decode_quotes
from exchanges.errors import KINDS

every_exchange = pytest.mark.parametrize("name", exchanges.names())
drawn = settings(database=None)
few = settings(max_examples=15, database=None)
exhaustive = settings(max_examples=300, database=None)
statuses = st.sampled_from([200, 200, 200, 204, 302, 400, 403, 404, 418, 429, 451, 500, 503, 999, 0])
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["", "0", "-1", "nan", "1e5", "1_000", "١٢", " 12 ", "1" * 5000, "9" * 20, "0.0"])
)
any_json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


def judge(exchange, response):
    """Read a response as one pair, as a batch and as a book, and hold each to the promise."""
    pairs = [instrument.pair for instrument in exchange.instruments[:2]]
    for read in (
        lambda: exchange.quote_from(pairs[0], response),
        lambda: exchange.quotes_from(pairs, response),
        lambda: exchange.book_from(pairs[0], response),
    ):
        try:
            found = read()
        except BadReply as error:
            found = Rejected(error.kind, str(error))
        if isinstance(found, Book):
            judge_a_book(found)
            continue
        if isinstance(found, Rejected):
            assert found.kind in KINDS
            assert len(found.detail) < 400
            assert found.detail.isprintable()
            continue
        for quote in found if isinstance(found, tuple) else (found,):
            assert isinstance(quote, Quote)
            assert 0 < quote.bid <= quote.ask


def judge_a_book(book):
    bids, asks = ([level.price for level in side] for side in (book.bids, book.asks))
    assert all(better > worse > 0 for better, worse in pairwise(bids))
    assert all(0 < better < worse for better, worse in pairwise(asks))
    assert all(level.size >= 0 for level in (*book.bids, *book.asks))
    if bids and asks:
        assert 0 < bids[0] < asks[0]


def valid_book(exchange):
    """A parsed book of the exchange's own, to be damaged."""
    one = exchange.instruments[0]
    bids = tuple(Level(one.price_step * (1000 - n), one.size_step * 5) for n in range(3))
    asks = tuple(Level(one.price_step * (1001 + n), one.size_step * 7) for n in range(3))
    return json.loads(exchange.book_response_for(Book(exchange.name, one.pair, bids, asks, 1_700_000_000_000_000)).body)


def valid_reply(exchange):
    """A parsed body of the exchange's own, to be damaged."""
    one = exchange.instruments[0]
    quote = Quote(
        exchange.name,
        one.pair,
        one.price_step * 1000,
        one.price_step * 1001,
        last=one.price_step * 1000,
        bid_size=one.size_step * 5,
        ask_size=one.size_step * 7,
        time_us=1_700_000_000_000_000,
    )
    return json.loads(exchange.response_for(quote).body)


def places_in(value, path=()):
    """The paths of everything inside a parsed body."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places_in(child, (*path, key))


def with_change(value, path, change):
    if not path:
        return change
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_change(copy[path[0]], path[1:], change)
    return copy


def judge_a_changed_body(exchange, data):
    reply = data.draw(st.sampled_from([valid_reply, valid_book]))(exchange)
    path = data.draw(st.sampled_from(list(places_in(reply))))
    changed = with_change(reply, path, data.draw(any_json))
    judge(exchange, Response(data.draw(statuses), json.dumps(changed).encode()))


def facts_of(exchange, still):
    """What tells of the exchange's clock and of its list: a parsed body of its own each, and what reads it."""
    two = replace(exchange, instruments=exchange.instruments[:2])
    steps = {one.pair: (one.price_step * 1000, one.price_step * 1001) for one in two.instruments}
    view = still({pair: Quote(exchange.name, pair, bid, ask, last=bid) for pair, (bid, ask) in steps.items()})
    asked = ((two.time_request(), exchange.time_from), (two.instruments_request(), exchange.instruments_from))
    return [(json.loads(two.answer(request, view).body), read) for request, read in asked if request is not None]


def judge_changed_facts(exchange, still, data):
    reply, read = data.draw(st.sampled_from(facts_of(exchange, still)))
    changed = with_change(reply, data.draw(st.sampled_from(list(places_in(reply)))), data.draw(any_json))
    try:
        found = read(Response(data.draw(statuses), json.dumps(changed).encode()))
    except BadReply as error:
        found = Rejected(error.kind, str(error))
    if isinstance(found, Rejected):
        assert found.kind in KINDS
        assert found.detail.isprintable()
    elif isinstance(found, tuple):
        assert all(one.price_step > 0 and one.size_step > 0 for one in found)
    else:
        assert found >= 0


@every_exchange
@drawn
@given(status=statuses, body=st.binary(max_size=200))
def test_any_bytes_are_judged(name, status, body):
    judge(exchanges.load(name), Response(status, body))


@every_exchange
@drawn
@given(status=statuses, value=any_json)
def test_any_json_is_judged(name, status, value):
    judge(exchanges.load(name), Response(status, json.dumps(value).encode()))


@every_exchange
@drawn
@given(data=st.data())
def test_a_valid_body_with_one_part_replaced_is_judged(name, data):
    judge_a_changed_body(exchanges.load(name), data)


@pytest.mark.slow
@every_exchange
@exhaustive
@given(data=st.data())
def test_thousands_of_valid_bodies_with_one_part_replaced_are_judged(name, data):
    judge_a_changed_body(exchanges.load(name), data)


@every_exchange
@few
@given(data=st.data())
def test_a_clock_or_a_list_with_one_part_replaced_is_judged(name, still, data):
    judge_changed_facts(exchanges.load(name), still, data)


@pytest.mark.slow
@every_exchange
@exhaustive
@given(data=st.data())
def test_a_thousand_clocks_and_lists_with_one_part_replaced_are_judged(name, still, data):
    judge_changed_facts(exchanges.load(name), still, data)


@every_exchange
@drawn
@given(data=st.data())
def test_a_valid_body_cut_off_anywhere_is_never_a_quote(name, data):
    exchange = exchanges.load(name)
    body = json.dumps(valid_reply(exchange)).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(BadReply) as caught:
        exchange.quote_from(exchange.instruments[0].pair, Response(200, cut))
    assert caught.value.kind == "not_json"


@every_exchange
@drawn
@given(data=st.data())
def test_a_valid_book_cut_off_anywhere_is_never_a_book(name, data):
    exchange = exchanges.load(name)
    body = json.dumps(valid_book(exchange)).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(BadReply) as caught:
        exchange.book_from(exchange.instruments[0].pair, Response(200, cut))
    assert caught.value.kind == "not_json"


@every_exchange
def test_a_book_with_one_price_out_of_order_is_never_a_book(name):
    exchange = exchanges.load(name)
    pair = exchange.instruments[0].pair
    sound = exchange.book_from(pair, Response(200, json.dumps(valid_book(exchange)).encode()))
    for side in ("bids", "asks"):
        levels = getattr(sound, side)
        for wrong in (levels[::-1], (levels[0], levels[0]), (levels[0]._replace(price=levels[0].price * 0), *levels)):
            damaged = replace(sound, **{side: wrong})
            with pytest.raises(BadReply) as caught:
                exchange.book_from(pair, exchange.book_response_for(damaged))
            assert caught.value.kind in {"schema", "bad_value"}


@every_exchange
@drawn
@given(data=st.data())
def test_a_server_survives_any_target(name, still, data):
    exchange = exchanges.load(name)
    pair = exchange.instruments[0].pair
    known = [exchange.request_for(pair), exchange.book_request_for(pair, 5), exchange.market_request()]
    request = data.draw(st.sampled_from([one for one in known if one is not None]))
    start = request.target[: data.draw(st.integers(0, len(request.target)))]
    strange = exchanges.Request(name, "", start + data.draw(st.text(max_size=30)))
    exchange.charge_for(strange)
    assert exchange.entries_in(strange) >= 0
    for kind in ("not_found", "unknown_symbol"):
        assert exchange.refusal_for(kind, strange).status in range(200, 600)
    with contextlib.suppress(exchanges.UnknownPair, LookupError):
        assert exchange.pairs_from(strange)
    with contextlib.suppress(exchanges.UnknownPair, LookupError):
        assert exchange.answer(strange, still()).body


@every_exchange
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b'{"price":' + b"9" * 5000 + b"}",
        b"\xff\xfe{\x00",
        b'{"symbol":"\\ud800"}',
        b"\x1b[2J" * 50,
    ],
    ids=["deep list", "deep object", "long integer", "long price", "UTF-16", "lone surrogate", "escape codes"],
)
def test_a_hostile_body_is_a_bad_reply_with_a_short_printable_sentence(name, body):
    exchange = exchanges.load(name)
    with pytest.raises(BadReply) as caught:
        exchange.quote_from(exchange.instruments[0].pair, Response(200, body))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    with pytest.raises(BadReply):
        exchange.book_from(exchange.instruments[0].pair, Response(200, body))


@every_exchange
@drawn
@given(status=statuses, body=st.binary(max_size=60))
def test_decode_never_raises(name, status, body):
    exchange = exchanges.load(name)
    for request in exchange.requests_for([instrument.pair for instrument in exchange.instruments[:3]]):
        for decode in (decode_quotes, decode_books):
            found = decode(request, Response(status, body))
            assert isinstance(found, Rejected)
            assert found.kind in KINDS
