"""A check of the selftest: one race in which somebody lies, or nobody does, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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

    def row(self, race: Raced, more: str = "") -> Row:
        """What came of it; a race that broke down has caught nobody. ``more`` is added to the evidence."""
        finding = self._finding(race)
        return Row(self.name, self.expected, finding.found, finding.evidence + more, finding.is_caught)

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
    more than once where the machine itself may be to blame."""

    name: str
    does: str
    lies: tuple[Lie, ...]
    options: tuple[str, ...]
    hurried: tuple[str, ...]
    about_s: tuple[int, int]
    beside: Arranged = nothing
    tries: int = 1

    def rows(self, folder: Path, quick: bool, say: Callable[[str], None]) -> list[Row]:
        """Race, and judge. ``say`` is told when it is raced again.

        Raises:
            EnvironmentGap: it could not be raced here.
        """
        rows = self._rows(folder / "1", quick)
        for number in range(2, self.tries + 1):
            missed = next((row for row in rows if not row.is_caught), None)
            if missed is None:
                break
            say(f"  {missed.lie}: expected {missed.expected}, found {missed.found} ({missed.evidence}); once more")
            rows = self._rows(folder / str(number), quick, f" (at the first try: {missed.found})")
        return rows

    def _rows(self, results: Path, quick: bool, more: str = "") -> list[Row]:
        results.mkdir(parents=True)
        with self.beside(results) as beside:
            race = raced(results, [*self.options, *(self.hurried if quick else ())], beside=beside)
        return [lie.row(race, more) for lie in self.lies]
