"""The options that say where prices are fetched: from the mock, from servers that are named, from the real exchanges.

Without ``--real`` nothing leaves this machine: servers that ``--base-url`` names are on loopback, and the exchanges
that it does not name are played by a mock server that is started for it. With ``--real`` they are asked themselves.

A server that was named is looked up once, every address that it leads to is judged (``harness.base_url``), and those
are asked and no others (``harness.pinned_names``). The exchanges' own hosts are not pinned: whoever answers there has
to show their certificate. Verification cannot be turned off; what the environment says of authorities, proxies and key
logs is set aside while the place is open, and ``--ca-file`` is the one way to trust another authority.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from harness import influences
from harness.exits import USAGE, EnvironmentGap, UsageError
from harness.options import TakesOptions
from harness.pinned_names import check_strategy, pinned
from harness.place import Place
from harness.ways import Ways
from harness.whereabouts import Whereabouts, whereabouts_from
from mock_server.process import Control, MockFailed, running

TITLE: Final = "whom to ask, the mock server or others"
MOCK: Final = "the mock server on this machine: invented prices"
_OF_THE_MOCK: Final = ("latency", "seed", "hold", "faults")


def add_arguments(parser: TakesOptions) -> None:
    """Where, for every command that fetches."""
    add = parser.add_argument
    add("--real", action="store_true", help="ask the real exchanges over the network, within their rate limits")
    add(
        "--base-url",
        action="append",
        default=[],
        metavar="EXCHANGE=URL",
        help="ask this server in an exchange's place: one on loopback, or with --real any public one by https",
    )
    add("--allow-private", action="store_true", help="--base-url may lead into a private network")
    add("--ca-file", metavar="FILE", help="PEM file of authorities to trust besides the system's")


@contextlib.contextmanager
def place_from(args: argparse.Namespace, names: Sequence[str], how: Ways) -> Iterator[Place]:
    """The place where the options want these exchanges asked, for as long as the block runs. A mock server for it is
    started with the latency and the seed of ``how``; its market begins when ``control.begin`` is called.

    Raises:
        UsageError: what must not be asked, or makes no sense; a strategy that cannot keep to the addresses checked.
        Stop: a name leads nowhere.
        EnvironmentGap: the mock server does not start.
    """
    where = whereabouts_from(args, names, how.deadline_s)
    _check_mocks_own(args, where)
    check_strategy(how.strategy, where.pins)
    with contextlib.ExitStack() as stack:
        if any(origin.startswith("https:") for origin in where.origins.values()):
            told = stack.enter_context(influences.set_aside(os.environ))
            if told is not None:
                sys.stderr.write(f"fetchrace: {told}\n")
        stack.enter_context(pinned(where.pins))
        origins, control = where.origins, None
        if where.played:
            try:
                mock = stack.enter_context(running(list(where.played), how.latency, how.seed))
                control = stack.enter_context(Control(mock))
            except MockFailed as error:
                raise (UsageError if error.code == USAGE else EnvironmentGap)(str(error)) from error
            origins |= mock.origins
        # A server of one's own in an exchange's place has no limit to be spared, unless the real one is rehearsed.
        limited = frozenset(names) if args.real else frozenset()
        yield Place(
            {name: origins[name] for name in names}, where.real, _sentence(where), where.ca_file, control, where.pins,
            limited,
        )  # fmt: skip


def _check_mocks_own(args: argparse.Namespace, where: Whereabouts) -> None:
    """The mock's options where no mock is started would say something that is not so."""
    given = [f"--{name}" for name in _OF_THE_MOCK if getattr(args, name, None) is not None]
    if given and not where.played:
        are = "is an option" if len(given) == 1 else "are options"
        raise UsageError(f"{', '.join(given)} {are} of the mock server's, and here none is started")


def _sentence(where: Whereabouts) -> str:
    if where.real:
        hosts = ", ".join(dict.fromkeys(urlsplit(origin).netloc for origin in where.origins.values()))
        return f"{hosts}, asked from this machine"
    if not where.named:
        return MOCK
    named = f"the servers on this machine that were named for {', '.join(where.named)}"
    return f"{named}; for the others {MOCK}" if where.played else named
