"""The requests that bring some markets for the least of a rate limit."""

from types import SimpleNamespace

import pytest

import exchanges
from exchanges.limit import Charge, RateLimit
from exchanges.pair import Pair
from exchanges.wire import Request
from harness.tracker import cheapest


def pairs_of(name, count=None):
    return [one.pair for one in exchanges.load(name).instruments][:count]


def weight_of(name, requests):
    return sum(exchanges.load(name).charge_for(request).weight for request in requests)


@pytest.mark.parametrize("name", exchanges.names())
@pytest.mark.parametrize("count", [1, 2, None])
def test_all_markets_are_asked_for_once_and_for_no_more_than_singles_or_one_batch_would_cost(name, count):
    exchange, pairs = exchanges.load(name), pairs_of(name, count)
    requests = cheapest.requests_for(name, pairs, 0, 1.0, 0.5)
    assert [pair for request in requests for pair in request.pairs] == pairs
    mine = cheapest.cost_s(name, requests, 0.5)
    assert mine <= cheapest.cost_s(name, [exchange.request_for(pair) for pair in pairs], 0.5)
    assert mine <= cheapest.cost_s(name, exchange.requests_for(pairs), 0.5)


def test_two_small_batches_may_be_cheaper_than_one_large():
    requests = cheapest.requests_for("binance", pairs_of("binance"), 0, 1.0, 0.5)
    assert (len(requests), weight_of("binance", requests)) == (2, 4)
    (whole,) = exchanges.load("binance").requests_for(pairs_of("binance"))
    assert weight_of("binance", [whole]) == 40


@pytest.mark.parametrize(("name", "count", "requests", "weight"), [
    ("kraken", 27, 1, 1),  # any number for one
    ("kucoin", 5, 5, 10),  # 2 each, below the whole market's 15
    ("kucoin", 8, 1, 15),
    ("coinbase", 24, 24, 24),  # no batches
])  # fmt: skip
def test_each_exchange_is_asked_in_the_way_that_is_cheapest_there(name, count, requests, weight):
    found = cheapest.requests_for(name, pairs_of(name, count), 0, 1.0, 0.5)
    assert (len(found), weight_of(name, found)) == (requests, weight)


def test_books_are_singles_and_no_deeper_than_the_exchange_has_them():
    found = cheapest.requests_for("bybit", pairs_of("bybit", 3), 1000, 1.0, 0.5)
    assert [request.about for request in found] == ["book"] * 3
    assert all("limit=200" in request.target for request in found)


class Timeless:
    """An exchange whose batches lose the time."""

    name, most_levels = "timeless", 0
    carries, batch_carries = frozenset({"time_us"}), frozenset()

    def request_for(self, pair):
        return Request(self.name, "http://x", f"/{pair.base}", (pair,))

    def requests_for(self, pairs):
        return [Request(self.name, "http://x", "/all", tuple(pairs))]

    def market_request(self):
        return None

    def charge_for(self, request):
        return Charge("all", 1, RateLimit(10, 1.0))


@pytest.mark.parametrize(("count", "requests"), [(5, 5), (6, 1)])
def test_the_exchanges_time_is_worth_singles_as_long_as_the_beat_pays_for_them(monkeypatch, count, requests):
    monkeypatch.setattr(exchanges, "load", lambda name: Timeless())
    pairs = [Pair(f"A{number}", "USD") for number in range(count)]
    assert len(cheapest.requests_for("timeless", pairs, 0, 1.0, 0.5)) == requests


def test_an_exchange_that_counts_nothing_is_asked_in_the_fewest_requests(monkeypatch):
    free = Timeless()
    free.charge_for = lambda request: None
    free.batch_carries = free.carries
    monkeypatch.setattr(exchanges, "load", lambda name: free)
    pairs = [Pair(f"A{number}", "USD") for number in range(30)]
    assert len(cheapest.requests_for("timeless", pairs, 0, 1.0, 0.5)) == 1


def test_a_whole_market_is_asked_for_where_it_has_all_and_costs_least(monkeypatch):
    pairs = [Pair(f"A{number}", "USD") for number in range(9)]
    whole = Request("timeless", "http://x", "/market", (*pairs, Pair("B", "USD")))
    free = Timeless()
    free.batch_carries = free.carries
    free.market_request = lambda: whole
    free.requests_for = lambda asked: [free.request_for(pair) for pair in asked]
    monkeypatch.setattr(exchanges, "load", lambda name: free)
    (request,) = cheapest.requests_for("timeless", pairs, 0, 1.0, 0.5)
    assert (request.target, request.pairs) == ("/market", tuple(pairs))
    free.market_request = lambda: SimpleNamespace(pairs=tuple(pairs[:3]))
    assert len(cheapest.requests_for("timeless", pairs, 0, 1.0, 0.5)) == 9
