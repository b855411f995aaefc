"""Bids that are no price: in tickers, batches and books, and only there."""

import json
from decimal import Decimal

import pytest

from exchanges.book import Book, Level
from exchanges.errors import BadReply
from exchanges.wire import Request
from mock_server.fault import Context
from mock_server.faults import catalogue
from mock_server.faults.literals import bid_in
from mock_server.reply import Reply


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("nan", "NaN"),
        ("infinity", "Infinity"),
        ("huge-exponent", "1e999"),
        ("price-null", "null"),
        ("price-empty", '""'),
        ("nan-text", '"nan"'),
    ],
)
def test_the_bid_and_nothing_but_its_digits_is_replaced(binance, name, literal):
    plain, struck = binance.answer().body.decode(), binance.struck(name).body.decode()
    bid = f'"{bid_in(binance.answer(), binance.context):.8f}"'
    assert struck == plain.replace(bid, literal) != plain


def test_digits_of_other_scripts_and_spellings_are_what_they_say(binance):
    bid = f"{bid_in(binance.answer(), binance.context):.8f}"

    def written(name):
        return json.loads(binance.struck(name).body)["bidPrice"]

    assert written("padded-number") == f" {bid} "
    assert written("signed-number") == f"+{bid}"
    assert written("odd-digits") == f"{bid[0]}_{bid[1:]}"
    assert written("comma-number") == bid.replace(".", ",")
    assert written("arabic-digits") != bid
    assert Decimal(written("arabic-digits")) == Decimal(bid)
    assert len(json.loads(binance.struck("long-int").body, parse_int=str)["bidPrice"]) == 5000


def test_a_longer_number_that_begins_or_ends_like_the_bid_stays(binance):
    bid = bid_in(binance.answer(), binance.context)
    others = f'"{bid}1","1{bid}",{bid}1,-{bid},"{bid}e1"'
    reply = binance.answer()
    body = reply.body[:-1] + f',"others":[{others}]}}'.encode()
    struck = catalogue["nan"].reply(Reply(200, body, reply.headers), binance.context)
    assert others in struck.body.decode()


def test_numbers_and_text_change_places_without_changing_the_quote(bench):
    plain = bench.judged(bench.answer())
    assert bench.judged(bench.struck("number-for-string")) == plain
    assert bench.judged(bench.struck("number-for-string", "string-for-number")) == plain
    # Some exchanges write bare numbers, most text.
    assert {bench.struck(name).body for name in ("number-for-string", "string-for-number")} != {bench.answer().body}


def test_a_batch_is_spoilt_by_one_bid(bench):
    pairs = [instrument.pair for instrument in bench.exchange.instruments[:3]]
    request = bench.exchange.requests_for(pairs)[0]
    moment = bench.moment()
    answer = Reply.of(bench.exchange.answer(request, moment), moment.priced_at)
    struck = catalogue["nan"].reply(answer, Context(bench.exchange, request))
    with pytest.raises(BadReply, match="NaN"):
        bench.exchange.quotes_from(request.pairs, struck)


def test_the_best_bid_of_a_book_is_spoilt(bench):
    step = bench.exchange.instruments[0].price_step
    levels = [Level(steps * step, Decimal(2)) for steps in (1001, 1000, 1002, 1003)]
    book = Book(bench.exchange.name, bench.pair, tuple(levels[:2]), tuple(levels[2:]), 1_767_225_600_000_000)
    request = bench.exchange.book_request_for(bench.pair, 2)
    struck = catalogue["nan"].reply(Reply.of(bench.exchange.book_response_for(book)), Context(bench.exchange, request))
    with pytest.raises(BadReply, match="NaN"):
        bench.exchange.book_from(bench.pair, struck)


@pytest.mark.parametrize("target", ["/", "/api/v3/time", "/api/v3/ticker/24hr?symbol=NONE"])
def test_an_answer_without_a_price_stays_as_it_is(binance, target):
    reply = Reply.json(200, {"serverTime": 1767225600000})
    context = Context(binance.exchange, Request("binance", binance.exchange.origin, target))
    assert catalogue["nan"].reply(reply, context) == reply


def test_a_refusal_stays_as_it_is(binance):
    refusal = binance.struck("rate-limited")
    assert catalogue["nan"].reply(refusal, binance.context) == refusal
