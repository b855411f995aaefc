"""A check of the selftest: one race in which somebody lies, or nobody does, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from harness.selftest.beside import Arranged, nothing
from harness.selftest.finding import Finding, Judge
from harness.selftest.raced import Raced, raced
from harness.selftest.row import Row


@dataclass(frozen=True, slots=True)
class Lie:
    """A row of the table before it is raced: what is done, the verdict that it deserves, what tells it (for METHOD.md),
    and how a race is judged."""

    name: str
    expected: str
    tells: str
    judge: Judge

    def row(self, race: Raced) -> Row:
        """What came of it; a race that broke down has caught nobody."""
        finding = self._finding(race)
        return Row(self.name, self.expected, finding.found, finding.evidence, finding.is_caught)

    def _finding(self, race: Raced) -> Finding:
        if race.problem is not None:
            return Finding("no result", race.problem, False)
        try:
            return self.judge(race)
        except (LookupError, StopIteration, TypeError, ValueError) as error:
            return Finding("no result", f"run.json lacks what is judged ({type(error).__name__}: {error})", False)


@dataclass(frozen=True, slots=True)
class Check:
    """``name`` is the folder of its race, ``does`` what progress says it does; ``options`` are those of ``run``, and
    ``hurried`` those that are added where a selftest is to be quick. ``about_s`` is how long it takes on two cores that
    are otherwise idle, and how long when it is quick. ``tries`` is how often it may be raced until all is as expected:
    twice where the machine itself may be to blame."""

    name: str
    does: str
    lies: tuple[Lie, ...]
    options: tuple[str, ...]
    hurried: tuple[str, ...]
    about_s: tuple[int, int]
    beside: Arranged = nothing
    tries: Literal[1, 2] = 1

    def rows(self, folder: Path, quick: bool, say: Callable[[str], None]) -> list[Row]:
        """Race, and judge. ``say`` is told when it is raced again.

        Raises:
            EnvironmentGap: it could not be raced here.
        """
        rows = self._rows(folder / "1", quick)
        missed = next((row for row in rows if not row.is_caught), None)
        if missed is None or self.tries == 1:
            return rows
        say(f"  {missed.lie}: expected {missed.expected}, found {missed.found} ({missed.evidence}); once more")
        again = self._rows(folder / "2", quick)
        return [_at_the_second_try(*both) for both in zip(rows, again, strict=True)]

    def _rows(self, results: Path, quick: bool) -> list[Row]:
        results.mkdir(parents=True)
        with self.beside(results) as beside:
            race = raced(results, [*self.options, *(self.hurried if quick else ())], beside=beside)
        return [lie.row(race) for lie in self.lies]


def _at_the_second_try(first: Row, second: Row) -> Row:
    """The second row, which says so where the first was not as expected."""
    if first.is_caught:
        return second
    return replace(second, evidence=f"{second.evidence} (at the first try: {first.found})")
