"""One block played: each arm once, in its order, in a fresh worker; nothing of it is on disk yet."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from exchanges.units import text_from_seconds
from harness import pyperf_files, raw_rows, spawn
from harness.arm import Arm, slug
from harness.fault_witness import LATE_S
from harness.flood import floods
from harness.heat import Heat, warm_batches
from harness.measurement import Measurement, asked_delays
from harness.plan import for_plan
from harness.planned_faults import pauses
from harness.progress import Progress
from harness.scenario import Scenario
from harness.scratch import scratch
from harness.store import RunFolder
from harness.surroundings import Surroundings, SurroundingsMeter
from harness.witness import NoWitness, Witness, witness_of
from mock_server.process import Running


@dataclass
class Played:
    """A block as it was played, to be kept as a whole or not at all. ``requests`` holds an arm's batches, each a list
    of rows; ``pyperf`` the new contents of pyperf's files; ``dropped`` why an arm is out from here on; ``left_behind``
    how many processes an arm's worker left running, of those that left some."""

    block: int
    measured: list[Measurement] = field(default_factory=list)
    requests: dict[str, list[list[list[Any]]]] = field(default_factory=dict)
    quotes: list[list[Any]] = field(default_factory=list)
    pyperf: dict[Path, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, list[list[Any]]] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    left_behind: dict[str, int] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=lambda: Surroundings(0.0, None, None))


@dataclass(frozen=True, slots=True)
class _Worked:
    """What a worker brought: its side file, the measurement made of it, the arm's pyperf file with it in (empty
    where there was a problem), and how many processes of its own outlived it."""

    side: dict[str, Any]
    measurement: Measurement
    pyperf: str
    left_behind: int


def play(heat: Heat, block: int, server: Running | NoWitness, folder: RunFolder, progress: Progress) -> Played:
    """Play one block of a heat; arms that were dropped before are left out.

    Raises:
        EnvironmentGap: the mock server is gone, or does not answer; or others' servers do not want to be asked.
    """
    witness = witness_of(server)
    # The same in a run that goes on where another one ended.
    dice = random.Random(f"{heat.scenario.seed}/{heat.scenario.name}/{block}/workers")
    arms = {arm.name: arm for arm in heat.arms}
    played = Played(block)
    meter = SurroundingsMeter(witness.pids)
    for position, name in enumerate(heat.order[block]):
        if name in heat.dropped:
            continue
        progress.begin(name, block, heat.scenario.blocks)
        scenario = for_plan(heat.scenario, arms[name].plan)
        worked = _measure(scenario, arms[name], block, position, heat.declared[name], witness, folder, dice)
        progress.advance()
        if worked.left_behind:
            played.left_behind[name] = worked.left_behind
        played.measured.append(worked.measurement)
        if worked.measurement.problem:
            played.dropped[name] = worked.measurement.problem
            continue
        played.pyperf[pyperf_file(folder, name)] = worked.pyperf
        played.requests[name] = list(raw_rows.request_rows(worked.side, scenario, name, block))
        quotes = raw_rows.quote_rows(worked.side, scenario, name, block)
        played.quotes += quotes
        played.snapshots[name] = [row[5:] for row in quotes]
        played.clocks[name] = witness.clock_us(worked.side["batches"][-1])
    flooded = floods(played.measured)
    played.measured = [_with_breach(one, flooded.get(one.arm)) for one in played.measured]
    played.surroundings = meter.read()
    return played


def _measure(
    scenario: Scenario, arm: Arm, block: int, position: int, declared: int, witness: Witness, folder: RunFolder,
    dice: random.Random,
) -> _Worked:  # fmt: skip
    with scratch() as between:
        side_file = Path(between, "side.json")
        warm = warm_batches(scenario, declared)
        limit_s = _limit_s(scenario, declared, warm) + witness.longest_wait_s(1 + warm)
        job = witness.job(arm.strategy, scenario, block, warm, str(side_file))
        ending = spawn.run_worker(job, warm, limit_s, dice)
        side = _side(side_file)
        witness.heard(side)
        problem = side.get("error")
        if ending.exit_code is None:
            problem = f"did not finish within {text_from_seconds(limit_s)}"
        elif problem is None and (ending.exit_code != 0 or not ending.pyperf):
            problem = f"its process ended with code {ending.exit_code}" + (f": {ending.said}" if ending.said else "")
        merged = ""
        if problem is None:
            try:
                merged = pyperf_files.merged(pyperf_file(folder, arm.name), ending.pyperf)
            except ValueError as error:
                problem = f"pyperf could not read its result: {error}"
        if problem is None:
            try:
                measurement = witness.measurement(side, job, arm.name, position)
                measurement = _with_breach(measurement, _untidy(ending.left_behind))
                return _Worked(side, measurement, merged, ending.left_behind)
            except (LookupError, TypeError, ValueError) as error:
                # A guest shares its process with the worker and may have meddled with anything there.
                problem = f"its record cannot be read: {type(error).__name__}: {error}"
        return _Worked(side, Measurement(arm.name, block, position, problem=problem), "", ending.left_behind)


def _untidy(left_behind: int) -> str | None:
    """How a worker broke the seventh promise, that leaving leaves nothing behind (``strategies.strategy``)."""
    if not left_behind:
        return None
    return f"left {left_behind} process{'' if left_behind == 1 else 'es'} running when it had ended"


def _with_breach(measurement: Measurement, found: str | None) -> Measurement:
    return replace(measurement, breaches=(*measurement.breaches, found)) if found else measurement


def pyperf_file(folder: RunFolder, arm: str) -> Path:
    return folder.path / "pyperf" / f"{slug(arm)}.json"


def _side(file: Path) -> dict[str, Any]:
    """What the worker left; nothing where it was killed before, or in the middle of writing it."""
    try:
        side = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return side if isinstance(side, dict) else {}


def _limit_s(scenario: Scenario, declared: int, warm: int) -> float:
    """When to give up on a worker: far beyond any honest time, and still a limit for one that sleeps for ever."""
    rounds = math.ceil(scenario.requests / max(1, declared))
    longest_s = 10 * max(asked_delays(scenario, 0)) + 1.0 if scenario.is_logged else scenario.deadline_s
    slow = rounds * min(scenario.deadline_s, longest_s)
    # Those that a fault lets wait for their deadline: in rounds as well, and one more where they come last.
    stalled = len(pauses(scenario))
    stalls = (stalled // max(1, declared) + 1) * (scenario.deadline_s + LATE_S) if stalled else 0.0
    return 20.0 + (1 + warm) * (slow + stalls + 5.0)
