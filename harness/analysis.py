"""From measurements to the rows of run.json: who is ranked, by how much, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from harness.adjusted_times import adjusted_times
from harness.arm import Arm, in_single, plan_of
from harness.arm_numbers import finite, numbers_of
from harness.cost_multiple import add_cost_multiples
from harness.drift import drift_of
from harness.heat import Heat
from harness.measurement import Measurement, medians_of
from harness.plan_result import beside, plans_of
from harness.ranking import Ranking, ranks
from harness.statistics import Comparison, median, ratio_over_blocks
from harness.terms_witness import differing
from harness.verdict import RANKED, Evidence, Twin, Verdict, judge


def scenario_result(
    heat: Heat, skipped: Mapping[str, str], fast: bool, ruler: Sequence[str] = ()
) -> tuple[dict[str, Any], Verdict]:
    """A scenario's entry in run.json (see results/README.md), and its verdict. ``ruler`` is what the calibration card
    has against the mock server."""
    by_arm = {arm.name: [m for m in heat.measured if m.arm == arm.name and m.problem is None] for arm in heat.arms}
    twin_arm = next((arm for arm in heat.arms if arm.twin_of), None)
    shown = [arm.name for arm in heat.arms if arm.twin_of is None]
    everyone = {name: found for name, found in by_arm.items() if found}
    other_terms = differing(everyone)
    out = {name: _disqualified(by_arm[name]) or other_terms.get(name) for name in shown}
    sound = [name for name in shown if by_arm[name] and name not in heat.dropped and out[name] is None]
    # Who makes fewer requests does less work, and has no place among the others.
    fit = [name for name in sound if plan_of(name) == "single"]
    ranking = ranks(fit, {name: medians_of(by_arm[name]) for name in fit}) if fit else None
    fastest = ranking.standings[0].name if ranking else None
    twin = _twin(heat, by_arm, twin_arm, other_terms)
    # What an arm that is out shows of a block may be its own doing.
    telling = [*fit, twin_arm.name] if twin_arm is not None and twin.comparison is not None else fit
    adjusted = {name: adjusted_times(by_arm[name]) for name in telling}
    bounds, drift = _bounds(heat, "single"), drift_of({name: adjusted[name] for name in fit})
    verdict = judge(Evidence(heat, {name: by_arm[name] for name in fit}, everyone, fastest, twin, fast, ruler, drift))
    rows: list[dict[str, Any]] = []
    for name in shown:
        if name in heat.dropped:
            rows.append({"name": name, "status": "failed", "reason": heat.dropped[name], "rank": None})
        elif not by_arm[name]:
            rows.append(
                {"name": name, "status": "failed", "reason": "interrupted before its first block", "rank": None}
            )
        else:
            plan = plan_of(name)
            row = {"name": name, "status": "disqualified", "reason": out[name], "rank": None}
            if name in fit:
                row |= _standing(name, ranking, verdict, heat.scenario.baseline)
            elif name in sound:
                rival = by_arm[in_single(name)] if in_single(name) in fit and verdict.state in RANKED else []
                row |= beside(heat, by_arm[name], rival)
            theirs, limit = (heat, bounds) if plan == "single" else (heat.of_plan(plan), _bounds(heat, plan))
            rows.append({**row, "plan": plan, **numbers_of(by_arm[name], theirs, adjusted, limit)})
    rows += [{"name": name, "status": "skipped", "reason": why, "rank": None} for name, why in skipped.items()]
    for row in rows:
        row.setdefault("efficiency", None)
    add_cost_multiples(rows, {name: by_arm[name] for name in fit})
    result = {
        **heat.scenario.to_json(), "markets": [list(market) for market in heat.scenario.markets],
        "plans": plans_of(heat),
        "bound_s": bounds, "verdict": verdict.to_json(),
        "twin": _twin_json(twin.comparison, twin_arm, by_arm),
        "finished_blocks": heat.finished_blocks, "order": heat.order, "order_mode": heat.order_mode,
        "spoilt": [one.to_json() for one in heat.spoilt],
        "surroundings": {str(block): found.to_json() for block, found in heat.surroundings.items()},
        "drift": None if drift is None else drift.to_json(),
        "stopwatch": _stopwatch(everyone, [row["time_s"] for row in rows if row["name"] in fit]),
        "fastest": fastest if verdict.state in RANKED else None, "pairings": _pairings(ranking),
        "strategies": sorted(rows, key=_place),
    }  # fmt: skip
    return result, verdict


def _disqualified(measurements: Sequence[Measurement]) -> str | None:
    """The first broken promise, with the number of blocks in which any was broken."""
    broken = [m for m in measurements if m.breaches]
    if not broken:
        return None
    more = f" (in {len(broken)} of {len(measurements)} blocks)" if len(measurements) > 1 else ""
    return broken[0].breaches[0] + more


def _twin(
    heat: Heat, by_arm: Mapping[str, Sequence[Measurement]], arm: Arm | None, other_terms: Mapping[str, str]
) -> Twin:  # fmt: skip
    if arm is None or arm.twin_of is None:
        return Twin(problem="was not raced")
    if arm.name in heat.dropped:
        return Twin(problem=f"broke down: {heat.dropped[arm.name]}")
    broken = _disqualified(by_arm[arm.name]) or other_terms.get(arm.name)
    if broken is not None:
        return Twin(problem=f"broke a promise: {broken}")
    comparison = ratio_over_blocks(medians_of(by_arm[arm.name]), medians_of(by_arm.get(arm.twin_of, [])))
    return Twin(comparison if comparison.blocks else None)


def _twin_json(
    twin: Comparison | None, arm: Arm | None, by_arm: Mapping[str, Sequence[Measurement]]
) -> dict[str, Any] | None:
    if twin is None or arm is None:
        return None
    return {
        "of": arm.twin_of, "ratio": twin.ratio, "low": finite(twin.low), "high": finite(twin.high),
        "blocks": twin.blocks, "block_medians_s": medians_of(by_arm[arm.name]),
    }  # fmt: skip


def _standing(name: str, ranking: Ranking | None, verdict: Verdict, baseline: str) -> dict[str, Any]:
    assert ranking is not None  # a fit arm is in the ranking
    standing = ranking.standing(name)
    ranked = verdict.state in RANKED
    found: dict[str, Any] = {
        "status": ("tied" if standing.tied_with else "ranked") if ranked else "unranked",
        "reason": None,
        "rank": standing.rank if ranked else None,
        "tied_with": list(standing.tied_with) if ranked else [],
        "tied_within": finite(standing.within) if ranked else None,
    }
    if name == baseline:
        return {
            **found,
            "speedup": 1.0,
            "speedup_low": 1.0,
            "speedup_high": 1.0,
            "p_adjusted": None,
            "smallest_detectable": None,
        }
    try:
        pairing = ranking.pairing(baseline, name)
    except KeyError:
        return {
            **found,
            "speedup": None,
            "speedup_low": None,
            "speedup_high": None,
            "p_adjusted": None,
            "smallest_detectable": None,
        }
    compared = pairing.comparison
    ends = (compared.ratio, compared.low, compared.high)
    ratio, low, high = (
        ends if pairing.first == baseline else tuple(_inverse(end) for end in (ends[0], ends[2], ends[1]))
    )
    return {
        **found, "speedup": ratio, "speedup_low": finite(low), "speedup_high": finite(high),
        "p_adjusted": pairing.p_adjusted, "smallest_detectable": finite(compared.smallest_detectable),
    }  # fmt: skip


def _bounds(heat: Heat, plan: str) -> float | None:
    """A plan's bound in the scenario: geometric mean over blocks of the median over the warm batches, in seconds."""
    longest: dict[int, Sequence[float]] = {}
    for m in heat.measured:
        if plan_of(m.arm) == plan and len(m.warm) > len(longest.get(m.block, ())):
            longest[m.block] = [batch.bound_s for batch in m.warm if batch.bound_s is not None]
    values = [median(bounds) for bounds in longest.values() if bounds]
    if not values or min(values) <= 0:
        return None
    return math.exp(fmean(math.log(value) for value in values))


def _stopwatch(everyone: Mapping[str, Sequence[Measurement]], times_s: Sequence[float]) -> dict[str, Any] | None:
    """What measuring costs, in seconds, the median over all workers, and its share of the shortest time (None where
    there is no time that counts)."""
    costs = [m.stopwatch_s for found in everyone.values() for m in found]
    if not costs:
        return None
    cost_s = median(costs)
    return {"cost_s": cost_s, "share": cost_s / min(times_s) if times_s else None}


def _pairings(ranking: Ranking | None) -> list[dict[str, Any]]:
    if ranking is None:
        return []
    return [
        {
            "first": p.first, "second": p.second, "ratio": p.comparison.ratio, "low": finite(p.comparison.low),
            "high": finite(p.comparison.high), "p": p.comparison.p, "p_adjusted": p.p_adjusted,
            "smallest_detectable": finite(p.comparison.smallest_detectable), "faster": p.faster,
        }
        for p in ranking.pairings
    ]  # fmt: skip


def _place(row: Mapping[str, Any]) -> tuple[int, int, float]:
    order = ("ranked", "tied", "unranked", "disqualified", "failed", "skipped")
    group = 0 if row["status"] in ("ranked", "tied") else order.index(row["status"])
    return group, row["rank"] or 0, row.get("time_s") or math.inf


def _inverse(value: float) -> float:
    return 1 / value if value > 0 else math.inf
