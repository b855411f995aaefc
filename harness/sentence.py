"""The verdict in a sentence or two: the one line that people repeat, so it must not say more than is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from exchanges.errors import safe
from exchanges.units import counted, text_from_ratio, text_from_seconds, text_from_share
from harness.scope import listed_hosts

TELLING = 0.5
"""A tie "within 300 %" tells nobody anything: the blocks were too few or too noisy."""

_UNRANKED: Final = {
    "DRIFTED": "the arms ran in one fixed order while times changed, so who is fast cannot be told from who ran when",
    "SERVER-BOUND": "the mock server was the bottleneck, so the times say nothing about the strategies",
    "NETWORK-INVALID": "connections were lost and tried again, so the times say nothing about the strategies",
}
_PROVISIONAL: Final = {
    "surroundings": "the machine was too busy with other work",
    "noise": "the machine was too noisy",
    "blocks": "there were too few blocks",
    "twin": "too little is known of the machine's noise",
    "ruler": "the mock server was not accurate enough",
    "order": "one fixed order of the arms is too little",
    "stopwatch": "the times were too short",
}
"""By the cause of a reason (``harness.reason.CAUSES``); of several causes the first one here is told."""

_BROUGHT: Final = {"books": "books", "markets": "bodies of whole markets"}
_LONGEST: Final = 60
"""Of a latency or of faults in a line: a recorded profile has a hundred quantiles."""


def conditions_of(scenario: Mapping[str, Any]) -> str:
    """What every arm of a scenario faces, from its entry in run.json: ``40 requests, 20 in flight, 20ms``."""
    said = [counted(scenario["requests"], "request")]
    if scenario.get("workload") == "books":
        said[0] += f" for books of {scenario.get('levels')} levels"
    origins = scenario.get("origins")
    if scenario.get("workload") == "markets":
        said[0] += " for all markets" if origins else f" for all of {scenario.get('listed'):,} markets or more"
    said += [f"{scenario['concurrency']} in flight"]
    said += [f"asked of {listed_hosts(origins)}" if origins else safe(scenario["latency"], _LONGEST)]
    said += ["over TLS"] if scenario.get("tls") else []
    said += [f"prices {safe(motion, _LONGEST)}"] if (motion := scenario.get("motion", "waves")) != "waves" else []
    said += [f"faults {safe(faults, _LONGEST)}"] if (faults := scenario.get("faults")) else []
    # Where requests stall, the deadline decides the time.
    said += [f"deadline {deadline:g} s"] if faults and (deadline := scenario.get("deadline_s")) else []
    return ", ".join(said)


def done_by(requests: object, workload: str, failed: float) -> tuple[str, str]:
    """What an arm did, as a verb and its object: ``fetched``, ``40 prices``; where requests failed, it has not fetched
    them all."""
    return (
        ("went through", f"{requests} requests")
        if failed
        else ("fetched", f"{requests} {_BROUGHT.get(workload, 'prices')}")
    )


def failures_by_plan(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many requests the faults of a scenario cost; empty where they cost none. An arm that is out may have failed
    otherwise than by plan, and is not counted."""
    fit = [row for row in rows if row.get("status") in ("ranked", "tied", "unranked")]
    failed, asked = (sum(row.get(key) or 0 for row in fit) for key in ("failed", "requests"))
    if not failed:
        return ""
    return (
        f"{text_from_share(failed / asked, 1)} of all requests failed by plan, struck by faults: times are those of "
        "whole batches, failed requests among them"
    )


def sentence_for(scenario: Mapping[str, Any], state: str) -> str:
    """What happened in a scenario, in words, from its entry in run.json."""
    rows = [row for row in scenario["strategies"] if row["status"] in ("ranked", "tied")]
    if state in _UNRANKED:
        return f"No ranking: {_UNRANKED[state]}."
    if not rows:
        # Why, is the verdict's reason, which stands beside this sentence.
        return "No arm can be ranked."
    best = rows[0]
    tied = best.get("tied_with") or []
    did = " ".join(done_by(scenario["requests"], scenario.get("workload", ""), best.get("failed") or 0))
    text = f"{safe(best['name'])} {did} in {text_from_seconds(best['time_s'])}"
    # A tie is no claim: "1.0× faster" than an arm that cannot be told apart would be one.
    if scenario["baseline"] not in (best["name"], *tied) and best.get("speedup"):
        text += f", {text_from_ratio(best['speedup'])}× as fast as {safe(scenario['baseline'])}" + _interval(best)
    if best.get("efficiency"):
        text += f", at {text_from_share(best['efficiency'])} of the physical limit"
    text += "."
    if tied:
        within = best.get("tied_within")
        if within is not None and within <= TELLING:
            text += f" Tied with it, within {text_from_share(within)}: {_list(tied)}."
        else:
            text += f" {counted(scenario['finished_blocks'], 'block')} cannot tell it from {_list(tied)}."
    if state == "UNVERIFIED":
        return f"{text} Provisional, unverified: there is no log of the servers."
    return text + (_doubt(scenario) if state == "NOISY" else "")


def _doubt(scenario: Mapping[str, Any]) -> str:
    """What is in doubt where the verdict is NOISY, and why."""
    causes = scenario.get("verdict", {}).get("causes", ())
    if scenario["finished_blocks"] == 1:
        why = "one block is too few"
    elif causes and set(causes) == {"network"}:
        return " The one shot is in doubt, and not the ranking: connections were lost in cold batches."
    else:
        # The files of older runs name no causes.
        why = next((why for cause, why in _PROVISIONAL.items() if cause in causes), _PROVISIONAL["noise"])
    return f" Provisional: {why} for a firm ranking."


def _interval(row: Mapping[str, Any]) -> str:
    if row.get("speedup_low") is None or row.get("speedup_high") is None:
        return ""
    return f" (95 % CI {text_from_ratio(row['speedup_low'])} to {text_from_ratio(row['speedup_high'])})"


def _list(names: list[str]) -> str:
    names = [safe(name) for name in names]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
