"""The options of ``--watch``: how often to look, how many times, and what counts as fresh."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Final

from exchanges.errors import safe
from exchanges.units import seconds_from, text_from_seconds
from harness import history_options, options
from harness.allowance import Allowance
from harness.exits import UsageError
from harness.options import TakesOptions
from harness.sighting import microseconds

TITLE: Final = "again and again, and what is kept of it"
_SHORTEST_S: Final = 0.1
SHORTEST_REAL_S: Final = 1.0
"""Of real exchanges: who looks at prices needs them no more often, and their limits are shared with other programs."""
_LONGEST_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Watch:
    """A reading ``every_s`` seconds, ``count`` of them (None: until somebody ends it). Older values than ``ttl_s`` are
    stale (0: three readings, and at least 3 s); ``enough`` exchanges are enough for a reading (None: all of them)."""

    every_s: float
    count: int | None = None
    ttl_s: float = 0.0
    enough: int | None = None

    @property
    def fresh_s(self) -> float:
        """How long a value counts as fresh."""
        return self.ttl_s or max(3 * self.every_s, 3.0)


def add_arguments(parser: TakesOptions) -> None:
    """For every command that can look again and again."""
    add = parser.add_argument
    add("--watch", metavar="D", help="look again so often, such as 2s, until Ctrl-C (at least 100ms; with --real 1s)")
    add("--count", metavar="N", help="with --watch: end after so many readings")
    add("--ttl", metavar="D", help="with --watch: older values are stale, and not used (three readings, at least 3s)")
    add("--enough", metavar="N", help="with --watch: do not wait for more exchanges than so many (all)")
    history_options.add_arguments(parser)


def lasting(args: argparse.Namespace, allowance: Allowance, wanted: Watch) -> Allowance:
    """The same allowance, but where nobody said how old a price may be, one that is fresh may be used: for who looks at
    prices and does not trade on them."""
    if args.max_age is not None:
        return allowance
    return replace(allowance, most_age_us=max(allowance.most_age_us, microseconds(wanted.fresh_s)))


def watch_from(args: argparse.Namespace) -> Watch | None:
    """What the options want watched; None where they want one look. Raises UsageError."""
    history_options.check(args, args.watch is not None)
    if args.watch is None:
        for flag in ("count", "ttl", "enough"):
            if getattr(args, flag) is not None:
                raise UsageError(f"--{flag} is for --watch")
        return None
    every_s = options.read("--watch", args.watch, seconds_from)
    shortest_s = SHORTEST_REAL_S if args.real else _SHORTEST_S
    if not shortest_s <= every_s <= _LONGEST_S:
        span = f"{text_from_seconds(shortest_s)} to an hour{' with --real' if args.real else ''}"
        raise UsageError(f"--watch: expected {span}, found {safe(args.watch, 40)}")
    return Watch(
        every_s,
        None if args.count is None else options.count("--count", args.count),
        0.0 if args.ttl is None else options.positive("--ttl", options.read("--ttl", args.ttl, seconds_from)),
        None if args.enough is None else options.count("--enough", args.enough),
    )
