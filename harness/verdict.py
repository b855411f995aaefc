"""What a scenario's numbers are worth, with the evidence: six states, in rising gravity.

VALID           nothing stands against them
NOISY           two runs of one and the same arm (the twin) did not come out equal, or not finely enough; or a block
                that counts ran beside other work; or the mock server does not hold delays as truly as it must; or the
                arms ran in one fixed order; or the stopwatch costs too much of the shortest time; or connections were
                lost in cold batches alone, which is in the one shot and not in the ranking; or no arm can be ranked
UNVERIFIED      the servers were others', so that there is no log by which an arm could be found out
DRIFTED         the arms ran in one fixed order, and the times changed over the session or with the place in it
SERVER-BOUND    the ruler was the bottleneck
NETWORK-INVALID connections were lost in warm batches, and somebody waited for them

The last three leave no ranking to print. In shuffled order a drift hits all arms alike: it is reported, never judged.
A run of several scenarios says each thing once, with the scenarios that it is true of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchanges.units import counted, text_from_share
from harness.drift import Drift
from harness.fixed_order import against_a_fixed_order, same_arm_twice
from harness.grouped_reasons import grouped
from harness.heat import Heat
from harness.lost_connections import lost_connections
from harness.measurement import Measurement, medians_of
from harness.reason import Reason
from harness.scope import listed_hosts
from harness.statistics import Comparison, median
from harness.surroundings import Surroundings

STATES: Final = ("VALID", "NOISY", "UNVERIFIED", "DRIFTED", "SERVER-BOUND", "NETWORK-INVALID")
RANKED: Final = frozenset({"VALID", "NOISY", "UNVERIFIED"})
_NOISE: Final = 0.05
_NOISE_OF_FEW: Final = 0.10
_FEW_BLOCKS: Final = 5
"""With fewer of them planned the twin's interval is wide on a calm machine as well: that is a look, not a proof."""
_OVERSHOOT: Final = 1 / 3
_SERVER_CPU: Final = 0.9
_STOPWATCH: Final = 0.01


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reasons`` are in falling gravity; there are none where all is well. ``scenario`` is the name of the one that is
    judged, empty where that is a run."""

    reasons: tuple[Reason, ...] = ()
    scenario: str = ""

    @classmethod
    def of(cls, reasons: Iterable[Reason], scenario: str = "") -> Verdict:
        """The verdict on what stands against a scenario, each reason once, the gravest first."""
        return cls(tuple(sorted(dict.fromkeys(reasons), key=lambda reason: -STATES.index(reason.state))), scenario)

    @property
    def state(self) -> str:
        """One of STATES: that of the gravest reason."""
        return self.reasons[0].state if self.reasons else STATES[0]

    def to_json(self) -> dict[str, Any]:
        """``causes`` holds the cause of each of the ``reasons``, in their order."""
        return {
            "state": self.state, "reasons": [reason.said for reason in self.reasons],
            "causes": [reason.cause for reason in self.reasons],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Twin:
    """How one arm compares with itself under another name, or why that cannot be told (``problem``)."""

    comparison: Comparison | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a scenario is judged by. ``measured`` holds the arms that may be ranked, ``everyone`` all arms that have
    measurements, the twin and those that are out included; ``ruler`` is what the calibration card has against the mock
    server, as sentences; ``drift`` that of the session, by the arms that may be ranked."""

    heat: Heat
    measured: Mapping[str, Sequence[Measurement]]
    everyone: Mapping[str, Sequence[Measurement]]
    fastest: str | None
    twin: Twin
    fast: bool
    ruler: Sequence[str] = ()
    drift: Drift | None = None


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """A run's verdict: everything that stands against any of its scenarios, and so the state of the worst one. Over
    several scenarios what has one cause is one reason, which says where it is so and quotes the worst of them."""
    if not verdicts:
        return Verdict((Reason("NOISY", "nothing", "no scenario was raced"),))
    if len(verdicts) == 1:
        return Verdict.of(verdicts[0].reasons)
    return Verdict.of(grouped({verdict.scenario: verdict.reasons for verdict in verdicts}))


def judge(evidence: Evidence) -> Verdict:
    """The verdict of one scenario."""
    found = (*_unlogged(evidence), *_network(evidence), *_against_the_ranking(evidence), *_ruler(evidence))
    return Verdict.of(found, evidence.heat.scenario.name)


def _unlogged(evidence: Evidence) -> Iterator[Reason]:
    scenario = evidence.heat.scenario
    if scenario.is_logged:
        return
    yield Reason(
        "UNVERIFIED", "unlogged",
        f"there is no log of the servers ({listed_hosts(scenario.origins)}): not verified is that they saw each "
        "request once, with no more in flight than declared, on connections that were re-used, and that the prices "
        "are those that were sent; each arm was held to its own account alone",
    )  # fmt: skip
    failed = {
        name: lost for name, found in evidence.measured.items()
        if (lost := sum(sum(batch.failures.values()) for m in found for batch in m.batches))
    }  # fmt: skip
    if failed:
        told = ", ".join(f"{name} {lost}" for name, lost in failed.items())
        yield Reason(
            "UNVERIFIED", "failures", f"requests failed and are in the times as they are ({told})", sum(failed.values())
        )


def _against_the_ranking(evidence: Evidence) -> Iterator[Reason]:
    if evidence.fastest is None:
        yield Reason("NOISY", "nothing", _why_nobody(evidence))
        return
    few = evidence.heat.scenario.blocks < _FEW_BLOCKS
    if evidence.heat.scenario.is_logged:
        yield from _server(evidence.fastest, evidence.measured[evidence.fastest])
    yield from _surroundings(evidence.heat.surroundings)
    yield from _noise(evidence.twin, _NOISE_OF_FEW if few else _NOISE)
    medians = {name: medians_of(found) for name, found in evidence.measured.items()}
    if evidence.heat.order_mode == "sequential":
        yield from against_a_fixed_order(evidence.drift, evidence.twin.comparison)
    yield from _stopwatch(evidence.measured, medians)


def _why_nobody(evidence: Evidence) -> str:
    """Why no arm can be ranked. The measurements of an arm that failed do not count, whatever they hold."""
    raced = [arm.name for arm in evidence.heat.arms if arm.twin_of is None and arm.plan == "single"]
    failed = sum(name in evidence.heat.dropped for name in raced)
    disqualified = sum(name in evidence.everyone and name not in evidence.heat.dropped for name in raced)
    if failed and disqualified:
        return f"{counted(disqualified, 'arm')} {'is' if disqualified == 1 else 'are'} disqualified and {failed} failed"
    number = failed or disqualified
    if not number:
        return "no block was finished"
    whom = {1: "the only arm", 2: "both arms"}.get(number, f"all {number} arms")
    return f"{whom} failed" if failed else f"{whom} {'is' if number == 1 else 'are'} disqualified"


def _network(evidence: Evidence) -> Iterator[Reason]:
    """An arm that is out may have lost its connections by its own doing; where all are out, that may be why."""
    twins = [arm.name for arm in evidence.heat.arms if arm.twin_of and arm.name in evidence.everyone]
    told = {**evidence.measured, **{name: evidence.everyone[name] for name in twins}}
    lost = lost_connections(told if evidence.measured else evidence.everyone, evidence.heat.scenario)
    if lost is not None:
        # On the way to others' servers losing packets is part of what is measured, and of nobody's making.
        is_ours = evidence.heat.scenario.is_logged
        state = "UNVERIFIED" if not is_ours else "NETWORK-INVALID" if lost.warm else "NOISY"
        yield Reason(state, "network", lost.said, lost.warm or lost.cold)


def _ruler(evidence: Evidence) -> Iterator[Reason]:
    yield from (Reason("NOISY", "ruler", said) for said in evidence.ruler)


def _server(name: str, measurements: Sequence[Measurement]) -> Iterator[Reason]:
    warm = [batch for measurement in measurements for batch in measurement.warm]
    overshoot = median([(batch.overshoot_s or 0.0) / batch.time_s for batch in warm])
    if overshoot > _OVERSHOOT:
        said = (
            f"the server held replies longer than asked: that is {text_from_share(overshoot)} of the time of {name}, "
            f"the fastest arm (at most {text_from_share(_OVERSHOOT)} may be)"
        )
        yield Reason("SERVER-BOUND", "server", said, overshoot / _OVERSHOOT)
    busy = median([batch.server_cpu or 0.0 for batch in warm])
    if busy > _SERVER_CPU:
        said = (
            f"the mock server used {text_from_share(busy)} of a core while {name} ran (at most "
            f"{text_from_share(_SERVER_CPU)} may be)"
        )
        yield Reason("SERVER-BOUND", "server", said, busy / _SERVER_CPU)


def _surroundings(by_block: Mapping[int, Surroundings]) -> Iterator[Reason]:
    """Blocks that count all the same, because they could not be played again, or not for the better."""
    disturbed = [found for found in by_block.values() if found.reasons]
    if disturbed:
        worst_one = max(disturbed, key=_disturbance)
        which = "" if len(disturbed) == 1 else "in the worst of them "
        is_others = any(found.others_work for found in disturbed)
        what = "beside other work" if is_others else "under a limit on CPU time"
        cure = "try an idle machine" if is_others else "raise the limit (cpu.max of the control group)"
        said = (
            f"{len(disturbed)} of {len(by_block)} blocks ran {what}: {which}{' and '.join(worst_one.reasons)}; {cure}"
        )
        yield Reason("NOISY", "surroundings", said, _disturbance(worst_one))


def _disturbance(found: Surroundings) -> float:
    """How much of the time or of the machine was not ours."""
    return (found.foreign or 0.0) + (found.stolen or 0.0) + (found.throttled or 0.0)


def _noise(twin: Twin, limit: float) -> Iterator[Reason]:
    compared, cure = twin.comparison, "try an idle machine or more --blocks"
    if twin.problem is not None:
        yield Reason("NOISY", "twin", f"the twin, which shows the noise, {twin.problem}")
    elif compared is None or compared.blocks < 2:
        yield Reason("NOISY", "blocks", "fewer than two blocks with the twin, so that the noise cannot be told")
    elif (half := (compared.high - compared.low) / 2) > limit:
        said = f"{same_arm_twice(compared)}, wider than ±{text_from_share(limit)}: {cure}"
        yield Reason("NOISY", "noise", said, half / limit)
    elif (off := abs(compared.ratio - 1)) > limit:
        said = f"{same_arm_twice(compared)}, further from 1 than {text_from_share(limit)}: {cure}"
        yield Reason("NOISY", "noise", said, off / limit)


def _stopwatch(
    measured: Mapping[str, Sequence[Measurement]], medians: Mapping[str, Mapping[int, float]]
) -> Iterator[Reason]:
    costs = [m.stopwatch_s for measurements in measured.values() for m in measurements]
    shortest_s, name = min((median([*by_block.values()]), name) for name, by_block in medians.items())
    share = median(costs) / shortest_s
    if share > _STOPWATCH:
        said = (
            f"the stopwatch itself costs {text_from_share(share, 1)} of the time of {name}, the shortest there is (at "
            f"most {text_from_share(_STOPWATCH)} may be): try more --requests"
        )
        yield Reason("NOISY", "stopwatch", said, share)
