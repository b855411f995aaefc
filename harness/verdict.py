"""What a scenario's numbers are worth, with the evidence: VALID, NOISY or SERVER-BOUND.

NOISY        two runs of one and the same arm (the twin) did not come out equal, or not finely enough; or the
             arms ran in one fixed order; or the mock server does not hold delays as truly as it must
SERVER-BOUND the ruler was the bottleneck: there is no ranking to print
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.heat import Heat
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


@dataclass(frozen=True, slots=True)
class Twin:
    """How one arm compares with itself under another name, or why that cannot be told (``problem``)."""

    comparison: Comparison | None = None
    problem: str | None = None


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """A run's verdict: the worst state of its scenarios, with all their reasons."""
    state = max((verdict.state for verdict in verdicts), key=STATES.index, default="NOISY")
    return Verdict(state, tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a scenario is judged by. ``measured`` holds the arms that may be ranked, ``everyone`` all arms that have
    measurements, the twin and those that are out included; ``ruler`` is what the calibration card has against the mock
    server, as sentences."""

    heat: Heat
    measured: Mapping[str, Sequence[Measurement]]
    everyone: Mapping[str, Sequence[Measurement]]
    fastest: str | None
    twin: Twin
    fast: bool
    ruler: Sequence[str] = ()


def judge(evidence: Evidence) -> Verdict:
    """The verdict of one scenario."""
    twin, ruler, fastest = evidence.twin, evidence.ruler, evidence.fastest
    if fastest is None:
        return Verdict("NOISY", ("no arm finished a block that can be ranked", *ruler))
    server = _server_bound(fastest, evidence.measured[fastest])
    if server:
        return Verdict("SERVER-BOUND", (*server, *(_noise(twin, 1.0) if twin.problem else ()), *ruler))
    noise = (*_noise(twin, _NOISE_FAST if evidence.fast else _NOISE), *ruler)
    if evidence.heat.order_mode == "sequential":
        noise += ("every block ran its arms in the same order, so that order is confounded with time",)
    return Verdict("NOISY" if noise else "VALID", noise)


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


def _noise(twin: Twin, limit: float) -> tuple[str, ...]:
    if twin.problem is not None:
        return (f"the twin, which shows the noise, {twin.problem}",)
    compared = twin.comparison
    if compared is None or compared.blocks < 2:
        return ("fewer than two blocks with the twin, so that the noise cannot be told",)
    cure = "the ranking is provisional; try an idle machine or more --blocks"
    span = f"{compared.ratio:.3f} (95 % CI {compared.low:.3f} to {compared.high:.3f})"
    if (compared.high - compared.low) / 2 > limit:
        return (f"the same arm twice came out at {span}, wider than ±{limit:.0%}: {cure}",)
    if abs(compared.ratio - 1) > limit:
        return (f"the same arm twice came out at {span}, further from 1 than {limit:.0%}: {cure}",)
    return ()
