"""What a portfolio is worth, and why something in it is not known (``harness.valuation``)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.age import OUR_CLOCK, Age
from harness.band import Band
from harness.portfolio import Holding, Lot, Portfolio
from harness.sighting import Sighting
from harness.usable import LeftOut, Usable
from harness.valuation import valuation_of

LISTED = {
    "binance": [Pair("BTC", "USDT"), Pair("SOL", "USDT"), Pair("DOGE", "USDT")],
    "kraken": [Pair("BTC", "USD"), Pair("USDT", "USD"), Pair("EUR", "USD"), Pair("BNB", "CHF")],
    "okx": [Pair("BTC", "USD")],
}
QUOTES = {
    ("binance", "BTC/USDT"): ("100", "102"), ("binance", "SOL/USDT"): ("10", "11"), ("okx", "BTC/USD"): ("97", "103"),
    ("kraken", "BTC/USD"): ("99", "101"), ("kraken", "USDT/USD"): ("0.9", "1.1"), ("kraken", "EUR/USD"): ("1.1", "1.3"),
}  # fmt: skip
AMOUNTS = st.decimals(0, 10**12, places=12)


def prices(quotes=QUOTES):
    return [
        Usable(Sighting(Quote(name, Pair.parse(pair), Decimal(bid), Decimal(ask)), 0, 0), Age(0, 1000, OUR_CLOCK))
        for (name, pair), (bid, ask) in quotes.items()
    ]


def valued(*holdings, currency="USD", quotes=QUOTES, left_out=(), listed=LISTED):
    return valuation_of(Portfolio(currency, holdings), prices(quotes), left_out, listed)


def lot(amount, cost=None, currency="USD"):
    return Lot(Decimal(amount), None if cost is None else Decimal(cost), currency)


def band(low, high):
    return Band(Fraction(low), Fraction(high))


@given(
    st.lists(st.tuples(st.sampled_from(["BTC", "SOL", "EUR", "USDT", "USD"]), AMOUNTS,
                       st.sampled_from([None, "binance", "kraken", "okx"])), max_size=6),
)  # fmt: skip
def test_a_total_is_the_sum_of_the_prices_times_the_amounts_to_the_last_digit(drawn):
    usdt = (Fraction("0.9"), Fraction("1.1"))
    by_hand = {
        "BTC": {None: (99, 101), "kraken": (99, 101), "okx": (97, 103), "binance": (100 * usdt[0], 102 * usdt[1])},
        "SOL": {None: (10 * usdt[0], 11 * usdt[1])},
        "EUR": {None: (Fraction("1.1"), Fraction("1.3"))},
        "USDT": {None: usdt},
        "USD": {None: (1, 1)},
    }
    found = valued(*(Holding(asset, amount, at) for asset, amount, at in drawn))
    rates = [(Fraction(amount), by_hand[asset].get(at, by_hand[asset][None])) for asset, amount, at in drawn]
    for end, side in enumerate(("low", "high")):
        wanted = sum(amount * Fraction(rate[end]) for amount, rate in rates)
        assert getattr(found.total, side) == wanted
        assert sum(getattr(one, side) for one in found.by_exchange.values()) == wanted
    assert found.total.value == (found.total.low + found.total.high) / 2
    assert found.unvalued == ()


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, st.sampled_from(["USD", "EUR", "USDT"])), min_size=1, max_size=5))
def test_a_profit_is_value_less_cost_with_other_money_at_todays_middle_rate(drawn):
    today = {"USD": Fraction(1), "EUR": Fraction("1.2"), "USDT": Fraction(1)}
    lots = tuple(Lot(amount, cost, currency) for amount, cost, currency in drawn)
    bought = sum(Fraction(amount) for amount, _, _ in drawn)
    found = valued(Holding("BTC", Decimal(10) ** 13, "kraken", None, lots))
    cost = sum(Fraction(paid) * today[currency] for _, paid, currency in drawn)
    assert (found.profit.amount, found.profit.cost) == (bought, cost)
    assert found.profit.gain == 100 * bought - cost
    assert found.profit.percent == (100 * (100 * bought - cost) / cost if cost else None)


def test_the_currency_itself_is_worth_itself_by_nobodys_price():
    (one,) = valued(Holding("USD", Decimal("12.5"))).valued
    assert (one.band, one.used, one.rates) == (band("12.5", "12.5"), None, ())


def test_every_exchange_that_quotes_it_is_there_and_its_own_is_used():
    (one,) = valued(Holding("BTC", Decimal(2), "okx")).valued
    assert [(rate.exchange, rate.band) for rate in one.rates] == [
        ("kraken", band(99, 101)), ("okx", band(97, 103)), ("binance", band(90, "112.2"))
    ]  # fmt: skip
    assert (one.used.exchange, one.band, one.notes) == ("okx", band(194, 206), ())


def test_elsewhere_the_best_bid_of_a_direct_market_is_used():
    quotes = {**QUOTES, ("kraken", "USDT/USD"): ("5", "6")}  # through it a sale would bring 500
    (one,) = valued(Holding("BTC", Decimal(1)), quotes=quotes).valued
    assert one.used.exchange == "kraken"


@pytest.mark.parametrize(
    ("asset", "at", "left_out", "said"),
    [
        ("SOL", "kraken", [], "kraken, where it lies, does not quote SOL in USD: valued on binance"),
        ("BTC", "gate", [], "gate, where it lies, was not asked (--exchange): valued on kraken"),
        ("BTC", "okx", [], "okx, where it lies, brought no price of BTC in USD: valued on kraken"),
        (
            "BTC", "okx", [LeftOut(("okx", Pair("BTC", "USD")), "stale", "okx BTC/USD: stale")],
            "okx, where it lies, has no usable price (okx BTC/USD: stale): valued on kraken",
        ),
    ],
)  # fmt: skip
def test_where_its_own_exchange_is_not_used_it_is_said_why(asset, at, left_out, said):
    quotes = {market: price for market, price in QUOTES.items() if market[0] != "okx"}
    (one,) = valued(Holding(asset, Decimal(1), at), quotes=quotes, left_out=left_out).valued
    assert one.notes == (said,)


@pytest.mark.parametrize(
    ("asset", "currency", "said"),
    [
        ("XBT", "USD", "no exchange here lists XBT; did you mean BTC, which kraken calls XBT?"),
        ("UST", "USD", "no exchange here lists UST; did you mean USDT, which bitfinex calls UST?"),
        ("DOGI", "USD", "no exchange here lists DOGI; did you mean DOGE?"),
        ("QQQQQ", "USD", "no exchange here lists QQQQQ"),
        ("BTC", "EUUR", "no exchange here lists EUUR; did you mean EUR?"),
        ("BNB", "USD", "no exchange here quotes BNB in USD, directly or through one money between"),
        ("DOGE", "USD", "no price of DOGE in USD was brought"),
    ],
)
def test_what_nobody_quotes_is_named_with_a_hint_and_is_never_guessed(asset, currency, said):
    found = valued(Holding(asset, Decimal(1)), Holding(currency, Decimal(7)), currency=currency)
    assert [(one.holding.asset, one.reason) for one in found.unvalued] == [(asset, said)]
    assert found.total == band(7, 7)


def test_prices_that_are_not_usable_are_the_reason_why_there_is_no_value():
    left_out = [
        LeftOut((name, Pair("DOGE", "USDT")), kind, f"{name} DOGE/USDT: {kind}")
        for name, kind in (("binance", "halted"), ("okx", "stale"), ("kraken", "crossed"))
    ]
    (one,) = valued(Holding("DOGE", Decimal(1)), left_out=left_out).unvalued
    assert one.reason == (
        "no usable price of DOGE in USD: binance DOGE/USDT: halted; okx DOGE/USDT: stale; and 1 more"
    )  # fmt: skip


def test_a_dollar_coin_is_never_taken_for_a_dollar():
    quotes = {("binance", "BTC/USDT"): ("100", "102")}
    found = valued(Holding("USDT", Decimal(5)), Holding("BTC", Decimal(1)), quotes=quotes)
    assert [one.holding.asset for one in found.unvalued] == ["USDT", "BTC"]
    assert found.total == Band()


def test_parts_without_a_cost_are_left_out_of_the_profit_and_that_is_said():
    holdings = (
        Holding("BTC", Decimal(3), "kraken", "a", (lot(1, 50), lot(1))),
        Holding("BTC", Decimal(2), "kraken", "b", (lot(2),)),
        Holding("BTC", Decimal(1), "kraken", "c"),
        Holding("BTC", Decimal(1), "kraken", "d", (lot(1, 0),)),
    )
    a, b, c, d = valued(*holdings).valued
    assert (a.profit.gain, a.notes) == (50, ("profit is that of 1 of 3 BTC, of which the cost is known",))
    assert (b.profit, b.notes) == (None, ("profit unknown: no cost is known",))
    assert (c.profit, c.notes) == (None, ())
    assert (d.profit.gain, d.profit.percent, d.notes) == (100, None, ())
    total = valued(*holdings).profit
    assert (total.value, total.cost) == (200, 50)
    assert valued(holdings[1]).profit is None


def test_a_cost_in_other_money_is_taken_at_todays_rate_and_that_is_said():
    (one,) = valued(Holding("BTC", Decimal(2), "kraken", None, (lot(1, "1000.5", "EUR"), lot(1, 50)))).valued
    assert one.profit.gain == 200 - Fraction("1000.5") * Fraction("1.2") - 50
    assert one.notes == (
        "the 1,000.50 EUR that were paid are taken at today's rate of 1.20000 USD (EUR/USD on kraken)",
    )


def test_a_cost_in_money_that_nobody_quotes_is_not_counted_and_that_is_said():
    (one,) = valued(Holding("BTC", Decimal(2), "kraken", None, (lot(1, 9, "XYZ"), lot(1, 50)))).valued
    assert one.profit.gain == 50
    assert one.notes[0] == "the 9.00000000 XYZ that were paid are not counted: no exchange here lists XYZ"


def test_nothing_and_more_than_anybody_has_are_valued_alike():
    most = Decimal("9" * 30 + "." + "9" * 30)
    found = valued(Holding("BTC", Decimal(0), "kraken"), Holding("BTC", most, "kraken"))
    assert [one.band.low for one in found.valued] == [0, 99 * Fraction(most)]


@pytest.mark.parametrize(("bid", "ask", "said"), [
    ("101", "103", ["the price on okx is 2.0 % above the middle one of 2 other exchanges"]),
    ("97", "99", ["the price on okx is 2.0 % below the middle one of 2 other exchanges"]),
    ("100", "102", []), ("98", "100", []),
])  # fmt: skip
def test_a_price_that_nobody_else_has_is_told(bid, ask, said):
    quotes = {**QUOTES, ("okx", "BTC/USD"): (bid, ask), ("binance", "BTC/USDT"): ("100", "100"),
              ("kraken", "USDT/USD"): ("1", "1"), ("kraken", "BTC/USD"): ("99", "101")}  # fmt: skip
    (one,) = valued(Holding("BTC", Decimal(1), "okx"), quotes=quotes).valued
    assert list(one.notes) == said


def test_of_two_prices_nobody_knows_which_one_is_odd():
    quotes = {("okx", "BTC/USD"): ("100", "100"), ("kraken", "BTC/USD"): ("1000", "1000")}
    (one,) = valued(Holding("BTC", Decimal(1)), quotes=quotes).valued
    assert one.notes == ()
