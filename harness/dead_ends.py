"""Places where nobody answers, which no fault of a server can show: a closed port, no such host, a full backlog."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from harness.parity import Case

CASES: Final = (
    Case("port-closed", "refused", "B01", "a port on which nobody listens"),
    Case("host-unknown", "dns", "B01", "http://no-such-host.invalid/; or deadline, where the resolver takes longer"),
    Case("backlog-full", "deadline", "B02", "a listener that accepts nobody, its backlog full"),
)
ALSO: Final = {"host-unknown": ("deadline",)}
"""Further kinds that are right: name resolution is not ours to time."""

_MOST_WAITING = 64


@contextmanager
def dead_ends() -> Iterator[dict[str, str]]:
    """Origins by the name of their case, for as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = closed.getsockname()[1]
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(_MOST_WAITING):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.2)
            try:
                waiting.connect(full.getsockname())
            except TimeoutError:
                break
        yield {
            "port-closed": f"http://127.0.0.1:{nobody}",
            "host-unknown": "http://no-such-host.invalid",
            "backlog-full": f"http://127.0.0.1:{full.getsockname()[1]}",
        }
