"""``run``: the race, from options to a verdict."""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import bytes_from, counted
from harness import entries, options, race
from harness.exits import DONE, FAILURES, NO_VERDICT, USAGE, Ended, EnvironmentGap, Stop, UsageError
from harness.progress import Progress
from harness.scenario import Scenario, markets_for
from harness.session import Session
from mock_server.conditions import Delay
from mock_server.process import MockFailed, running


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-s", "--strategy", default="all", metavar="NAMES", help="all, NAME,..., all,-NAME, or FILE.py:NAME (all)")
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges to ask, comma-separated (all)")
    add("--pairs", default="5", metavar="N|LIST", help="pairs of each exchange, or BTC/USD,ETH/USDT,... (5)")
    add("--requests", default="40", metavar="N", help="requests in a batch; markets repeat (40)")
    add("-c", "--concurrency", default="20", metavar="N", help="requests in flight (20)")
    add("--latency", default="20ms", metavar="D", help="20ms, uniform:10ms,30ms or lognormal:20ms,200ms (20ms)")
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
    add("--seed", default="7", metavar="N", help="for the order, the delays and the prices (7)")
    add("--baseline", metavar="NAME", help="what speedups are relative to (sequential, or the first arm)")
    add("--deadline", default="10s", metavar="D", help="for one request, from its turn to its whole body (10s)")
    add("--max-body", default="4MiB", metavar="SIZE", help="largest decoded body (4MiB)")
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
    sabotage = _sabotage(args.sabotage)
    _enough_files(scenario.concurrency)
    entered = entries.entries_for(args.strategy, scenario.concurrency)
    for sentence in [*entered.broken.values(), *entered.skipped.values()]:
        sys.stderr.write(f"fetchrace: {sentence}\n")
    if not entered.arms:
        raise Stop("no strategy is left to race; nothing was measured")
    scenario = _with_baseline(scenario, args.baseline, [arm.name for arm in entered.arms if not arm.twin_of])
    heats = [race.heat_for(scenario, entered.arms, args.order)]
    session = Session.begin(args.results_dir, argv, heats, entered, args.fast)
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
        code = _tell(session, args.json, args.strict)
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


def _tell(session: Session, as_json: bool, strict: bool) -> int:
    """Print the result, then draw it: a report that cannot be drawn hides no number. Returns the exit code."""
    with _printing(session):
        if as_json:
            sys.stdout.write((session.folder.path / "run.json").read_text(encoding="utf-8"))
        else:
            from harness.console import print_run

            print_run(session.result)
    undrawn = _draw(session)
    if session.page is not None and not as_json:
        from harness.console import print_page

        with _printing(session):
            print_page(session.page)
    return _exit_code(session, strict) or undrawn


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
            f"{counted(len(entered.arms) - 1, 'arm')} and a twin, {counted(scenario.requests, 'request')}, "
            f"{scenario.concurrency} in flight, {scenario.latency}, {counted(scenario.blocks, 'block')}: "
            f"about {about:.0f} s"
        )
        with running(scenario.exchanges, scenario.latency, scenario.seed, sabotage) as mock:
            for heat in session.heats:
                race.run(heat, entered.declared, mock, session.folder, progress, session.save)
    session.state = "complete"


def _exit_code(session: Session, strict: bool) -> int:
    rows = [row for scenario in session.result["scenarios"] for row in scenario["strategies"]]
    lost = [f"{row['name']} {row['status']}" for row in rows if row["status"] in ("disqualified", "failed")]
    if lost:
        sys.stderr.write(f"fetchrace: {', '.join(lost)}; {session.kept()}\n")
        return FAILURES
    verdict = session.result["verdict"]
    if strict and verdict["state"] != "VALID":
        sys.stderr.write(
            f"fetchrace: the verdict is {verdict['state']}, and --strict asks for VALID; {session.kept()}\n"
        )
        return NO_VERDICT
    return DONE


def _scenario(args: argparse.Namespace) -> Scenario:
    if args.fast and args.rigorous:
        raise UsageError("--fast and --rigorous exclude each other")
    blocks, warm = (3, 2) if args.fast else (20, 5) if args.rigorous else (5, 3)
    latency = options.read("--latency", args.latency, Delay.parse)
    deadline_s = options.deadline(args.deadline)
    if latency.low >= deadline_s:
        raise UsageError(f"--latency {latency} leaves no request a chance before the --deadline of {args.deadline}")
    names = options.exchange_names(args.exchange)
    markets = markets_for(names, options.pairs(args.pairs, names))
    return Scenario(
        name="quick",
        markets=markets,
        requests=options.count("--requests", args.requests),
        concurrency=options.count("--concurrency", args.concurrency),
        latency=str(latency),
        blocks=options.count("--blocks", args.blocks) if args.blocks else blocks,
        warm=options.count("--warm", args.warm) if args.warm else warm,
        seed=options.read("--seed", args.seed, int),
        deadline_s=deadline_s,
        max_body=int(options.positive("--max-body", options.read("--max-body", args.max_body, bytes_from))),
        baseline="",
    )


def _with_baseline(scenario: Scenario, asked: str | None, names: list[str]) -> Scenario:
    if asked is not None and asked not in names:
        raise UsageError(f"--baseline {asked!r} is not in the race{nearest(asked, names)}")
    baseline = asked or ("sequential" if "sequential" in names else names[0])
    return Scenario.from_json({**scenario.to_json(), "baseline": baseline})


def _sabotage(text: str | None) -> list[str]:
    """The mock's own options for breaking it: ``one-at-a-time=10ms`` or ``refuse=kraken=rate_limited``."""
    if text is None:
        return []
    name, _, value = text.partition("=")
    if name not in ("one-at-a-time", "refuse") or not value:
        raise UsageError(f"--sabotage: expected one-at-a-time=10ms or refuse=EXCHANGE=KIND, found {text!r}")
    return [f"--{name}", value]


def _enough_files(in_flight: int) -> None:
    """Both ends of a connection per request, a pipe or two per worker, and what Python itself holds open."""
    needed = 2 * in_flight + 64
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise EnvironmentGap(
                f"{in_flight} requests in flight need about {needed} file descriptors, {hard} are available; nothing "
                "was measured; lower --concurrency or raise the limit (ulimit -n)"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
