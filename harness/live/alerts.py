"""Alerts: routes whose net has reached what somebody waits for, each told once for as long as it stays there.

Judged is the exact net of a route that nothing stands against; what is rounded is for show. A route that falls below
and comes back is told again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from exchanges.errors import safe
from exchanges.reading import Unreadable, decimal

_KEPT: Final = 20
_MOST_BPS: Final = Decimal(1_000_000)


class Alerts:
    """``at_bps`` is the threshold in basis points, None where nobody waits. For several threads."""

    def __init__(self, at_bps: Decimal | None = None) -> None:
        self._lock = threading.Lock()
        self._at_bps = at_bps
        self._there: set[tuple[str, ...]] = set()
        self._told: deque[dict[str, str]] = deque(maxlen=_KEPT)

    def wait_for(self, at_bps: Decimal | None) -> None:
        """Another threshold: whatever is above it is told, be it known or not."""
        with self._lock:
            self._at_bps = at_bps
            self._there.clear()

    def hear(self, routes: Sequence[Mapping[str, Any]], at: str) -> None:
        """Routes as ``harness.readout`` gives them, at a time of the wall clock (RFC 3339)."""
        with self._lock:
            threshold = self._at_bps
            if threshold is None:
                return
            there = {}
            for route in routes:
                if route["verdict"] == "trade" and Decimal(route["net_exact_bps"]) >= threshold:
                    there[route["pair"], route["buy"], route["sell_pair"], route["sell"]] = route
            for key, route in there.items():
                if key not in self._there:
                    self._told.append({"at": at, "sentence": _sentence(route), "net_bps": route["net_bps"]})
            self._there = set(there)

    def document(self) -> dict[str, Any]:
        """As the market document has them, the latest first."""
        with self._lock:
            at = None if self._at_bps is None else f"{self._at_bps:f}"
            return {"at_bps": at, "told": list(reversed(self._told))}


def threshold_from(text: str) -> Decimal | None:
    """Basis points, from ``12.5``; None for nothing at all. Raises ValueError with a sentence."""
    if not text.strip():
        return None
    try:
        found = decimal(text.strip(), "a threshold")
    except Unreadable:
        found = Decimal(-1)
    if not 0 <= found <= _MOST_BPS:
        raise ValueError(f"expected basis points such as 10, zero or more, found {safe(text, 40)!r}")
    return found


def _sentence(route: Mapping[str, Any]) -> str:
    buy, sell = (
        f"{safe(route[pair], 30)} on {safe(route[at], 30)}" for pair, at in (("pair", "buy"), ("sell_pair", "sell"))
    )
    return f"buy {buy}, sell {sell}: {route['net_bps']} bps net"
