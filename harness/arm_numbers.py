"""What an arm did, in numbers for its row of run.json, whether or not it may be ranked for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adjusted_times import adjusted_times
from harness.breakdown import Parts, limited_by, over_blocks
from harness.decision import numbers_of_decisions
from harness.heat import Heat
from harness.measurement import Batch, Measurement, medians_of
from harness.planned_faults import PlannedFaults
from harness.spread import spread_of
from harness.statistics import centre_over_blocks, median, outliers, quantile


def numbers_of(
    measurements: Sequence[Measurement], heat: Heat, others: Mapping[str, Mapping[int, float]], bound_s: float | None
) -> dict[str, Any]:
    """An arm's numbers, from its measurements, one or more. ``others`` has the adjusted times, by arm and block, of the
    arms that tell what blocks did to all (its own may be among them); ``bound_s`` is the scenario's bound."""
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
    efficiency = bound_s / centre.estimate if bound_s else None
    by_block = [parts for m in measurements if (parts := m.parts) is not None]
    parts = over_blocks(by_block) if by_block else None
    cold = _cold_parts(measurements)
    most = max(batch.reached for batch in batches)
    fewer = min(measurements[0].declared_in_flight, most) < min(heat.scenario.concurrency, heat.scenario.requests)
    strange = outliers([batch.time_s for batch in warm]) if len(warm) > 2 else ()
    return {
        "blocks": len(measurements),
        "time_s": centre.estimate, "low_s": finite(centre.low), "high_s": finite(centre.high),
        "efficiency": efficiency,
        "held_bound_s": _median([batch.held_bound_s for batch in warm]),
        "import_s": median([m.import_s for m in measurements]), "open_s": median([m.open_s for m in measurements]),
        "cold_s": median([m.cold.time_s for m in measurements]),
        "one_shot_s": median([m.open_s + m.cold.time_s for m in measurements]),
        "cpu_s_per_request": cpu / requests, "cpu_share": cpu / sum(batch.time_s for batch in warm),
        "peak_rss_bytes": max(m.peak_rss_bytes for m in measurements),
        **_switches(warm),
        "threads": max(m.threads for m in measurements), "files": max(m.files for m in measurements),
        "latency_s": {f"p{q}": quantile(latencies, q / 100) for q in (50, 90, 99)} if latencies else None,
        "requests": sum(batch.requests for batch in batches), "failed": failures.total(), "failures": dict(failures),
        "struck": sum(batch.struck for batch in batches),
        "declared_in_flight": measurements[0].declared_in_flight, "reached_in_flight": most,
        "connections": max((batch.connections for batch in batches if batch.connections is not None), default=None),
        "reuse": _reuse(warm, heat),
        **numbers_of_decisions([[batch.decision for batch in m.warm] for m in measurements]),
        "server_overshoot_s": _median([batch.overshoot_s for batch in warm]),
        "parts_s": parts and parts.with_time(), "cold_parts_s": cold and cold.with_time(),
        "limited_by": parts and limited_by(parts, efficiency, fewer),
        "spread": spread_of(
            measurements[0].arm, adjusted_times(measurements), others,
            [[batch.time_s for batch in m.warm] for m in measurements],
        ).to_json(),
        "outliers": len(strange), "values": len(warm), "block_medians_s": medians,
        "measurements": [m.to_json() for m in measurements],
    }  # fmt: skip


def _median(values: Sequence[float | None]) -> float | None:
    """The median of what a server of ours tells; None where there is none."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _cold_parts(measurements: Sequence[Measurement]) -> Parts | None:
    """Those of the cold batch whose time is the median one; of an even number the faster one of the middle."""
    by_time = sorted((m.cold for m in measurements), key=lambda batch: batch.time_s)
    return by_time[(len(by_time) - 1) // 2].parts


def _switches(warm: Sequence[Batch]) -> dict[str, float | None]:
    """Context switches a request; None where some batch did not count them."""
    requests = sum(batch.requests for batch in warm)
    found: dict[str, float | None] = {}
    for kind in ("voluntary", "involuntary"):
        counts = [getattr(batch, kind) for batch in warm]
        found[f"{kind}_switches_per_request"] = None if None in counts else sum(counts) / requests
    return found


def _reuse(warm: Sequence[Batch], heat: Heat) -> float | None:
    """The share of requests that found an open connection, by the server's log; those that a bad certificate keeps
    from arriving left out (``accepted`` knows nothing of theirs). None where that leaves no request, or without a log.
    """
    plan, turns = PlannedFaults(heat.scenario), heat.scenario.turns
    lost = sum(plan.is_unreachable(turns[index % len(turns)][0]) for index in range(heat.scenario.requests))
    arriving = sum(batch.requests - lost for batch in warm)
    opened = [batch.accepted for batch in warm if batch.accepted is not None]
    return 1 - sum(opened) / arriving if arriving > 0 and opened else None


def finite(value: float | None) -> float | None:
    """The value, or None in place of infinity and nan, which are not JSON."""
    return value if value is not None and math.isfinite(value) else None
