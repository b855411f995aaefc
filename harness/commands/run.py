"""``run``: the race, from options to a verdict."""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from exchanges.units import counted
from harness import entries, gate, heat, options, sabotage, scenario_options
from harness.body_size import render_beforehand
from harness.doctor.descriptors import needed_for
from harness.exits import USAGE, Ended, EnvironmentGap, Stop, UsageError
from harness.progress import Progress
from harness.race import Race
from harness.scenario import Scenario
from harness.sentence import conditions_of
from harness.servers import card_for, serving
from harness.session import Session
from harness.telling import tell
from mock_server.process import MockFailed


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
    scenarios = _scenarios(args)
    max_error_rate = options.share("--max-error-rate", args.max_error_rate)
    levers = sabotage.sabotage_from(args.sabotage, scenarios[0])
    gates = [gate.Gate.parse(text) for text in args.fail_on]
    _enough_files(max(scenario.concurrency for scenario in scenarios))
    entered = entries.entries_for(args.strategy, [scenario.concurrency for scenario in scenarios])
    for sentence in [*entered.broken.values(), *entered.skipped.values()]:
        sys.stderr.write(f"fetchrace: {sentence}\n")
    if not entered.arms:
        raise Stop("no strategy is left to race; nothing was measured")
    names = [arm.name for arm in entered.arms if not arm.twin_of]
    scenarios = [scenario_options.with_baseline(scenario, args.baseline, names) for scenario in scenarios]
    gate.check_arms(gates, [*names, *entered.skipped, *entered.broken])
    heats = [
        heat.heat_for(scenario, entered.arms, args.order, entered.declared_at(scenario.concurrency))
        for scenario in scenarios
    ]
    session = Session.begin(args.results_dir, argv, heats, entered, args.fast, gates)
    try:
        try:
            _race(session, entered, levers)
        except EnvironmentGap as error:
            session.state = "partial"
            raise EnvironmentGap(f"{error}; {session.kept()}") from error
        except (Exception, SystemExit):
            session.state = "partial"
            raise
        finally:
            session.end()
        code = tell(session, args.json, args.strict, max_error_rate)
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


def _race(session: Session, entered: entries.Entries, levers: list[str]) -> None:
    scenarios = [one.scenario for one in session.heats]
    total = sum(len(one.arms) * one.scenario.blocks for one in session.heats)
    about = sum(heat.estimate_s(one.scenario, one.declared) for one in session.heats)
    conditions = conditions_of(scenarios[0].to_json()) if len(scenarios) == 1 else counted(len(scenarios), "scenario")
    with Progress(total) as progress:
        progress.say(
            f"{counted(len(entered.arms) - 1, 'arm')} and a twin, {conditions}, "
            f"{counted(scenarios[0].blocks, 'block')}: about {about:.0f} s"
        )
        with serving(scenarios, levers) as mocks:
            session.card = card_for(scenarios, mocks, levers, session.fast)
            for scenario in scenarios:
                render_beforehand(scenario, mocks[scenario.name])
            Race(session.heats, mocks, session.folder, progress, session.save).run()
    session.state = "complete"


def _scenarios(args: argparse.Namespace) -> list[Scenario]:
    if args.fast and args.rigorous:
        raise UsageError("--fast and --rigorous exclude each other")
    blocks, warm = (3, 2) if args.fast else (20, 5) if args.rigorous else (5, 3)
    return scenario_options.scenarios_from(
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
