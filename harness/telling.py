"""How a run ends for its user: printed, drawn, and boiled down to an exit code."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from exchanges.errors import safe
from harness import gate
from harness.exits import DONE, FAILURES, GATE_FAILED, NO_VERDICT, EnvironmentGap, Stop
from harness.session import Session


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
    rows = [row for scenario in session.result["scenarios"] for row in scenario["strategies"]]
    lost = [f"{row['name']} {row['status']}" for row in rows if row["status"] in ("disqualified", "failed")]
    lost += [
        f"{row['failed']} of {row['requests']} requests of {row['name']} failed"
        for row in rows
        if row["status"] not in ("disqualified", "failed")
        and row.get("failed", 0) > max_error_rate * row.get("requests", 0)
    ]
    if lost:
        allowed = f" (--max-error-rate is {max_error_rate:g})" if any("requests of" in one for one in lost) else ""
        sys.stderr.write(f"fetchrace: {', '.join(lost)}{allowed}; {session.kept()}\n")
        return FAILURES
    verdict = session.result["verdict"]
    if strict and verdict["state"] != "VALID":
        sys.stderr.write(
            f"fetchrace: the verdict is {verdict['state']}, and --strict asks for VALID; {session.kept()}\n"
        )
        return NO_VERDICT
    return DONE if gated is None else GATE_FAILED
