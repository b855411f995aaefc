"""An invented source: readings without an exchange, for tests and for the benchmark of the page.

Every beat each market has another price, on the exchange's own grid of two decimals, and every exchange has answered.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.seen import Seen
from harness.sighting import Sighting, microseconds
from harness.tracker.reading import ExchangeState, Known, Reading
from harness.usable import Market

_MIDS: Final = 60
_CENT: Final = Decimal("0.01")


class InventedSource:
    """What a tracker is to the publisher. ``turn`` makes the next reading, all of whose prices are new."""

    def __init__(self, markets: Sequence[tuple[str, str]], beat_s: float = 0.25, strategy: str = "invented") -> None:
        self._markets: list[Market] = [(name, Pair.parse(pair)) for name, pair in markets]
        self._beat_s, self._strategy = beat_s, strategy
        self._mids: dict[Market, deque[Decimal]] = {market: deque(maxlen=_MIDS) for market in self._markets}
        self._news = threading.Condition()
        self._version = 0
        self._reading = self._made(time.monotonic(), datetime.now(UTC))

    def reading(self) -> Reading:
        return self._reading

    def wait(self, version: int, timeout_s: float) -> int:
        with self._news:
            self._news.wait_for(lambda: self._version > version, timeout_s)
            return self._version

    def turn(self, now_s: float | None = None, at: datetime | None = None) -> Reading:
        """The next reading, at a time of CLOCK_MONOTONIC and one of the wall clock (None: now)."""
        with self._news:
            self._version += 1
            self._reading = self._made(
                time.monotonic() if now_s is None else now_s, datetime.now(UTC) if at is None else at
            )
            self._news.notify_all()
            return self._reading

    def switch(self, strategy: str, in_flight: int | None = None) -> None:
        self._strategy = strategy
        self.turn()

    def refresh(self) -> None:
        self.turn()

    def _made(self, now_s: float, at: datetime) -> Reading:
        now_us = microseconds(now_s)
        known: dict[Market, Known] = {}
        sightings = []
        for place, market in enumerate(self._markets):
            bid = 100 * (place + 1) + ((self._version * 7 + place * 13) % 200) * _CENT
            quote = Quote(*market, bid, bid + 3 * _CENT, last=bid + _CENT)
            sighting = Sighting(quote, now_us - 40_000, now_us - 20_000)
            self._mids[market].append(bid + _CENT)
            known[market] = Known(market, "fresh", sighting, 20_000, None, tuple(self._mids[market]))
            sightings.append(sighting)
        names = list(dict.fromkeys(name for name, _ in self._markets))
        states = {
            name: ExchangeState(name, 0, self._version, self._version, 0, None, 0.02, 0.03, 0.04, 0.1) for name in names
        }
        return Reading(
            at, self._version, self._strategy, self._beat_s, Seen(sightings, now_us, {}), known, states,
            len(names), len(names), (), f"{len(names)} of {len(names)} exchanges answered", refreshes_per_s=4.0,
        )  # fmt: skip


def grid(exchanges: int = 11, pairs: int = 6) -> list[tuple[str, str]]:
    """Markets for it: so many pairs on so many exchanges, of the names that are built in."""
    from exchanges import names

    assets, moneys = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA"), ("USDT", "USD")
    chosen = [f"{asset}/{money}" for asset, money in itertools.product(assets, moneys)][:pairs]
    return [(name, pair) for pair in chosen for name in names()[:exchanges]]
