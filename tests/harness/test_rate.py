"""Rates by quoted markets, against all ways there are (``harness.rate``)."""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.age import OUR_CLOCK, Age
from harness.band import Band
from harness.rate import Rates
from harness.sighting import Sighting
from harness.usable import Usable

NAMES = ("binance", "kraken", "okx")
CODES = ("BTC", "ETH", "EUR", "USD", "USDC", "USDT")
MONEYS = ("EUR", "USD", "USDC", "USDT")


def usable(name, pair, bid, ask, age_us=1000):
    quote = Quote(name, Pair.parse(pair), bid, ask)
    return Usable(Sighting(quote, 0, 0), Age(age_us // 2, age_us, OUR_CLOCK))


@st.composite
def markets(draw):
    found = {}
    pairs = st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)).filter(lambda pair: pair[0] != pair[1])
    for name, (base, quote) in draw(st.lists(st.tuples(st.sampled_from(NAMES), pairs), max_size=14)):
        bid = draw(st.decimals("0.000001", 100_000, places=6))
        found[name, base, quote] = usable(name, f"{base}/{quote}", bid, bid + draw(st.decimals(0, 10, places=6)))
    return list(found.values())


def ways(found, given, got):
    """Every (exchange, low, high) from one currency to another by one market."""
    for one in found:
        pair, bid, ask = one.quote.pair, Fraction(one.quote.bid), Fraction(one.quote.ask)
        if (pair.base, pair.quote) == (given, got):
            yield one.quote.exchange, bid, ask
        if (pair.quote, pair.base) == (given, got):
            yield one.quote.exchange, 1 / ask, 1 / bid


def every_way(found, given, got):
    """The same with the number of markets before it, those of two through one money included."""
    yield from ((1, *way) for way in ways(found, given, got))
    for money in set(MONEYS) - {given, got}:
        for (name, low, high), (_, low2, high2) in product(ways(found, given, money), ways(found, money, got)):
            yield 2, name, low * low2, high * high2


@given(markets(), st.sampled_from(CODES), st.sampled_from(CODES))
def test_each_exchange_has_its_best_way_direct_ones_before_others_and_exact(found, given, got):
    if given == got:
        return
    rates = Rates(found).between(given, got)
    expected = {}
    for steps, name, low, _ in sorted(every_way(found, given, got), key=lambda way: (way[0], -way[2])):
        expected.setdefault(name, (steps, low))
    assert {rate.exchange: (len(rate.steps), rate.band.low) for rate in rates} == expected
    ranks = [(len(rate.steps), -rate.band.low, rate.exchange) for rate in rates]
    assert ranks == sorted(ranks)
    for rate in rates:
        assert (len(rate.steps), rate.exchange, rate.band.low, rate.band.high) in set(every_way(found, given, got))
        assert rate.band.low <= rate.band.value <= rate.band.high


def test_a_rate_names_its_markets_and_is_as_old_as_the_older_of_its_prices():
    found = [usable("binance", "BTC/USDT", 100, 101, 5000), usable("kraken", "USDT/USD", 2, 3, 7000)]
    (rate,) = Rates(found).between("BTC", "USD")
    assert str(rate) == "BTC/USDT on binance, USDT/USD on kraken"
    assert (rate.band, rate.age.high_us, rate.exchange) == (Band(Fraction(200), Fraction(303)), 7000, "binance")
    (back,) = Rates(found).between("USD", "BTC")
    assert back.band == Band(Fraction(1, 303), Fraction(1, 200))
    assert str(back) == "USDT/USD on kraken, BTC/USDT on binance"


def test_a_stable_coin_without_a_market_is_worth_nothing_and_a_coin_is_no_money_between():
    found = [usable("kraken", "BTC/USDT", 100, 101), usable("kraken", "BTC/USD", 100, 101)]
    rates = Rates(found)
    assert rates.between("USDT", "USD") == ()
    assert len(rates.between("BTC", "USD")[0].steps) == 1
