"""The options of ``python -m mock_server``, and what they say in the project's own terms.

Nothing here imports aiohttp or an exchange: ``--help`` should be quick.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

LOOPS = ("auto", "asyncio", "uvloop")
MOST_LISTED = 20_000
"""Markets of an exchange: several times what any real one lists."""


class Stop(Exception):
    """The command cannot go on: exit code (2 usage, 3 environment) and sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything here does, instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise Stop(2, f"{message}; --help shows what there is")

    def print_help(self, file: Any = None) -> None:
        say(self.format_help())


def say(text: str) -> None:
    """Write to stdout, and know that it arrived. Raises Stop."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "it is closed")
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # or the interpreter complains once more at exit
        why = f"cannot write to stdout ({error.strerror}); redirect it to a file or a pipe that is read"
        raise Stop(3, why) from error


def parser() -> argparse.ArgumentParser:
    """Reads the command line. Raises Stop where it is wrong."""
    it = Parser(
        prog="python -m mock_server",
        description="Serve invented prices of real exchanges on loopback, with a delay in front of every answer.",
        epilog="The first line on stdout is JSON: origins, control, token, witness, pid, ca_file, loop, workers. "
        "Ctrl-C or SIGTERM ends it (exit 0).",
        allow_abbrev=False,
    )
    what = it.add_argument_group("what is served")
    what.add_argument(
        "-x", "--exchange", action="append", metavar="NAME", help="serve this exchange (repeat; default: all)"
    )
    what.add_argument(
        "--listed", type=_count, default=0, metavar="N", help="each exchange lists at least N markets, some invented"
    )
    what.add_argument("--seed", type=int, default=0, help="of prices, delays and faults; default 0")
    what.add_argument(
        "--epoch",
        type=_epoch,
        default="now",
        metavar="TIME",
        help="the exchanges' time at the start: now (default), or e.g. 2026-01-01T00:00:00Z for the same replies again",
    )

    what.add_argument("--motion", default="waves", metavar="HOW", help="waves (default), waves:5, still, linear:10bp/s")
    what.add_argument("--hold", metavar="TIME", help="the market's clock stands there until a batch begins, e.g. 3.2s")

    how = it.add_argument_group("how it is answered")
    how.add_argument(
        "--latency",
        default="20ms",
        metavar="DELAY",
        help="20ms, uniform:10ms,30ms or lognormal:20ms,200ms (median, p99); per exchange: 20ms;kraken=50ms; "
        "profile:FILE replays what was recorded; default 20ms",
    )
    how.add_argument(
        "--faults",
        default="",
        metavar="SPEC",
        help="[EXCHANGE:]NAME[@PROBABILITY],... e.g. kraken:stall-body@0.05; python -m mock_server.faults lists them",
    )
    how.add_argument("--limits", action="store_true", help="enforce the exchanges' rate limits (default: only tell)")
    how.add_argument(
        "--time-scale",
        type=_scale,
        default=1.0,
        metavar="X",
        help="rate limits and bans run X times as fast; default 1",
    )
    how.add_argument("--tls", action="store_true", help="serve https; the first line names the CA file to trust")
    how.add_argument(
        "--one-at-a-time",
        metavar="DURATION",
        help="handle one request at a time, each taking this long (to test that a saturated server is noticed)",
    )
    how.add_argument(
        "--refuse",
        action="append",
        default=[],
        metavar="EXCHANGE=KIND",
        help="that exchange says no at once, e.g. binance=rate_limited (to test that failing fast does not win)",
    )
    how.add_argument(
        "--late",
        default="0",
        metavar="DURATION",
        help="hold every answer this much longer than asked (to test that a late server is noticed)",
    )
    how.add_argument(
        "--ramp",
        metavar="SHARE/DURATION",
        help="10%%/20s: hold answers ever longer, 10%% of their delay after 20s and from then on (to test drift)",
    )
    how.add_argument(
        "--backlog",
        metavar="N",
        help="let N connections wait at each exchange's port, and take in one every 10ms (to test that connections "
        "turned away are noticed)",
    )

    where = it.add_argument_group("where and by whom")
    where.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="N|EXCHANGE=N",
        help="first of consecutive ports, or one exchange's; 0 is any free port (default)",
    )
    where.add_argument("--control-port", type=_port, default=0, metavar="N", help="port for begin, end and status")
    where.add_argument(
        "--bind", default="127.0.0.1", metavar="ADDRESS", help="serve the exchanges on this address; default 127.0.0.1"
    )
    where.add_argument("--allow-remote", action="store_true", help="--bind may be an address that others can reach")
    where.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="server processes that share the ports; default 1; "
        "each numbers requests without X-Fetchrace-Request for itself, and none tells what of a rate limit is used",
    )
    where.add_argument("--loop", choices=LOOPS, default="auto", help="auto is uvloop where it is installed")
    where.add_argument("--log", type=Path, metavar="FILE", help="append one line of JSON per request")
    where.add_argument("--lifeline", type=int, metavar="FD", help="exit at once when this file descriptor ends")
    return it


def ports_from(words: list[str], names: list[str]) -> dict[str, int]:
    """The port of each exchange, from the words given to ``--port``. Raises ValueError."""
    from exchanges.plugins import nearest

    ports = dict.fromkeys(names, 0)
    for word in words:
        name, equals, number = word.rpartition("=")
        if equals and name not in ports:
            raise ValueError(f"no exchange {name!r} is served for --port {word}{nearest(name, names)}")
        try:
            port = _port(number)
        except ValueError as error:
            raise ValueError(f"expected --port N or EXCHANGE=N with N from 0 to 65535, found {word!r}") from error
        if equals:
            ports[name] = port
        elif port and port + len(names) - 1 > 65535:
            raise ValueError(f"expected {len(names)} consecutive ports up to 65535, found --port {word}")
        else:
            ports = {name: port and port + place for place, name in enumerate(names)}
    return ports


def bind_from(address: str, allow_remote: bool) -> str:
    """The address to serve on. Raises ValueError for one that others can reach and nobody allowed."""
    from mock_server.sockets import is_loopback

    if not is_loopback(address) and not allow_remote:
        raise ValueError(
            f"--bind {address} lets other machines in, and this server guards nothing; add --allow-remote to mean it"
        )
    return address


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(f"expected a port from 0 to 65535, found {text!r}")
    return port


def _scale(text: str) -> float:
    scale = float(text)
    if not 0 < scale <= 1e6:
        raise argparse.ArgumentTypeError(f"expected a time scale above 0 and up to a million, found {text!r}")
    return scale


def epoch_us_from(text: str) -> int:
    """``now`` or an RFC 3339 time as microseconds since 1970 (UTC). Raises ValueError."""
    if text == "now":
        # On a whole hundredth of a second, where a tick and an exchange's trade begin together.
        return time.time_ns() // 10_000_000 * 10_000
    from exchanges.errors import safe
    from exchanges.reading import Unreadable, time_us_from

    with contextlib.suppress(Unreadable):
        time_us = time_us_from(text, "a time")
        if 2000 <= int(text[:4]) < 2100:
            return time_us
    raise ValueError(
        f"expected now, or a time from 2000 to 2099 such as 2026-01-01T00:00:00Z, found {safe(text, 40)!r}"
    )


def _epoch(text: str) -> str:
    # Now is when the server begins, not when its options are read.
    try:
        epoch_us_from(text)
        return text
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    count = int(text)
    if not 0 <= count <= MOST_LISTED:
        raise argparse.ArgumentTypeError(f"expected 0 to {MOST_LISTED} markets, found {text!r}")
    return count


def _workers(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 64:
        raise argparse.ArgumentTypeError(f"expected 1 to 64 workers, found {text!r}")
    return count
