"""One scenario being raced: its arms, the order of play, and what has been measured so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness import pace, schedule
from harness.arm import Arm, plan_of
from harness.bound import bound
from harness.measurement import Measurement, asked_delays
from harness.plan import for_plan
from harness.planned_faults import waits
from harness.scenario import Scenario
from harness.surroundings import Surroundings

_LIFE_S = 0.45
"""A worker's own start and end, with what it imports: for the estimate only."""
_WORK_S = {"tickers": 0.0012, "books": 0.004, "markets": 0.04}
"""What a request costs client and server beyond its delay, likewise."""
_ROUND_TRIP_S = 0.1
"""What it takes to somebody else's server and back, likewise."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A block that was played beside other work, and played again: what was measured in it, kept and not counted."""

    block: int
    reasons: tuple[str, ...]
    surroundings: Surroundings
    measured: tuple[Measurement, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "block": self.block, "reasons": list(self.reasons), "surroundings": self.surroundings.to_json(),
            "times_s": {m.arm: m.time_s for m in self.measured if m.problem is None and m.warm},
        }  # fmt: skip


@dataclass
class Heat:
    """One scenario being raced: its arms, the order of each block and how it was made ("shuffled" or
    "sequential"), and what has been measured so far. ``declared`` maps arms to their requests in flight. ``snapshots``
    has each arm's newest batch of quotes, as quotes.csv has them from the exchange on, ``clocks`` what the exchanges'
    clocks said when it was in hand, in microseconds. ``surroundings`` are those of the blocks that count, by block;
    ``spoilt`` the blocks that were played again."""

    scenario: Scenario
    arms: tuple[Arm, ...]
    order: list[list[str]]
    measured: list[Measurement] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, list[list[Any]]] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    finished_blocks: int = 0
    order_mode: schedule.Order = "shuffled"
    declared: Mapping[str, int] = field(default_factory=dict)
    surroundings: dict[int, Surroundings] = field(default_factory=dict)
    spoilt: list[Spoilt] = field(default_factory=list)

    def plan(self, blocks: int) -> None:
        """Play so many blocks in all. The order of those that both plans have stays: the schedule sees to that."""
        self.scenario = replace(self.scenario, blocks=blocks)
        names = [arm.name for arm in self.arms]
        self.order = schedule.blocks(names, blocks, self.scenario.seed, self.order_mode)

    def of_plan(self, plan: str) -> Heat:
        """This heat as the arms of a plan see it: of the same measurements, in their own scenario."""
        return replace(self, scenario=for_plan(self.scenario, plan))

    @property
    def raced(self) -> list[Scenario]:
        """The scenario as each plan has it that is raced."""
        return [for_plan(self.scenario, plan) for plan in dict.fromkeys(arm.plan for arm in self.arms)]

    @property
    def replays_left(self) -> int:
        """How many more spoilt blocks may be played again: a quarter of the blocks, and one at least."""
        return max(0, max(1, self.scenario.blocks // 4) - len(self.spoilt))


def heat_for(scenario: Scenario, arms: Sequence[Arm], order: schedule.Order, declared: Mapping[str, int]) -> Heat:
    """Raises UsageError where the scenario's workload lacks an arm's plan."""
    for plan in {arm.plan for arm in arms}:
        for_plan(scenario, plan)
    names = [arm.name for arm in arms]
    blocks = schedule.blocks(names, scenario.blocks, scenario.seed, order)
    return Heat(scenario, tuple(arms), blocks, declared=declared, order_mode=order)


def warm_batches(scenario: Scenario, declared: int) -> int:
    """Warm batches in a block: one for an arm that goes through its requests one by one, for it would take
    most of the run; a median of one is still the block's one number."""
    return 1 if declared == 1 and scenario.concurrency > 1 else scenario.warm


def block_estimate_s(scenario: Scenario, declared: Mapping[str, int]) -> float:
    """About how long one block of a scenario will take, in seconds."""
    per_block = 0.0
    for name, in_flight in declared.items():
        raced = for_plan(scenario, plan_of(name))
        costs = waits(raced, asked_delays(raced, 0)) if raced.is_logged else [_ROUND_TRIP_S] * raced.requests
        batches = 1 + warm_batches(raced, in_flight)
        work = _WORK_S[raced.workload] * raced.requests
        rest_s = pace.pause_s([raced])
        per_block += _LIFE_S + batches * (bound(costs, min(in_flight, raced.requests)) + work + rest_s)
    return per_block


def estimate_s(scenario: Scenario, declared: Mapping[str, int], finished: int = 0) -> float:
    """About how long a scenario will take, of which so many blocks are finished, in seconds."""
    return (scenario.blocks - finished) * block_estimate_s(scenario, declared)
