"""What the prices of a race say: those of the fastest arm's last batch, at the moment when it was in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import exchanges
from harness.allowance import Allowance
from harness.exchange_clock import ExchangeClock
from harness.heat import Heat
from harness.quote_rows import quotes_from_rows
from harness.readout import readout
from harness.seen import Seen
from harness.sighting import Sighting, microseconds
from mock_server.market import EPOCH_US

_ALLOWANCE: Final = Allowance(most_age_us=30_000_000)
"""Prices move by a taker fee in about half a minute. A race asks for no notional: the best prices are what there is."""
_MOST_ROUTES: Final = 200
_RECEIVED: Final = 8
_ASKED: Final = 9
"""Where a row of a snapshot has its moments, in seconds since the batch began."""


def race_readout(heat: Heat, scenario: Mapping[str, Any]) -> dict[str, Any] | None:
    """The readout of the fastest arm; of any arm that may be trusted where nothing is ranked; None where there is none.

    Against the mock one clock does for all: the exchanges' own; of others' clocks there is what their quotes tell, and
    ours. The prices were used when the last of them was in hand.
    """
    fit = [row["name"] for row in scenario["strategies"] if row["status"] in ("ranked", "tied", "unranked")]
    arm = next((name for name in [scenario["fastest"], *fit] if name in heat.snapshots), None)
    if arm is None:
        return None
    now_us, rows = heat.clocks[arm], heat.snapshots[arm]
    used_s = max((row[_RECEIVED] for row in rows if len(row) > _ASKED), default=0.0)
    sightings = [sighting for row in rows for sighting in _sightings(row, now_us, used_s)]
    names = {one.quote.exchange for one in sightings}
    clocks = dict.fromkeys(names, ExchangeClock(0, 0)) if heat.scenario.is_logged else {}
    seen = Seen(sightings, now_us, clocks)
    fees = {name: exchanges.load(name).taker_fee for name in names}
    return {"arm": arm, **readout(seen, fees, _ALLOWANCE, _MOST_ROUTES)}


def _sightings(row: Sequence[Any], now_us: int, used_s: float) -> list[Sighting]:
    """The quote of a row, with its moments on the exchanges' clock; ``used_s`` is when the last one was in hand. Older
    runs do not tell when a price was asked for: after the batch had begun."""
    asked_us, received_us = EPOCH_US, now_us
    if len(row) > _ASKED:
        asked_us, received_us = (now_us - microseconds(used_s - row[place]) for place in (_ASKED, _RECEIVED))
    return [Sighting(quote, asked_us, received_us) for quote in quotes_from_rows([row])]
