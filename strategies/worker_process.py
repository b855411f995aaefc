"""One worker process and the pipe to it: what ``processes`` is made of, and what all workers have in common.

Plain data goes through the pipe: a Request one way, a Fetched or a Failed the other. A worker dies with its
parent, however that ends: an idle one reads the end of its pipe, a busy one has a thread that waits for it.
"""

from __future__ import annotations

import contextlib
import encodings.idna  # noqa: F401  resolving a name needs it: imported once, before the fork
import importlib.util
import io
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from typing import Any

from exchanges.errors import safe
from exchanges.wire import Request
from strategies.deadline import Watchdog
from strategies.requests_session import open_session
from strategies.sequential import caller
from strategies.strategy import Decode, Failed, Fetched, Limits
from strategies.terms import Trust

Job = tuple[Limits, bytes, str, str | None]
"""The limits, the pickled decode, and the module it lives in: its name and its file."""


def packed_decode(limits: Limits, decode: Decode) -> Job:
    """What a worker needs to know. Raises TypeError for a decode that cannot be sent."""
    function: Any = decode
    while hasattr(function, "func"):  # functools.partial
        function = function.func
    module = getattr(function, "__module__", None) or type(function).__module__
    try:
        pickled = pickle.dumps(decode)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"expected a module-level function as decode, found {decode!r}: {error}") from error
    return limits, pickled, module, getattr(sys.modules.get(module), "__file__", None)


class Worker:
    """The parent's side of one worker."""

    def __init__(
        self, context: ForkServerContext, job: Any, work: Callable[[Connection, Any], None] | None = None
    ) -> None:
        """``work`` is what it does with its end of the pipe and its ``job``; ``serve`` where nothing is said."""
        self._context, self._job, self._work = context, job, work or serve
        self._gone = False
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=self._work, args=(theirs, job), name="fetchrace-worker", daemon=True)
        try:
            self._process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait for its first word. Raises RuntimeError where it could not start."""
        said = self.receive()
        if isinstance(said, BaseException):
            raise said
        if said is None:
            raise RuntimeError(f"a worker process ended with {self.how_it_ended()} as it started")

    def send(self, request: Request) -> bool:
        """Hand over a request; False where the worker is dead."""
        try:
            self.pipe.send(request)
        except OSError:
            return False
        return True

    def receive(self) -> Fetched | Failed | BaseException | None:
        """Its answer: an outcome, an exception for a bug that it met, or None where it died."""
        try:
            pickled = self.pipe.recv_bytes()
        except (EOFError, OSError):
            return None
        try:
            kind, payload = pickle.loads(pickled)  # noqa: S301  from our own worker
        except Exception as error:  # a value that does not survive the way; its class may raise anything
            now = time.monotonic()
            return no_way_across(error, now, now)
        if kind == "bug":
            return bug(payload)
        return payload  # type: ignore[no-any-return]  # pickled by us

    def how_it_ended(self) -> str:
        """For a message: ``signal 9`` or ``exit code 1``."""
        self._process.join(1)
        code = self._process.exitcode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def discard(self) -> None:
        """End it now, whatever it does: no answer of it is read any more, and ``send`` finds it dead."""
        self.pipe.close()
        if not self._gone:
            self._process.kill()

    def replaced(self) -> Worker:
        """Discard this one and return a new one that is ready. Raises OSError where none can be started."""
        self.discard()
        self.join()
        fresh = Worker(self._context, self._job, self._work)
        try:
            fresh.wait_until_ready()
        except BaseException:
            fresh.discard()
            fresh.join()
            raise
        return fresh

    def end(self) -> None:
        """Tell it to go; returns at once."""
        self.pipe.close()

    def join(self) -> None:
        """Wait until it is gone: a second for a busy one, then it is killed. May be called again."""
        if self._gone:
            return
        self._process.join(1)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._process.close()
        self._gone = True


def serve(pipe: Connection, job: Job) -> None:
    """The worker's side: one request, one answer, until the pipe ends."""
    begun = begin(pipe, job)
    if begun is None:
        return
    limits, decode = begun
    with Watchdog(limits.deadline_s) as watchdog, open_session(watchdog, Trust(limits.ca_file), 1) as session:
        call = caller(session, watchdog, limits, decode)
        say(pipe, "ready", True)
        with contextlib.suppress(EOFError, OSError):
            while True:
                request = pipe.recv()
                try:
                    outcome = call(request)
                except Exception:
                    say(pipe, "bug", traceback.format_exc())
                    continue
                try:
                    say(pipe, "outcome", outcome)
                except OSError:
                    raise
                except Exception as error:  # unpicklable; __reduce__ of a foreign class may raise anything
                    say(pipe, "outcome", no_way_across(error, outcome.started, outcome.ended))
    os._exit(0)  # sockets close with the process; taking the interpreter down in order costs 20 times as long


def begin(pipe: Connection, job: Job) -> tuple[Limits, Decode] | None:
    """How every worker begins: it ends when its parent does, and not by Ctrl-C. None, and it is said, where ``decode``
    cannot be had."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent decides what ends
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    try:
        return job[0], decode_from(job)
    except Exception:
        say(pipe, "bug", f"decode could not be loaded there:\n{traceback.format_exc()}")
        return None


def decode_from(job: Job) -> Decode:
    """The decode that ``packed_decode`` packed. Raises whatever its module raises."""
    _, pickled, module, file = job
    decode: Decode = _Unpickler(pickled, module, file).load()
    return decode


def say(pipe: Connection, kind: str, payload: Any) -> None:
    """Send a message, and wait until it is through."""
    pipe.send_bytes(pickle.dumps((kind, payload), pickle.HIGHEST_PROTOCOL))


def bug(said: str) -> RuntimeError:
    """What is raised where ``fetch`` was called, for a traceback that a worker told."""
    return RuntimeError(
        f"found a bug in a worker process (decode must never raise, a request must be one that can be sent):\n{said}"
    )


def no_way_across(error: Exception, started: float, ended: float) -> Failed:
    """The outcome of a request whose value cannot be pickled, or not be read again."""
    what = safe(f"{type(error).__name__}: {error}", 160)
    return Failed(
        "bad_value", f"decode must return plain data, and its value could not be pickled: {what}", started, ended
    )


def _die_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


class _Unpickler(pickle.Unpickler):
    """Finds a function in a module that only its file leads to: a plugin's, or a test's."""

    def __init__(self, pickled: bytes, module: str, file: str | None) -> None:
        super().__init__(io.BytesIO(pickled))
        self._module, self._file = module, file

    def find_class(self, module: str, name: str) -> Any:
        if module == self._module and self._file is not None and module not in sys.modules:
            try:
                found = importlib.util.find_spec(module) is not None
            except (ImportError, ValueError):
                found = False
            if not found:
                spec = importlib.util.spec_from_file_location(module, self._file)
                assert spec is not None  # a file that was imported in the parent has a spec and a loader
                assert spec.loader is not None
                sys.modules[module] = fresh = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(fresh)
        return super().find_class(module, name)
