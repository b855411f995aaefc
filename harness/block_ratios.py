"""An arm's ratios inside a run, block by block, from its row in run.json: what another run's may be compared with.

Both halves of a ratio come from the same block, so that whatever slows a whole block cancels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from harness.report.entries import Entry
from harness.statistics import Interval, centre_over_blocks, median

_LEAST_S: Final = 1e-9
_MOST_S: Final = 1e9
"""Outside of these is no time that anybody measured; their ratios would have no end."""
_BLOCK: Final = re.compile(r"[0-9]{1,9}")


def speedups(row: Mapping[str, Any], baseline: Mapping[str, Any]) -> dict[int, float]:
    """The baseline's time over the arm's, by block; of blocks that both have."""
    own, others = medians(row), medians(baseline)
    return {block: others[block] / time_s for block, time_s in own.items() if block in others}


def efficiencies(row: Mapping[str, Any]) -> dict[int, float]:
    """The block's physical limit over the arm's time, by block; none where run.json has no measurements."""
    times, found = medians(row), {}
    for measurement in Entry(row).entries("measurements"):
        block = int(measurement.number("block") or 0)
        bounds = [batch.number("bound_s") or 0.0 for batch in measurement.entries("batches")[1:]]
        if block in times and bounds and min(bounds) > 0:
            found[block] = median(bounds) / times[block]
    return found


def efficiency_interval(row: Mapping[str, Any]) -> Interval | None:
    """The efficiency with its 95 % interval over blocks; None where fewer than two blocks tell it."""
    found = efficiencies(row)
    return centre_over_blocks(found) if len(found) > 1 else None


def cpu_times(row: Mapping[str, Any]) -> dict[int, float]:
    """The CPU seconds of one warm batch, by block: the median of its warm batches; none where run.json has no
    measurements."""
    found = {}
    for measurement in Entry(row).entries("measurements"):
        block = int(measurement.number("block") or 0)
        spent = [batch.number("cpu_s") for batch in measurement.entries("batches")[1:]]
        told = [cpu_s for cpu_s in spent if cpu_s is not None and 0 <= cpu_s < _MOST_S]
        if told:
            found[block] = median(told)
    return found


def medians(row: Mapping[str, Any]) -> dict[int, float]:
    """The arm's median time in each block, in seconds."""
    # Block numbers are numbers in memory and texts in a file.
    kept = row.get("block_medians_s")
    times = Entry({str(block): time_s for block, time_s in kept.items()} if isinstance(kept, dict) else {})
    read = {block: times.number(block) for block in times.raw if _BLOCK.fullmatch(block)}
    return {int(block): time_s for block, time_s in read.items() if time_s and _LEAST_S < time_s < _MOST_S}
