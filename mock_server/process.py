"""The mock server as a child process, for whoever measures: started, spoken to, and gone at the end, whatever happens.

    with running(["binance", "kraken"], latency="20ms", seed=7) as mock, Control(mock) as control:
        control.begin(seed=7, block=0, batch=0)
        ...                                     # race against mock.origins
        log = control.end()

It runs in a session of its own, so that Ctrl-C reaches the one who measures and not the server, and holds the other
end of a pipe, so that it ends with us even when we are killed.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

import mock_server

# Longer than a worker that hangs is given (workers._LEAVE_S), so that what lies on the disk goes as well.
_LEAVE_S = 5.0


class MockFailed(Exception):
    """The mock server did not start, or did not do what it was told; the message is its own sentence.

    ``code`` is its exit code: 2 for what the caller got wrong, 3 for the environment.
    """

    def __init__(self, sentence: str, code: int = 3) -> None:
        super().__init__(sentence, code)
        self.sentence = sentence
        self.code = code

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Running:
    """A mock server that answers. ``origins`` maps exchange names to scheme, host and port; ``ca_file`` is what a
    client must trust where the scheme is https, else None. ``token`` opens the control port; ``witness`` opens its
    seals, and is for nobody who has the token only."""

    origins: dict[str, str]
    control: str
    token: str
    pid: int
    process: subprocess.Popen[bytes]
    ca_file: str | None = None
    witness: str = field(default="", repr=False)


@contextmanager
def running(
    exchanges: Sequence[str] = (),
    latency: str = "20ms",
    seed: int = 0,
    arguments: Sequence[str] = (),
    timeout_s: float = 20.0,
) -> Iterator[Running]:
    """Start a mock server, wait until it serves, and end it when the block is left.

    ``exchanges`` are names (none: all of them), ``arguments`` further options of ``python -m mock_server``.

    Raises:
        MockFailed: with the server's own sentence.
    """
    # Joined by "=", or a value that begins with a dash would be taken for an option.
    command = [sys.executable, "-P", "-m", "mock_server", f"--latency={latency}", f"--seed={seed}", *arguments]
    command += [f"--exchange={name}" for name in exchanges]
    # Our packages first, whatever the current folder is; then what the caller's own plugins may need.
    folder = str(Path(mock_server.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
    theirs, ours = os.pipe()
    try:
        with tempfile.TemporaryFile() as stderr:
            try:
                process = subprocess.Popen(
                    [*command, "--lifeline", str(theirs)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env={**os.environ, "PYTHONPATH": path},
                    pass_fds=(theirs,),
                    start_new_session=True,
                )
            finally:
                os.close(theirs)
            try:
                yield _announced(process, stderr, timeout_s)
            finally:
                _end(process)
    finally:
        os.close(ours)


def _announced(process: subprocess.Popen[bytes], stderr: IO[bytes], timeout_s: float) -> Running:
    assert process.stdout is not None  # asked for above
    line, deadline = b"", time.monotonic() + timeout_s
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise MockFailed(f"the mock server said nothing within {timeout_s:g} s; is the machine overloaded?")
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            code = process.wait()
            stderr.seek(0)
            last = stderr.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            sentence = last[0].removeprefix("mock_server: ") if last else "it said nothing"
            raise MockFailed(f"the mock server did not start: {sentence}", code if code in (2, 3) else 3)
        line += chunk
    said = json.loads(line)
    names = ("origins", "control", "token", "pid", "ca_file", "witness")
    return Running(process=process, **{name: said[name] for name in names})


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_LEAVE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


class Controlled(Protocol):
    """Whatever knows where a control port is, and its token: a Running server, or a note of one."""

    @property
    def control(self) -> str: ...

    @property
    def token(self) -> str: ...


class Control:
    """Speaks to a mock server's control port over one connection that is kept open."""

    def __init__(self, mock: Controlled, timeout_s: float = 10.0) -> None:
        self._token = mock.token
        self._connection = http.client.HTTPConnection(urlsplit(mock.control).netloc, timeout=timeout_s)

    def __enter__(self) -> Control:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the server goes on."""
        self._connection.close()

    def begin(
        self,
        seed: int,
        block: int = 0,
        batch: int = 0,
        latency: str | None = None,
        refuse: Mapping[str, str] | None = None,
        draws: int | None = None,
        faults: str | None = None,
        began: float | None = None,
        motion: str | None = None,
        hold: float | None = None,
        **levers: str | None,
    ) -> None:
        """Restart the market's clock and start a log. Prices are keyed by (seed, block, batch), delays by (seed, block,
        draws) with the batch for ``draws`` None; faults by (seed, draws), or without them by (seed, block, batch).
        ``latency``, ``motion`` or ``faults`` None keeps what is set (faults "": none), and so does leaving out
        ``refuse`` or ``one_at_a_time="10ms"`` (None switches that one off).
        ``began`` (CLOCK_MONOTONIC seconds, None: now) is when the market's clock was at zero; ``hold`` (seconds) is
        where it stands still (None: it runs).

        Raises:
            MockFailed: with the server's sentence.
        """
        wanted: dict[str, Any] = {"seed": seed, "block": block, "batch": batch, **levers}
        optional = {
            "latency": latency, "faults": faults, "draws": draws, "began": began, "motion": motion, "hold": hold,
        }  # fmt: skip
        wanted |= {name: value for name, value in optional.items() if value is not None}
        if refuse is not None:
            wanted["refuse"] = dict(refuse)
        self._ask("POST", "/begin", json.dumps(wanted))

    def end(self) -> dict[str, Any]:
        """The log of the batch: ``batch`` (its counters), ``columns`` and ``rows``. Raises MockFailed."""
        return self._ask("POST", "/end")

    def seals(self) -> list[dict[str, Any]]:
        """The seals (``mock_server.seals``) since they were last asked for; the token must be the witness. Raises
        MockFailed."""
        return list(self._ask("POST", "/seals")["seals"])

    def status(self) -> dict[str, Any]:
        """``state`` (idle or logging), ``origins``, ``in_flight``, ``latency``, ``motion``, ``faults``, and what the
        process holds: ``connections``, ``tasks``, ``timers``, ``blocks`` and ``heap``. Raises MockFailed."""
        return self._ask("GET", "/status")

    def _ask(self, method: str, path: str, body: str | None = None) -> dict[str, Any]:
        try:
            response = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise MockFailed(f"the mock server does not answer {path}: {error or type(error).__name__}") from error
        status, text = response
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise MockFailed(f"the mock server answered {path} with {status} and no JSON") from error
        if status != 200:
            raise MockFailed(f"the mock server refused {path}: {answer.get('error', status)}", 2)
        return dict(answer)

    def _exchange(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        headers = {"X-Fetchrace-Token": self._token}
        fresh = self._connection.sock is None
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if fresh:
                raise
            # An idle connection that the server closed in the meantime: it has not seen this request.
            self._connection.close()
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
        return response.status, response.read()
