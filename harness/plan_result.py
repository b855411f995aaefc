"""What a race tells of an arm of another plan: beside the others, never among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from harness.arm_numbers import finite
from harness.heat import Heat
from harness.measurement import Measurement, medians_of
from harness.plan import spent_by
from harness.statistics import ratio_over_blocks

_UNCOMPARED: Final = dict.fromkeys(
    ("tied_within", "speedup", "speedup_low", "speedup_high", "p_adjusted", "smallest_detectable")
)


def beside(heat: Heat, measurements: Sequence[Measurement], single: Sequence[Measurement]) -> dict[str, Any]:
    """The place of a sound arm of the batch plan in run.json: unranked, and ``over_single``, how many times as fast as
    the same strategy with one request a pair (``single`` are its measurements; null where they do not count), with its
    interval over blocks. That is one ratio of two plans; it is in no family of comparisons and has no p-value."""
    fewer = heat.of_plan("batch").scenario.requests < heat.scenario.requests
    compared = ratio_over_blocks(medians_of(single), medians_of(measurements))
    known = compared.blocks > 0
    return {
        "status": "unranked",
        "reason": f"another plan: {'fewer' if fewer else 'as many'} requests",
        "tied_with": [], **_UNCOMPARED,
        "over_single": compared.ratio if known else None,
        "over_single_low": finite(compared.low) if known else None,
        "over_single_high": finite(compared.high) if known else None,
    }  # fmt: skip


def plans_of(heat: Heat) -> dict[str, Any] | None:
    """What one batch of each plan spends, by plan (``harness.plan.spent_by``); None where all arms have one plan."""
    plans = dict.fromkeys(arm.plan for arm in heat.arms)
    if len(plans) < 2:
        return None
    return {plan: spent_by(heat.of_plan(plan).scenario) for plan in plans}
