"""An arm's warm times one by one, as run.json keeps them, with those that are outliers marked.

Law: every value stays in the data. An outlier is shown and counted, and nothing else is done about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.report.entries import ArmEntry
from harness.statistics import median, outliers, quantile

_REACHES: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_SHARE: Final = 0.95
"""Of the values that should lie within a strip, so that a few strays do not flatten all others."""


@dataclass(frozen=True, slots=True)
class WarmValue:
    """One warm batch: its block, and its time against the arm's median batch (0.02: 2 % longer)."""

    block: int
    moved: float
    is_outlier: bool


def warm_values(arm: ArmEntry) -> list[WarmValue]:
    """The warm values of an arm in the order in which they were measured; none where the run does not tell them."""
    times: list[tuple[int, float]] = []
    for measurement in arm.entries("measurements"):
        block = measurement.number("block")
        for batch in measurement.entries("batches")[1:]:
            time_s = batch.number("time_s")
            if block is not None and time_s is not None and time_s > 0:
                times.append((int(block), time_s))
    if not times:
        return []
    middle = median([time_s for _, time_s in times])
    strange = set(outliers([time_s for _, time_s in times]))
    return [WarmValue(block, time_s / middle - 1, place in strange) for place, (block, time_s) in enumerate(times)]


def reach_of(values: Sequence[WarmValue]) -> float:
    """The least round difference within which nearly all values lie."""
    if not values:
        return _REACHES[0]
    wanted = quantile([abs(value.moved) for value in values], _SHARE)
    return next((reach for reach in _REACHES if reach >= wanted), _REACHES[-1])
