"""From measurements to the rows of run.json: who is ranked, by how much, and what it cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from harness.arm import Arm
from harness.heat import Heat
from harness.measurement import Batch, Measurement
from harness.planned_faults import PlannedFaults
from harness.ranking import Ranking, ranks
from harness.statistics import Comparison, centre_over_blocks, median, outliers, quantile, ratio_over_blocks
from harness.verdict import RANKED, Evidence, Twin, Verdict, judge


def medians_of(measurements: Sequence[Measurement]) -> dict[int, float]:
    """Each block's one number, in seconds, by block."""
    return {m.block: m.time_s for m in measurements if m.problem is None and m.warm}


def scenario_result(
    heat: Heat, skipped: Mapping[str, str], fast: bool, ruler: Sequence[str] = ()
) -> tuple[dict[str, Any], Verdict]:
    """A scenario's entry in run.json (see results/README.md), and its verdict. ``ruler`` is what the calibration card
    has against the mock server."""
    by_arm = {arm.name: [m for m in heat.measured if m.arm == arm.name and m.problem is None] for arm in heat.arms}
    twin_arm = next((arm for arm in heat.arms if arm.twin_of), None)
    shown = [arm.name for arm in heat.arms if arm.twin_of is None]
    out = {name: _disqualified(by_arm[name]) for name in shown}
    fit = [name for name in shown if by_arm[name] and name not in heat.dropped and out[name] is None]
    medians = {name: medians_of(by_arm[name]) for name in fit}
    ranking = ranks(fit, medians) if fit else None
    fastest = ranking.standings[0].name if ranking else None
    twin = _twin(heat, by_arm, twin_arm)
    everyone = {name: found for name, found in by_arm.items() if found}
    verdict = judge(Evidence(heat, {name: by_arm[name] for name in fit}, everyone, fastest, twin, fast, ruler))
    rows: list[dict[str, Any]] = []
    for name in shown:
        if name in heat.dropped:
            rows.append({"name": name, "status": "failed", "reason": heat.dropped[name], "rank": None})
        elif not by_arm[name]:
            rows.append(
                {"name": name, "status": "failed", "reason": "interrupted before its first block", "rank": None}
            )
        else:
            standing = _standing(name, ranking, verdict, heat.scenario.baseline) if name in fit else {}
            row = {"name": name, "status": "disqualified", "reason": out[name], "rank": None, **standing}
            rows.append({**row, **_numbers(by_arm[name], heat)})
    rows += [{"name": name, "status": "skipped", "reason": why, "rank": None} for name, why in skipped.items()]
    bounds = _bounds(heat)
    for row in rows:
        row["efficiency"] = bounds / row["time_s"] if bounds and row.get("time_s") else None
    result = {
        **heat.scenario.to_json(), "markets": [list(market) for market in heat.scenario.markets],
        "bound_s": bounds, "verdict": verdict.to_json(),
        "twin": _twin_json(twin.comparison, twin_arm.twin_of if twin_arm else None),
        "finished_blocks": heat.finished_blocks, "order": heat.order, "order_mode": heat.order_mode,
        "spoilt": [one.to_json() for one in heat.spoilt],
        "surroundings": {str(block): found.to_json() for block, found in heat.surroundings.items()},
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


def _twin(heat: Heat, by_arm: Mapping[str, Sequence[Measurement]], arm: Arm | None) -> Twin:
    if arm is None or arm.twin_of is None:
        return Twin(problem="was not raced")
    if arm.name in heat.dropped:
        return Twin(problem=f"broke down: {heat.dropped[arm.name]}")
    broken = _disqualified(by_arm[arm.name])
    if broken is not None:
        return Twin(problem=f"broke a promise: {broken}")
    comparison = ratio_over_blocks(medians_of(by_arm[arm.name]), medians_of(by_arm.get(arm.twin_of, [])))
    return Twin(comparison if comparison.blocks else None)


def _twin_json(twin: Comparison | None, of: str | None) -> dict[str, Any] | None:
    if twin is None:
        return None
    return {"of": of, "ratio": twin.ratio, "low": _finite(twin.low), "high": _finite(twin.high), "blocks": twin.blocks}


def _standing(name: str, ranking: Ranking | None, verdict: Verdict, baseline: str) -> dict[str, Any]:
    assert ranking is not None  # a fit arm is in the ranking
    standing = ranking.standing(name)
    ranked = verdict.state in RANKED
    found: dict[str, Any] = {
        "status": ("tied" if standing.tied_with else "ranked") if ranked else "unranked",
        "reason": None,
        "rank": standing.rank if ranked else None,
        "tied_with": list(standing.tied_with) if ranked else [],
        "tied_within": _finite(standing.within) if ranked else None,
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
        **found, "speedup": ratio, "speedup_low": _finite(low), "speedup_high": _finite(high),
        "p_adjusted": pairing.p_adjusted, "smallest_detectable": _finite(compared.smallest_detectable),
    }  # fmt: skip


def _numbers(measurements: Sequence[Measurement], heat: Heat) -> dict[str, Any]:
    """What an arm did, whether or not it may be ranked for it."""
    warm = [batch for m in measurements for batch in m.warm]
    batches = [batch for m in measurements for batch in m.batches]
    latencies = [latency for batch in warm for latency in batch.latencies]
    failures: Counter[str] = Counter()
    for batch in batches:
        failures.update(batch.failures)
    medians = medians_of(measurements)
    centre = centre_over_blocks(medians)
    requests = sum(batch.requests for batch in warm)
    cpu = sum(batch.cpu_s for batch in warm)
    strange = outliers([batch.time_s for batch in warm]) if len(warm) > 2 else ()
    return {
        "blocks": len(measurements),
        "time_s": centre.estimate, "low_s": _finite(centre.low), "high_s": _finite(centre.high),
        "held_bound_s": median([batch.held_bound_s for batch in warm]),
        "import_s": median([m.import_s for m in measurements]), "open_s": median([m.open_s for m in measurements]),
        "cold_s": median([m.cold.time_s for m in measurements]),
        "one_shot_s": median([m.open_s + m.cold.time_s for m in measurements]),
        "cpu_s_per_request": cpu / requests, "cpu_share": cpu / sum(batch.time_s for batch in warm),
        "peak_rss_bytes": max(m.peak_rss_bytes for m in measurements),
        "threads": max(m.threads for m in measurements), "files": max(m.files for m in measurements),
        "latency_s": {f"p{q}": quantile(latencies, q / 100) for q in (50, 90, 99)} if latencies else None,
        "requests": sum(batch.requests for batch in batches), "failed": failures.total(), "failures": dict(failures),
        "struck": sum(batch.struck for batch in batches),
        "declared_in_flight": measurements[0].declared_in_flight, "reached_in_flight": max(b.reached for b in batches),
        "connections": max(batch.connections for batch in batches),
        "reuse": _reuse(warm, heat),
        "skew_s": fmean(batch.skew_s for batch in warm), "age_s": fmean(batch.age_s for batch in warm),
        "server_overshoot_s": median([batch.overshoot_s for batch in warm]),
        "phantom": None, "missed": None,
        "outliers": len(strange), "values": len(warm), "block_medians_s": medians,
        "measurements": [m.to_json() for m in measurements],
    }  # fmt: skip


def _bounds(heat: Heat) -> float | None:
    """The scenario's bound: geometric mean over blocks of the median over the warm batches, in seconds."""
    longest: dict[int, Sequence[float]] = {}
    for m in heat.measured:
        if len(m.warm) > len(longest.get(m.block, ())):
            longest[m.block] = [batch.bound_s for batch in m.warm]
    values = [median(bounds) for bounds in longest.values()]
    if not values or min(values) <= 0:
        return None
    return math.exp(fmean(math.log(value) for value in values))


def _pairings(ranking: Ranking | None) -> list[dict[str, Any]]:
    if ranking is None:
        return []
    return [
        {
            "first": p.first, "second": p.second, "ratio": p.comparison.ratio, "low": _finite(p.comparison.low),
            "high": _finite(p.comparison.high), "p": p.comparison.p, "p_adjusted": p.p_adjusted,
            "smallest_detectable": _finite(p.comparison.smallest_detectable), "faster": p.faster,
        }
        for p in ranking.pairings
    ]  # fmt: skip


def _reuse(warm: Sequence[Batch], heat: Heat) -> float | None:
    """The share of requests that found an open connection; those that a bad certificate keeps from arriving left out
    (``accepted`` knows nothing of theirs). None where that leaves no request."""
    plan, turns = PlannedFaults(heat.scenario), heat.scenario.turns
    lost = sum(plan.is_unreachable(turns[index % len(turns)][0]) for index in range(heat.scenario.requests))
    arriving = sum(batch.requests - lost for batch in warm)
    opened = sum(batch.accepted for batch in warm)
    return 1 - opened / arriving if arriving > 0 else None


def _place(row: Mapping[str, Any]) -> tuple[int, int, float]:
    order = ("ranked", "tied", "unranked", "disqualified", "failed", "skipped")
    group = 0 if row["status"] in ("ranked", "tied") else order.index(row["status"])
    return group, row["rank"] or 0, row.get("time_s") or math.inf


def _inverse(value: float) -> float:
    return 1 / value if value > 0 else math.inf


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
