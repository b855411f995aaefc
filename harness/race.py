"""The race itself: blocks in shuffled order, one fresh worker per arm and block, everything kept at once."""

from __future__ import annotations

import contextlib
import json
import math
import random
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exchanges.units import text_from_seconds
from harness import pyperf_files, raw_rows, schedule, spawn
from harness.arm import Arm, slug
from harness.bound import bound
from harness.exits import EnvironmentGap
from harness.fault_witness import LATE_S
from harness.job import Job
from harness.measurement import Measurement, asked_delays, measurement_from
from harness.planned_faults import pauses, waits
from harness.progress import Progress
from harness.scenario import Scenario
from harness.store import RunFolder, replace_file
from mock_server.market import time_us_at
from mock_server.process import Running

_LIFE_S = 0.6
"""A worker's own start and end, with what it imports: for the estimate only."""
_WORK_S = {"tickers": 0.002, "books": 0.004, "markets": 0.04}
"""What a request costs client and server beyond its delay, likewise."""
_CSV_ROWS = 100_000


@dataclass
class Heat:
    """One scenario being raced: its arms, the order of each block and how it was made ("shuffled" or
    "sequential"), and what has been measured so far. ``snapshots`` has each arm's newest batch of quotes, as
    rows of ``worker`` make them, ``clocks`` what the exchanges' clocks said when it was in hand, in microseconds."""

    scenario: Scenario
    arms: tuple[Arm, ...]
    order: list[list[str]]
    measured: list[Measurement] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, list[list[Any]]] = field(default_factory=dict)
    clocks: dict[str, int] = field(default_factory=dict)
    finished_blocks: int = 0
    order_mode: schedule.Order = "shuffled"


def heat_for(scenario: Scenario, arms: Sequence[Arm], order: schedule.Order) -> Heat:
    names = [arm.name for arm in arms]
    blocks = schedule.blocks(names, scenario.blocks, scenario.seed, order)
    return Heat(scenario, tuple(arms), blocks, order_mode=order)


@dataclass(frozen=True, slots=True)
class _Worked:
    """What a worker brought: its side file, the measurement made of it, the arm's pyperf file with it in (empty
    where there was a problem), and whether processes of its own outlived it."""

    side: dict[str, Any]
    measurement: Measurement
    pyperf: str
    left_behind: bool


def warm_batches(scenario: Scenario, declared: int) -> int:
    """Warm batches in a block: one for an arm that goes through its requests one by one, for it would take
    most of the run; a median of one is still the block's one number."""
    return 1 if declared == 1 and scenario.concurrency > 1 else scenario.warm


def estimate_s(scenario: Scenario, declared: dict[str, int]) -> float:
    """About how long a scenario will take, in seconds."""
    costs = waits(scenario, asked_delays(scenario, 0))
    per_block = 0.0
    for in_flight in declared.values():
        batches = 1 + warm_batches(scenario, in_flight)
        work = _WORK_S[scenario.workload] * scenario.requests
        per_block += _LIFE_S + batches * (bound(costs, min(in_flight, scenario.requests)) + work)
    return scenario.blocks * per_block


def run(
    heat: Heat, declared: dict[str, int], mock: Running, folder: RunFolder, progress: Progress,
    save: Callable[[], None],
) -> None:  # fmt: skip
    """Race one scenario, block by block. ``save`` is called when a block is finished.

    Raises:
        EnvironmentGap: the mock server is gone.
    """
    dice = random.Random(f"{heat.scenario.seed}/{heat.scenario.name}/workers")
    arms = {arm.name: arm for arm in heat.arms}
    rows_left = _CSV_ROWS
    untidy: set[str] = set()
    for block, names in enumerate(heat.order):
        request_rows: list[list[Any]] = []
        quote_rows: list[list[Any]] = []
        pyperf: dict[Path, str] = {}
        fresh: list[Measurement] = []
        for position, name in enumerate(names):
            if name in heat.dropped:
                continue
            progress.begin(name, block, heat.scenario.blocks)
            worked = _measure(heat.scenario, arms[name], block, position, declared[name], mock, folder, dice)
            side, measurement = worked.side, worked.measurement
            progress.advance()
            if mock.process.poll() is not None:
                raise EnvironmentGap("the mock server ended in the middle of the run")
            if worked.left_behind:
                folder.log("left_behind", arm=name, block=block)
                if name not in untidy:
                    progress.say(f"{name} left processes running when it had ended; they were ended too")
                untidy.add(name)
            fresh.append(measurement)
            if measurement.problem:
                heat.dropped[name] = measurement.problem
                progress.say(f"{name}: {measurement.problem}; it is out, the others go on")
                folder.log("arm_failed", arm=name, block=block, reason=measurement.problem)
                continue
            pyperf[_pyperf_file(folder, name)] = worked.pyperf
            batches = list(raw_rows.request_rows(side, heat.scenario, name, block))
            if rows_left < heat.scenario.requests * len(batches):
                if rows_left > 0:
                    progress.say(f"requests.csv has {_CSV_ROWS:,} rows: from here on one batch per arm and block")
                    folder.log("requests_thinned", block=block, arm=name, rows=_CSV_ROWS - rows_left)
                rows_left = 0
                batches = batches[-1:]
            rows_left -= heat.scenario.requests * len(batches)
            request_rows += [row for batch in batches for row in batch]
            quotes = raw_rows.quote_rows(side, heat.scenario, name, block)
            heat.snapshots[name] = [row[5:13] for row in quotes]
            # The market's clock started with ``begin``, a moment before the batch; no age is told that finely.
            heat.clocks[name] = time_us_at(side["batches"][-1]["time_s"])
            quote_rows += quotes
        # A block counts when all of it is there: files first, then the measurements that refer to them.
        with _undisturbed():
            folder.append_rows("requests.csv", raw_rows.REQUESTS_HEADER, request_rows)
            folder.append_rows("quotes.csv", raw_rows.QUOTES_HEADER, quote_rows)
            for file, content in pyperf.items():
                replace_file(file, content)
            heat.measured += fresh
            heat.finished_blocks = block + 1
        folder.log("block", scenario=heat.scenario.name, block=block, order=names)
        save()
        progress.end_block(block, heat.scenario.blocks)


def _measure(
    scenario: Scenario, arm: Arm, block: int, position: int, declared: int, mock: Running, folder: RunFolder,
    dice: random.Random,
) -> _Worked:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="fetchrace-") as scratch:
        side_file = Path(scratch, "side.json")
        warm = warm_batches(scenario, declared)
        job = Job(
            arm.strategy, scenario, block, warm, dict(mock.origins), mock.control, mock.token, str(side_file),
            mock.ca_file,
        )  # fmt: skip
        limit_s = _limit_s(scenario, declared, warm)
        ending = spawn.run_worker(job, warm, limit_s, dice)
        side = _side(side_file)
        problem = side.get("error")
        if ending.exit_code is None:
            problem = f"did not finish within {text_from_seconds(limit_s)}"
        elif problem is None and (ending.exit_code != 0 or not ending.pyperf):
            problem = f"its process ended with code {ending.exit_code}" + (f": {ending.said}" if ending.said else "")
        merged = ""
        if problem is None:
            try:
                merged = pyperf_files.merged(_pyperf_file(folder, arm.name), ending.pyperf)
            except ValueError as error:
                problem = f"pyperf could not read its result: {error}"
        if problem is None:
            try:
                measurement = measurement_from(side, scenario, arm.name, block, position)
                return _Worked(side, measurement, merged, ending.left_behind)
            except (LookupError, TypeError, ValueError) as error:
                # A guest shares its process with the worker and may have meddled with anything there.
                problem = f"its record cannot be read: {type(error).__name__}: {error}"
        return _Worked(side, Measurement(arm.name, block, position, problem=problem), "", ending.left_behind)


def _pyperf_file(folder: RunFolder, arm: str) -> Path:
    return folder.path / "pyperf" / f"{slug(arm)}.json"


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let SIGINT and SIGTERM wait until a block's files agree with each other; a few milliseconds.

    Handlers of our own, not a signal mask: a mask is one thread's, and the progress bar's thread would take them.
    """
    waiting: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: waiting.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if waiting:
            signal.raise_signal(waiting[0])


def _side(file: Path) -> dict[str, Any]:
    """What the worker left; nothing where it was killed before, or in the middle of writing it."""
    try:
        side = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return side if isinstance(side, dict) else {}


def _limit_s(scenario: Scenario, declared: int, warm: int) -> float:
    """When to give up on a worker: far beyond any honest time, and still a limit for one that sleeps for ever."""
    rounds = math.ceil(scenario.requests / max(1, declared))
    slow = rounds * min(scenario.deadline_s, 10 * max(asked_delays(scenario, 0)) + 1.0)
    # Those that a fault lets wait for their deadline: in rounds as well, and one more where they come last.
    stalled = len(pauses(scenario))
    stalls = (stalled // max(1, declared) + 1) * (scenario.deadline_s + LATE_S) if stalled else 0.0
    return 20.0 + (1 + warm) * (slow + stalls + 5.0)
