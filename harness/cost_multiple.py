"""CPU time as a multiple of the leanest way there is (``harness.cpu_yardstick``), with what the blocks leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.arm_numbers import finite
from harness.cpu_yardstick import yardstick_of
from harness.measurement import Measurement
from harness.statistics import ratio_over_blocks


def add_cost_multiples(rows: Sequence[dict[str, Any]], fit: Mapping[str, Sequence[Measurement]]) -> None:
    """Give the rows of those that are ``fit`` to be compared their ``cpu_multiple``, with its ends, and ``cpu_of``, by
    whose CPU time it is: the geometric mean over blocks of the ratios within them."""
    by_name = {row["name"]: row for row in rows}
    yardstick = yardstick_of({name: by_name[name]["cpu_s_per_request"] for name in fit})
    if yardstick is None:
        return
    blocks = {name: _cpu_by_block(found) for name, found in fit.items()}
    for name, spent in blocks.items():
        if not spent.keys() & blocks[yardstick].keys():
            continue
        ratio = ratio_over_blocks(spent, blocks[yardstick])
        by_name[name] |= {
            "cpu_multiple": ratio.ratio, "cpu_multiple_low": finite(ratio.low),
            "cpu_multiple_high": finite(ratio.high), "cpu_of": yardstick,
        }  # fmt: skip


def _cpu_by_block(measurements: Sequence[Measurement]) -> dict[int, float]:
    """CPU seconds a request in the warm batches of each block in which any were counted."""
    spent = {m.block: sum(b.cpu_s for b in m.warm) / sum(b.requests for b in m.warm) for m in measurements if m.warm}
    return {block: value for block, value in spent.items() if value > 0}
