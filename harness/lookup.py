"""Looking names up, all at once and for so long and no longer.

``getaddrinfo`` cannot be told to end, and where a resolver says nothing it lasts for half a minute, whatever deadline a
request has. So each name has a thread that nobody waits for beyond the deadline.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from exchanges.units import text_from_seconds

Resolve: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]
"""``socket.getaddrinfo``, or what stands in its place."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """``addresses`` by name, each once, as text; ``failures`` say of the other names why there are none."""

    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def looked_up(hosts: Iterable[str], deadline_s: float, resolve: Resolve | None = None) -> Lookup:
    """Where these names lead, as far as that is known ``deadline_s`` seconds from now."""
    answers: dict[str, tuple[str, ...] | str] = {}

    def ask(host: str) -> None:
        try:
            rows = (resolve or socket.getaddrinfo)(host, None, type=socket.SOCK_STREAM)
            answers[host] = tuple(dict.fromkeys(map(_address_in, rows))) or "it has no address"
        except (OSError, UnicodeError) as error:
            answers[host] = str(getattr(error, "strerror", None) or error)

    asking = {host: threading.Thread(target=ask, args=(host,), daemon=True) for host in dict.fromkeys(hosts)}
    for thread in asking.values():
        thread.start()
    until = time.monotonic() + deadline_s
    for thread in asking.values():
        thread.join(max(0.0, until - time.monotonic()))
    found = Lookup()
    for host in asking:
        answer = answers.get(host, f"nobody said within {text_from_seconds(deadline_s)}")
        if isinstance(answer, str):
            found.failures[host] = answer
        else:
            found.addresses[host] = answer
    return found


def _address_in(row: tuple[Any, ...]) -> str:
    """The address of a row of getaddrinfo, with the network card where it is bound to one."""
    host, *more = row[4]
    scope = more[2] if len(more) == 3 else 0
    return f"{host}%{scope}" if scope and "%" not in host else str(host)
