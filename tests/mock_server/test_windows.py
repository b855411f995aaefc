"""What buying here and selling there leaves, in fractions: always something where a window is, and else nothing."""

import itertools
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest

import exchanges
from exchanges import Pair
from exchanges.exchange import Instrument
from mock_server.market import Market
from mock_server.motion import Motion
from mock_server.path import HIGHEST_FEE, coarsest_step, usd_of

EXCHANGES = [exchanges.load(name) for name in exchanges.names()]
UNTIL_S = 30.0


def venue(name, fee, markets):
    """As little of an exchange as a market asks for; ``markets`` maps pairs to the steps of their prices."""
    listed = tuple(
        Instrument(Pair.parse(pair), pair, Decimal(step), Decimal("0.0001")) for pair, step in markets.items()
    )
    carries = frozenset()
    return SimpleNamespace(
        name=name, taker_fee=Decimal(fee), instruments=listed, carries=carries, time_grain_us=1000
    )  # fmt: skip


COINS = {"BTC": "0.01", "ETH": "0.01", "SOL": "0.001", "DOGE": "0.00001", "ETC": "0.01", "AVAX": "0.01"}
MONEY = {"USDT/USD": "0.0001", "USDC/USD": "0.00001", "USDC/USDT": "0.00001"}
LISTED = {f"{coin}/{money}": step for coin, step in COINS.items() for money in ("USD", "USDT", "USDC")} | MONEY
# The cheapest that there can be: one exchange takes nothing, every other one 10 basis points.
CHEAP = [venue("free", "0", LISTED), venue("here", "0.001", LISTED), venue("there", "0.001", LISTED)]
DEAR = [*CHEAP, venue("dear", str(HIGHEST_FEE), LISTED)]


def cost(quote, fee):
    return Fraction(quote.ask) * (1 + Fraction(fee))


def proceeds(quote, fee):
    return Fraction(quote.bid) * (1 - Fraction(fee))


def in_window(windows, at_s):
    return any(window.start_s <= at_s < window.end_s for window in windows)


def selling_into_windows(market, venues, ticks_of):
    """(proceeds over cost) of selling in each window at some of its ticks, for every other exchange that has none then;
    with the number of windows that were looked at."""
    windows = {
        (each.name, one.pair): market.windows(each, one.pair, UNTIL_S + 1)
        for each in venues
        for one in each.instruments
    }
    found, seen = [], 0
    for each, one in [(venue, listed) for venue in venues for listed in venue.instruments]:
        for window in windows[each.name, one.pair]:
            if window.end_s > UNTIL_S:
                continue  # beside windows of others that begin later, of which nothing is known here
            first, after = round(window.start_s / market.tick_s), round(window.end_s / market.tick_s)
            seen += 1
            for tick in ticks_of(max(0, first), after):
                at_s = tick * market.tick_s
                gained = proceeds(market.quote(each, one.pair, at_s), each.taker_fee)
                for other in venues:
                    if (other.name, one.pair) not in windows or other.name == each.name:
                        continue
                    if not in_window(windows[other.name, one.pair], at_s):
                        found.append(gained / cost(market.quote(other, one.pair, at_s), other.taker_fee))
    return found, seen


@pytest.mark.slow
def test_selling_in_a_window_pays_at_each_tick_of_it_against_whoever_has_none():
    found, seen = selling_into_windows(Market(7), DEAR, range)
    assert seen > 20
    assert min(found) > Fraction("1.0009")


@pytest.mark.slow
@pytest.mark.parametrize("motion", ["waves", "waves:5"])
def test_a_thousand_windows_pay_on_the_exchanges_that_there_are(motion):
    windows = 0
    for seed in itertools.count():
        market = Market(seed, motion=Motion.parse(motion))
        found, seen = selling_into_windows(
            market, EXCHANGES, lambda first, after: (first, (first + after) // 2, after - 1)
        )
        windows += seen
        assert min(found) > 1
        if windows >= 1000:
            break


def test_a_window_against_the_dearest_exchange_leaves_a_tenth_to_three_tenths_of_a_percent_and_the_cover():
    free, _, _, dear = DEAR
    gains = []
    for seed in range(12):
        market = Market(seed)
        for window in market.windows(free, Pair("BTC", "USD"), UNTIL_S):
            if not in_window(market.windows(dear, window.pair, UNTIL_S), window.start_s) and window.start_s >= 0:
                ours, theirs = (market.quote(each, window.pair, window.start_s) for each in (free, dear))
                gains.append(proceeds(ours, free.taker_fee) / cost(theirs, dear.taker_fee) - 1)
    assert len(gains) > 12
    # Up to 4.4 basis points of basis and wobble, 3.2 of half spreads and the step of an unknown grid may be left over.
    assert Fraction("0.001") <= min(gains)
    assert max(gains) < Fraction("0.003") + Fraction("0.0025")


def routes(market, venues, at_s, converting=True):
    """(proceeds over cost) of every route between two exchanges that are outside of windows: one pair, or two of the
    same coin, with one or two markets of money in between, on whatever exchange they are cheapest."""
    quotes = {}
    for each in venues:
        for one in each.instruments:
            if not in_window(market.windows(each, one.pair, at_s + 1), at_s):
                quotes[each.name, one.pair] = (each, market.quote(each, one.pair, at_s))
    rates = {}
    for each, quote in quotes.values():
        if converting and quote.pair.base in ("USDT", "USDC"):
            there, back = (quote.pair.base, quote.pair.quote), (quote.pair.quote, quote.pair.base)
            rates[there] = max(rates.get(there, 0), proceeds(quote, each.taker_fee))
            rates[back] = max(rates.get(back, 0), 1 / cost(quote, each.taker_fee))
    for money in ("USD", "USDT", "USDC"):
        rates[money, money] = Fraction(1)
    for (a, b), (c, d) in itertools.permutations(direct := dict(rates), 2):
        if b == c:
            rates[a, d] = max(rates.get((a, d), 0), direct[a, b] * direct[c, d])
    for (buy, bought), (sell, sold) in itertools.permutations(quotes.values(), 2):
        if buy is not sell and bought.pair.base == sold.pair.base:
            rate = rates.get((sold.pair.quote, bought.pair.quote))
            if rate is not None:
                yield proceeds(sold, sell.taker_fee) * rate / cost(bought, buy.taker_fee)


@pytest.mark.parametrize("motion", ["waves", "waves:5", "waves:100", "still"])
def test_outside_of_windows_nothing_ever_pays_not_even_through_other_money(motion):
    best = max(
        max(routes(Market(seed, motion=Motion.parse(motion)), CHEAP, at_s))
        for seed, at_s in [(3, 0.0), (4, 0.77), (5, 2.5)]
    )
    # Two bases, two wobbles and a fee of 10 basis points: it is close, so the test means something.
    assert Fraction("0.9985") < best <= 1


def test_along_a_line_no_pair_pays_though_money_grows_as_well():
    market = Market(3, motion=Motion.parse("linear:500bp/s"))
    assert max(routes(market, CHEAP, 2.5, converting=False)) <= 1


@pytest.mark.slow
def test_outside_of_windows_nothing_ever_pays_over_hundreds_of_markets():
    for seed in range(150):
        market = Market(seed, motion=Motion.parse(("waves", "waves:5")[seed % 2]))
        assert max(routes(market, CHEAP, seed * 37 % 900 * market.tick_s)) <= 1


def test_markets_that_convert_money_have_no_windows():
    assert all(not Market(seed).windows(CHEAP[0], Pair.parse(pair), 100.0) for seed in range(5) for pair in MONEY)
    assert Market(1).windows(CHEAP[0], Pair("BTC", "USD"), 100.0)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.name)
def test_no_exchange_takes_more_or_has_a_coarser_grid_than_windows_cover(exchange):
    assert exchange.taker_fee <= Decimal(str(HIGHEST_FEE))
    for one in exchange.instruments:
        assert float(one.price_step) <= coarsest_step(usd_of(one.pair.base) / usd_of(one.pair.quote))
