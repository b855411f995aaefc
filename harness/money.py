"""Which currencies are money: what people count in, and what other things are sold for.

Each is money of its own kind. A stable coin is none that it follows: what a USDT is worth in USD is what somebody
quotes for it.
"""

from __future__ import annotations

from typing import Final

FIAT: Final = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "JPY", "KRW", "MXN", "NOK", "NZD", "PLN", "SEK",
    "SGD", "TRY", "USD", "ZAR",
})  # fmt: skip
STABLE: Final = frozenset({
    "DAI", "EURC", "EURI", "FDUSD", "GUSD", "PYUSD", "RLUSD", "TUSD", "USD1", "USDC", "USDD", "USDE", "USDG", "USDP",
    "USDQ", "USDR", "USDS", "USDT",
})  # fmt: skip
MONEY: Final = FIAT | STABLE


def places_of(code: str) -> int:
    """How many digits after the point an amount of it is shown with: cents of money, eight of coins."""
    return 2 if code in MONEY else 8
