"""The options of the history: where it lies, how long it keeps what, and what of it is wanted.

It is ``history.sqlite3`` in the folder that the system has for such files (``~/.local/share/fetchrace`` on Linux), or
the file after ``--db``; ``--db off``: nothing is kept. A file that was named has to be one, else nothing begins; one's
own that cannot be used is told, and prices go on without it.
"""

from __future__ import annotations

import argparse
import contextlib
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.units import seconds_from
from harness import options
from harness.base_url import base_url_from
from harness.exits import UsageError
from harness.history.kept import Source, microseconds_at
from harness.history.ledger import Ledger
from harness.history.search import Wanted
from harness.history.writer import Writer
from harness.options import TakesOptions
from harness.place import Place
from harness.toml_file import shown

FILE_NAME: Final = "history.sqlite3"
_OFF: Final = "off"
_LONGEST_S: Final = 100 * 366 * 86_400


def add_arguments(parser: TakesOptions) -> None:
    """For every command that tracks prices."""
    add = parser.add_argument
    add("--db", metavar="FILE", help="SQLite file that keeps what was watched, or off (history.sqlite3 of yours)")
    add("--keep", metavar="D", help="how long they are kept there (7d)")


def add_reading(parser: TakesOptions) -> None:
    """For the command that shows them."""
    add = parser.add_argument
    add("--history", action="store_true", help="show what was kept, of the mock server or with --real of others")
    add("--since", metavar="D", help="with --history: only what was seen in this time until now, such as 1h (all)")


def folder() -> Path:
    """Where the user's own data lie on this system."""
    # Imported here, because most commands never ask.
    from platformdirs import user_data_path

    return user_data_path("fetchrace", appauthor=False)


def path_from(args: argparse.Namespace) -> Path | None:
    """The file that the options mean; None where nothing is to be kept. Raises UsageError."""
    if args.db == "":
        raise UsageError("--db: expected a file or off, found ''")
    if args.db == _OFF:
        return None
    return folder() / FILE_NAME if args.db is None else Path(args.db)


def check(args: argparse.Namespace, watching: bool) -> None:
    """Options that would say nothing, told. Raises UsageError."""
    if getattr(args, "history", False):
        if watching:
            raise UsageError("--history shows what was seen, --watch what is seen now: choose one")
        if args.keep is not None:
            raise UsageError("--keep is for --watch, which writes the history; --history only reads it")
        return
    if getattr(args, "since", None) is not None:
        raise UsageError("--since is for --history")
    if not watching:
        for flag in ("db", "keep"):
            if getattr(args, flag) is not None:
                raise UsageError(f"--{flag} is for --watch, which keeps what it sees")


def wanted_from(args: argparse.Namespace, now: datetime) -> Wanted:
    """What of the history is wanted. Raises UsageError, PluginError, EnvironmentGap."""
    since_us = None if args.since is None else microseconds_at(now) - _micro("--since", args.since)
    pairs = None
    if args.pairs != "all":
        if args.pairs.strip().isdigit():
            raise UsageError(f"--pairs: with --history expected pairs such as BTC/USD, found {safe(args.pairs, 40)!r}")
        pairs = [str(options.read("--pairs", word, Pair.parse)) for word in args.pairs.split(",")]
    names = None if args.exchange == "all" else options.exchange_names(args.exchange)
    return Wanted("real" if args.real else "mock", since_us, names, pairs)


@contextlib.contextmanager
def recording(args: argparse.Namespace, place: Place, tell: Callable[[str], None]) -> Iterator[Writer | None]:
    """What keeps the quotes of a tracker at ``place`` while the block runs, to be its ``on_sightings``; None where
    nothing is to be kept. ``tell`` gets a sentence where something is not kept, on whatever thread.

    Raises:
        UsageError: an option makes no sense, the file that was named is no history.
        EnvironmentGap: it cannot be used.
    """
    path, keep_us = path_from(args), _micro("--keep", args.keep or "7d")
    if path is None:
        yield None
        return
    ledger = Ledger(path, keep_us)
    if args.db is not None:
        if not path.parent.is_dir():
            raise UsageError(f"--db: there is no folder {shown(path.parent)}")
        ledger.open()
    with Writer(ledger, sources_of(place), tell) as writer:
        yield writer


def sources_of(place: Place) -> dict[str, Source]:
    """Where each exchange's prices are from: a server on this machine has invented them, whatever it is called."""
    return {name: "mock" if base_url_from(origin).is_loopback else "real" for name, origin in place.origins.items()}


def _micro(flag: str, text: str) -> int:
    seconds = options.positive(flag, options.read(flag, text, seconds_from))
    if seconds > _LONGEST_S:
        raise UsageError(f"{flag}: expected at most a hundred years, found {safe(text, 40)!r}")
    return math.ceil(seconds * 1e6)
