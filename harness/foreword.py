"""The line that is said before a race: who, under which conditions, how often, and about how long it will take."""

from __future__ import annotations

from collections.abc import Sequence

from exchanges.units import counted, text_from_seconds
from harness import pace
from harness.budget import before_s
from harness.heat import Heat, estimate_s, warm_batches
from harness.plan import for_plan
from harness.scenario import Scenario
from harness.sentence import conditions_of
from harness.sweep import short, swept_axes


def foreword(heats: Sequence[Heat], spent_budget_s: float | None = None) -> str:
    """Of the blocks that are not finished; the time is an estimate, with that of the mock servers and their card.
    ``spent_budget_s`` is the ``--budget`` of a run that goes on, which held for its first part."""
    arms = sum(arm.twin_of is None for arm in heats[0].arms)
    left = sum(heat.scenario.blocks - heat.finished_blocks for heat in heats)
    planned = sum(heat.scenario.blocks for heat in heats)
    each = " each" if len(heats) > 1 else ""
    blocks = counted(heats[0].scenario.blocks, "block") + each
    if left < planned:
        blocks = f"{left} of {counted(planned, 'block')} left"
    over = "" if spent_budget_s is None else f"; the --budget of {text_from_seconds(spent_budget_s)} no longer holds"
    return (
        f"{counted(arms, 'arm')} and a twin, {_conditions([heat.scenario for heat in heats])}, {blocks}: "
        f"about {time_left_s(heats):.0f} s{over}{_spending(heats)}"
    )


def _spending(heats: Sequence[Heat]) -> str:
    """What the rest of a race spends of others' rate limits."""
    raced, batches = [], []
    for heat in heats:
        for arm in heat.arms:
            each = 1 + warm_batches(heat.scenario, heat.declared[arm.name])
            raced.append(for_plan(heat.scenario, arm.plan))
            batches.append(each * (heat.scenario.blocks - heat.finished_blocks))
    said = pace.said(raced, batches)
    return f"; {said}" if said else ""


def time_left_s(heats: Sequence[Heat]) -> float:
    """About how long it takes until the last block that is not finished is, in seconds."""
    left_s = sum(estimate_s(heat.scenario, heat.declared, heat.finished_blocks) for heat in heats)
    return before_s([heat.scenario for heat in heats]) + left_s


def _conditions(scenarios: Sequence[Scenario]) -> str:
    entries = [scenario.to_json() for scenario in scenarios]
    if len(entries) == 1:
        return conditions_of(entries[0])
    axes = [
        f"{axis} {', '.join(dict.fromkeys(short(str(entry[axis])) for entry in entries))}"
        for axis in swept_axes(entries)
    ]
    return f"{len(entries)} scenarios ({'; '.join(axes)})"
