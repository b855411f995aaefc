"""``python -m mock_server``: the mock server alone. It prints one line of JSON, then serves until told to stop.

Ctrl-C and SIGTERM are how one stops it, so both end with exit code 0. 2 is a usage error, 3 the environment
(a busy port, an unwritable log file or stdout, a missing library).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import gc
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from exchanges.exchange import Exchange
    from mock_server.app import Conditions
    from mock_server.log import Spool
    from mock_server.sockets import Listening


class _Stop(Exception):
    """The command cannot go on: exit code and sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything here does, instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise _Stop(2, f"{message}; --help shows what there is")

    def print_help(self, file: Any = None) -> None:
        _say(self.format_help())


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m mock_server",
        description="Serve invented prices of real exchanges on loopback, with a delay in front of every answer.",
        epilog="The first line on stdout is JSON: origins, control, token, pid. Ctrl-C or SIGTERM ends it (exit 0).",
        allow_abbrev=False,
    )
    parser.add_argument(
        "-x", "--exchange", action="append", metavar="NAME", help="serve this exchange (repeat; default: all)"
    )
    parser.add_argument(
        "--latency",
        default="20ms",
        metavar="DELAY",
        help="20ms, uniform:10ms,30ms or lognormal:20ms,200ms (median, p99); default 20ms",
    )
    parser.add_argument("--seed", type=int, default=0, help="of prices and delays; default 0")
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="N|EXCHANGE=N",
        help="first of consecutive ports, or one exchange's; 0 is any free port (default)",
    )
    parser.add_argument("--control-port", type=_port, default=0, metavar="N", help="port for begin, end and status")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one line of JSON per request")
    parser.add_argument("--lifeline", type=int, metavar="FD", help="exit at once when this file descriptor ends")
    parser.add_argument(
        "--one-at-a-time",
        metavar="DURATION",
        help="handle one request at a time, each taking this long (to test that a saturated server is noticed)",
    )
    parser.add_argument(
        "--refuse",
        action="append",
        default=[],
        metavar="EXCHANGE=KIND",
        help="that exchange says no at once, e.g. binance=rate_limited (to test that failing fast does not win)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    try:
        options = _parser().parse_args(arguments)
        if options.lifeline is not None:
            _watch(options.lifeline)
        return _serve(options)
    except _Stop as stop:
        # Without a stderr there is still the exit code.
        with contextlib.suppress(OSError, AttributeError):
            sys.stderr.write(f"mock_server: {stop.sentence}\n")
        return stop.code
    except KeyboardInterrupt:
        return 0


def _serve(options: argparse.Namespace) -> int:
    from mock_server.conditions import Delay
    from mock_server.levers import one_at_a_time_from, refusals_from
    from mock_server.sockets import Listening, PortBusy

    exchanges = _exchanges(options.exchange)
    names = [exchange.name for exchange in exchanges]
    try:
        delay = Delay.parse(options.latency)
        one_at_a_time = one_at_a_time_from(options.one_at_a_time)
        refuse = refusals_from(options.refuse, names)
        ports = _ports(options.port, names)
    except ValueError as error:
        raise _Stop(2, str(error)) from error
    try:
        from mock_server.app import Conditions
        from mock_server.log import Spool
    except ModuleNotFoundError as error:
        raise _Stop(3, f"the mock server needs the library {error.name!r}: pip install {error.name}") from error
    try:
        spool = Spool.at(options.log) if options.log else None
    except OSError as error:
        raise _Stop(3, f"cannot write the log {options.log}: {error.strerror}") from error
    try:
        listening = {name: Listening.on(port) for name, port in ports.items()}
        control = Listening.on(options.control_port, "--control-port")
    except PortBusy as error:
        raise _Stop(3, str(error)) from error
    asyncio.run(_run(exchanges, Conditions(delay, one_at_a_time, refuse), options.seed, spool, listening, control))
    return 0


async def _run(
    exchanges: list[Exchange],
    conditions: Conditions,
    seed: int,
    spool: Spool | None,
    listening: dict[str, Listening],
    control: Listening,
) -> None:
    from mock_server.app import Mock
    from mock_server.control import ControlPort

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    mock = Mock(exchanges, conditions, seed, spool)
    token = secrets.token_hex(16)
    try:
        await mock.start(listening, control, ControlPort(mock, token, control.port).handle)
        # What was imported stays; the collector need not look at it again in the middle of a batch.
        gc.collect()
        gc.freeze()
        _announce(mock.origins, control.origin, token, exchanges[0])
        await stopped.wait()
    finally:
        await mock.stop()


def _announce(origins: dict[str, str], control: str, token: str, sample: Exchange) -> None:
    _say(json.dumps({"origins": origins, "control": control, "token": token, "pid": os.getpid()}) + "\n")
    if sys.stderr is not None and sys.stderr.isatty():
        target = sample.request_for(sample.instruments[0].pair).target
        sys.stderr.write(f"Serving until Ctrl-C. Try:\n  curl -i '{origins[sample.name]}{target}'\n")


def _say(text: str) -> None:
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "it is closed")
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # or the interpreter complains once more at exit
        why = f"cannot write to stdout ({error.strerror}); redirect it to a file or a pipe that is read"
        raise _Stop(3, why) from error


def _exchanges(wanted: list[str] | None) -> list[Exchange]:
    import exchanges
    from exchanges.plugins import MissingLibrary, PluginError

    try:
        loaded = [exchanges.load(name) for name in wanted or exchanges.names()]
    except MissingLibrary as error:
        raise _Stop(3, str(error)) from error
    except PluginError as error:
        raise _Stop(2, str(error)) from error
    names = [exchange.name for exchange in loaded]
    for name in names:
        if names.count(name) > 1:
            raise _Stop(2, f"expected each exchange once, found {name} {names.count(name)} times")
    return loaded


def _ports(words: list[str], names: list[str]) -> dict[str, int]:
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
        else:
            ports = {name: port and port + place for place, name in enumerate(names)}
    return ports


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(f"expected a port from 0 to 65535, found {text!r}")
    return port


def _watch(fd: int) -> None:
    """Exit at once when ``fd`` reaches its end: the process that held the other side is gone."""
    try:
        os.fstat(fd)
    except OSError as error:
        raise _Stop(2, f"expected an open file descriptor as --lifeline, found {fd} ({error.strerror})") from error

    def read() -> None:
        while os.read(fd, 1):
            pass
        # Not sys.exit: nobody is left to clean up for, and an event loop that hangs must not keep us.
        os._exit(0)

    threading.Thread(target=read, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
