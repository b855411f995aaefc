"""The decode that strategies are given."""

import pickle
from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges import Pair, Quote, Rejected, Request, Response, decode
from exchanges.book import Book, Level
from exchanges.decode import decode_any, decode_books, decode_quotes
from exchanges.facts import Facts


def quote_of(name, index=0):
    one = exchanges.load(name).instruments[index]
    return Quote(name, one.pair, one.price_step * 100, one.price_step * 101, last=one.price_step * 100)


@pytest.mark.parametrize("name", exchanges.names())
def test_one_pair_decodes_to_a_tuple_of_one_quote(name):
    exchange, quote = exchanges.load(name), quote_of(name)
    found = decode_quotes(exchange.request_for(quote.pair), exchange.response_for(quote))
    assert len(found) == 1
    assert (found[0].pair, found[0].bid, found[0].ask) == (quote.pair, quote.bid, quote.ask)


@pytest.mark.parametrize("name", exchanges.names())
def test_a_batch_decodes_in_the_order_that_was_asked(name):
    exchange = exchanges.load(name)
    by_pair = {quote.pair: quote for quote in (quote_of(name, 2), quote_of(name, 0), quote_of(name, 1))}
    found = []
    for request in exchange.requests_for(list(by_pair)):
        found += decode_quotes(request, exchange.response_for_many([by_pair[pair] for pair in request.pairs]))
    assert [quote.pair for quote in found] == list(by_pair)


@pytest.mark.parametrize("name", exchanges.names())
def test_a_book_decodes_to_itself(name):
    exchange, one = exchanges.load(name), exchanges.load(name).instruments[1]
    bids, asks = (tuple(Level(one.price_step * at, one.size_step) for at in side) for side in ((9, 8), (10, 11, 12)))
    found = decode_books(
        exchange.book_request_for(one.pair, 5), exchange.book_response_for(Book(name, one.pair, bids, asks))
    )
    assert (found.pair, found.bids, found.asks) == (one.pair, bids, asks)


@pytest.mark.parametrize("decode_one", [decode_quotes, decode_books, decode_any], ids=lambda one: one.__name__)
def test_a_bad_reply_becomes_a_rejected_of_its_kind(decode_one):
    request = exchanges.load("kraken").request_for(Pair("BTC", "USD"))
    found = decode_one(request, Response(200, b"<html>", {"content-type": "text/html"}))
    assert isinstance(found, Rejected)
    assert found.kind == "not_json"
    assert "kraken BTC/USD" in found.detail


def test_a_pair_that_the_exchange_does_not_list_becomes_unknown_symbol():
    request = exchanges.load("kraken").request_for(Pair("BTC", "USD"))
    found = decode_quotes(replace(request, pairs=(Pair("BTC", "USB"),)), Response(200, b'{"error":[],"result":{}}'))
    assert found.kind == "unknown_symbol"
    assert "did you mean BTC/USD" in found.detail


@pytest.mark.parametrize("name", exchanges.names())
def test_what_an_answer_is_about_decides_how_it_is_read(name, still):
    exchange, quote = exchanges.load(name), quote_of(name)
    pair, quotes = quote.pair, {one.pair: quote_of(name, index) for index, one in enumerate(exchange.instruments)}
    book = Book(name, pair, (Level(quote.bid, Decimal(1)),), (Level(quote.ask, Decimal(1)),))
    view = still(quotes, {pair: book}, time_us=1_767_225_601_000_000)
    single = exchange.request_for(pair)
    assert [one.bid for one in decode_any(single, exchange.answer(single, view))] == [quote.bid]
    for request in filter(None, [exchange.market_request()]):
        assert [one.pair for one in decode_any(request, exchange.answer(request, view))] == list(quotes)
    whole = exchange.book_request_for(pair, 1)
    assert decode_any(whole, exchange.answer(whole, view)).bids == book.bids
    for request in filter(None, [exchange.time_request()]):
        assert decode_any(request, exchange.answer(request, view)) == Facts(time_us=view.time_us)
    listed = exchange.instruments_request()
    found = decode_any(listed, exchange.answer(listed, view))
    assert found == Facts(instruments=exchange.instruments)


@pytest.mark.parametrize("about", ["time", "instruments"])
@pytest.mark.parametrize("name", exchanges.names())
def test_an_answer_about_the_exchange_itself_that_is_no_json_is_a_rejected(name, about):
    request = Request(name, "", "/", about=about)
    found = decode_any(request, Response(200, b"<html>"))
    has_one = about == "instruments" or exchanges.load(name).time_request() is not None
    assert (type(found), found.kind) == (Rejected, "not_json" if has_one else "schema")
    assert name in found.detail


def test_a_refusal_to_tell_the_time_stays_one():
    kraken = exchanges.load("kraken")
    request = kraken.time_request()
    refused = kraken.refusal_for("server", request)
    assert decode_any(request, refused) == kraken.time_from(refused)


def test_what_is_about_a_word_that_nobody_knows_is_read_as_quotes():
    quote = quote_of("kraken")
    request = replace(exchanges.load("kraken").request_for(quote.pair), about="something new")
    assert decode_any(request, exchanges.load("kraken").response_for(quote)) == (quote_read("kraken", quote),)


def quote_read(name, quote):
    return exchanges.load(name).quote_from(quote.pair, exchanges.load(name).response_for(quote))


def test_facts_are_values_that_say_nothing_of_what_was_not_asked():
    told = Facts(time_us=1_767_225_601_000_000)
    assert told.instruments is None
    assert Facts().time_us is None
    assert pickle.loads(pickle.dumps(told)) == told != Facts()
    with pytest.raises(AttributeError):
        told.time_us = 2


class Buggy:
    """A guest's adapter whose every method fails in a way of its own."""

    def __init__(self, error):
        self.error = error

    def quote_from(self, pair, response):
        raise self.error

    quotes_from = book_from = quote_from

    def time_from(self, response):
        raise self.error

    instruments_from = time_from


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("and its text too")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("by zero\x1b[2J"), "guest adapter failed: ZeroDivisionError: by zero\\x1b[2J"),
        (KeyError("bid"), "guest adapter failed: KeyError: 'bid'"),
        (RecursionError("x" * 5000), "guest adapter failed: RecursionError: xxx"),
        (Mute(), "guest adapter failed: Mute: it cannot even say why"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("count", [1, 2])
def test_a_bug_of_an_adapter_becomes_a_rejected_that_names_it(monkeypatch, error, words, count):
    monkeypatch.setattr(decode, "_exchange", lambda name: Buggy(error))
    found = decode_quotes(Request("guest", "", "/", (Pair("BTC", "USD"),) * count), Response(200, b"{}"))
    assert (type(found), found.kind) == (Rejected, "schema")
    assert found.detail.startswith(words)
    assert len(found.detail) < 300
    assert found.detail.isprintable()
    if count == 1:
        assert decode_books(Request("guest", "", "/", (Pair("BTC", "USD"),)), Response(200, b"{}")) == found
    for about in ("time", "instruments"):
        assert decode_any(Request("guest", "", "/", about=about), Response(200, b"{}")) == found


def test_a_request_for_two_books_at_once_is_a_slip_that_does_not_raise():
    request = replace(exchanges.load("kraken").book_request_for(Pair("BTC", "USD"), 1), pairs=())
    assert decode_books(request, Response(200, b"{}")).kind == "schema"


def test_an_exchange_that_nobody_knows_becomes_a_rejected_that_names_the_nearest():
    found = decode_quotes(Request("krakn", "", "/", (Pair("BTC", "USD"),)), Response(200, b"{}"))
    assert (type(found), found.kind) == (Rejected, "schema")
    assert "krakn adapter failed: UnknownName: unknown exchange 'krakn'; did you mean kraken?" in found.detail


def test_decode_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(decode_quotes)) is decode_quotes
    assert pickle.loads(pickle.dumps(decode_books)) is decode_books
    assert pickle.loads(pickle.dumps(decode_any)) is decode_any
