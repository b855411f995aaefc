"""The race itself: blocks in shuffled order, one fresh worker per arm and block, everything kept at once.

Where there are several scenarios, their blocks take turns, so that a slow hour of the machine hits all of them alike
and a run that is stopped has something of each.
"""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness import raw_rows
from harness.block import Played, play
from harness.heat import Heat
from harness.progress import Progress
from harness.store import RunFolder, replace_file
from mock_server.process import Running

_CSV_ROWS = 100_000


@dataclass
class Race:
    """``mocks`` maps the names of scenarios to the servers that serve them; ``save`` is called when a block is
    finished."""

    heats: Sequence[Heat]
    mocks: Mapping[str, Running]
    folder: RunFolder
    progress: Progress
    save: Callable[[], None]
    rows_left: int = field(default_factory=lambda: _CSV_ROWS)
    untidy: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Race all heats, block by block.

        Raises:
            EnvironmentGap: a mock server is gone.
        """
        for block in range(max(len(heat.order) for heat in self.heats)):
            for heat in self._in_turn(block):
                if heat.finished_blocks <= block < len(heat.order):
                    self._play(heat, block)

    def _in_turn(self, block: int) -> list[Heat]:
        """The heats in the order in which they play a block, drawn anew for each."""
        dice = random.Random(f"{self.heats[0].scenario.seed}/{block}/scenarios")
        return sorted(self.heats, key=lambda _: dice.random())

    def _play(self, heat: Heat, block: int) -> None:
        played = play(heat, block, self.mocks[heat.scenario.name], self.folder, self.progress)
        self._keep(heat, played)
        self.save()
        self.progress.end_block(block, heat.scenario.blocks)

    def _keep(self, heat: Heat, played: Played) -> None:
        """Put a block on disk: files first, then the measurements that refer to them."""
        self._tell(heat, played)
        requests = self._thinned(heat, played)
        with _undisturbed():
            self.folder.append_rows("requests.csv", raw_rows.REQUESTS_HEADER, requests)
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

    def _tell(self, heat: Heat, played: Played) -> None:
        for name in played.left_behind:
            self.folder.log("left_behind", arm=name, block=played.block)
            if name not in self.untidy:
                self.progress.say(f"{name} left processes running when it had ended; they were ended too")
            self.untidy.add(name)
        for name, problem in played.dropped.items():
            self.progress.say(f"{name}: {problem}; it is out, the others go on")
            self.folder.log(
                "arm_failed", scenario=heat.scenario.name, arm=name, block=played.block, reason=problem
            )  # fmt: skip

    def _thinned(self, heat: Heat, played: Played) -> list[list[Any]]:
        """The rows of a block for requests.csv: all of them while there is room, then one batch per arm."""
        kept: list[list[Any]] = []
        for name, batches in played.requests.items():
            if self.rows_left < heat.scenario.requests * len(batches):
                if self.rows_left > 0:
                    self.progress.say(f"requests.csv has {_CSV_ROWS:,} rows: from here on one batch per arm and block")
                    self.folder.log(
                        "requests_thinned", block=played.block, arm=name, rows=_CSV_ROWS - self.rows_left
                    )  # fmt: skip
                self.rows_left = 0
                batches = batches[-1:]
            self.rows_left -= heat.scenario.requests * len(batches)
            kept += [row for batch in batches for row in batch]
        return kept


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
