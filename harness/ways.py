"""Ways: how a command that fetches once does so, and how it tells of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Final

from exchanges.errors import safe
from exchanges.units import seconds_from
from harness import options
from harness.exits import UsageError
from mock_server.conditions import Latency

_LATEST_S: Final = 86_400
"""Seconds; the mock's market ends then."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a snapshot is taken. ``hold`` is the second at which the mock's market stands still (None: it moves)."""

    strategy: str
    in_flight: int
    deadline_s: float
    latency: str
    seed: int
    hold: float | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command that fetches once has: how it does so, and how it tells of it."""
    add = parser.add_argument
    add("-s", "--strategy", default="asyncio-aiohttp", metavar="NAME", help="how to fetch them (asyncio-aiohttp)")
    add("-c", "--concurrency", default="64", metavar="N", help="requests in flight (64)")
    # None where they are not given: they say nothing of other servers.
    add("--latency", metavar="D", help="of the mock server (20ms)")
    add("--seed", metavar="N", help="of the mock's market (7)")
    add("--hold", metavar="T", help="the mock's market stands still at this time after its start, such as 3.2s")
    add("--deadline", default="10s", metavar="D", help="for one request (10s)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document on stdout")
    form.add_argument("--csv", action="store_true", help="rows on stdout")


def ways_from(args: argparse.Namespace) -> Ways:
    """How the options want a snapshot taken. Raises UsageError."""
    hold = None if args.hold is None else options.read("--hold", args.hold, seconds_from)
    if hold is not None and hold > _LATEST_S:
        raise UsageError(f"--hold: expected at most a day, found {safe(args.hold, 40)}")
    return Ways(
        strategy=args.strategy,
        in_flight=options.count("--concurrency", args.concurrency),
        deadline_s=options.deadline(args.deadline),
        latency=str(options.read("--latency", args.latency or "20ms", Latency.parse)),
        seed=options.read("--seed", args.seed or "7", int),
        hold=hold,
    )
