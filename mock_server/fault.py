"""A fault: one named disturbance of an answer, as a small unit with nothing to remember.

A fault takes hold at one of three places, the first that it defines:

    quote   (Quote) -> Quote            before the exchange writes it: a crossed or a negative price
    reply   (Reply, Context) -> Reply   before it is framed: another status, other headers, another body
    wire    (Raw) -> Iterator[Step]     instead of sending it: bytes, pauses and an end, on the raw transport

Several may strike one request: all ``quote`` faults that do, then all ``reply`` faults, both in the order of the
specification, then at most one ``wire`` fault, the first, and none where the answer has no body by then: a client that
has all of it before it ends could not know that anything was wrong. A ``tls`` fault is none of these: it is the
certificate of an exchange's port.

A reply is shared with other requests, so a fault changes a copy (``faults.changing``). Steps are taken one by one, as
fast as the client reads, so an endless body needs no more memory than one of its pieces.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from exchanges.exchange import Exchange
from exchanges.quote import Quote
from exchanges.wire import Request
from mock_server.reply import Reply


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of a whole and correct answer: ``head`` ends with its blank line, and ``body`` is compressed or in
    chunks where the client asked for that. ``reply`` is what they were made from, its body in neither form."""

    head: bytes
    body: bytes
    reply: Reply


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so many seconds; ``math.inf`` is until the client goes away."""

    seconds: float


class End(enum.Enum):
    """How a connection ends before its time."""

    CLOSE = "a FIN, after what was sent"
    RESET = "an RST, which may overtake what was sent"


Step: TypeAlias = bytes | Pause | End
"""What happens next on the transport. Where the steps end without an End, the connection stays as it would after a
correct answer."""


@dataclass(frozen=True, slots=True)
class Context:
    """Whose answer it is: for faults that speak as the exchange would."""

    exchange: Exchange
    request: Request


@dataclass(frozen=True, slots=True)
class Fault:
    """``kind`` is what every strategy must say of it, of an answer that has a price and with a deadline and a limit on
    bodies in force (one of KINDS; None: a value, as of a sound answer); ``faults.kind_on`` has it for one exchange.
    ``says`` tells in one line what happens; ``check`` is the acceptance check that it serves. ``tls`` is one of
    self-signed, expired, wrong-host and plain. ``arrives`` says that the whole answer comes in the end: whoever has the
    time may have its value. ``empties`` says that no body is left for a ``wire`` fault to spoil."""

    name: str
    kind: str | None
    says: str
    check: str
    quote: Callable[[Quote], Quote] | None = None
    reply: Callable[[Reply, Context], Reply] | None = None
    wire: Callable[[Raw], Iterator[Step]] | None = None
    tls: str | None = None
    arrives: bool = False
    empties: bool = False
