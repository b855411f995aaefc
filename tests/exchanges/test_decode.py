"""The decode that strategies are given."""

import pickle
from dataclasses import replace

import pytest

import exchanges
from exchanges import Pair, Quote, Rejected, Request, Response, decode
from exchanges.book import Book, Level
from exchanges.decode import decode_books, decode_quotes


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


@pytest.mark.parametrize("decode_any", [decode_quotes, decode_books], ids=lambda function: function.__name__)
def test_a_bad_reply_becomes_a_rejected_of_its_kind(decode_any):
    request = exchanges.load("kraken").request_for(Pair("BTC", "USD"))
    found = decode_any(request, Response(200, b"<html>", {"content-type": "text/html"}))
    assert isinstance(found, Rejected)
    assert found.kind == "not_json"
    assert "kraken BTC/USD" in found.detail


def test_a_pair_that_the_exchange_does_not_list_becomes_unknown_symbol():
    request = exchanges.load("kraken").request_for(Pair("BTC", "USD"))
    found = decode_quotes(replace(request, pairs=(Pair("BTC", "USB"),)), Response(200, b'{"error":[],"result":{}}'))
    assert found.kind == "unknown_symbol"
    assert "did you mean BTC/USD" in found.detail


class Buggy:
    """A guest's adapter whose every method fails in a way of its own."""

    def __init__(self, error):
        self.error = error

    def quote_from(self, pair, response):
        raise self.error

    quotes_from = book_from = quote_from


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
