"""What a scenario's numbers are worth, with the evidence: VALID, NOISY or SERVER-BOUND.

NOISY        two runs of one and the same arm (the twin) could not be told equal finely enough
SERVER-BOUND the ruler was the bottleneck: there is no ranking to print
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.measurement import Measurement
from harness.statistics import Comparison, median

STATES: Final = ("VALID", "NOISY", "SERVER-BOUND")
RANKED: Final = frozenset({"VALID", "NOISY"})
_NOISE = 0.05
_NOISE_FAST = 0.10
_OVERSHOOT = 1 / 3
_SERVER_CPU = 0.9


@dataclass(frozen=True, slots=True)
class Verdict:
    """``state`` is one of STATES; ``reasons`` are sentences, empty where all is well."""

    state: str
    reasons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"state": self.state, "reasons": list(self.reasons)}


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """A run's verdict: the worst state of its scenarios, with all their reasons."""
    state = max((verdict.state for verdict in verdicts), key=STATES.index, default="NOISY")
    return Verdict(state, tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)))


def judge(
    measured: Mapping[str, Sequence[Measurement]], fastest: str | None, twin: Comparison | None, fast: bool
) -> Verdict:
    """The verdict of one scenario. ``measured`` holds the arms that may be ranked; ``twin`` is the ratio of
    one arm to itself under another name."""
    if fastest is None:
        return Verdict("NOISY", ("no arm finished a block that can be ranked",))
    server = _server_bound(fastest, measured[fastest])
    if server:
        return Verdict("SERVER-BOUND", server)
    return _noise(twin, _NOISE_FAST if fast else _NOISE)


def _server_bound(name: str, measurements: Sequence[Measurement]) -> tuple[str, ...]:
    warm = [batch for measurement in measurements for batch in measurement.warm]
    reasons = []
    overshoot = median([batch.overshoot_s / batch.time_s for batch in warm])
    if overshoot > _OVERSHOOT:
        reasons.append(
            f"the server held replies longer than asked: that is {overshoot:.0%} of the time of {name}, the fastest "
            f"arm (at most {_OVERSHOOT:.0%} may be)"
        )
    busy = median([batch.server_cpu for batch in warm])
    if busy > _SERVER_CPU:
        reasons.append(f"the mock server used {busy:.0%} of a core while {name} ran (at most {_SERVER_CPU:.0%} may be)")
    return tuple(reasons)


def _noise(twin: Comparison | None, limit: float) -> Verdict:
    if twin is None or twin.blocks < 2:
        return Verdict("NOISY", ("fewer than two blocks with the twin, so that the noise cannot be told",))
    half_width = (twin.high - twin.low) / 2
    if half_width > limit:
        span = f"{twin.ratio:.3f} (95 % CI {twin.low:.3f} to {twin.high:.3f})"
        cure = f"wider than ±{limit:.0%}: the ranking is provisional; try an idle machine or more --blocks"
        return Verdict("NOISY", (f"the same arm twice came out at {span}, {cure}",))
    return Verdict("VALID")
