"""Planted opportunities: with the market's clock held still, the routes that pay are the planted windows and nothing
else, and what each leaves is the figure of decimals of 200 digits to the last one.

What is exactly true of (pair, exchange that sells), in one money: each that has a route that pays is in a window; and
each that is in a window has one, against every exchange that quotes the pair in the same money and is in none. (Where
all the others are in a window as well, both are lifted, and which of them pays is for the figures to say.) Through
other money: whoever sells is in a window, or the market that converts is.
"""

import argparse
from decimal import Context, Decimal, localcontext
from itertools import count

import pytest

import exchanges
from exchanges.pair import Pair
from harness import snapshot
from harness.allowance import Allowance
from harness.arbitrage import opportunities
from harness.exchange_clock import ExchangeClock
from harness.readout import readout
from harness.scenario import markets_for
from harness.sighting import Sighting
from harness.signal import signals
from harness.usable import sorted_out
from harness.ways import Ways
from mock_server.market import Market

UNTIL_S = 12.0
LIKE = ("binance", "bybit", "okx")  # they list the same pairs, so that a few of them have many windows


def held(market, venues, at_s):
    """Every price of a moment, in hand at that moment."""
    now_us = market.time_us_at(at_s)
    quotes = [market.quote(each, one.pair, at_s) for each in venues for one in each.instruments]
    clocks = {each.name: ExchangeClock(0, 0) for each in venues}
    usable, left_out = sorted_out([Sighting(one, now_us, now_us) for one in quotes], clocks, (), now_us, Allowance())
    assert left_out == []
    return list(usable.values())


def planted(market, venues):
    """(pair, exchange) by tick, for each tick at which one of its windows is open."""
    found = {}
    for each in venues:
        for one in each.instruments:
            for window in market.windows(each, one.pair, UNTIL_S):
                first, after = (round(at / market.tick_s) for at in (window.start_s, window.end_s))
                for tick in range(max(0, first), min(after, round(UNTIL_S / market.tick_s))):
                    found.setdefault(tick, set()).add((one.pair, each.name))
    return found


def with_a_way_out(opened, venues):
    """The windows among these against which somebody quotes the pair who is in none."""
    listed = {(one.pair, each.name) for each in venues for one in each.instruments}
    return {
        (pair, name) for pair, name in opened if any(pair == same and other != name for same, other in listed - opened)
    }


def net_bps(one, fees):
    """In decimals of 200 digits, at the best prices, which are all that a quote knows."""
    with localcontext(Context(prec=200)):
        buy, sell, way = one.buy.quote, one.sell.quote, one.conversion
        brought, cost = sell.bid * (1 - fees[sell.exchange]), buy.ask * (1 + fees[buy.exchange])
        if way is not None:
            price = way.side.best
            brought = (brought * price if way.sells else brought / price) * (1 - way.fee)
        return Context(prec=28).plus(10_000 * (brought / cost - 1))


def check(market, venues, tick, opened):
    """How many windows there were to be found at a tick, all of which were, and nothing else."""
    at_s = tick * market.tick_s
    usable = held(market, venues, at_s)
    fees = {each.name: each.taker_fee for each in venues}
    found, _ = opportunities(usable, fees, Allowance())
    paying = [one for one in found if one.pays]
    sellers = {(one.sell.quote.pair, one.sell.quote.exchange) for one in paying if one.conversion is None}
    expected = with_a_way_out(opened, venues)
    assert expected - sellers == set(), "missing"
    assert sellers - opened == set(), "invented"
    for one in paying:
        way = one.conversion
        if way is not None:
            through = way.sells and (way.at.quote.pair, way.at.quote.exchange) in opened
            assert through or (one.sell.quote.pair, one.sell.quote.exchange) in opened
        assert one.net_bps == net_bps(one, fees)
    # And the signals by which decisions are judged are the same routes.
    routes = {(one.buy.quote.pair, one.buy.quote.exchange, one.sell.quote.exchange)
              for one in paying if one.conversion is None}  # fmt: skip
    assert routes == signals([one.quote for one in usable], fees)
    return len(expected)


def windows_found(venues, most):
    """Hold seeded markets where most windows are open, and where fewest are, until so many windows have been found."""
    found, seeds = 0, count()
    while found < most:
        seed = next(seeds)
        market = Market(seed)
        by_tick = planted(market, venues)
        ticks = range(round(UNTIL_S / market.tick_s))
        found += check(market, venues, busy := max(by_tick, key=lambda tick: len(by_tick[tick])), by_tick[busy])
        if seed % 4 == 0:
            quiet = min(ticks, key=lambda tick: len(by_tick.get(tick, ())))
            found += check(market, venues, quiet, by_tick.get(quiet, set()))
    return found


def test_planted_windows_are_found_and_nothing_else():
    assert windows_found([exchanges.load(name) for name in LIKE], 20) >= 20


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_planted_windows_are_found_on_all_exchanges_and_nothing_else():
    assert windows_found([exchanges.load(name) for name in exchanges.names()], 1000) >= 1000


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("levels", [0, 5])
def test_over_http_a_held_market_shows_exactly_its_windows(levels):
    names = ["binance", "bybit", "coinbase", "kraken", "okx"]
    venues = [exchanges.load(name) for name in names]
    markets = markets_for(names, 1000)
    fees = {each.name: each.taker_fee for each in venues}
    # The market's clock stands still and ours does not, so that its prices seem to grow old while they are fetched.
    patient = Allowance(most_age_us=60_000_000, most_skew_us=60_000_000)
    parser = argparse.ArgumentParser()
    snapshot.add_arguments(parser)
    nothing_said = parser.parse_args([])
    names = list(dict.fromkeys(name for name, _ in markets))
    seen = 0
    for seed in range(5):
        market = Market(seed)
        by_tick = planted(market, venues)
        tick = max(by_tick, key=lambda tick: len(by_tick[tick]))
        ways = Ways("asyncio-aiohttp", 20, 10.0, "1ms", seed, hold=tick * market.tick_s)
        taken = snapshot.fetch(nothing_said, names, markets, ways, levels)
        assert taken.failures == []
        found = readout(taken.seen, fees, patient)
        assert found["left_out"] == []
        sellers = {
            (Pair.parse(row["pair"]), row["sell"])
            for row in found["arbitrage"]
            if row["through"] is None and Decimal(row["net_exact_bps"]) > 0
        }
        expected = with_a_way_out(by_tick[tick], venues)
        assert expected - sellers == set()
        assert sellers - by_tick[tick] == set()
        seen += len(expected)
    assert seen > 25
