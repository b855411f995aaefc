"""A sweep in a sentence or two: who came first how often, and how its speedup goes along the first of the axes.

Like the sentence of a single scenario it must not say more than is known: ties count for all who share the place, no
speedup is given without its interval, no change is claimed that the intervals do not show, and what is provisional is
called so. Nor does it choose among the curves: it tells of the first one, and says that there are others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from exchanges.errors import safe
from exchanges.units import counted, text_from_ratio
from harness.report.entries import ScenarioEntry
from harness.verdict import RANKED

_NAMED: Final = 3
"""Who came first in fewer scenarios than these is not in the sentence but in the tables."""
_WHERE: Final = {
    "concurrency": "with {} in flight", "latency": "at {}", "requests": "with {} requests", "workload": "with {}",
}  # fmt: skip


def sweep_sentence(scenarios: Sequence[Mapping[str, Any]], curves: Sequence[Mapping[str, Any]]) -> str:
    """What a run of several scenarios found, from their entries in run.json and their curves (``harness.curves``)."""
    ranked = [scenario for scenario in scenarios if scenario.get("fastest") is not None]
    number = counted(len(scenarios), "scenario")
    if not ranked:
        states = dict.fromkeys(state for one in scenarios if (state := one["verdict"]["state"]) not in RANKED)
        if not states:
            return f"No arm can be ranked in any of {number}."
        return f"No ranking in any of {number}: the verdicts are {' and '.join(states)}."
    firsts = Counter(
        row["name"] for scenario in ranked for row in scenario["strategies"] if row.get("rank") == 1
    ).most_common()
    shared = sum(times for _, times in firsts) > len(ranked)
    said = [f"{safe(name)} came first in {times}" for name, times in firsts[:1]]
    said += [f"{safe(name)} in {times}" for name, times in firsts[1:_NAMED]]
    if len(firsts) > _NAMED:
        said.append(f"{counted(len(firsts) - _NAMED, 'other')} in at most {firsts[_NAMED][1]}")
    text = f"Of {number}, {', '.join(said)}{' (a shared first place counts for each)' if shared else ''}."
    baselines = {scenario["baseline"] for scenario in ranked}
    leader = next((name for name, _ in firsts if name not in baselines), None)
    text += _along(leader, curves) if leader is not None else ""
    if len(ranked) < len(scenarios):
        text += f" No ranking in {len(scenarios) - len(ranked)} of them."
    provisional = sum(ScenarioEntry(scenario).is_provisional for scenario in ranked)
    return text + (f" Provisional: {provisional} of them cannot be ranked firmly." if provisional else "")


def _along(name: str, curves: Sequence[Mapping[str, Any]]) -> str:
    """How an arm's speedup goes from one end of the first curve to the other."""
    if not curves:
        return ""
    curve = curves[0]
    arm = next((arm for arm in curve["arms"] if arm["name"] == name), None)
    points = [point for point in arm["points"] if point["speedup_low"] and point["speedup_high"]] if arm else []
    if arm is None or len(points) < 2:
        return ""
    first, last = points[0], points[-1]
    ends = [
        f"{text_from_ratio(point['speedup'])}× {_WHERE[curve['axis']].format(safe(point['label']))} (95 % CI "
        f"{text_from_ratio(point['speedup_low'])} to {text_from_ratio(point['speedup_high'])})"
        for point in (first, last)
    ]
    alike = sum(other["axis"] == curve["axis"] for other in curves)
    which = f", the first of {alike} such curves" if alike > 1 else ""
    held = f", all with {' '.join(map(safe, curve['held']))}{which}" if curve["held"] else ""
    text = f" The speedup of {safe(name)} over {safe(curve['baseline'])} "
    if first["speedup_low"] <= last["speedup_high"] and last["speedup_low"] <= first["speedup_high"]:
        return f"{text}is {' and '.join(ends)}{held}: no change can be told."
    text += f"goes from {' to '.join(ends)}{held}"
    if arm["enough"] is not None:
        text += f"; above {arm['enough']} in flight no gain can be told"
    return text + "."
