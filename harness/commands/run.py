"""``run``: the race, from options to a verdict."""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from exchanges.errors import safe
from exchanges.units import counted
from harness import entries, gate, options, race, scenario_options
from harness.body_size import render_beforehand
from harness.calibration import Card, calibrate, delay_for, loads_for
from harness.doctor.descriptors import needed_for
from harness.exits import DONE, FAILURES, GATE_FAILED, NO_VERDICT, USAGE, Ended, EnvironmentGap, Stop, UsageError
from harness.progress import Progress
from harness.scenario import Scenario
from harness.sentence import conditions_of
from harness.session import Session
from mock_server.process import MockFailed, Running, running


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-s", "--strategy", default="all", metavar="NAMES", help="all, NAME,..., all,-NAME, or FILE.py:NAME (all)")
    scenario_options.add_arguments(parser)
    add("--blocks", metavar="N", help="blocks, each with every arm once (5)")
    add("--warm", metavar="N", help="warm batches of an arm in a block (3)")
    add("--fast", action="store_true", help="3 blocks of 2 warm batches: a look, not a proof")
    add("--rigorous", action="store_true", help="20 blocks of 5 warm batches")
    add(
        "--order",
        choices=("shuffled", "sequential"),
        default="shuffled",
        help="order of the arms in a block (shuffled)",
    )
    add("--baseline", metavar="NAME", help="what speedups are relative to (sequential, or the first arm)")
    add(
        "--max-error-rate",
        default="0",
        metavar="SHARE",
        help="of an arm's requests that --faults may let fail before the exit code is 1; 0.05 is 5 percent (0)",
    )
    gate.add_argument(parser)
    add("--strict", action="store_true", help="exit 5 unless the verdict is VALID")
    add("--results-dir", type=Path, default=Path("results"), metavar="DIR", help="where runs are kept (results)")
    add(
        "--sabotage",
        metavar="HOW",
        help="break the mock on purpose, to see the verdict notice it: one-at-a-time=10ms or refuse=EXCHANGE=KIND",
    )
    add("--json", action="store_true", help="print run.json on stdout and nothing else there")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Check everything that can be checked, then race, then tell. Returns the exit code."""
    scenario = _scenario(args)
    max_error_rate = options.share("--max-error-rate", args.max_error_rate)
    sabotage = scenario_options.sabotage_from(args.sabotage, scenario)
    gates = [gate.Gate.parse(text) for text in args.fail_on]
    _enough_files(scenario.concurrency)
    entered = entries.entries_for(args.strategy, scenario.concurrency)
    for sentence in [*entered.broken.values(), *entered.skipped.values()]:
        sys.stderr.write(f"fetchrace: {sentence}\n")
    if not entered.arms:
        raise Stop("no strategy is left to race; nothing was measured")
    scenario = scenario_options.with_baseline(
        scenario, args.baseline, [arm.name for arm in entered.arms if not arm.twin_of]
    )
    gate.check_arms(gates, [*(a.name for a in entered.arms if not a.twin_of), *entered.skipped, *entered.broken])
    heats = [race.heat_for(scenario, entered.arms, args.order)]
    session = Session.begin(args.results_dir, argv, heats, entered, args.fast, gates)
    try:
        try:
            _race(session, entered, scenario, sabotage)
        except EnvironmentGap as error:
            session.state = "partial"
            raise EnvironmentGap(f"{error}; {session.kept()}") from error
        except (Exception, SystemExit):
            session.state = "partial"
            raise
        finally:
            session.end()
        code = _tell(session, args.json, args.strict, max_error_rate)
    except SystemExit as error:
        raise Stop(f"a plugin ended the program: sys.exit({error.code!r}); {session.kept()}") from error
    except Ended as ended:
        ended.kept = session.kept()
        raise
    except MockFailed as error:
        kind = UsageError if error.code == USAGE else EnvironmentGap
        raise kind(f"{error}; {session.kept()}") from error
    except OSError as error:
        place = error.filename or session.folder.path
        raise EnvironmentGap(f"{place}: {error.strerror or error}; {session.kept()}") from error
    return code


def _tell(session: Session, as_json: bool, strict: bool, max_error_rate: float = 0.0) -> int:
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
    return _exit_code(session, strict, max_error_rate) or undrawn


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


def _race(session: Session, entered: entries.Entries, scenario: Scenario, sabotage: list[str]) -> None:
    total = sum(len(heat.arms) * heat.scenario.blocks for heat in session.heats)
    about = sum(race.estimate_s(heat.scenario, entered.declared) for heat in session.heats)
    with Progress(total) as progress:
        progress.say(
            f"{counted(len(entered.arms) - 1, 'arm')} and a twin, {conditions_of(scenario.to_json())}, "
            f"{counted(scenario.blocks, 'block')}: about {about:.0f} s"
        )
        with running(
            scenario.exchanges, scenario.latency, scenario.seed, [*_mock_options(scenario), *sabotage]
        ) as mock:
            session.card = _card(session, mock, scenario, sabotage)
            render_beforehand(scenario, mock)
            for heat in session.heats:
                race.run(heat, entered.declared, mock, session.folder, progress, session.save)
    session.state = "complete"


def _mock_options(scenario: Scenario) -> list[str]:
    """How the mock is started for a scenario, beyond its latency and its seed."""
    found = [f"--faults={scenario.faults}"] if scenario.faults else []
    found += [f"--listed={scenario.listed}"] if scenario.listed else []
    return [*found, *(["--tls"] if scenario.tls else [])]


def _card(session: Session, mock: Running, scenario: Scenario, sabotage: list[str]) -> Card:
    """The calibration card, made on the server that serves the race; where that speaks TLS, which the cheap client
    does not, on another one like it."""
    server = None
    with contextlib.ExitStack() as stack:
        if scenario.tls:
            server = "another one, without TLS"
            mock = stack.enter_context(running(scenario.exchanges, scenario.latency, scenario.seed, sabotage))
        loads = loads_for(scenario.concurrency)
        return calibrate(mock, loads, delay_for(scenario), scenario.seed, session.fast, server)


def _exit_code(session: Session, strict: bool, max_error_rate: float = 0.0) -> int:
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


def _scenario(args: argparse.Namespace) -> Scenario:
    if args.fast and args.rigorous:
        raise UsageError("--fast and --rigorous exclude each other")
    blocks, warm = (3, 2) if args.fast else (20, 5) if args.rigorous else (5, 3)
    return scenario_options.scenario_from(
        args,
        options.count("--blocks", args.blocks) if args.blocks else blocks,
        options.count("--warm", args.warm) if args.warm else warm,
    )


def _enough_files(in_flight: int) -> None:
    needed = needed_for(in_flight)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise EnvironmentGap(
                f"{in_flight} requests in flight need about {needed} file descriptors, {hard} are available; nothing "
                "was measured; lower --concurrency or raise the limit (ulimit -n)"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
