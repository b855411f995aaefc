"""What could be traded, against decimals of 200 digits: everything that the code does in fractions is done here again
without them."""

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal, localcontext
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exchanges
from exchanges.pair import Pair
from harness.allowance import Allowance
from harness.arbitrage import opportunities
from harness.conversion import conversions
from harness.sides import sides_of

NAMES = ("binance", "coinbase", "kraken")
FREE = dict.fromkeys((*NAMES, "bitstamp", "bitfinex"), Decimal(0))
FEES = {**FREE, "binance": Decimal("0.001"), "coinbase": Decimal("0.006"), "kraken": Decimal("0.0026")}
LONG = Context(prec=200, rounding=ROUND_HALF_EVEN)
FIGURES = ("gross_bps", "depth_bps", "fee_bps", "allowance_bps", "net_bps", "size", "spent", "profit", "buy_price",
           "sell_price")  # fmt: skip


# The oracle: levels one by one, in decimals.


def levels_of(usable, side):
    quote, book = usable.quote, usable.sighting.book
    if book is not None:
        return list(book.bids if side == "bid" else book.asks)
    price, size = (quote.bid, quote.bid_size) if side == "bid" else (quote.ask, quote.ask_size)
    return [] if size is None else [(price, size)]


def money_for(levels, amount):
    money = Decimal(0)
    for price, size in levels:
        part = min(amount, size)
        money, amount = money + part * price, amount - part
    return money, amount


def amount_for(levels, money):
    amount = Decimal(0)
    for price, size in levels:
        if price * size >= money:
            return amount + money / price, Decimal(0)
        amount, money = amount + size, money - price * size
    return amount, money


def grid_of(usable):
    listed = exchanges.load(usable.quote.exchange).instruments
    return next(one.size_step for one in listed if one.pair == usable.quote.pair)


def oracle(buy, sell, way, fees, allowance, age_us):
    """The figures of one opportunity, each rounded to 28 digits at the very end."""
    asks, bids = levels_of(buy, "ask"), levels_of(sell, "bid")
    ask, bid = buy.quote.ask, sell.quote.bid
    best = Decimal(1) if way is None else way.side.best
    there = [] if way is None else levels_of(way.at, "bid" if way.sells else "ask")

    def at_best(money):
        return money if way is None else money * best if way.sells else money / best

    def by_depth(money):
        if not there:
            return at_best(money)
        if way.sells:
            got, left = money_for(there, money)
            return got + left * there[-1][0]
        got, left = amount_for(there, money)
        return got + left / there[-1][0]

    sized = bool(asks and bids)
    size = None
    if sized:
        if allowance.notional is None:
            wanted = min(asks[0][1], bids[0][1])
        else:
            wanted = min(amount_for(asks, allowance.notional)[0], sum(held for _, held in bids))
        # Every step is a power of ten, so the coarser one has both grids on it.
        grid = max(grid_of(buy), grid_of(sell))
        size = (wanted / grid).to_integral_value(ROUND_FLOOR) * grid
    paid, raw = (money_for(asks, size)[0], money_for(bids, size)[0]) if size else (ask, bid)
    turned = by_depth if size else at_best
    cost = paid * (1 + fees[buy.quote.exchange])
    brought = turned(raw * (1 - fees[sell.quote.exchange])) * (1 - (0 if way is None else way.fee))
    gross, at_size, after = at_best(bid) / ask - 1, turned(raw) / paid - 1, brought / cost - 1
    allowed = allowance.drift_bps_per_s * age_us / 1_000_000
    net = after - allowed / 10_000
    none = Decimal(0) if sized else None
    return {
        "gross_bps": gross * 10_000, "depth_bps": (gross - at_size) * 10_000, "fee_bps": (at_size - after) * 10_000,
        "allowance_bps": allowed, "net_bps": net * 10_000, "size": size, "spent": paid if size else none,
        "profit": net * cost if size else none, "buy_price": paid / (size or 1), "sell_price": raw / (size or 1),
    }  # fmt: skip


def same(found, exact):
    if exact is None:
        return found is None
    # What is nothing among 200 digits comes out as a rest in the last of them.
    if abs(exact) < Decimal("1e-150"):
        return found == 0
    return found == Context(prec=28, rounding=ROUND_HALF_EVEN).plus(exact)


def check(one, fees, allowance):
    with localcontext(LONG):
        expected = oracle(one.buy, one.sell, one.conversion, fees, allowance, one.age_us)
        for name in FIGURES:
            found = getattr(one, name)
            assert same(found, expected[name]), (name, found, expected[name])
        rest = one.gross_bps - one.depth_bps - one.fee_bps - one.allowance_bps - one.net_bps
        # Five figures of 28 digits, each rounded once.
        largest = max(abs(getattr(one, name)) for name in FIGURES[:5])
        assert abs(rest) <= largest * Decimal("5e-27")


# Markets for it to be asked about.

prices = st.decimals("0.00000001", "200000", places=8)
near = st.decimals("0.98", "1.02", places=6)
sizes = st.decimals("0", "5", places=4)
fee_rates = st.decimals("-0.0005", "0.012", places=5)
ages = st.tuples(st.integers(0, 500_000), st.integers(500_000, 3_000_000))
allowances = st.builds(
    Allowance,
    notional=st.none() | st.decimals("0.01", "500000", places=2),
    drift_bps_per_s=st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(7)]),
)


@st.composite
def market(draw, exchange, pair, about=Decimal(1), scale=1):
    """Arguments of one market around a price: a book, or a quote alone, with sizes or without."""
    middle = draw(near) * about
    ticks = [draw(st.decimals("0.00001", "0.01", places=5)) * about for _ in range(6)]
    held = [draw(sizes) * scale for _ in range(6)]
    down = [middle - sum(ticks[: n + 1]) / 10 for n in range(3)]
    up = [middle + sum(ticks[3 : n + 4]) / 10 for n in range(3)]
    kind = draw(st.sampled_from(["book", "book", "quote", "silent"]))
    made = {"exchange": exchange, "pair": pair, "age": draw(ages)}
    if kind == "book":
        deep = draw(st.integers(1, 3))
        rows = [
            ", ".join(f"{price:f} x {size:f}" for price, size in zip(side[:deep], of, strict=False))
            for side, of in ((down, held[:3]), (up, held[3:]))
        ]
        return {**made, "bids": rows[0], "asks": rows[1]}
    told = {} if kind == "silent" else {"bid_size": held[0], "ask_size": held[3]}
    return {**made, "bid": down[0], "ask": up[0], **told}


in_dollars = st.tuples(market("kraken", "BTC/USD", 30000), market("coinbase", "BTC/USD", 30000))
in_two_moneys = st.tuples(
    market("kraken", "BTC/USD", 30000), market("binance", "BTC/USDT", 30000),
    market("bitstamp", "USDT/USD", 1, 20000), market("bitfinex", "USDT/USD", 1, 20000),
)  # fmt: skip
fees_of_five = st.fixed_dictionaries(dict.fromkeys(FREE, fee_rates))


@st.composite
def markets(draw):
    """Quotes of some exchanges and pairs."""
    found = []
    for exchange in NAMES:
        for pair in ("BTC/USD", "BTC/USDT", "ETH/USD"):
            if draw(st.booleans()):
                bid, ask = sorted([draw(prices), draw(prices)])
                told = draw(st.sampled_from([(1, 2), (None, 2), (0, 0)]))
                found.append({"exchange": exchange, "bid": bid, "ask": ask, "pair": pair,
                              "bid_size": told[0], "ask_size": told[1]})  # fmt: skip
    return found


def test_a_trade_worked_out_by_hand_is_right_to_the_last_digit(usable):
    # 0.5 coins at 30000 and 0.2 at 30010 cost 21002, and with 0.1 % 21023.002. 0.2 at 30300 and 0.5 at 30290 bring
    # 21205, and less 0.26 % 21149.867. 126.865 is left; of 21023.002 that is 60.345805989... basis points.
    # At the best prices it was 300 of 30000; at this size it is 203 of 21002, 96.657461194... basis points.
    buy = usable("binance", bids="29990 x 1", asks="30000 x 0.5, 30010 x 1", pair="BTC/USDT")
    sell = usable("kraken", bids="30300 x 0.2, 30290 x 2", asks="30400 x 1", pair="BTC/USDT")
    found = opportunities([sell, buy], FEES, Allowance(Decimal(21002)))[0][0]
    assert (found.buy, found.sell, found.conversion) == (buy, sell, None)
    assert found.gross_bps == 100
    assert found.depth_bps == Decimal("3.342538805828016379392438815")
    assert found.fee_bps == Decimal("36.31165520509392521581836885")
    assert found.allowance_bps == 0
    assert found.net_bps == Decimal("60.34580598907805840478919233")
    assert (found.size, found.spent, found.profit) == (Decimal("0.7"), 21002, Decimal("126.865"))
    assert (found.buy_price, found.sell_price) == (
        Decimal("30002.85714285714285714285714"), Decimal("30292.85714285714285714285714"),
    )  # fmt: skip
    assert (found.verdict, found.why, found.whole) == ("trade", (), True)
    assert found.reason == "trade: 60.35 bps after fees for up to 0.70 BTC"


def test_a_trade_through_other_money_worked_out_by_hand_is_right_to_the_last_digit(usable):
    # One coin costs 30000 USD, and with 0.26 % 30078. It brings 30300 USDT, less 0.1 % 30269.7, which are worth
    # 20000 * 0.999 + 10269.7 * 0.998 = 30229.1606 USD, less 0.2 % 30168.7022788. 90.7022788 is left, 30.155688144...
    # basis points; the older price may be 1.5 s old, and 2 basis points a second are 3 of 30078, 9.0234: 81.6788788.
    # At the best prices: 30300 * 0.999 - 30000 = 269.7, and by depth 19980 + 10300 * 0.998 - 30000 = 259.4, of 30000.
    found = opportunities(
        [
            usable("kraken", 29990, 30000, ask_size=1, age=(1_400_000, 1_500_000)),
            usable("binance", 30300, 30310, "BTC/USDT", bid_size=3, age=(1_400_000, 1_400_000)),
            usable(
                "bitstamp", bids="0.999 x 20000, 0.998 x 50000", asks="1 x 9", pair="USDT/USD", age=(1_400_000,) * 2
            ),
        ],
        {**FEES, "bitstamp": Decimal("0.002")},
        Allowance(drift_bps_per_s=Decimal(2)),
    )[0][0]
    assert str(found.conversion) == "USDT/USD on bitstamp"
    assert found.gross_bps == Decimal("89.9")
    assert found.depth_bps == Decimal("3.433333333333333333333333333")
    assert found.fee_bps == Decimal("56.31097852250814548839683490")
    assert found.allowance_bps == 3
    assert found.net_bps == Decimal("27.15568814415852117826983177")
    assert (found.size, found.spent, found.profit) == (1, 30000, Decimal("81.6788788"))
    assert found.verdict == "trade"
    assert found.reason == "trade: 27.16 bps after fees and drift through USDT/USD on bitstamp for up to 1.00 BTC"


@given(in_dollars, fees_of_five, allowances)
def test_every_figure_in_one_money_is_the_oracles_to_the_last_digit(usable, made, fees, allowance):
    found, _ = opportunities([usable(**one) for one in made], fees, allowance)
    assert len(found) == 2
    for one in found:
        check(one, fees, allowance)


@given(in_two_moneys, fees_of_five, allowances)
def test_every_figure_through_other_money_at_the_bid_and_at_the_ask_is_the_oracles(usable, made, fees, allowance):
    found, _ = opportunities([usable(**one) for one in made], fees, allowance)
    btc = [one for one in found if one.buy.quote.pair.base == "BTC"]
    assert {one.conversion.sells for one in btc} == {True, False}
    for one in found:
        check(one, fees, allowance)


@given(in_two_moneys, fees_of_five, allowances)
def test_a_size_is_a_whole_number_of_the_steps_of_both_exchanges(usable, made, fees, allowance):
    for one in opportunities([usable(**each) for each in made], fees, allowance)[0]:
        if one.size is not None:
            assert one.size % grid_of(one.buy) == one.size % grid_of(one.sell) == 0
            assert allowance.notional is None or one.spent <= allowance.notional


@given(in_two_moneys, fees_of_five, st.decimals("0.01", "500000", places=2))
def test_what_is_lost_by_depth_is_never_less_than_nothing(usable, made, fees, notional):
    for one in opportunities([usable(**each) for each in made], fees, Allowance(notional))[0]:
        assert one.depth_bps >= 0
        assert one.buy_price >= one.buy.quote.ask
        assert one.sell_price <= one.sell.quote.bid


@given(markets())
def test_without_fees_and_depth_net_is_gross(usable, made):
    for found in opportunities([usable(**one) for one in made], FREE, Allowance())[0]:
        assert found.net_bps == found.gross_bps
        assert (found.fee_bps, found.depth_bps, found.allowance_bps) == (0, 0, 0)


@given(markets())
def test_different_money_never_meets_without_a_market_between_the_two(usable, made):
    found, not_compared = opportunities([usable(**one) for one in made], FEES, Allowance())
    assert all(one.buy.quote.pair == one.sell.quote.pair and one.conversion is None for one in found)
    moneys = {pair: {one["exchange"] for one in made if one["pair"] == pair} for pair in ("BTC/USD", "BTC/USDT")}
    could_meet = any(one != other for one in moneys["BTC/USD"] for other in moneys["BTC/USDT"])
    assert not_compared == could_meet * ["USD and USDT are not compared: no market between them is among the prices"]


@given(in_two_moneys)
def test_with_a_market_between_them_different_money_meets_through_the_best_one(usable, made):
    quoted = [usable(**one) for one in made]
    found, not_compared = opportunities(quoted, FEES, Allowance())
    best = conversions([sides_of(one) for one in quoted if one.quote.pair.base == "USDT"], FEES)
    through = [one.conversion for one in found if one.conversion is not None]
    assert not_compared == []
    assert len(through) == 2
    for way in through:
        assert way == best[way.given, way.got]
        others = [sides_of(one) for one in quoted if one.quote.pair == Pair("USDT", "USD")]
        # Those that say how much is on offer come first.
        sized = [one for one in others if (one.bids if way.sells else one.asks).levels] or others
        rates = [one.of.quote.bid if way.sells else -one.of.quote.ask for one in sized]
        # Both of them take nothing, so the better price is the better way.
        assert (way.side.best if way.sells else -way.side.best) == max(rates)


def test_dollars_and_tethers_are_no_arbitrage(usable):
    quoted = [usable("binance", 100, 101, "BTC/USDT"), usable("kraken", 200, 201)]
    assert opportunities(quoted, FEES, Allowance()) == (
        [], ["USD and USDT are not compared: no market between them is among the prices"],
    )  # fmt: skip


def test_no_exchange_trades_with_itself_not_even_through_other_money(usable):
    quoted = [
        usable("kraken", 100, 101), usable("kraken", 200, 201, "BTC/USDT"), usable("kraken", 1, 1, "USDT/USD"),
    ]  # fmt: skip
    assert opportunities(quoted, FEES, Allowance()) == ([], [])


@given(markets())
def test_every_ordered_pair_of_exchanges_appears_once_the_best_net_first(usable, made):
    found, _ = opportunities([usable(**one) for one in made], FEES, Allowance())
    expected = [
        (one["pair"], one["exchange"], other["exchange"])
        for one, other in permutations(made, 2)
        if one["pair"] == other["pair"]
    ]
    assert sorted((str(o.buy.quote.pair), o.buy.quote.exchange, o.sell.quote.exchange) for o in found) == sorted(
        expected
    )
    assert [one.net_bps for one in found] == sorted((one.net_bps for one in found), reverse=True)


@given(st.permutations(range(4)), in_two_moneys)
def test_the_order_of_the_quotes_says_nothing(usable, order, made):
    quoted = [usable(**one) for one in made]
    shuffled = [quoted[place] for place in order]
    assert opportunities(shuffled, FEES, Allowance()) == opportunities(quoted, FEES, Allowance())


@given(markets())
def test_only_what_pays_after_fees_is_called_a_trade(usable, made):
    for one in opportunities([usable(**each) for each in made], FEES, Allowance())[0]:
        with localcontext(LONG):
            buy, sell = one.buy.quote, one.sell.quote
            pays = sell.bid * (1 - FEES[sell.exchange]) > buy.ask * (1 + FEES[buy.exchange])
        assert one.pays == pays
        assert (one.verdict in ("trade", "size unknown", "no size", "unbelievable")) == pays
        assert (one.verdict == "trade") == (not one.why)
        if one.verdict == "trade":
            assert one.size > 0
            assert one.profit > 0


@given(in_two_moneys, st.integers(1, 10))
def test_the_callers_decimal_context_changes_nothing(usable, made, precision):
    quoted = [usable(**one) for one in made]
    expected = opportunities(quoted, FEES, Allowance(Decimal(1000)))
    with localcontext(Context(prec=precision, rounding=ROUND_UP)):
        assert opportunities(quoted, FEES, Allowance(Decimal(1000))) == expected


def test_an_exchange_without_a_fee_is_refused(usable):
    quoted = [usable("binance", 90, 91), usable("kraken", 95, 96)]
    with pytest.raises(ValueError, match="expected a taker fee for kraken, found fees for binance"):
        opportunities(quoted, {"binance": Decimal(0)}, Allowance())


@pytest.mark.parametrize("fee", [0.001, Decimal("NaN"), Decimal(1), Decimal(-2)])
def test_a_fee_is_a_decimal_fraction(usable, fee):
    quoted = [usable("binance", 90, 91), usable("kraken", 95, 96)]
    with pytest.raises(ValueError, match="the taker fee of kraken as a Decimal fraction"):
        opportunities(quoted, {"binance": Decimal(0), "kraken": fee}, Allowance())
