"""The plainest exchange: an adapter of five methods has all that is asked of an exchange."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

import exchanges
from exchanges import BadReply, Pair, Quote, Request, Response
from exchanges.admission import admitted
from exchanges.book import Book
from exchanges.exchange import Instrument
from exchanges.plain import PlainExchange

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
STEP = Decimal("0.01")


@dataclass(frozen=True)
class Tiny(PlainExchange):
    name: str = "tiny"
    title: str = "Tiny"
    origin: str = "https://tiny.example"
    docs: str = "https://tiny.example/docs"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset = frozenset()
    instruments: tuple = (Instrument(BTC, "btc", STEP, STEP), Instrument(ETH, "eth", STEP, STEP))

    def request_for(self, pair):
        return Request(self.name, self.origin, f"/{pair.base.lower()}", (pair,))

    def quotes_from(self, pairs, response):
        return tuple(
            Quote(self.name, pair, *map(Decimal, row))
            for pair, row in zip(pairs, json.loads(response.body), strict=True)
        )

    def pairs_from(self, request):
        found = [one.pair for one in self.instruments if one.symbol in request.target.split("/")]
        if not found:
            raise LookupError(request.target)
        return tuple(found)

    def response_for_many(self, quotes):
        return Response(200, json.dumps([[str(quote.bid), str(quote.ask)] for quote in quotes]).encode())

    def refusal_for(self, kind, request, retry_after=None):
        return Response(404, b"[]")


TINY = Tiny()
QUOTE = Quote("tiny", BTC, Decimal(100), Decimal(101))


def test_an_adapter_of_five_methods_is_admitted(monkeypatch):
    monkeypatch.setattr(exchanges, "load", lambda name: TINY)
    assert admitted("tiny") is admitted("guests.py:TINY") is TINY


def test_each_half_undoes_the_other_without_a_word_of_its_own(still):
    assert [TINY.pair_from(request) for request in TINY.requests_for([BTC, ETH, BTC])] == [BTC, ETH]
    assert TINY.quote_from(BTC, TINY.response_for(QUOTE)) == QUOTE
    view = still({BTC: QUOTE, ETH: replace(QUOTE, pair=ETH)})
    assert TINY.quote_from(BTC, TINY.answer(TINY.request_for(BTC), view)) == QUOTE
    assert TINY.quotes_from([BTC, ETH], TINY.answer(Request("tiny", "", "/btc/eth"), view))[1].pair == ETH


def test_what_is_not_there_is_told_in_the_words_of_the_seam():
    assert (TINY.market_request(), TINY.charge_for(TINY.request_for(BTC))) == (None, None)
    assert (TINY.most_levels, TINY.accepts_post, TINY.heeds, TINY.examples) == (0, False, frozenset(), ())
    assert (TINY.time_request(), TINY.instruments_request(), TINY.time_grain_us) == (None, None, 1000)
    with pytest.raises(ValueError, match="tiny gives no books, 5 levels of BTC/USD were asked for"):
        TINY.book_request_for(BTC, 5)
    with pytest.raises(BadReply, match="this adapter reads none"):
        TINY.book_from(BTC, Response(200, b"[]"))
    for read in (TINY.time_from, TINY.instruments_from):
        with pytest.raises(BadReply, match="this adapter reads none"):
            read(Response(200, b"{}"))
    with pytest.raises(LookupError, match="tiny gives no books, one of BTC/USD was asked for"):
        TINY.book_response_for(Book("tiny", BTC, (), ()))
    with pytest.raises(LookupError, match="expected a request for one pair, found 2"):
        TINY.pair_from(Request("tiny", "", "/btc/eth"))


def test_an_answer_has_one_entry_for_each_pair_and_none_where_it_prices_nothing():
    assert [TINY.entries_in(Request("tiny", "", target)) for target in ("/btc/eth", "/btc", "/time")] == [2, 1, 0]


def test_an_answer_for_several_pairs_carries_what_one_for_a_pair_does_unless_it_is_said_otherwise():
    assert replace(TINY, carries=frozenset({"last"})).batch_carries == {"last"}


def test_an_adapter_that_lacks_one_of_the_five_cannot_be_made():
    class Less(Tiny):
        refusal_for = PlainExchange.refusal_for

    with pytest.raises(TypeError, match="refusal_for"):
        Less()
