"""Allowances: what somebody who would trade on prices allows them, and how much they want to trade."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Allowance:
    """``notional`` is how much money a purchase spends before fees, in the currency it is paid in (None, and where that
    is no money but a coin: whatever the best prices are good for). A price older than ``most_age_us`` is left out; two
    prices that may be further apart than ``most_skew_us`` never stood side by side. ``drift_bps_per_s`` is what prices
    are expected to move against a trade, for each second of their age: it is taken off the net."""

    notional: Decimal | None = None
    most_age_us: int = 5_000_000
    most_skew_us: int = 250_000
    drift_bps_per_s: Decimal = Decimal(0)
