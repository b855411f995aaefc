"""A quote that was kept comes out as it went in (``harness.history.kept``)."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.history.kept import instant_of, kept_from, microseconds_at, row_for

CODES = st.text("ABCXYZ019", min_size=1, max_size=20)
NUMBERS = st.decimals("-1e18", "1e18", allow_nan=False, allow_infinity=False) | st.sampled_from(
    [
        Decimal(text)
        for text in ("1.50", "0.00", "-0", "1E-7", "0E-20", "123456789012345678901234567890.123456789", "1E+5")
    ]
)
QUOTES = st.builds(
    Quote, st.text(max_size=16), st.builds(Pair, CODES, CODES), NUMBERS, NUMBERS, st.none() | NUMBERS,
    st.none() | NUMBERS, st.none() | NUMBERS, st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
)  # fmt: skip


@settings(max_examples=25)
@given(QUOTES)
def test_what_goes_in_comes_out_exact_and_with_the_same_digits(quote):
    row = row_for(quote)
    if row is None:
        # Only what no exchange says: a name that is no text, or a number of more than 64 digits.
        numbers = (quote.bid, quote.ask, quote.last, quote.bid_size, quote.ask_size)
        too_long = any(len(str(number)) > 64 for number in numbers)
        assert too_long or len(quote.exchange.encode("utf-8", "surrogatepass")) > 16
        return
    found = kept_from([1, 2, 3, *row])
    assert (found.ordinal, found.at_us, found.until_us, found.quote) == (1, 2, 3, quote)
    assert [str(x) for x in (found.quote.bid, found.quote.ask, found.quote.last)] == [
        str(x) for x in (quote.bid, quote.ask, quote.last)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"bid": Decimal("NaN")}, {"bid": Decimal("sNaN")}, {"ask": Decimal("Infinity")}, {"bid": 1.5}, {"ask": None},
        {"last": "7"}, {"bid": Decimal("1E+999")}, {"bid_size": Decimal("1E-999")}, {"bid": Decimal("1" * 65)},
        {"exchange": None}, {"exchange": "\udc80"}, {"exchange": "x" * 65}, {"pair": "BTC/USD"},
        {"pair": Pair("b", "USD")}, {"time_us": 2**63}, {"time_us": 1.5}, {"time_us": True},
    ],
)  # fmt: skip
def test_what_would_not_come_out_as_it_went_in_is_not_kept(broken):
    whole = {"exchange": "kraken", "pair": Pair("BTC", "USD"), "bid": Decimal(1), "ask": Decimal(2)}
    assert row_for(Quote(**whole)) is not None
    assert row_for(Quote(**(whole | broken))) is None


def test_a_line_that_somebody_else_wrote_is_no_quote(quote):
    row = row_for(quote())
    for place, rubbish in ((3, "much"), (2, "BTC"), (2, None)):
        broken = [*row[: place - 1], rubbish, *row[place:]]
        with pytest.raises(ValueError, match="row 7 is no quote"):
            kept_from([7, 1, 2, *broken])
    with pytest.raises(ValueError, match="row 7 is no quote"):
        kept_from([7, 10**18, 2, *row])


def test_an_instant_is_whole_microseconds_and_comes_back():
    instant = datetime(2026, 11, 30, 22, 30, 1, 250_001, tzinfo=UTC)
    assert microseconds_at(instant) == 1_796_077_801_250_001
    assert instant_of(microseconds_at(instant)) == instant
    assert microseconds_at(instant.astimezone(timezone(timedelta(hours=9)))) == microseconds_at(instant)
