"""The verdict in a sentence or two: the one line that people repeat, so it must not say more than is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchanges.errors import safe
from exchanges.units import counted, text_from_ratio, text_from_seconds

TELLING = 0.5
"""A tie "within 300 %" tells nobody anything: the blocks were too few or too noisy."""


def sentence_for(scenario: Mapping[str, Any], state: str) -> str:
    """What happened in a scenario, in words, from its entry in run.json."""
    rows = [row for row in scenario["strategies"] if row["status"] in ("ranked", "tied")]
    if state == "SERVER-BOUND":
        return "No ranking: the mock server was the bottleneck, so the times say nothing about the strategies."
    if not rows:
        return "No arm finished a block that can be ranked."
    best = rows[0]
    tied = best.get("tied_with") or []
    text = f"{safe(best['name'])} fetched {scenario['requests']} prices in {text_from_seconds(best['time_s'])}"
    # A tie is no claim: "1.0× faster" than an arm that cannot be told apart would be one.
    if scenario["baseline"] not in (best["name"], *tied) and best.get("speedup"):
        text += f", {text_from_ratio(best['speedup'])}× as fast as {safe(scenario['baseline'])}" + _interval(best)
    if best.get("efficiency"):
        text += f", at {best['efficiency']:.0%} of the physical limit"
    text += "."
    if tied:
        within = best.get("tied_within")
        if within is not None and within <= TELLING:
            text += f" Tied with it, within {within:.0%}: {_list(tied)}."
        else:
            text += f" {counted(scenario['finished_blocks'], 'block')} cannot tell it from {_list(tied)}."
    if state == "NOISY":
        why = "one block is too few" if scenario["finished_blocks"] == 1 else "the machine was too noisy"
        text += f" Provisional: {why} for a firm ranking."
    return text


def _interval(row: Mapping[str, Any]) -> str:
    if row.get("speedup_low") is None or row.get("speedup_high") is None:
        return ""
    return f" (95 % CI {text_from_ratio(row['speedup_low'])} to {text_from_ratio(row['speedup_high'])})"


def _list(names: list[str]) -> str:
    names = [safe(name) for name in names]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
