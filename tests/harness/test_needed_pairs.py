"""Which pairs are fetched for a portfolio (``harness.needed_pairs``)."""

import pytest

from exchanges.pair import Pair
from harness.needed_pairs import needed_pairs

LISTED = [
    "BTC/USD",
    "BTC/USDT",
    "BTC/EUR",
    "ETH/BTC",
    "ETH/USDC",
    "DOGE/USDT",
    "USDT/USD",
    "EUR/USD",
    "USDC/EUR",
    "EUR/USDT",
]


@pytest.mark.parametrize(
    ("codes", "into", "needed"),
    [
        (["BTC"], "USD", "BTC/EUR BTC/USD BTC/USDT EUR/USD USDT/USD"),
        (["DOGE"], "USD", "DOGE/USDT USDT/USD"),
        (["USDT"], "USD", "EUR/USD EUR/USDT USDT/USD"),
        (["USD"], "EUR", "EUR/USD EUR/USDT USDT/USD"),
        # ETH/USDC leads nowhere, as nobody quotes USDC in USD, and a coin is no money between.
        (["ETH"], "USD", ""),
        (["ETH"], "EUR", "ETH/USDC USDC/EUR"),
        (["ETH"], "BTC", "ETH/BTC"),
        (["XBT"], "USD", ""),
        (["BTC"], "XXX", ""),
        (["USD"], "USD", ""),
        ([], "USD", ""),
    ],
)
def test_pairs_are_those_between_and_those_through_one_money(codes, into, needed):
    assert " ".join(map(str, needed_pairs(codes, into, map(Pair.parse, LISTED)))) == needed
