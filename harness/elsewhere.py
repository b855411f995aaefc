"""A race elsewhere: against the real exchanges (``--real``) or servers that somebody started (``--base-url``), in place
of the mock server that is started for a race otherwise. What the options say of it, checked before anything is asked.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import exchanges
from harness import pace
from harness.exits import UsageError
from harness.heat import Heat
from harness.options import TakesOptions
from harness.pinned_names import check_strategy
from harness.place_options import add_arguments as add_place
from harness.redaction import PRIVATE
from harness.scenario import Scenario
from harness.turnstile import Turnstile
from harness.whereabouts import Whereabouts, whereabouts_from
from harness.witness import NoWitness

_OF_THE_MOCK: Final = ("latency", "motion", "faults", "tls", "listed", "sabotage")
BESIDE_RESUME: Final = frozenset({"real", "allow_private", "ca_file"})
"""What has to be said again when such a run goes on: a file's place no run keeps, and leave to ask others is given for
one command, not for all that come after it."""


def add_arguments(group: TakesOptions) -> None:
    add_place(group)


def is_meant(args: argparse.Namespace) -> bool:
    """Whether the options want a race elsewhere."""
    return bool(args.real or args.base_url)


def heed(args: argparse.Namespace, given: Collection[str], named: Collection[str] = ()) -> None:
    """See to the options that say where, before scenarios are made of the others. ``given`` are those that were given
    (with underscores), ``named`` those of a named scenario. Where only ``--base-url`` says who is asked, it is they.

    Raises:
        UsageError: an option of the mock server's where none is started, or one that is about others where it is.
    """
    if not is_meant(args):
        whereabouts_from(args, (), 0.0)
        return
    for option in _OF_THE_MOCK:
        if option in given:
            raise UsageError(
                f"--{option} is the mock server's, and with --real or --base-url none is started: leave it out"
            )
        if option in named:
            raise UsageError(
                f"--scenario {args.scenario} has a --{option}, which is the mock server's, and with --real or "
                "--base-url none is started: name another scenario"
            )
    if not args.real and "exchange" not in {*given, *named}:
        args.exchange = ",".join(dict.fromkeys(word.partition("=")[0] for word in args.base_url))


def moved(
    scenarios: Sequence[Scenario], args: argparse.Namespace
) -> tuple[list[Scenario], Whereabouts | None]:  # fmt: skip
    """The scenarios as they are elsewhere, and where that is; as they are, and None, where the mock is meant.

    Raises:
        UsageError: what must not be asked; an exchange for which nobody is named.
        Stop: a name leads nowhere.
    """
    if not is_meant(args):
        return list(scenarios), None
    names = list(dict.fromkeys(name for scenario in scenarios for name in scenario.exchanges))
    where = whereabouts_from(args, names, scenarios[0].deadline_s)
    if where.played:
        raise UsageError(
            f"--base-url: nothing is said of {', '.join(where.played)}, and a race is against the mock server alone or "
            "without it: name a server for each, say --real, or leave the others out (--exchange)"
        )
    found = []
    for scenario in scenarios:
        origins = tuple((name, where.origins[name]) for name in scenario.exchanges)
        secure = all(origin.startswith("https:") for _, origin in origins)
        found.append(replace(scenario, origins=origins, real=args.real, tls=secure, latency="0ms", listed=0))
    return found, where


def where_again(scenarios: Sequence[Scenario], args: argparse.Namespace, command: str = "") -> Whereabouts | None:
    """Where a run that goes on is asked: where it was, judged once more; None where that is the mock server.
    ``command`` is the one that it began with.

    Raises:
        UsageError: it cannot be asked again, or not without the word that allows it.
        Stop: a name leads nowhere.
    """
    origins = dict(origin for scenario in scenarios for origin in scenario.origins)
    if not origins:
        if args.real or args.ca_file is not None or args.allow_private:
            raise UsageError("--resume: the run races against the mock server; --real and the like are not for it")
        return None
    if any(f"//{PRIVATE}" in origin for origin in origins.values()):
        raise UsageError("--resume: the run asked a private address, which no run keeps; start a new run")
    if any(scenario.real for scenario in scenarios) and not args.real:
        raise UsageError("--resume: the run asks others' servers over the network; say --real again if you mean it")
    if "--ca-file" in command and args.ca_file is None:
        raise UsageError("--resume: the run trusted a --ca-file, whose place no run keeps: say it again")
    args.base_url = [f"{name}={origin}" for name, origin in origins.items() if origin != exchanges.load(name).origin]
    where = whereabouts_from(args, list(origins), scenarios[0].deadline_s)
    if where.origins != origins:
        raise UsageError("--resume: the run asked other servers than would be asked now; start a new run")
    return where


def check(heats: Sequence[Heat], where: Whereabouts | None) -> None:
    """Raises UsageError where an arm would ask for too much at once, or look up names that were checked before."""
    if where is not None:
        pace.check([raced for one in heats for raced in one.raced])
        for arm in heats[0].arms:
            check_strategy(arm.strategy, where.pins)


def servers_of(heats: Sequence[Heat], where: Whereabouts) -> dict[str, NoWitness]:
    """Others' servers, by the names of the scenarios: the same ones for all, asked at one pace."""
    paced = pace.pause_s(raced for one in heats for raced in one.raced)
    nobody = NoWitness(where.ca_file, Turnstile(paced, 0.0), where.pins)
    return {one.scenario.name: nobody for one in heats}


def words_again(args: argparse.Namespace) -> list[str]:
    """The options that have to be said again when the run goes on."""
    words = ["--real"] if args.real else []
    words += ["--allow-private"] if args.allow_private else []
    return [*words, *(["--ca-file", args.ca_file] if args.ca_file is not None else [])]
