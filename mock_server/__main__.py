"""``python -m mock_server``: the mock server alone. It prints one line of JSON, then serves until told to stop.

Ctrl-C and SIGTERM are how one stops it, so both end with exit code 0. 2 is a usage error, 3 the environment
(a busy port, an unwritable log file or stdout, a missing library).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mock_server.options import Stop, bind_from, epoch_us_from, parser, ports_from, say

if TYPE_CHECKING:
    from exchanges.exchange import Exchange
    from mock_server.app import Mock
    from mock_server.workers import Worker

_SWITCH_S = 0.0002
_Factory = Callable[[], asyncio.AbstractEventLoop]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    try:
        options = parser().parse_args(arguments)
        with contextlib.ExitStack() as stack:
            return _serve(options, stack)
    except Stop as stop:
        # Without a stderr there is still the exit code.
        with contextlib.suppress(OSError, AttributeError):
            sys.stderr.write(f"mock_server: {stop.sentence}\n")
        return stop.code
    except KeyboardInterrupt:
        return 0


def _serve(options: argparse.Namespace, stack: contextlib.ExitStack) -> int:
    from exchanges.plugins import MissingLibrary
    from mock_server.process import MockFailed
    from mock_server.sockets import PortBusy, is_loopback
    from mock_server.workers import seats_for, split

    _check_lifeline(options.lifeline)
    exchanges = _exchanges(options.exchange, options.listed)
    loop, factory = _loop(options.loop)
    try:
        ports = ports_from(options.port, [exchange.name for exchange in exchanges])
        address = bind_from(options.bind, options.allow_remote)
        mock = _mock(options, exchanges, stack)
    except ValueError as error:
        raise Stop(2, str(error)) from error
    except MissingLibrary as error:
        raise Stop(3, str(error)) from error
    except ModuleNotFoundError as error:
        raise Stop(3, f"the mock server needs the library {error.name!r}: pip install {error.name}") from error
    if not is_loopback(address):
        sys.stderr.write(f"mock_server: warning: whoever reaches {address} can use the exchanges' ports\n")
    token, witness, inner = (secrets.token_hex(16) for _ in range(3))  # the last is worker 0's, for the others

    def serve() -> None:
        if worker.number == 0 and options.lifeline is not None:
            _watch(options.lifeline, stack)
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(_run(mock, worker, inner if worker.number else token, witness, loop))

    try:
        worker = split(seats_for(options.workers, ports, options.control_port, address), inner)
        worker.run(serve)
    except (PortBusy, MockFailed) as error:
        raise Stop(3, str(error)) from error
    except OSError as error:
        raise Stop(3, f"the system refuses to serve ({error.strerror or error}); try a higher ulimit -n") from error
    return 0


def _mock(options: argparse.Namespace, exchanges: list[Exchange], stack: contextlib.ExitStack) -> Mock:
    from mock_server.app import Mock
    from mock_server.conditions import Conditions, Latency
    from mock_server.faults import Faults
    from mock_server.lateness import Ramp, late_from
    from mock_server.levers import one_at_a_time_from, refusals_from
    from mock_server.log import Spool
    from mock_server.motion import Motion, held
    from mock_server.narrow_door import backlog_from

    names = [exchange.name for exchange in exchanges]
    conditions = Conditions(
        Latency.parse(options.latency, names),
        Faults.parse(options.faults, names),
        one_at_a_time_from(options.one_at_a_time),
        refusals_from(options.refuse, names),
        late_from(options.late),
        None if options.ramp is None else Ramp.parse(options.ramp),
        None if options.backlog is None else backlog_from(options.backlog),
        Motion.parse(options.motion),
    )
    if options.workers > 1 and (options.limits or options.one_at_a_time is not None):
        flag = "--limits" if options.limits else "--one-at-a-time"
        raise ValueError(f"{flag} counts in one process, found --workers {options.workers}; try --workers 1")
    authority = None
    if options.tls:
        from mock_server.tls import authority as made

        authority = stack.enter_context(made())
    try:
        spool = Spool.at(options.log) if options.log else None
    except OSError as error:
        raise Stop(3, f"cannot write the log {options.log}: {error.strerror}") from error
    mock = Mock(
        exchanges,
        conditions,
        options.seed,
        spool,
        options.limits,
        options.time_scale,
        authority,
        epoch_us=epoch_us_from(options.epoch),
        workers=options.workers,
        hold_s=held(options.hold),
    )
    mock.check(conditions.faults)
    return mock


async def _run(mock: Mock, worker: Worker, token: str, witness: str, loop: str) -> None:
    from mock_server.complaints import Complaints
    from mock_server.connection import Connection
    from mock_server.control import ControlPort

    stopped = asyncio.Event()
    deaths: list[str] = []
    # Threads that render let the event loop have its turn so soon.
    sys.setswitchinterval(_SWITCH_S)
    asyncio.get_running_loop().set_exception_handler(Complaints().hear)

    def died(sentence: str) -> None:
        deaths.append(sentence)
        stopped.set()

    seat, crew = worker.seat, worker.crew
    Connection.count(worker.number, worker.workers)
    if worker.number:
        worker.watch_lifeline(stopped.set)
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        handler = ControlPort(mock, token, witness, seat.control.port, crew).handle
        await mock.start(seat.exchanges, seat.control, handler)
        # What was imported stays; the collector need not look at it again in the middle of a batch.
        gc.collect()
        gc.freeze()
        if crew is not None:
            crew.watch(died)
            await crew.ready()
        if worker.number == 0:
            door = {"control": seat.control.origin, "token": token, "witness": witness}
            _announce(mock, door, {"loop": loop, "workers": worker.workers})
        await stopped.wait()
        if deaths:
            raise Stop(3, deaths[0])
    finally:
        await mock.stop()
        if crew is not None:
            await crew.stop()


def _announce(mock: Mock, door: dict[str, str], more: dict[str, str | int]) -> None:
    ca_file = None if mock.authority is None else mock.authority.ca_file
    said = {"origins": mock.origins, **door, "pid": os.getpid(), "ca_file": ca_file, **more}
    say(json.dumps(said) + "\n")
    if sys.stderr is not None and sys.stderr.isatty():
        sample = next(iter(mock.ports.values())).exchange
        target = sample.request_for(sample.instruments[0].pair).target
        trust = "" if ca_file is None else f"--cacert {ca_file} "
        sys.stderr.write(f"Serving until Ctrl-C. Try:\n  curl -i {trust}'{mock.origins[sample.name]}{target}'\n")


def _exchanges(wanted: list[str] | None, listed: int) -> list[Exchange]:
    import exchanges
    from exchanges.admission import admitted
    from exchanges.plugins import MissingLibrary, PluginError

    try:
        loaded = [admitted(name) for name in wanted or exchanges.names()]
    except MissingLibrary as error:
        raise Stop(3, str(error)) from error
    except PluginError as error:
        raise Stop(2, str(error)) from error
    names = [exchange.name for exchange in loaded]
    for name in names:
        if names.count(name) > 1:
            raise Stop(2, f"expected each exchange once, found {name} {names.count(name)} times")
    if listed:
        from mock_server.filler import with_filler

        loaded = [with_filler(exchange, listed) for exchange in loaded]
        for exchange in loaded:
            if len(exchange.instruments) < listed:
                found = len(exchange.instruments)
                sys.stderr.write(f"{exchange.name} lists {found} markets: its names show no pattern for more\n")
    return loaded


def _loop(wanted: str) -> tuple[str, _Factory | None]:
    """The event loop's name and maker; None is asyncio's own."""
    if wanted != "asyncio":
        try:
            import uvloop
        except ModuleNotFoundError as error:
            if wanted == "uvloop":
                raise Stop(3, "uvloop is not installed: pip install 'fetchrace[uvloop]'") from error
        else:
            return "uvloop", uvloop.new_event_loop
    return "asyncio", None


def _check_lifeline(fd: int | None) -> None:
    try:
        if fd is not None:
            os.fstat(fd)
    except OSError as error:
        raise Stop(2, f"expected an open file descriptor as --lifeline, found {fd} ({error.strerror})") from error


def _watch(fd: int, stack: contextlib.ExitStack) -> None:
    """Exit at once when ``fd`` reaches its end: the process that held the other side is gone."""

    def read() -> None:
        while os.read(fd, 1):
            pass
        # Not sys.exit: an event loop that hangs must not keep us. What lies on the disk goes all the same.
        try:
            stack.close()
        finally:
            os._exit(0)

    threading.Thread(target=read, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
