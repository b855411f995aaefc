"""``run``: the race, from options to a verdict."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness import affinity, cluster, elsewhere, entries, gate, heat, influences, options, sabotage, scenario_options
from harness.body_size import render_beforehand
from harness.budget import Budget
from harness.doctor.descriptors import allow_files_for
from harness.exits import USAGE, Ended, EnvironmentGap, OutOfTime, Stop, UsageError
from harness.foreword import foreword
from harness.named_scenario import scenario_named
from harness.plan_options import plans_from
from harness.progress import Progress
from harness.race import Race
from harness.race_options import add_arguments
from harness.resume import reopened
from harness.scenario import Scenario
from harness.servers import card_for, serving
from harness.session import Session
from harness.telling import tell
from harness.whereabouts import Whereabouts
from mock_server.process import MockFailed

_BESIDE_RESUME: Final = elsewhere.BESIDE_RESUME | {
    "resume", "strategy", "json", "strict", "fail_on", "max_error_rate", "scheduler",
}  # fmt: skip
"""How a result is told and judged, which may be another way each time; and where strategies are that came from files,
which no run keeps."""


@dataclass(frozen=True, slots=True)
class _Entered:
    """A run whose folder is made and of which nothing is measured yet, or not all. ``levers`` are what is broken on
    purpose, as the mock server takes it; ``where`` it is raced against others' servers (None: against the mock)."""

    session: Session
    levers: Sequence[str]
    budget: Budget | None = None
    where: Whereabouts | None = None


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Check everything that can be checked, then race, then tell. Returns the exit code."""
    max_error_rate = options.share("--max-error-rate", args.max_error_rate)
    gates = [gate.Gate.parse(text) for text in args.fail_on]
    cluster.heed(args.scheduler, args.strategy if args.resume is None else None)
    entered = _begun(args, argv, gates) if args.resume is None else _resumed(args, argv, gates)
    session = entered.session
    session.judging = [*_judging(args.strict, max_error_rate), *elsewhere.words_again(args)]
    try:
        try:
            _race(entered)
        except (EnvironmentGap, OutOfTime) as error:
            session.state = "partial"
            # A run that was given so much time, and more, is not to be taken up again without a limit.
            may_go_on = not isinstance(error, OutOfTime)
            raise type(error)(f"{error}; {session.kept(may_go_on)}") from error
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


def _judging(strict: bool, max_error_rate: float) -> list[str]:
    """The options, but for gates, that say how a run is judged."""
    allowed = ["--max-error-rate", f"{max_error_rate:.15g}"] if max_error_rate else []
    return [*(["--strict"] if strict else []), *allowed]


def _begun(args: argparse.Namespace, argv: Sequence[str], gates: Sequence[gate.Gate]) -> _Entered:
    """A new run, as the options have it."""
    limit = None if args.budget is None else Budget.parse(args.budget)
    scenarios, where = elsewhere.moved(_scenarios(args, argv), args)
    affinity.cores_for(args.affinity)
    levers = sabotage.sabotage_from(args.sabotage, scenarios)
    allow_files_for(max(scenario.concurrency for scenario in scenarios))
    plans = plans_from(args.plan)
    entered = entries.entries_for(args.strategy, [scenario.concurrency for scenario in scenarios], plans)
    for sentence in [*entered.broken.values(), *entered.skipped.values()]:
        sys.stderr.write(f"fetchrace: {sentence}\n")
    if not entered.arms:
        raise Stop("no strategy is left to race; nothing was measured")
    names = [arm.name for arm in entered.arms if not arm.twin_of]
    ranked = [arm.name for arm in entered.arms if not arm.twin_of and arm.plan == "single"]
    scenarios = [scenario_options.with_baseline(scenario, args.baseline, ranked) for scenario in scenarios]
    gate.check_arms(gates, [*names, *entered.skipped, *entered.broken])
    heats = [
        heat.heat_for(scenario, entered.arms, args.order, entered.declared_at(scenario.concurrency))
        for scenario in scenarios
    ]
    elsewhere.check(heats, where)
    if limit is not None:
        limit.plan(heats)
    session = Session.begin(
        args.results_dir, argv, heats, entered, args.fast, gates, None if limit is None else limit.total_s,
        args.sabotage,
    )  # fmt: skip
    return _Entered(session, levers, limit, where)


def _resumed(args: argparse.Namespace, argv: Sequence[str], gates: Sequence[gate.Gate]) -> _Entered:
    """A run that ended before its time. What it was, it stays: nothing that makes a scenario may be given again."""
    given = options.given(add_arguments, argv) - _BESIDE_RESUME
    if given:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(given))
        raise UsageError(
            f"--resume goes on with a run as it began: expected no option that says otherwise, found {flags}"
        )
    session, _ = reopened(args.resume, argv, gates)
    cluster.check_resumed(str(session.facts.get("command", "")))
    scenarios = [one.scenario for one in session.heats]
    where = elsewhere.where_again(scenarios, args, str(session.facts.get("command", "")))
    elsewhere.check(session.heats, where)
    affinity.cores_for(scenarios[0].affinity)
    allow_files_for(max(scenario.concurrency for scenario in scenarios))
    return _Entered(session, sabotage.sabotage_from(session.facts.get("sabotage"), scenarios), where=where)


def _race(entered: _Entered) -> None:
    session, levers = entered.session, list(entered.levers)
    scenarios = [one.scenario for one in session.heats]
    left = sum(len(one.arms) * (one.scenario.blocks - one.finished_blocks) for one in session.heats)
    with Progress(left) as progress:
        withheld = influences.told(os.environ)
        if withheld is not None:
            progress.say(withheld)
        progress.say(foreword(session.heats, session.facts.get("budget_s") if entered.budget is None else None))
        if entered.where is not None:
            others = elsewhere.servers_of(session.heats, entered.where)
            Race(session.heats, others, session.folder, progress, session.save, entered.budget).run()
        else:
            with serving(scenarios, levers) as mocks:
                session.card = card_for(scenarios, mocks, levers, session.fast)
                for scenario in scenarios:
                    render_beforehand(scenario, mocks[scenario.name])
                Race(session.heats, mocks, session.folder, progress, session.save, entered.budget).run()
    session.state = "complete"


def _scenarios(args: argparse.Namespace, argv: Sequence[str] = ()) -> list[Scenario]:
    """Those of the options; what is not among the words of ``argv`` is as ``--scenario`` has it."""
    if args.fast and args.rigorous:
        raise UsageError("--fast and --rigorous exclude each other")
    if args.budget is not None and args.blocks is not None:
        raise UsageError("--budget and --blocks exclude each other: a budget is spent on as many blocks as fit into it")
    named, given = scenario_named(args.scenario), options.given(add_arguments, argv)
    elsewhere.heed(args, given, {option.replace("-", "_") for option in named.options})
    named.fill(args, given)
    blocks, warm = (3, 2) if args.fast else (20, 5) if args.rigorous else (5, 3)
    try:
        blocks = options.count("--blocks", args.blocks) if args.blocks is not None else blocks
        warm = options.count("--warm", args.warm) if args.warm is not None else warm
        return scenario_options.scenarios_from(args, blocks, warm, named.name)
    except UsageError as error:
        raise named.placed(error, given) from None
