"""The laws of the seam, for every exchange at once: each half undoes the other."""

import functools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exchanges
from exchanges import BadReply, Pair, Quote, Rejected, Request, UnknownPair
from exchanges.book import Book, Level
from exchanges.decode import decode_books, decode_quotes
from exchanges.errors import KINDS

lawful = settings(database=None)
every_exchange = pytest.mark.parametrize("name", exchanges.names())

# A kind of which the exchange has no form of its own is sent as the nearest documented one.
SENT_AS = {
    ("bitfinex", "banned"): "rate_limited",
    ("bitstamp", "banned"): "blocked",
    ("coinbase", "banned"): "blocked",
    ("coinbase_exchange", "banned"): "blocked",
    ("gate", "banned"): "blocked",
    ("gemini", "banned"): "blocked",
    ("kucoin", "banned"): "blocked",
    ("okx", "banned"): "blocked",
}

# Exchanges whose answer for one pair does not say which: nobody could tell another's from it.
NAMES_NO_MARKET = {"bitstamp", "coinbase_exchange", "kucoin"}

# Exchanges that write one time for all pairs of an answer.
ONE_TIME = {"bybit", "kucoin"}

# Exchanges without a public request that brings several pairs with bid and ask.
WITHOUT_A_MARKET = {"coinbase", "coinbase_exchange", "gemini"}

# Exchanges that show no clock to people without a key, and the grain of those clocks that are coarser than 1 ms.
WITHOUT_A_CLOCK = {"bitfinex", "bitstamp", "gemini"}
CLOCK_GRAIN_US = {"kraken": 1_000_000}

YEAR_2015, YEAR_2035 = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2015, 2035))


def over_the_wire(request):
    """What a server sees of a request: nothing of what the client knows."""
    return Request(request.exchange, "http://127.0.0.1:1", request.target, headers=request.headers)


def quotes_of(exchange, instrument):
    """Any quote on the instrument's grids with exactly the fields that the exchange carries."""
    grain = exchange.time_grain_us
    ticks = st.integers(1, 10**9)
    optional = {
        "last": ticks.map(lambda n: n * instrument.price_step),
        "bid_size": st.integers(0, 10**10).map(lambda n: n * instrument.size_step),
        "ask_size": st.integers(0, 10**10).map(lambda n: n * instrument.size_step),
        "time_us": st.integers(YEAR_2015 * 10**6 // grain, YEAR_2035 * 10**6 // grain).map(lambda n: n * grain),
    }
    carried = st.fixed_dictionaries({field: optional[field] for field in sorted(exchange.carries)})
    return st.builds(
        lambda bid, spread, rest: Quote(
            exchange.name,
            instrument.pair,
            bid * instrument.price_step,
            (bid + spread) * instrument.price_step,
            **rest,
        ),
        ticks,
        st.integers(0, 10**6),
        carried,
    )


def as_in_a_batch(exchange, quote):
    """The same quote with what an answer for several pairs tells of it."""
    return replace(quote, **dict.fromkeys(exchange.carries - exchange.batch_carries))


@functools.cache
def exact_quotes(name):
    """A quote of every market of an exchange, to be copied before it is changed."""
    exchange = exchanges.load(name)
    return {one.pair: exact_quote(exchange, one) for one in exchange.instruments}


def exact_quote(exchange, instrument):
    """A quote of ten to eleven thousand steps with just the fields that the exchange carries."""
    step, size = instrument.price_step, instrument.size_step
    fields = {"last": step * 10_001, "bid_size": size * 3, "ask_size": size * 70, "time_us": YEAR_2015 * 10**6}
    carried = {field: fields[field] for field in exchange.carries}
    return Quote(exchange.name, instrument.pair, step * 10_000, step * 10_001, **carried)


def shallow_book(quote):
    """The book of one level a side that says the same as the quote."""
    bid, ask = Level(quote.bid, quote.bid_size or Decimal(1)), Level(quote.ask, quote.ask_size or Decimal(1))
    return Book(quote.exchange, quote.pair, (bid,), (ask,), quote.time_us)


def book_with(exchange, instrument, levels):
    price, size = instrument.price_step, instrument.size_step
    bids = tuple(Level((10**6 - n) * price, (n % 7 + 1) * size) for n in range(levels))
    asks = tuple(Level((10**6 + 1 + n) * price, (n % 5 + 1) * size) for n in range(levels))
    return Book(exchange.name, instrument.pair, bids, asks, YEAR_2015 * 10**6)


def books_of(exchange, instrument):
    """Any book on the instrument's grids, of up to twelve levels a side; a side may be longer than the other."""
    gaps = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)
    sizes = st.lists(st.integers(1, 10**10), min_size=12, max_size=12)
    grain = exchange.time_grain_us
    times = st.integers(YEAR_2015 * 10**6 // grain, YEAR_2035 * 10**6 // grain).map(lambda n: n * grain)

    def built(touch, falls, rises, bid_sizes, ask_sizes, time_us):
        down = [touch - below for below in accumulate(falls)]
        up = [touch - 1 + above for above in accumulate(rises)]
        bids, asks = (
            tuple(
                Level(steps * instrument.price_step, size * instrument.size_step)
                for steps, size in zip(prices, sizes, strict=False)
            )
            for prices, sizes in ((down, bid_sizes), (up, ask_sizes))
        )
        return Book(exchange.name, instrument.pair, bids, asks, time_us)

    return st.builds(built, st.integers(13 * 10**6, 10**9), gaps, gaps, sizes, sizes, times)


def one_book(exchange):
    return st.sampled_from(exchange.instruments).flatmap(lambda instrument: books_of(exchange, instrument))


def one_quote(exchange):
    return st.sampled_from(exchange.instruments).flatmap(lambda instrument: quotes_of(exchange, instrument))


def quotes_of_many(exchange):
    chosen = st.lists(st.sampled_from(exchange.instruments), min_size=1, max_size=4, unique_by=lambda one: one.pair)
    drawn = chosen.flatmap(lambda some: st.tuples(*(quotes_of(exchange, instrument) for instrument in some)))
    if exchange.name not in ONE_TIME:
        return drawn
    return drawn.map(lambda quotes: tuple(replace(quote, time_us=quotes[0].time_us) for quote in quotes))


@every_exchange
def test_a_pair_survives_its_request(name):
    exchange = exchanges.load(name)
    for instrument in exchange.instruments:
        request = exchange.request_for(instrument.pair)
        assert request.pairs == (instrument.pair,)
        assert exchange.pair_from(over_the_wire(request)) == instrument.pair
        assert exchange.pairs_from(over_the_wire(request)) == (instrument.pair,)


@every_exchange
@lawful
@given(data=st.data())
def test_a_quote_survives_its_response(name, still, data):
    exchange = exchanges.load(name)
    quote = data.draw(one_quote(exchange))
    assert exchange.quote_from(quote.pair, exchange.response_for(quote)) == quote
    request = over_the_wire(exchange.request_for(quote.pair))
    view = still({quote.pair: quote}, {quote.pair: shallow_book(quote)})
    assert exchange.quote_from(quote.pair, exchange.answer(request, view)) == quote


@every_exchange
@lawful
@given(data=st.data())
def test_a_batch_of_quotes_survives_its_requests_and_responses(name, still, data):
    exchange = exchanges.load(name)
    quotes = data.draw(quotes_of_many(exchange))
    by_pair = {quote.pair: quote for quote in quotes}
    requests = exchange.requests_for(list(by_pair))
    told = [quote if len(requests) == len(quotes) else as_in_a_batch(exchange, quote) for quote in quotes]
    # Where there is no list, everything is asked for.
    others = exact_quotes(name)
    if name in ONE_TIME:
        others = {pair: replace(quote, time_us=quotes[0].time_us) for pair, quote in others.items()}
    others = others | by_pair
    view = still(others, {quote.pair: shallow_book(quote) for quote in quotes})
    read = []
    for request in requests:
        asked = exchange.pairs_from(over_the_wire(request))
        assert asked in (request.pairs, tuple(others))
        wanted = tuple(by_pair[pair] for pair in request.pairs)
        expected = tuple(told[quotes.index(quote)] for quote in wanted)
        assert exchange.quotes_from(request.pairs, exchange.response_for_many(wanted)) == expected
        read += exchange.quotes_from(request.pairs, exchange.answer(over_the_wire(request), view))
    assert read == told


@every_exchange
@lawful
@given(data=st.data())
def test_a_book_survives_its_request_and_its_response(name, still, data):
    exchange = exchanges.load(name)
    book = data.draw(one_book(exchange))
    depth = max(len(book.bids), len(book.asks))
    request = exchange.book_request_for(book.pair, depth)
    assert request.pairs == exchange.pairs_from(over_the_wire(request)) == (book.pair,)
    best = Quote(name, book.pair, book.bids[0].price, book.asks[0].price, last=book.bids[0].price)
    for response in (
        exchange.book_response_for(book),
        exchange.answer(over_the_wire(request), still({book.pair: best}, {book.pair: book})),
    ):
        read = exchange.book_from(book.pair, response)
        assert read == replace(book, time_us=read.time_us)
        assert read.time_us in (None, book.time_us)
        assert decode_books(request, response) == read


@every_exchange
def test_a_request_for_a_book_names_its_depth(name, still):
    exchange = exchanges.load(name)
    one = exchange.instruments[0]
    deep = book_with(exchange, one, exchange.most_levels)
    quote = Quote(name, one.pair, deep.bids[0].price, deep.asks[0].price, last=deep.bids[0].price)
    view = still({one.pair: quote}, {one.pair: deep})
    for levels in (1, 5, exchange.most_levels):
        request = exchange.book_request_for(one.pair, levels)
        read = exchange.book_from(one.pair, exchange.answer(over_the_wire(request), view))
        # Some exchanges have a few fixed depths; they give no fewer than were asked for, and say how many.
        depth = exchange.entries_in(over_the_wire(request))
        assert levels <= depth <= exchange.most_levels
        assert (read.bids, read.asks) == (deep.bids[:depth], deep.asks[:depth])
    for levels in (0, -1, exchange.most_levels + 1):
        with pytest.raises(ValueError, match=f"expected 1 to {exchange.most_levels} levels"):
            exchange.book_request_for(one.pair, levels)
    with pytest.raises(UnknownPair):
        exchange.book_request_for(Pair("NOTHING", "USD"), 5)


@every_exchange
def test_the_whole_market_comes_in_one_body_where_the_exchange_has_one(name, still):
    exchange = exchanges.load(name)
    request = exchange.market_request()
    if request is None:
        assert name in WITHOUT_A_MARKET
        return
    pairs = tuple(one.pair for one in exchange.instruments)
    assert request.pairs == exchange.pairs_from(over_the_wire(request)) == pairs
    quotes = {one.pair: exact_quote(exchange, one) for one in exchange.instruments}
    told = tuple(as_in_a_batch(exchange, quote) for quote in quotes.values())
    response = exchange.answer(over_the_wire(request), still(quotes))
    assert exchange.quotes_from(pairs, response) == told
    assert exchange.quotes_from(pairs[3:5], response) == told[3:5]


@every_exchange
@lawful
@given(data=st.data())
def test_the_exchange_s_clock_survives_its_request_and_its_response(name, still, data):
    exchange = exchanges.load(name)
    request = exchange.time_request()
    if request is None:
        assert name in WITHOUT_A_CLOCK
        return
    assert (request.about, request.pairs) == ("time", ())
    time_us = data.draw(st.integers(YEAR_2015 * 10**6, YEAR_2035 * 10**6))
    read = exchange.time_from(exchange.answer(over_the_wire(request), still(time_us=time_us)))
    assert time_us - CLOCK_GRAIN_US.get(name, 1000) < read <= time_us
    refused = exchange.time_from(exchange.refusal_for("server", over_the_wire(request)))
    assert refused.kind == "server"


@every_exchange
def test_the_list_of_markets_survives_its_request_and_its_response_with_what_is_halted(name, still):
    exchange = exchanges.load(name)
    halted = {1, len(exchange.instruments) - 1}
    listed = tuple(replace(one, trading=place not in halted) for place, one in enumerate(exchange.instruments))
    lists = replace(exchange, instruments=listed)
    request = lists.instruments_request()
    assert (request.about, request.pairs) == ("instruments", ())
    quotes = {one.pair: exact_quote(exchange, one) for one in exchange.instruments}
    assert lists.instruments_from(lists.answer(over_the_wire(request), still(quotes))) == listed
    refused = exchange.instruments_from(exchange.refusal_for("server", over_the_wire(request)))
    assert refused.kind == "server"


@every_exchange
def test_a_request_costs_what_its_weight_says(name):
    exchange = exchanges.load(name)
    pairs = [one.pair for one in exchange.instruments]
    requests = [exchange.request_for(pairs[0]), *exchange.requests_for(pairs), exchange.market_request()]
    requests += [exchange.book_request_for(pairs[0], levels) for levels in (1, 25, exchange.most_levels)]
    requests += [exchange.time_request(), exchange.instruments_request()]
    for request in filter(None, requests):
        charge = exchange.charge_for(over_the_wire(request))
        assert (charge.weight, charge.bucket != "") == (request.weight, True)
        assert charge.weight <= charge.limit.capacity
        headers = exchange.usage_headers(charge, 7, 12.5)
        assert all(value.isprintable() for value in headers.values())


@every_exchange
def test_an_exchange_tells_how_many_entries_an_answer_prices(name):
    exchange = exchanges.load(name)
    pairs = [one.pair for one in exchange.instruments]
    priced = [exchange.request_for(pairs[0]), *exchange.requests_for(pairs[:3]), exchange.market_request()]
    for request in filter(None, priced):
        assert exchange.entries_in(over_the_wire(request)) == len(exchange.pairs_from(over_the_wire(request)))
    for levels in (1, exchange.most_levels):
        assert levels <= exchange.entries_in(over_the_wire(exchange.book_request_for(pairs[0], levels)))
    assert [exchange.entries_in(Request(name, "", target)) for target in ("/", "", "/api/v3/time", "/%00")] == [0] * 4


@every_exchange
def test_a_path_that_is_not_served_costs_nothing_or_something_but_never_fails(name):
    exchange = exchanges.load(name)
    for target in ("/", "/api/v3/ticker/24hr?symbol=NOPE", "/%00", "", "/0/public/Ticker?pair=NOPE"):
        charge = exchange.charge_for(Request(name, "", target))
        assert charge is None or charge.weight > 0


@every_exchange
def test_a_batch_asks_once_for_a_pair_that_is_wanted_twice(name):
    exchange = exchanges.load(name)
    first, second = exchange.instruments[0].pair, exchange.instruments[1].pair
    asked = [pair for request in exchange.requests_for([first, second, first]) for pair in request.pairs]
    assert asked == [first, second]
    assert exchange.requests_for([]) == []


@every_exchange
@pytest.mark.parametrize("kind", ["unknown_symbol", "rate_limited", "banned", "blocked", "server"])
def test_a_refusal_keeps_its_kind(name, kind):
    exchange = exchanges.load(name)
    pair = exchange.instruments[0].pair
    request = over_the_wire(exchange.request_for(pair))
    read = exchange.quote_from(pair, exchange.refusal_for(kind, request))
    assert isinstance(read, Rejected)
    assert read.kind == SENT_AS.get((name, kind), kind)
    assert read.kind in KINDS
    assert read.retry_after is None


@every_exchange
def test_a_refusal_says_how_long_to_wait(name, monkeypatch):
    # Kraken names the second until which to wait, and both halves look at the clock.
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    exchange = exchanges.load(name)
    pair = exchange.instruments[0].pair
    refusal = exchange.refusal_for("rate_limited", over_the_wire(exchange.request_for(pair)), retry_after=7.0)
    assert exchange.quote_from(pair, refusal).retry_after == 7.0


@every_exchange
def test_a_path_that_is_not_served_is_no_price_request_and_its_reply_is_no_quote(name):
    exchange = exchanges.load(name)
    pair = exchange.instruments[0].pair
    for target in ("/", "/favicon.ico", "/api/v3/ticker", "/0/public/Time", "//etc/passwd", "/%00", ""):
        request = Request(name, "http://127.0.0.1:1", target)
        with pytest.raises(LookupError):
            exchange.pairs_from(request)
        read = decode_quotes(replace(request, pairs=(pair,)), exchange.refusal_for("not_found", request))
        assert isinstance(read, Rejected)
        assert read.kind in {"schema", "not_json", "protocol"}


@every_exchange
def test_an_unlisted_pair_is_our_error_and_the_nearest_is_suggested(name):
    exchange = exchanges.load(name)
    listed = exchange.instruments[0].pair
    wrong = Pair(listed.base + "X", listed.quote)
    with pytest.raises(UnknownPair, match=f"did you mean {listed}"):
        exchange.request_for(wrong)
    with pytest.raises(UnknownPair):
        exchange.requests_for([listed, wrong])


@every_exchange
def test_an_unlisted_symbol_on_the_wire_is_an_unknown_pair(name):
    exchange = exchanges.load(name)
    one = exchange.instruments[0]
    request = over_the_wire(exchange.request_for(one.pair))
    strange = replace(request, target=request.target.replace(one.symbol, one.symbol + "X"))
    with pytest.raises(UnknownPair) as caught:
        exchange.pairs_from(strange)
    assert caught.value.nearest == one.symbol


@every_exchange
def test_an_answer_about_another_pair_is_not_taken_for_ours(name):
    exchange = exchanges.load(name)
    ours, theirs = exchange.instruments[0], exchange.instruments[1]
    quote = Quote(name, theirs.pair, theirs.price_step * 100, theirs.price_step * 101, last=theirs.price_step * 100)
    if name in NAMES_NO_MARKET:
        assert exchange.quote_from(ours.pair, exchange.response_for(quote)).bid == quote.bid
        return
    with pytest.raises(BadReply) as caught:
        exchange.quote_from(ours.pair, exchange.response_for(quote))
    assert caught.value.kind == "schema"
    assert caught.value.pair == ours.pair


@every_exchange
def test_bitcoin_ether_and_solana_come_first_and_at_least_fourteen_pairs_are_listed(name):
    listed = [instrument.pair for instrument in exchanges.load(name).instruments]
    assert [pair.base for pair in listed[:3]] == ["BTC", "ETH", "SOL"]
    assert len({pair.quote for pair in listed[:3]}) == 1
    assert len(set(listed)) == len(listed) >= 14


@every_exchange
def test_grids_are_positive_and_symbols_unique(name):
    exchange = exchanges.load(name)
    assert all(one.price_step > 0 and one.size_step > 0 for one in exchange.instruments)
    assert len({one.symbol for one in exchange.instruments}) == len(exchange.instruments)


@every_exchange
def test_an_exchange_says_who_it_is_and_what_it_costs(name):
    exchange = exchanges.load(name)
    assert exchange.name == name
    assert exchange.origin.startswith("https://")
    assert exchange.docs.startswith("https://")
    assert Decimal(0) <= exchange.taker_fee < Decimal("0.05")
    assert exchange.batch_carries <= exchange.carries <= {"last", "bid_size", "ask_size", "time_us"}
    assert exchange.time_grain_us >= 1


def test_coinbase_and_kraken_list_the_same_first_six_pairs():
    first = [[one.pair for one in exchanges.load(name).instruments[:6]] for name in ("coinbase", "kraken")]
    assert first[0] == first[1]
