"""The floor under every request: a bare round trip to another process on this machine, without HTTP.

As a module of its own (``python -m harness.doctor.loopback --lifeline FD PORT``) it is that other process.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from exchanges.units import text_from_seconds
from harness import lifeline, spawn
from harness.doctor.finding import Finding
from harness.scratch import scratch
from harness.statistics import quantile

_TRIPS: Final = 2000
_FIRST: Final = 200
_MESSAGE: Final = b"x" * 100
_SLOW_S: Final = 0.0005
_WAIT_S: Final = 10.0


def loopback() -> Finding:
    """The times of some round trips of 100 bytes."""
    try:
        trips = _trips()
    except OSError as error:
        said = f"two processes cannot talk over 127.0.0.1: {error.strerror or error}"
        return Finding("loopback", "bad", said, "the mock server needs it: see whether lo is up")
    p50, p99 = quantile(trips, 0.5), quantile(trips, 0.99)
    said = (
        f"a bare round trip takes {text_from_seconds(p50)} (p50), {text_from_seconds(p99)} (p99): no request is faster"
    )
    facts = {"p50_s": p50, "p99_s": p99}
    if p50 > _SLOW_S:
        return Finding("loopback", "doubtful", said, "the machine is busy, or its scheduler is slow to wake", facts)
    return Finding("loopback", "fine", said, facts=facts)


def _trips() -> list[float]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        scratch() as folder,
        Path(folder, "said").open("w+b") as said,
    ):
        listener.settimeout(_WAIT_S)
        port = listener.getsockname()[1]
        with spawn.child("harness.doctor.loopback", [str(port)], folder, spawn.environment(), said):
            line, _ = listener.accept()
            with line:
                line.settimeout(_WAIT_S)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return [_trip(line) for _ in range(_FIRST + _TRIPS)][_FIRST:]


def _trip(line: socket.socket) -> float:
    began = time.monotonic()
    line.sendall(_MESSAGE)
    missing = len(_MESSAGE)
    while missing:
        chunk = line.recv(missing)
        if not chunk:
            raise ConnectionError("the other process went away")
        missing -= len(chunk)
    return time.monotonic() - began


def main(argv: Sequence[str]) -> None:
    """Say back whatever comes: ``--lifeline FD PORT``."""
    lifeline.hold(int(argv[1]))
    with socket.create_connection(("127.0.0.1", int(argv[2]))) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while chunk := line.recv(4096):
            line.sendall(chunk)


if __name__ == "__main__":
    main(sys.argv[1:])
