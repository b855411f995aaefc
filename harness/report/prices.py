"""A run's prices as a market document: what the live page is drawn from, of the last batch of the fastest arm."""

from __future__ import annotations

from typing import Any, Final

from harness.report.entries import Entry, ScenarioEntry
from harness.report.market import place_of
from harness.report.wording import listing
from harness.scope import hosts

_MARKET: Final = "The market is the mock server's: invented, seeded, and true to the exchanges' formats."
_OTHERS: Final = "The prices are those of {}, as they were then."


def prices_of(scenario: ScenarioEntry) -> dict[str, Any] | None:
    """The document of a scenario's readout; None where nothing was priced.

    A price that the readout left out as stale is stale; the age of a quote is the highest that it may have had."""
    readout = scenario.entry("readout")
    if not readout.entries("prices"):
        return None
    stale = {
        place_of(one.raw.get("exchange"), one.raw.get("pair"))
        for one in readout.entries("left_out") if one.raw.get("kind") == "stale"
    }  # fmt: skip
    arm = readout.text("arm", "an arm", 80)
    return {
        "schema": 1,
        "source": {"real": not scenario.is_logged, "sentence": f"From the last batch of {arm}."},
        "reading": {"sentence": _market_said(scenario)},
        "markets": [_market(one, stale) for one in readout.entries("quotes") or _halves(readout)],
        "readout": readout.raw,
        "portfolio": None, "engine": None, "alerts": None, "controls": None,
    }  # fmt: skip


def _market_said(scenario: ScenarioEntry) -> str:
    return _MARKET if scenario.is_logged else _OTHERS.format(listing(hosts(scenario.origins), 12))


def _market(quote: Entry, stale: set[tuple[str, str]]) -> dict[str, Any]:
    raw = quote.raw
    ages = raw.get("age_us")
    is_stale = place_of(raw.get("exchange"), raw.get("pair")) in stale
    return {
        **{key: raw.get(key) for key in ("exchange", "pair", "bid", "ask", "last")},
        "freshness": "stale" if is_stale else "fresh", "age_us": ages[-1] if isinstance(ages, list) and ages else None,
        "error": None, "mids": [],
    }  # fmt: skip


def _halves(readout: Entry) -> list[Entry]:
    """Older runs kept no quotes: the best of each pair are left, each one side of its exchange's price."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for price in readout.entries("prices"):
        for side in ("bid", "ask"):
            name, pair = price.raw.get(f"{side}_exchange"), price.raw.get("pair")
            found.setdefault(place_of(name, pair), {"exchange": name, "pair": pair})[side] = price.raw.get(side)
    return [Entry(one) for one in found.values()]
