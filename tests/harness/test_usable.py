"""Which prices may be acted on: what is refused, and for which reason."""

from decimal import Decimal

import pytest

from exchanges.book import Book, Level
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.age import EXCHANGE_TIME, OUR_CLOCK
from harness.allowance import Allowance
from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting
from harness.usable import Usable, age_at, known_clocks, sorted_out, why_unusable

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
S, HOUR_US = 1_000_000, 3_600_000_000
NOW_US = 10 * HOUR_US
ALLOWANCE = Allowance()
THEIRS_US = 10**15
EXACT = ExchangeClock(THEIRS_US, 0)


def sighting(
    exchange="kraken", bid="100", ask="101", pair=BTC, time_us=None, asked_us=NOW_US - 2_000, book=None, **more
):
    quote = Quote(exchange, pair, Decimal(bid), Decimal(ask), None, time_us=time_us, **more)
    return Sighting(quote, asked_us, max(asked_us, NOW_US - 1_000), book)


def book(bids="100 x 1", asks="101 x 1"):
    sides = [
        tuple(Level(*map(Decimal, row.split(" x "))) for row in side.split(", ")) if side else ()
        for side in (bids, asks)
    ]
    return Book("kraken", BTC, *sides)


def refused(*sightings, clocks=None, halted=(), allowance=ALLOWANCE):
    """The one that is left out, of what is used besides."""
    usable, (left_out,) = sorted_out(sightings, clocks or {}, halted, NOW_US, allowance)
    assert left_out.market not in usable
    assert len(usable) == len({(one.quote.exchange, one.quote.pair) for one in sightings}) - 1
    return left_out.kind, left_out.reason


def test_a_sound_price_may_be_used_and_knows_its_age():
    usable, left_out = sorted_out([sighting()], {}, (), NOW_US, ALLOWANCE)
    (found,) = usable.values()
    assert left_out == []
    assert found.market == ("kraken", BTC)
    assert (found.age.low_us, found.age.high_us, found.age.by) == (1_000, 2_000, OUR_CLOCK)


@pytest.mark.parametrize(("bid", "ask", "said"), [
    ("102", "101", "crossed, its bid 102 is above its ask 101"),
    ("0", "101", "one-sided, expected a bid above zero, found 0"),
    ("100", "0", "one-sided, expected an ask above zero, found 0"),
    ("-1", "100", "one-sided, expected a bid above zero, found -1"),
    ("NaN", "100", "one-sided, expected a bid above zero, found NaN"),
    ("sNaN", "100", "one-sided, expected a bid above zero, found sNaN"),
    ("100", "Infinity", "one-sided, expected an ask above zero, found Infinity"),
    ("1e-999999", "100", "expected a bid between 1e-30 and 1e30, found 1.000E-999999"),
    ("100", "1e999999", "expected an ask between 1e-30 and 1e30, found 1.000E+999999"),
])  # fmt: skip
def test_a_quote_that_is_no_price_is_left_out_with_the_reason(bid, ask, said):
    assert refused(sighting(bid=bid, ask=ask), sighting("binance")) == ("bad_value", f"kraken BTC/USD: {said}")


def test_a_price_that_is_a_float_is_none():
    bad = Sighting(Quote("kraken", BTC, 100.0, Decimal(101)), 0, 0)  # type: ignore[arg-type]
    assert "one-sided, expected a bid above zero, found 100.0" in why_unusable(bad)


def test_a_locked_quote_is_a_price():
    assert why_unusable(sighting(bid="100", ask="100")) is None


def test_a_halted_market_is_left_out_though_it_is_quoted():
    said = ("halted", "kraken BTC/USD: halted, the exchange lists it and does not trade it")
    assert refused(sighting(), sighting(pair=ETH), halted={("kraken", BTC)}) == said


def test_what_is_neither_a_price_nor_trading_is_told_as_no_price():
    assert refused(sighting(bid="0"), halted={("kraken", BTC)})[0] == "bad_value"


def test_a_stale_price_is_left_out_with_its_age():
    bad = sighting("binance", time_us=THEIRS_US + NOW_US - HOUR_US)
    kind, reason = refused(bad, sighting(), clocks={"binance": EXACT})
    assert kind == "stale"
    assert reason.startswith("binance BTC/USD: stale, at least 3600 s old by the exchange's time, at most 5.00 s are")


def test_a_time_that_is_still_to_come_is_left_out():
    bad = sighting("binance", time_us=THEIRS_US + NOW_US + HOUR_US)
    kind, reason = refused(bad, sighting(), clocks={"binance": EXACT})
    assert kind == "stale"
    assert "binance BTC/USD: its time is 3600 s ahead of the exchange's clock" in reason


def test_a_price_that_may_be_too_old_is_unverifiable_and_left_out():
    # Nobody knows when during the nine seconds the exchange said it.
    kind, reason = refused(sighting(asked_us=NOW_US - 9 * S), sighting("binance"))
    assert kind == "stale"
    assert reason == (
        "kraken BTC/USD: unverifiable, 1.00 ms to 9.00 s old by our own clock, at most 5.00 s are allowed"
    )  # fmt: skip


def test_with_more_age_allowed_the_same_price_is_used():
    usable, left_out = sorted_out([sighting(asked_us=NOW_US - 9 * S)], {}, (), NOW_US, Allowance(most_age_us=9 * S))
    assert (len(usable), left_out) == (1, [])


def test_of_several_sightings_of_a_market_the_last_counts():
    usable, left_out = sorted_out([sighting(bid="10"), sighting(bid="95")], {}, (), NOW_US, ALLOWANCE)
    assert [one.quote.bid for one in usable.values()] == [95]
    assert left_out == []


def test_a_last_sighting_that_is_no_price_does_not_bring_back_an_older_one():
    usable, left_out = sorted_out([sighting(bid="10"), sighting(bid="0")], {}, (), NOW_US, ALLOWANCE)
    assert usable == {}
    assert len(left_out) == 1


@pytest.mark.parametrize("off_us", [-HOUR_US, HOUR_US])
def test_an_exchange_without_a_clock_is_judged_by_what_most_of_its_quotes_say(off_us):
    # Bitstamp shows no clock; two of its three quotes are of one time, and one is an hour off.
    pairs = [BTC, ETH, Pair("SOL", "USD"), Pair("XRP", "USD")]
    times = [THEIRS_US + NOW_US] * 3 + [THEIRS_US + NOW_US + off_us]
    seen = [sighting("bitstamp", pair=pair, time_us=at_us) for pair, at_us in zip(pairs, times, strict=True)]
    clocks = known_clocks(seen, {}, ALLOWANCE.most_age_us)
    kind, reason = refused(*seen, clocks=clocks)
    assert kind == "stale"
    assert reason.startswith("bitstamp XRP/USD: ")
    # And what is used is as old as our own clock says: the other one is too coarse to tell.
    usable, _ = sorted_out(seen, clocks, (), NOW_US, ALLOWANCE)
    assert {one.age.by for one in usable.values()} == {OUR_CLOCK}


def test_a_clock_that_is_shown_counts_more_than_what_quotes_say():
    seen = [sighting("binance", pair=Pair(base, "USDT"), time_us=5) for base in ("BTC", "ETH", "SOL")]
    assert known_clocks(seen, {"binance": EXACT}, S) == {"binance": EXACT}
    assert known_clocks(seen, {}, S)["binance"] != EXACT


def test_exchanges_that_send_no_times_have_no_clock():
    seen = [sighting(pair=Pair(base, "USD")) for base in ("BTC", "ETH", "SOL")]
    assert known_clocks(seen, {}, S) == {}


def test_quotes_on_both_sides_of_a_minute_are_all_sound_where_times_are_cut_to_it(monkeypatch):
    minute = 60 * S
    monkeypatch.setattr("harness.usable.exchanges.load", lambda name: type("", (), {"time_grain_us": minute}))
    # Three quotes just before the minute is full, two just after: 60 s apart by their times, 2 ms by the truth.
    start = 1_000_000 * minute
    seen = [
        Sighting(Quote("x", Pair(base, "USD"), Decimal(1), Decimal(2), time_us=told_us), received_us - 500, received_us)
        for base, told_us, received_us in [
            ("A", start - minute, start - 900), ("B", start - minute, start - 800), ("C", start - minute, start - 700),
            ("D", start, start + 800), ("E", start, start + 900),
        ]
    ]  # fmt: skip
    clocks = known_clocks(seen, {}, ALLOWANCE.most_age_us)
    usable, left_out = sorted_out(seen, clocks, (), start + 2_000, ALLOWANCE)
    assert (len(usable), left_out) == (5, [])


def test_the_age_is_told_by_the_exchanges_clock_where_it_is_known():
    seen = sighting("binance", time_us=THEIRS_US + NOW_US - S)
    age = age_at(seen, {"binance": EXACT}, NOW_US, 5 * S)
    assert (age.low_us, age.high_us, age.by) == (S - 999, S, EXCHANGE_TIME)


@pytest.mark.parametrize(("bids", "asks", "said"), [
    ("100 x 1, 100 x 1", "101 x 1", "expected bids from the best outward, found them in another order"),
    ("100 x 1, 100.5 x 1", "101 x 1", "expected bids from the best outward, found them in another order"),
    ("100 x 1", "101 x 1, 102 x 1, 101.5 x 1", "expected asks from the best outward, found them in another order"),
    ("100 x 1, NaN x 1", "101 x 1", "expected bids with a price above zero and a size, found 1 at NaN"),
    ("100 x 1, 0 x 1", "101 x 1", "expected bids with a price above zero and a size, found 1 at 0"),
    ("100 x 1", "101 x 1, 102 x NaN", "expected asks with a price above zero and a size, found NaN at 102"),
    ("100 x 1", "101 x 1, 102 x -1", "expected asks with a price above zero and a size, found -1 at 102"),
    ("100 x 1", "101 x 1, 102 x 1e-999999", "expected asks with a price above zero and a size, found 1E-999999 at 102"),
    ("99 x 1", "101 x 1", "expected a book whose bids begin with the quote's 100, found 99"),
    ("100 x 1", "", "expected a book whose asks begin with the quote's 101, found none"),
])  # fmt: skip
def test_a_book_that_is_none_is_left_out_with_its_quote(bids, asks, said):
    assert refused(sighting(book=book(bids, asks))) == ("bad_value", f"kraken BTC/USD: {said}")


def test_a_level_of_nothing_is_a_level():
    assert why_unusable(sighting(book=book("100 x 0, 99 x 1"))) is None


@pytest.mark.parametrize("size", ["NaN", "-1", "1e999999", "1e-999999", "Infinity", "sNaN"])
def test_a_size_that_is_nonsense_is_not_told(size):
    quote = Quote("kraken", BTC, Decimal(1), Decimal(2), None, Decimal(size), Decimal("0.5"))
    found = Usable(Sighting(quote, 0, 0), age_at(Sighting(quote, 0, 0), {}, 0, 1))
    assert found.top_size("bid") is None
    assert found.top_size("ask") == Decimal("0.5")


def test_the_grid_of_sizes_is_that_of_the_exchanges_list():
    def step(exchange, pair):
        return Usable(sighting(exchange, pair=pair), None).size_step

    assert step("gemini", Pair("SHIB", "USD")) == 1
    assert step("binance", Pair("BTC", "USDT")) == Decimal("0.00001")
    assert step("kraken", Pair("NEVER", "USD")) is None
