"""What could be traded, against exact fractions."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.arbitrage import best_prices, opportunities, why_unusable

BTC = Pair("BTC", "USD")
TETHER = Pair("BTC", "USDT")
FREE = dict.fromkeys(["binance", "coinbase", "kraken"], Decimal(0))
FEES = {"binance": Decimal("0.001"), "coinbase": Decimal("0.006"), "kraken": Decimal("0.0026")}


def quote(exchange, bid, ask, pair=BTC, bid_size=None, ask_size=None):
    sizes = [None if size is None else Decimal(size) for size in (bid_size, ask_size)]
    return Quote(exchange, pair, Decimal(bid), Decimal(ask), None, *sizes)


def to_28_digits(exact):
    return Context(prec=28, rounding=ROUND_HALF_EVEN).divide(Decimal(exact.numerator), Decimal(exact.denominator))


prices = st.decimals("0.00000001", "200000", places=8)
fee_rates = st.decimals("0", "0.01", places=5)


@st.composite
def markets(draw):
    """Usable quotes of some exchanges and pairs."""
    found = []
    for exchange in FREE:
        for pair in (BTC, TETHER, Pair("ETH", "USD")):
            if draw(st.booleans()):
                bid, ask = sorted([draw(prices), draw(prices)])
                found.append(quote(exchange, bid, ask, pair, *draw(st.sampled_from([(1, 2), (None, 2), (0, 0)]))))
    return found


def test_a_hand_computed_trade_is_right_to_the_last_digit():
    # Buy at 30000 with 0.1 % on top: 30030. Sell at 30300 less 0.26 %: 30221.22. Gain 191.22 a coin.
    found = opportunities(
        [quote("binance", 29990, 30000, ask_size="0.5"), quote("kraken", 30300, 30310, bid_size="0.2")], FEES
    )[0]
    assert (found.buy_exchange, found.sell_exchange) == ("binance", "kraken")
    assert found.gross_bps == 100
    assert found.net_bps == Decimal("63.67632367632367632367632368")
    assert found.fee_bps == Decimal("36.32367632367632367632367632")
    assert found.size == Decimal("0.2")
    assert found.profit == Decimal("38.244")
    assert found.verdict == "trade"
    assert found.reason == "trade: 63.68 bps after fees for up to 0.2 BTC"


@given(prices, prices, fee_rates, fee_rates)
def test_every_figure_is_the_exact_fraction_rounded_once(one, other, buy_fee, sell_fee):
    low, high = sorted([one, other])
    fees = {"binance": buy_fee, "kraken": sell_fee}
    rows = opportunities([quote("binance", low, low, ask_size=3), quote("kraken", high, high, bid_size=2)], fees)
    found = next(row for row in rows if row.buy_exchange == "binance")
    ask, bid = Fraction(low), Fraction(high)
    cost, proceeds = ask * (1 + Fraction(buy_fee)), bid * (1 - Fraction(sell_fee))
    gross, net = (bid - ask) / ask, (proceeds - cost) / cost
    assert found.gross_bps == to_28_digits(10_000 * gross)
    assert found.net_bps == to_28_digits(10_000 * net)
    assert found.fee_bps == to_28_digits(10_000 * (gross - net))
    assert Fraction(found.profit) == 2 * (proceeds - cost)


@given(markets())
def test_without_fees_net_is_gross(quotes):
    for found in opportunities(quotes, FREE):
        assert found.net_bps == found.gross_bps
        assert found.fee_bps == 0


@given(markets())
def test_different_money_never_meets(quotes):
    by_place = {(q.exchange, q.pair): q for q in quotes}
    for found in opportunities(quotes, FEES):
        assert by_place[found.buy_exchange, found.pair].ask == found.ask
        assert by_place[found.sell_exchange, found.pair].bid == found.bid


def test_dollars_and_tethers_are_no_arbitrage():
    quotes = [quote("binance", 100, 101, TETHER), quote("kraken", 200, 201, BTC)]
    assert opportunities(quotes, FEES) == []
    assert [(b.pair, b.exchanges) for b in best_prices(quotes)] == [(BTC, ("kraken",)), (TETHER, ("binance",))]


@given(markets())
def test_every_ordered_pair_of_exchanges_appears_once_the_best_net_first(quotes):
    found = opportunities(quotes, FEES)
    expected = {
        (a.pair, a.exchange, b.exchange)
        for a in quotes
        for b in quotes
        if a.pair == b.pair and a.exchange != b.exchange
    }
    assert len(found) == len(expected)
    assert {(o.pair, o.buy_exchange, o.sell_exchange) for o in found} == expected
    assert [o.net_bps for o in found] == sorted((o.net_bps for o in found), reverse=True)


@given(markets(), st.randoms())
def test_the_order_of_the_quotes_says_nothing(quotes, dice):
    shuffled = list(quotes)
    dice.shuffle(shuffled)
    assert opportunities(shuffled, FEES) == opportunities(quotes, FEES)
    assert best_prices(shuffled) == best_prices(quotes)


@given(markets())
def test_swapping_the_exchanges_names_swaps_the_trades(quotes):
    swap = {"binance": "kraken", "kraken": "binance", "coinbase": "coinbase"}
    swapped = [quote(swap[q.exchange], q.bid, q.ask, q.pair, q.bid_size, q.ask_size) for q in quotes]
    there = opportunities(quotes, {exchange: FEES[exchange] for exchange in FEES})
    back = opportunities(swapped, {swap[exchange]: fee for exchange, fee in FEES.items()})
    assert {(o.pair, swap[o.buy_exchange], swap[o.sell_exchange], o.net_bps, o.verdict) for o in there} == {
        (o.pair, o.buy_exchange, o.sell_exchange, o.net_bps, o.verdict) for o in back
    }


@given(markets())
def test_only_what_pays_after_fees_is_called_a_trade(quotes):
    for found in opportunities(quotes, FEES):
        pays = found.bid * (1 - FEES[found.sell_exchange]) > found.ask * (1 + FEES[found.buy_exchange])
        assert (found.verdict in ("trade", "size unknown", "no size")) == pays
        if found.verdict == "trade":
            assert found.size > 0
            assert found.profit > 0


@given(markets(), st.integers(1, 10))
def test_the_callers_decimal_context_changes_nothing(quotes, precision):
    expected = opportunities(quotes, FEES), best_prices(quotes)
    with localcontext(Context(prec=precision)):
        assert (opportunities(quotes, FEES), best_prices(quotes)) == expected


@pytest.mark.parametrize(("bid", "bid_size", "ask_size", "verdict", "reason"), [
    ("100", 1, 1, "no overlap", "no overlap: the bid 100 on kraken is not above the ask 100 on binance"),
    ("99", 1, 1, "no overlap", "no overlap: the bid 99 on kraken is not above the ask 100 on binance"),
    ("100.1", 1, 1, "fees eat it", "fees eat it: 10.00 bps before fees are -26.00 bps after them"),
    ("101", None, 1, "size unknown", "size unknown: 63.68 bps after fees, but kraken gave no usable size"),
    ("101", None, None, "size unknown", "size unknown: 63.68 bps after fees, but binance and kraken gave no usable size"),  # noqa: E501
    ("101", "NaN", 1, "size unknown", "size unknown: 63.68 bps after fees, but kraken gave no usable size"),
    ("101", "1e999999", 1, "size unknown", "size unknown: 63.68 bps after fees, but kraken gave no usable size"),
    ("101", 0, 1, "no size", "no size: 63.68 bps after fees, but nothing is on offer at these prices"),
    ("101", 3, 2, "trade", "trade: 63.68 bps after fees for up to 2 BTC"),
])  # fmt: skip
def test_the_verdict_says_why_not(bid, bid_size, ask_size, verdict, reason):
    quotes = [quote("binance", 90, 100, ask_size=ask_size), quote("kraken", bid, 200, bid_size=bid_size)]
    found = next(o for o in opportunities(quotes, FEES) if o.buy_exchange == "binance")
    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_gain_of_exactly_nothing_is_no_trade():
    quotes = [quote("binance", 90, 100, ask_size=1), quote("kraken", 125, 200, bid_size=1)]
    found = opportunities(quotes, {"binance": Decimal(0), "kraken": Decimal("0.2")})[0]
    assert found.net_bps == 0
    assert found.verdict == "fees eat it"


@pytest.mark.parametrize(("bid", "ask", "said"), [
    ("101", "100", "crossed, its bid 101 is above its ask 100"),
    ("0", "100", "expected a bid above zero, found 0"),
    ("100", "0", "expected an ask above zero, found 0"),
    ("-1", "100", "expected a bid above zero, found -1"),
    ("NaN", "100", "expected a bid above zero, found NaN"),
    ("sNaN", "100", "expected a bid above zero, found sNaN"),
    ("100", "Infinity", "expected an ask above zero, found Infinity"),
    ("1e-999999", "100", "between 1e-30 and 1e30"),
    ("100", "1e999999", "between 1e-30 and 1e30"),
])  # fmt: skip
def test_an_unusable_quote_enters_nothing_and_says_why(bid, ask, said):
    bad, good = quote("kraken", bid, ask), quote("binance", 90, 91)
    assert said in why_unusable(bad)
    assert opportunities([bad, good], FEES) == []
    assert [(b.bid, b.exchanges) for b in best_prices([bad, good])] == [(Decimal(90), ("binance",))]


def test_a_locked_quote_is_usable():
    assert why_unusable(quote("kraken", 100, 100)) is None


def test_best_prices_name_the_highest_bid_and_the_lowest_ask():
    found = best_prices([
        quote("kraken", 98, 103), quote("binance", 99, 104), quote("coinbase", 99, 101),
    ])  # fmt: skip
    assert len(found) == 1
    assert (found[0].bid, found[0].bid_exchange) == (99, "binance")
    assert (found[0].ask, found[0].ask_exchange) == (101, "coinbase")
    assert found[0].spread_bps == 200
    assert found[0].exchanges == ("binance", "coinbase", "kraken")


def test_overlapping_exchanges_have_a_negative_spread():
    assert best_prices([quote("kraken", 101, 102), quote("binance", 98, 99)])[0].spread_bps == -200


def test_the_last_quote_of_an_exchange_counts():
    quotes = [quote("kraken", 10, 11), quote("binance", 90, 91), quote("kraken", 95, 96)]
    assert best_prices(quotes)[0].bid == 95
    assert {o.ask for o in opportunities(quotes, FEES)} == {91, 96}


def test_a_last_quote_that_is_unusable_does_not_bring_back_an_older_one():
    assert best_prices([quote("kraken", 10, 11), quote("kraken", 0, 11)]) == []


def test_an_exchange_without_a_fee_is_refused():
    quotes = [quote("binance", 90, 91), quote("kraken", 95, 96)]
    with pytest.raises(ValueError, match="expected a taker fee for kraken, found fees for binance"):
        opportunities(quotes, {"binance": Decimal(0)})


@pytest.mark.parametrize("fee", [0.001, Decimal("NaN"), Decimal(1), Decimal(-2)])
def test_a_fee_is_a_decimal_fraction(fee):
    quotes = [quote("binance", 90, 91), quote("kraken", 95, 96)]
    with pytest.raises(ValueError, match="the taker fee of kraken as a Decimal fraction"):
        opportunities(quotes, {"binance": Decimal(0), "kraken": fee})
