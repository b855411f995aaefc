"""The project's own spelling of a market."""

import pytest

from exchanges.pair import Pair


@pytest.mark.parametrize("text", ["BTC/USD", "btc/usd", "BTC-USD", " Btc-Usd\n"])
def test_a_pair_is_read_with_a_slash_or_a_hyphen_in_any_case(text):
    assert Pair.parse(text) == Pair("BTC", "USD")


@pytest.mark.parametrize(
    "text", ["", "BTC", "BTCUSD", "BTC/", "/USD", "A/B/C", "BTC/U$D", "日本/USD", "B" * 21 + "/USD", "BTC /USD"]
)
def test_what_is_no_pair_is_shown_with_the_expected_form(text):
    with pytest.raises(ValueError, match="expected a pair such as BTC/USD, found"):
        Pair.parse(text)


def test_a_pair_prints_as_it_is_read():
    assert Pair.parse(str(Pair("1INCH", "USDT"))) == Pair("1INCH", "USDT")


def test_pairs_sort_by_base_and_then_by_quote():
    assert sorted([Pair("ETH", "USD"), Pair("BTC", "USDT"), Pair("BTC", "USD")]) == [
        Pair("BTC", "USD"),
        Pair("BTC", "USDT"),
        Pair("ETH", "USD"),
    ]
