from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.wire import Request
from harness.exits import Stop
from harness.price_answers import answers_in, lost_all, unreached
from strategies.strategy import Failed, Fetched

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
BOTH = Request("kraken", "", "/", (BTC, ETH))


def quote(name, pair):
    return Quote(name, pair, Decimal(1), Decimal(2))


def fetched(*quotes):
    return Fetched(tuple(quotes), 0.5, 0.75, 200, 9)


def failed(kind, status=None):
    return Failed(kind, "because", 0.0, 0.1, status)


def test_a_batch_brings_a_sighting_of_each_of_its_markets():
    found = answers_in([BOTH], [fetched(quote("kraken", BTC), quote("kraken", ETH))], "threads")
    assert [(one.quote.pair, one.asked_us, one.received_us) for one in found.sightings] == [
        (BTC, 500_000, 750_000), (ETH, 500_000, 750_000),
    ]  # fmt: skip
    assert found.sentences() == []


def test_of_a_batch_the_market_that_was_read_as_another_is_lost_alone():
    found = answers_in([BOTH], [fetched(quote("kraken", BTC), quote("okx", ETH))], "threads")
    assert [one.quote.pair for one in found.sightings] == [BTC]
    assert found.sentences() == ["kraken ETH/USD: schema: the answer was read as one of okx ETH/USD"]


@pytest.mark.parametrize("value", [(), (quote("kraken", BTC),), (quote("kraken", BTC), 7), 7, None])
def test_a_batch_without_a_quote_for_each_is_a_broken_promise(value):
    with pytest.raises(Stop, match=r"strategy threads returned no quote for kraken BTC/USD, ETH/USD, and no failure"):
        answers_in([BOTH], [Fetched(value, 0.0, 0.1, 200, 9)], "threads")


def test_an_exchange_that_brought_nothing_for_one_reason_is_one_sentence():
    assert answers_in([BOTH], [failed("server", 503)], "threads").sentences() == ["kraken: server: because"]
    singles = [Request("kraken", "", "/", (pair,)) for pair in (BTC, ETH)]
    assert answers_in(singles, [failed("reset"), failed("server")], "threads").sentences() == [
        "kraken BTC/USD: reset: because", "kraken ETH/USD: server: because",
    ]  # fmt: skip
    some = answers_in(singles, [failed("reset"), fetched(quote("kraken", ETH))], "threads")
    assert some.sentences() == ["kraken BTC/USD: reset: because"]


def test_an_exchange_is_not_reached_where_nothing_came_of_any_request():
    requests = [Request(name, "", "/") for name in ("kraken", "kraken", "okx", "okx", "gate")]
    outcomes = [failed("dns"), failed("deadline"), failed("dns"), fetched(), failed("server", 503)]
    silent = unreached(requests, outcomes)
    assert silent == {"kraken": "dns: because"}
    assert lost_all([("kraken", BTC), ("okx", BTC)], silent) == {("kraken", BTC): "dns: because"}
