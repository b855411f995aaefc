"""Conditions of the road: how long the mock server holds the requests of each exchange, and what else befalls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exchanges.errors import safe
from exchanges.plugins import nearest
from mock_server.delay import Delay as Delay
from mock_server.faults import Faults
from mock_server.lateness import Ramp
from mock_server.motion import WAVES, Motion
from mock_server.profile import delays_in


@dataclass(frozen=True, slots=True)
class Latency:
    """The delays of all exchanges: ``others`` for those that ``by_exchange`` does not name."""

    others: Delay
    by_exchange: dict[str, Delay] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, exchanges: Iterable[str] | None = None) -> Latency:
        """Read one delay for all, or several with semicolons: ``20ms;kraken=lognormal:50ms,300ms``. One without a
        name is for all others. ``profile:FILE`` stands for what a profile recorded, and is read here: the text of
        the Latency holds its quantiles and needs the file no more.

        Raises:
            ValueError: with a sentence. Also for a name that is none of ``exchanges``, where they are given.
        """
        known = None if exchanges is None else list(exchanges)
        others: Delay | None = None
        named: dict[str, Delay] = {}
        recorded: dict[str, Delay] = {}
        for part in text.split(";"):
            name, delay_text = _name_in(part)
            if name and known is not None and name not in known:
                raise ValueError(f"a latency is given for {safe(name, 40)!r}, no exchange here{nearest(name, known)}")
            if name in named or (not name and others is not None):
                raise ValueError(f"expected one latency for {name or 'all others'}, found two in {safe(text)!r}")
            if delay_text.startswith("profile:"):
                every, by_exchange = delays_in(delay_text.removeprefix("profile:").strip())
                recorded = recorded if name else by_exchange
                delay = by_exchange.get(name, every)
            else:
                delay = Delay.parse(delay_text)
            if name:
                named[name] = delay
            else:
                others = delay
        if others is None:
            raise ValueError(f"expected a latency for all others as well, such as 20ms;{text.strip()}, found none")
        both = {**recorded, **named}
        kept = {name: one for name, one in both.items() if one != others and (known is None or name in known)}
        return cls(others, kept)

    def __str__(self) -> str:
        return ";".join([str(self.others), *(f"{name}={delay}" for name, delay in self.by_exchange.items())])

    def of(self, exchange: str) -> Delay:
        return self.by_exchange.get(exchange, self.others)

    def draw(self, exchange: str, seed: int, block: int, draws: int, index: int | str, attempt: int = 0) -> float:
        """The delay of one request to ``exchange`` in seconds, as ``Delay.draw`` has it."""
        return self.of(exchange).draw(seed, block, draws, index, attempt)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the server does to requests, and how the market moves meanwhile (in the batches that begin from now on). All
    but ``latency``, ``faults`` and ``motion`` are levers, there to prove that the harness
    notices: a saturated server (``one_at_a_time``, seconds), arms that fail fast (``refuse``, exchange to kind), a
    server that is late (``late``, seconds) or ever later (``ramp``), and one that turns connections away (``backlog``,
    how many may wait; None: as many as there may be)."""

    latency: Latency
    faults: Faults = field(default_factory=Faults)
    one_at_a_time: float | None = None
    refuse: Mapping[str, str] = field(default_factory=dict)
    late: float = 0.0
    ramp: Ramp | None = None
    backlog: int | None = None
    motion: Motion = WAVES

    def but(self, **changes: Any) -> Conditions:
        """The same conditions with some of them changed."""
        return replace(self, **changes)


def _name_in(part: str) -> tuple[str, str]:
    """The exchange and the delay of ``kraken=20ms``; no exchange where the "=" is a quantile's or a file's."""
    head, equals, tail = part.partition("=")
    if not equals or ":" in head:
        return "", part.strip()
    return head.strip(), tail.strip()
