"""What the prices of a race say: those of the fastest arm's last batch, at the moment when it was in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import exchanges
from harness.allowance import Allowance
from harness.exchange_clock import ExchangeClock
from harness.heat import Heat
from harness.quote_rows import quotes_from_rows
from harness.readout import readout
from harness.seen import Seen
from harness.sighting import Sighting
from mock_server.market import EPOCH_US

_ALLOWANCE: Final = Allowance(most_age_us=30_000_000)
"""Prices move by a taker fee in about half a minute. A race asks for no notional: the best prices are what there is."""
_MOST_ROUTES: Final = 200


def race_readout(heat: Heat, scenario: Mapping[str, Any]) -> dict[str, Any] | None:
    """The readout of the fastest arm; of any arm that may be trusted where nothing is ranked; None where there is none.

    Against the mock one clock does for all: the exchanges' own, which began with the batch. A price was asked for after
    that, and in hand when the batch was; that is all that is kept of it.
    """
    fit = [row["name"] for row in scenario["strategies"] if row["status"] in ("ranked", "tied", "unranked")]
    arm = next((name for name in [scenario["fastest"], *fit] if name in heat.snapshots), None)
    if arm is None:
        return None
    now_us = heat.clocks[arm]
    sightings = [Sighting(quote, EPOCH_US, now_us) for quote in quotes_from_rows(heat.snapshots[arm])]
    names = {one.quote.exchange for one in sightings}
    seen = Seen(sightings, now_us, dict.fromkeys(names, ExchangeClock(0, 0)))
    fees = {name: exchanges.load(name).taker_fee for name in names}
    return {"arm": arm, **readout(seen, fees, _ALLOWANCE, _MOST_ROUTES)}
