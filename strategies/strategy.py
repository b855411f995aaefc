"""The seam of a strategy, one verb wide: it opens, and what it opens fetches a batch.

    with strategy(limits, decode) as fetch:      # entering is the opening cost
        outcomes = fetch(requests)               # the first call pays for connections: cold
        outcomes = fetch(requests)               # later calls re-use them: warm
                                                 # leaving leaves nothing behind

Seven promises, held by ``strategies.conformance``:

1. ``outcomes[i]`` answers ``requests[i]``; same length, always. Headers of a Request are sent.
2. Never more than ``limits.in_flight`` at once over all hosts together, and as many as declared when there
   is work. A pool size does not promise this: use a semaphore, or that many workers.
3. ``started`` is taken when a request's turn comes, not while it queues; ``ended`` when the value is in hand.
4. No answer is ``Failed(kind)``, a value, with the same kind from every strategy for the same fault. Any
   status is an answer, and ``decode`` judges it. Only bugs raise.
5. One deadline per request, from its turn to the whole body; a dripping server cannot outlast it by more
   than 0.25 s, headers included. Bodies over ``max_body`` (decoded) are cut. Redirects are not followed.
   TLS is always verified.
6. A strategy never retries: the caller does, between batches.
7. A second call re-uses what is open; leaving leaves no task, thread, process, socket or temporary file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from exchanges.errors import Rejected
from exchanges.wire import Request, Response


@dataclass(frozen=True, slots=True)
class Limits:
    """What every strategy must keep to. ``deadline_s`` runs from a request's turn to the end of its body;
    ``max_body`` is in decoded bytes; ``ca_file`` adds a private certificate authority (PEM)."""

    in_flight: int
    deadline_s: float = 10.0
    max_body: int = 4 * 1024 * 1024
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if self.in_flight < 1:
            raise ValueError(f"expected at least one request in flight, found {self.in_flight}")


@dataclass(frozen=True, slots=True)
class Declares:
    """What a strategy says of itself, as its attribute ``declares``. ``in_flight`` fixes the number (1 for
    sequential), ``max_in_flight`` caps it (64 for processes); ``reuse`` says that warm batches re-use
    connections."""

    in_flight: int | None = None
    reuse: bool = True
    max_in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A value in hand. ``started`` and ``ended`` are CLOCK_MONOTONIC seconds, which all processes of one
    machine share; ``size`` is the decoded body's length in bytes."""

    value: Any
    started: float
    ended: float
    status: int
    size: int


@dataclass(frozen=True, slots=True)
class Failed:
    """No value. ``kind`` is one of ``exchanges.errors.KINDS``; ``detail`` is a sentence; ``status`` is there
    when there was an answer; ``retry_after`` is in seconds."""

    kind: str
    detail: str
    started: float
    ended: float
    status: int | None = None
    retry_after: float | None = None


Outcome: TypeAlias = Fetched | Failed
Decode: TypeAlias = Callable[[Request, Response], Any]
"""A module-level, picklable function that turns an answer into a value or a Rejected; it never raises."""
Fetch: TypeAlias = Callable[[Sequence[Request]], list[Outcome]]


class Strategy(Protocol):
    """A function that opens a fetcher. It may carry an attribute ``declares: Declares``; and ``lacking``, a function of
    nothing that says in a sentence what it lacks in this environment besides libraries (None: nothing), and is asked
    before it is raced. Its fetcher may have ``notes``, a list of sentences about what happened to it, which grows."""

    def __call__(self, limits: Limits, decode: Decode, /) -> AbstractContextManager[Fetch]: ...


def declares_of(strategy: Any) -> Declares:
    """What a strategy declares, or the defaults."""
    found = getattr(strategy, "declares", None)
    return found if isinstance(found, Declares) else Declares()


def declared_in_flight(strategy: Any, limits: Limits) -> int:
    """How many requests the strategy promises to have in flight when there is work for them."""
    declares = declares_of(strategy)
    wanted = declares.in_flight if declares.in_flight is not None else limits.in_flight
    return min(wanted, declares.max_in_flight) if declares.max_in_flight is not None else wanted


def settled(value: Any, started: float, ended: float, response: Response) -> Outcome:
    """The outcome of an answer that ``decode`` has judged: a Rejected becomes a Failed, all else is Fetched."""
    if isinstance(value, Rejected):
        return Failed(value.kind, value.detail, started, ended, response.status, value.retry_after)
    return Fetched(value, started, ended, response.status, len(response.body))
