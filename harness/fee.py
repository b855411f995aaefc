"""A taker fee as people write it: "0.0025", "25bp" and "0.25%" are the same."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

EXPECTED: Final = 'a fraction of the notional below 0.1 such as "0.0025", "25bp" or "0.25%"'
_FEE: Final = re.compile(r"(-?[0-9]{1,4}(?:\.[0-9]{1,12})?)\s*(bps?|%)?")
_UNITS: Final = {None: Decimal(1), "%": Decimal("0.01"), "bp": Decimal("0.0001"), "bps": Decimal("0.0001")}
_HIGHEST: Final = Decimal("0.1")
"""Nobody charges a tenth; somebody who means 0.25 % may write 0.25."""


def fee_from(text: str) -> Decimal:
    """The fraction. Raises ValueError with a sentence."""
    found = _FEE.fullmatch(text.strip())
    fee = Decimal(found[1]) * _UNITS[found[2]] if found else _HIGHEST
    if abs(fee) >= _HIGHEST:
        raise ValueError(f"expected {EXPECTED}, found {text[:40]!r}")
    return fee
