"""``--budget 60s``: how many blocks fit into a given time. It sizes blocks, and never drops an arm.

Law: the number is chosen by time alone, before the race by an estimate, after the first block of each scenario by what
that took, and never by a result: who stops when the numbers please finds differences where there are none
(P. Armitage, C. K. McPherson, B. C. Rowe, "Repeated significance tests on accumulating data", Journal of the Royal
Statistical Society A 132, 1969).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from exchanges.units import counted, seconds_from, text_from_seconds
from harness import options
from harness.calibration import delay_for
from harness.exits import OutOfTime, UsageError
from harness.heat import Heat, block_estimate_s
from harness.scenario import Scenario
from harness.servers import card_loads, mock_options

LEAST: Final = 5
"""Blocks: fewer tell next to nothing apart."""
MOST: Final = 100
_OVERDRAFT: Final = 2
"""A budget may be spent so many times over before the race is stopped."""
_SPARE: Final = 1.1
_SERVER_S = 0.35
_CARD_ROUNDS = 24
"""With one request in flight, which take longest; the card's other loads take two rounds or so."""
_CARD_LOAD_S = 0.3
_DRAWING_S = 1.2


def add_argument(parser: options.TakesOptions) -> None:
    parser.add_argument(
        "--budget",
        metavar="D",
        help=f"as many blocks as fit into this time, such as 60s or 5min: {LEAST} to {MOST}; instead of --blocks",
    )


@dataclass
class Budget:
    """``total_s`` seconds from ``began`` on, by the clock ``now`` (CLOCK_MONOTONIC)."""

    total_s: float
    now: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.now()

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read ``60s``; the time begins to run. Raises UsageError: it is no duration."""
        return cls(options.positive("--budget", options.read("--budget", text, seconds_from)))

    @property
    def text(self) -> str:
        return text_from_seconds(self.total_s)

    @property
    def spent_s(self) -> float:
        return self.now() - self.began

    def plan(self, heats: Sequence[Heat]) -> None:
        """Give every heat as many blocks as fit by estimate, the same number to each.

        Raises:
            UsageError: not even the least number does, with the budget that would do.
        """
        round_s = sum(block_estimate_s(heat.scenario, heat.declared) for heat in heats)
        besides_s = self.spent_s + before_s([heat.scenario for heat in heats]) + _after_s(heats)
        if besides_s + LEAST * round_s > self.total_s:
            least_s = math.ceil(_SPARE * (besides_s + LEAST * round_s))
            arms = counted(sum(arm.twin_of is None for arm in heats[0].arms), "arm")
            of = f" in {counted(len(heats), 'scenario')}" if len(heats) > 1 else ""
            raise UsageError(
                f"--budget: {LEAST} blocks of {arms} and a twin{of} take about {besides_s + LEAST * round_s:.0f} s, "
                f"found {self.text}; try --budget {least_s}s, or fewer arms; nothing was measured"
            )
        for heat in heats:
            heat.plan(_within_limits((self.total_s - besides_s) / round_s))

    def correct(self, heats: Sequence[Heat], round_s: float) -> str | None:
        """Plan anew when the first block of each heat took ``round_s`` seconds in all: the sentence that says so, None
        where the number stays."""
        planned = heats[0].scenario.blocks
        left_s = self.total_s - self.spent_s - _after_s(heats)
        blocks = _within_limits(1 + left_s / max(round_s, 1e-3))
        if blocks == planned:
            return None
        for heat in heats:
            heat.plan(blocks)
        first = "the first block" if len(heats) == 1 else "the first block of each scenario"
        return (
            f"{first} took {text_from_seconds(round_s)}: {blocks} blocks in place of {planned}, for the budget of "
            f"{self.text}"
        )

    def hold(self, heats: Sequence[Heat]) -> str | None:
        """Before a block: whether there is time for it. Where the budget is spent twice, what is finished is what was
        planned: the sentence that says so, None where all goes on.

        Raises:
            OutOfTime: a heat has too few blocks to end like that.
        """
        if self.spent_s < _OVERDRAFT * self.total_s or all(
            heat.finished_blocks == heat.scenario.blocks for heat in heats
        ):
            return None
        if any(heat.finished_blocks < LEAST for heat in heats):
            raise OutOfTime(
                f"out of time: the budget of {self.text} was spent twice over before {LEAST} blocks were "
                "finished; try a larger --budget or fewer arms"
            )
        for heat in heats:
            heat.plan(heat.finished_blocks)
        return f"the budget of {self.text} is spent twice over: no further blocks"


def before_s(scenarios: Sequence[Scenario]) -> float:
    """About how long the mock servers and the calibration card take, in seconds; others' servers are there."""
    if not all(scenario.is_logged for scenario in scenarios):
        return 0.0
    loads = card_loads([scenario.concurrency for scenario in scenarios])
    delay_s = max(map(delay_for, scenarios))
    servers = {(*scenario.exchanges, *mock_options(scenario)) for scenario in scenarios}
    card_s = _CARD_ROUNDS * delay_s + (len(loads) - 1) * max(_CARD_LOAD_S, 2 * delay_s)
    return len(servers) * _SERVER_S + card_s


def _after_s(heats: Sequence[Heat]) -> float:
    """About how long the report takes to draw."""
    return _DRAWING_S * (1 + 0.5 * (len(heats) - 1))


def _within_limits(blocks: float) -> int:
    return max(LEAST, min(MOST, math.floor(blocks)))
