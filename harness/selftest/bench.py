"""The bench of a selftest: its parts run one after the other, each in a folder of its own, and told on stderr."""

from __future__ import annotations

import contextlib
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import counted
from harness.exits import Ended, EnvironmentGap, UsageError
from harness.selftest.catalogue import CHECKS
from harness.selftest.check import Check
from harness.selftest.row import Row

Say: TypeAlias = Callable[[str], None]
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Part:
    """``name`` is that of its folder, ``does`` is said before it begins; ``rows`` runs it in a folder that exists, and
    may say more."""

    name: str
    does: str
    rows: Callable[[Path, Say], list[Row]]


def lies(quick: bool) -> list[Part]:
    """Every lie, and the honest race."""

    def part(check: Check) -> Part:
        about_s = check.about_s[quick]
        return Part(
            check.name, f"{check.does} (about {about_s} s)",
            lambda folder, say: check.rows(folder, quick, say),
        )  # fmt: skip

    return [part(check) for check in CHECKS]


def long_ones(text: str) -> list[Part]:
    """The long checks of these names, comma-separated, or ``all``.

    Raises:
        UsageError: there is no such check.
    """
    from harness.selftest.long_checks import LONG_CHECKS

    names = list(LONG_CHECKS) if text == "all" else [word.strip() for word in text.split(",") if word.strip()]
    for name in names or [text]:
        if name not in LONG_CHECKS:
            raise UsageError(
                f"--long: expected {', '.join(LONG_CHECKS)}, found {safe(name, 40)!r}{nearest(name, LONG_CHECKS)}"
            )

    def part(name: str) -> Part:
        does = (LONG_CHECKS[name].__doc__ or name).partition("\n")[0]
        return Part(name, does, lambda folder, say: [LONG_CHECKS[name](folder)])

    return [part(name) for name in dict.fromkeys(names)]


def run_all(parts: Sequence[Part], results: Path | None) -> tuple[list[Row], Path | None]:
    """The rows of all parts, and where their races are kept: below ``results``, or nowhere.

    Raises:
        EnvironmentGap: ``results`` cannot be written to, or a race could not be run here.
    """
    rows: list[Row] = []
    done = 0
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_temporary()) if results is None else _made(results)
        kept = None if results is None else folder
        try:
            for part in parts:
                _say(f"{done + 1} of {len(parts)}: {part.does}")
                place = folder / part.name
                place.mkdir()
                found = part.rows(place, _say)
                for row in found:
                    _say(f"  {'ok    ' if row.is_caught else 'MISSED'}  {row.lie}: {row.found}")
                rows += found
                done += 1
        except Ended as ended:
            ended.kept = _told(done, len(parts), kept)
            raise
        except EnvironmentGap as error:
            raise EnvironmentGap(f"{error}; {_told(done, len(parts), kept)}") from error
    return rows, kept


def _told(done: int, planned: int, kept: Path | None) -> str:
    where = "nothing is kept (--results-dir DIR keeps the races)" if kept is None else f"the races are kept in {kept}"
    return f"{done} of {counted(planned, 'race')} had been judged; {where}"


@contextlib.contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fetchrace-selftest-") as folder:
        yield Path(folder)


def _made(results: Path) -> Path:
    """A new folder below ``results``, called as no run is."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = results.resolve() / f"selftest-{stamp}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise EnvironmentGap(
            f"the results folder {str(results)!r} cannot be written to ({error.strerror}); nothing was raced; choose "
            "another with --results-dir"
        ) from error
    return folder


def _say(sentence: str) -> None:
    sys.stderr.write(f"{safe(sentence, _LONGEST)}\n")
    sys.stderr.flush()
