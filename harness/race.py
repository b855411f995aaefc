"""The race itself: blocks in shuffled order, one fresh worker per arm and block, everything kept at once.

Where there are several scenarios, their blocks take turns, so that a slow hour of the machine hits all of them alike
and a run that is stopped has something of each. A block beside which other programs worked is played again, once, in
its own place; what was measured beside them is kept apart. Law: what decides that is never a result.
"""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness import raw_rows
from harness.block import Played, play
from harness.budget import Budget
from harness.heat import Heat, Spoilt
from harness.orphans import adopting
from harness.progress import Progress
from harness.row_room import MOST, RowRoom
from harness.store import RunFolder, replace_file
from harness.witness import NoWitness
from mock_server.process import Running

REQUESTS = "requests.csv"
SPOILT = "spoilt.csv"
"""The rows of blocks that were played again, as those of requests.csv."""


@dataclass
class Race:
    """``servers`` maps the names of scenarios to those that serve them; ``save`` is called when a block is
    finished; ``budget`` has a say in how many there are. ``untidy`` are the arms that left processes running,
    ``given_up`` the scenarios of which no more blocks are played again: each is told once."""

    heats: Sequence[Heat]
    servers: Mapping[str, Running | NoWitness]
    folder: RunFolder
    progress: Progress
    save: Callable[[], None]
    budget: Budget | None = None
    untidy: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    room: dict[str, RowRoom] = field(init=False)

    def __post_init__(self) -> None:
        self.room = {name: RowRoom.in_file(self.folder.path / name) for name in (REQUESTS, SPOILT)}

    def run(self) -> None:
        """Race all heats, block by block, from the first that is not finished on.

        Raises:
            EnvironmentGap: a mock server is gone, or others' servers do not want to be asked any more.
            OutOfTime: the budget was spent, and more, before there was enough to be told.
        """
        block = min(heat.finished_blocks for heat in self.heats)
        with adopting():
            while block < max(len(heat.order) for heat in self.heats):
                self._play_round(block)
                block += 1

    def _play_round(self, block: int) -> None:
        """One block of every heat that has not played it, in an order that is drawn anew for each round."""
        took_s = 0.0
        dice = random.Random(f"{self.heats[0].scenario.seed}/{block}/scenarios")
        for heat in sorted(self.heats, key=lambda _: dice.random()):
            if self.budget is not None:
                self._planned(self.budget.hold(self.heats))
            if heat.finished_blocks <= block < len(heat.order):
                self._play(heat, block)
                took_s += heat.surroundings[block].span_s
        if self.budget is not None and block == 0:
            self._planned(self.budget.correct(self.heats, took_s))
        self.progress.end_block(block, max(heat.scenario.blocks for heat in self.heats), len(self.heats))

    def _planned(self, said: str | None) -> None:
        if said is not None:
            self.progress.say(said)
            self.progress.expect(
                sum(len(heat.arms) * (heat.scenario.blocks - heat.finished_blocks) for heat in self.heats)
            )
            self.folder.log("planned", blocks=[heat.scenario.blocks for heat in self.heats], reason=said)
            self.save()

    def _play(self, heat: Heat, block: int) -> None:
        played = self._played(heat, block)
        while played.surroundings.others_work and self._is_played_again(heat, played):
            played = self._played(heat, block)
        self._keep(heat, played)
        self.save()

    def _is_played_again(self, heat: Heat, played: Played) -> bool:
        """Whether a block beside other work has another turn; it is told which."""
        whose = f"block {played.block + 1}" + (f" of {heat.scenario.name}" if len(self.heats) > 1 else "")
        why = " and ".join(played.surroundings.reasons)
        if played.block in {one.block for one in heat.spoilt}:
            self.progress.say(f"{whose} counts all the same, for it was played twice: {why}")
            return False
        if not heat.replays_left:
            if heat.scenario.name not in self.given_up:
                self.progress.say(
                    f"{whose} counts all the same, and so do those after it, for no more are played again: {why}"
                )
            self.given_up.add(heat.scenario.name)
            return False
        self._set_aside(heat, played)
        self.progress.say(f"{whose} is played again: {why}")
        return True

    def _played(self, heat: Heat, block: int) -> Played:
        played = play(heat, block, self.servers[heat.scenario.name], self.folder, self.progress)
        for name, number in played.left_behind.items():
            self.folder.log("left_behind", scenario=heat.scenario.name, arm=name, block=played.block, processes=number)
            if name not in self.untidy:
                self.progress.say(f"{name} left processes running when it had ended; they were ended too")
            self.untidy.add(name)
        return played

    def _set_aside(self, heat: Heat, played: Played) -> None:
        """Keep what was measured in a spoilt block where it is in nobody's numbers. An arm that broke in it is not out:
        it may have broken for the same reason, and has its turn again."""
        rows = self._fitting(SPOILT, played)
        surroundings = played.surroundings
        spoilt = Spoilt(played.block, surroundings.reasons, surroundings, tuple(played.measured))
        with _undisturbed():
            self.folder.append_rows(SPOILT, raw_rows.REQUESTS_HEADER, rows)
            heat.spoilt.append(spoilt)
        self.folder.log(
            "block_spoilt", scenario=heat.scenario.name, block=played.block, reasons=list(spoilt.reasons),
            surroundings=surroundings.to_json(), problems=played.dropped,
        )  # fmt: skip
        self.progress.again(len(played.measured))
        self.save()

    def _keep(self, heat: Heat, played: Played) -> None:
        """Put a block on disk: files first, then the measurements that refer to them."""
        for name, problem in played.dropped.items():
            self.progress.say(f"{name}: {problem}; it is out, the others go on")
            self.folder.log(
                "arm_failed", scenario=heat.scenario.name, arm=name, block=played.block, reason=problem
            )  # fmt: skip
        requests = self._fitting(REQUESTS, played)
        with _undisturbed():
            self.folder.append_rows(REQUESTS, raw_rows.REQUESTS_HEADER, requests)
            self.folder.append_rows("quotes.csv", raw_rows.QUOTES_HEADER, played.quotes)
            for file, content in played.pyperf.items():
                replace_file(file, content)
            heat.measured += played.measured
            heat.dropped |= played.dropped
            heat.snapshots |= played.snapshots
            heat.clocks |= played.clocks
            heat.surroundings[played.block] = played.surroundings
            heat.finished_blocks = played.block + 1
        self.folder.log(
            "block", scenario=heat.scenario.name, block=played.block, order=heat.order[played.block],
            surroundings=played.surroundings.to_json(),
        )  # fmt: skip

    def _fitting(self, name: str, played: Played) -> list[list[object]]:
        rows, thinned = self.room[name].fitting(played.requests)
        if thinned is not None:
            self.progress.say(f"{name} has about {MOST:,} rows: from here on one batch per arm and block")
            self.folder.log("rows_thinned", file=name, block=played.block, arm=thinned)
        return rows


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
