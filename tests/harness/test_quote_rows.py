"""Quotes cross process lines as rows, exact to the last digit."""

import json
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.quote_rows import quotes_from_rows, row_from_quote

MONEY = st.decimals(allow_nan=False, allow_infinity=False)


@given(
    st.builds(
        Quote, st.sampled_from(["kraken", "binance"]), st.just(Pair("BTC", "USD")), MONEY, MONEY, st.none() | MONEY,
        st.none() | MONEY, st.none() | MONEY, st.none() | st.integers(0, 2**53),
    )
)  # fmt: skip
def test_a_quote_survives_its_row_and_json_exactly(quote):
    (found,) = quotes_from_rows(json.loads(json.dumps([row_from_quote(quote)])))
    assert found == quote
    assert str(found.bid) == str(quote.bid)


def test_what_the_exchange_did_not_send_is_none_and_not_zero():
    row = row_from_quote(Quote("kraken", Pair("BTC", "USD"), Decimal("1.10"), Decimal("1.20")))
    assert row == ["kraken", "BTC/USD", "1.10", "1.20", None, None, None, None]


def test_a_later_row_of_the_same_market_takes_the_place_of_an_earlier_one():
    rows = [["kraken", "BTC/USD", bid, "9", None, None, None, None] for bid in ("1", "2")]
    rows.insert(1, ["binance", "BTC/USD", "3", "9", None, None, None, None])
    assert [(quote.exchange, quote.bid) for quote in quotes_from_rows(rows)] == [("kraken", 2), ("binance", 3)]


def test_no_rows_are_no_quotes():
    assert quotes_from_rows([]) == []


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ([], ValueError),
        (["kraken", "BTC/USD", "1"], ValueError),
        (["kraken", "BTC", "1", "2", None, None, None, None], ValueError),
        (["kraken", "BTC/USD", "x", "2", None, None, None, None], InvalidOperation),
        (["kraken", "BTC/USD", None, "2", None, None, None, None], TypeError),
        ([["kraken"], "BTC/USD", "1", "2", None, None, None, None], TypeError),
    ],
)
def test_a_row_that_is_no_quote_raises(row, error):
    with pytest.raises(error):
        quotes_from_rows([row])
