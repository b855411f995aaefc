"""How a run ends for its user: printed, drawn, and boiled down to an exit code."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from exchanges.errors import safe
from harness import gate
from harness.exits import DONE, FAILURES, GATE_FAILED, NO_VERDICT, EnvironmentGap, Stop
from harness.session import Session

_LOST: Final = ("disqualified", "failed")


def tell(session: Session, as_json: bool, strict: bool, max_error_rate: float = 0.0) -> int:
    """Print the result, then draw it: a report that cannot be drawn hides no number. Returns the exit code."""
    with _printing(session):
        if as_json:
            sys.stdout.write((session.folder.path / "run.json").read_text(encoding="utf-8"))
        else:
            from harness.console import print_run
            from harness.gate_table import print_gates

            print_run(session.result)
            print_gates(session.result.get("gates", ()))
    undrawn = _draw(session)
    if session.page is not None and not as_json:
        from harness.console import print_page

        with _printing(session):
            print_page(session.page)
    return exit_code_of(session, strict, max_error_rate) or undrawn


def _draw(session: Session) -> int:
    """Draw the report; where that fails, say so. A missing library is a report less, and no failure."""
    try:
        session.draw()
    except Stop:
        raise
    except ImportError as error:
        missing = (error.name or "").partition(".")[0] or str(error)
        sys.stderr.write(
            f"fetchrace: the report was not drawn: it needs the library {missing!r}, which cannot be imported: "
            f"pip install {missing}, then {session.report_command()}\n"
        )
    except Exception as error:  # drawing is the last thing that may take a measured number away
        said = safe(f"{type(error).__name__}: {error}", 300)
        sys.stderr.write(
            f"fetchrace: the report could not be drawn ({said}); the numbers are kept; try {session.report_command()}\n"
        )
        return FAILURES
    return DONE


@contextlib.contextmanager
def _printing(session: Session) -> Iterator[None]:
    """Print at once, and say what was kept where nobody reads it or it has no room."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise Stop(f"nobody reads the output any more; {session.kept()}") from error
    except OSError as error:
        raise EnvironmentGap(f"the result cannot be printed: {error.strerror or error}; {session.kept()}") from error


def exit_code_of(session: Session, strict: bool, max_error_rate: float = 0.0) -> int:
    gated = gate.failure(session.result.get("gates", ()))
    if gated is not None:
        sys.stderr.write(f"fetchrace: {gated}; {session.kept()}\n")
    scenarios = session.result["scenarios"]
    failing = list(_failing(scenarios, max_error_rate))
    lost = [*_out(scenarios), *failing]
    if lost:
        allowed = f" (--max-error-rate is {max_error_rate:g})" if failing else ""
        sys.stderr.write(f"fetchrace: {', '.join(lost)}{allowed}; {session.kept()}\n")
        return FAILURES
    verdict = session.result["verdict"]
    if strict and verdict["state"] != "VALID":
        sys.stderr.write(
            f"fetchrace: the verdict is {verdict['state']}, and --strict asks for VALID; {session.kept()}\n"
        )
        return NO_VERDICT
    return DONE if gated is None else GATE_FAILED


def _out(scenarios: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The arms that are out, each once, with where that is so."""
    found: dict[str, dict[str, list[str]]] = {}
    for scenario in scenarios:
        for row in scenario["strategies"]:
            if row["status"] in _LOST:
                found.setdefault(row["name"], {}).setdefault(row["status"], []).append(scenario.get("name", ""))
    for name, by_status in found.items():
        told = " and ".join(f"{status}{_where(names, len(scenarios))}" for status, names in by_status.items())
        yield f"{safe(name)} {told}"


def _failing(scenarios: Sequence[Mapping[str, Any]], max_error_rate: float) -> Iterator[str]:
    """The arms of whose requests more failed than may, each once, with the numbers of all scenarios where that is."""
    found: dict[str, list[str]] = {}
    failed, requests = Counter[str](), Counter[str]()
    for scenario in scenarios:
        for row in scenario["strategies"]:
            name, lost, asked = row["name"], row.get("failed", 0), row.get("requests", 0)
            if row["status"] not in _LOST and lost > max_error_rate * asked:
                found.setdefault(name, []).append(scenario.get("name", ""))
                failed[name] += lost
                requests[name] += asked
    for name, names in found.items():
        where = _where(names, len(scenarios))
        yield f"{failed[name]} of {requests[name]} requests of {safe(name)} failed{where}"


def _where(names: Sequence[str], scenarios: int) -> str:
    """Where something is so, of the scenarios of a run; empty where there is only one."""
    if scenarios == 1:
        return ""
    return f" in {safe(names[0])}" if len(names) == 1 else f" in {len(names)} of {scenarios} scenarios"
