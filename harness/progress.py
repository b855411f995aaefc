"""How far a run has come, on stderr: a live bar on a terminal, plain lines when piped. stdout stays results."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

from exchanges.units import text_from_seconds


class Progress:
    """Counts finished workers out of ``total``; as a context manager it cleans the terminal on any way out."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._done = 0
        self._stream = stream or sys.stderr
        self._began = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            # markup=False: an arm may be called [/b].
            text = TextColumn("{task.description:<32}", markup=False)
            columns = (text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(file=self._stream), transient=True)
            self._task = self._bar.add_task("", total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, text: str) -> None:
        """One line that stays."""
        if self._bar is not None:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=self._stream, flush=True)

    def expect(self, left: int) -> None:
        """So many workers are still to come, whatever was said before."""
        self._total = self._done + left
        if self._bar is not None:
            self._bar.update(self._task, total=self._total)

    def again(self, workers: int) -> None:
        """So many workers that are done will be started once more."""
        self.expect(self._total - self._done + workers)

    def begin(self, arm: str, block: int, blocks: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, description=f"block {block + 1}/{blocks} {arm[:18]}")

    def advance(self) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.advance(self._task)

    def end_block(self, block: int, blocks: int, scenarios: int = 1) -> None:
        """When piped, a line for a block of each scenario is enough."""
        if self._bar is None:
            spent = time.monotonic() - self._began
            left = spent / max(1, self._done) * max(0, self._total - self._done)
            each = f" in each of {scenarios} scenarios" if scenarios > 1 else ""
            self.say(
                f"block {block + 1} of {blocks} done{each}, {text_from_seconds(spent)} so far, about {left:.0f} s to go"
            )
