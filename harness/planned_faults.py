"""What the faults of a scenario allow: who must fail, and how.

A request that the server's log says was struck must fail, as the catalogue has it; one that was not may not. A fault of
TLS is a port's certificate: its requests never arrive, so that the log cannot know of them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.scenario import DRAWS, Scenario
from mock_server.fault import Fault, Pause, Raw
from mock_server.faults import Faults, catalogue, kind_on
from mock_server.reply import Reply

SEVERING: Final = frozenset(("answer-twice", "length-missing", "version-1.0"))
"""The faults that leave a value and still end or spoil its connection."""

_LEAST: Final = Raw(b" " * 64, b" " * 64, Reply.text(200, ""))
"""Less than any answer: what faults that send it slowly take for it, they take for every answer."""


class PlannedFaults:
    """The faults of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._unreachable: dict[str, Fault] = {}
        self._kinds: dict[tuple[str, str], str | None] = {}
        self._tls = scenario.tls
        if not scenario.faults:
            return
        faults = Faults.parse(scenario.faults, scenario.exchanges)
        for name in scenario.exchanges:
            certificate = faults.tls(name)
            if certificate is not None:
                self._unreachable[name] = next(fault for fault in catalogue.values() if fault.tls == certificate)

    def is_unreachable(self, exchange: str) -> bool:
        """Whether no request to the exchange can arrive."""
        return exchange in self._unreachable

    def struck(self, exchange: str, row: Mapping[str, Any] | None) -> tuple[Fault, ...]:
        """What struck a request, by its line in the server's log (None: it never arrived)."""
        if exchange in self._unreachable:
            return (self._unreachable[exchange],)
        names = (row.get("fault") or "") if row is not None else ""
        return tuple(catalogue[name] for name in names.split("+") if name in catalogue)

    def kinds(self, exchange: str, row: Mapping[str, Any] | None) -> tuple[str, ...]:
        """The kinds of failure that a request must end in one of, by what struck it; none where it must not fail."""
        kinds = [kind for fault in self.struck(exchange, row) if (kind := self._kind(exchange, fault)) is not None]
        if self._tls and "reset" in kinds:
            # To a blocking client of Python's ssl an RST inside TLS looks like an end: see strategies.failure.
            kinds.append("disconnected")
        return tuple(kinds)

    def costs_connection(self, exchange: str, row: Mapping[str, Any]) -> bool:
        """Whether what struck a request ends or spoils its connection, or may lead a careful client to close it."""
        return any(fault.kind is not None or fault.name in SEVERING for fault in self.struck(exchange, row))

    def arrives(self, exchange: str, row: Mapping[str, Any]) -> bool:
        """Whether the answer that was struck comes in the end, so that a client has its value if that is in time."""
        return all(fault.arrives or not self._kind(exchange, fault) for fault in self.struck(exchange, row))

    def _kind(self, exchange: str, fault: Fault) -> str | None:
        place = exchange, fault.name
        if place not in self._kinds:
            self._kinds[place] = kind_on(exchange, fault)
        return self._kinds[place]


def waits(scenario: Scenario, delays: Sequence[float]) -> list[float]:
    """What each request costs its client at least, in seconds, by the dice alone and so for every arm alike: its delay,
    and after it what a fault makes it wait, up to the deadline. Requests that cannot arrive are left out."""
    plan, turns, stalled = PlannedFaults(scenario), scenario.turns, pauses(scenario)
    return [
        min(scenario.deadline_s, delay + stalled[index]) if index in stalled else delay
        for index, delay in enumerate(delays)
        if not plan.is_unreachable(turns[index % len(turns)][0])
    ]


@functools.lru_cache(maxsize=8)
def pauses(scenario: Scenario) -> Mapping[int, float]:
    """The requests whose clients wait for their deadline, by index, and for how many seconds their answers stand still
    at least (infinite: for ever). The same in every batch of a scenario, because faults are drawn by DRAWS."""
    faults = Faults.parse(scenario.faults, scenario.exchanges)
    turns, found = scenario.turns, {}
    if any(entry.fault.kind == "deadline" for entry in faults.entries):
        for index in range(scenario.requests):
            struck = faults.struck(turns[index % len(turns)][0], scenario.seed, 0, DRAWS, index)
            answer = next((fault for fault in reversed(struck) if fault.reply is not None), None)
            # At most one fault plays on the wire, the first, and none where the answer has no body left.
            player = next((fault for fault in struck if fault.wire is not None), None)
            if player is not None and player.kind == "deadline" and not (answer is not None and answer.empties):
                found[index] = _stands_still_s(player)
    return found


@functools.cache
def _stands_still_s(fault: Fault) -> float:
    total_s = 0.0
    for step in fault.wire(_LEAST) if fault.wire is not None else ():
        total_s += step.seconds if isinstance(step, Pause) else 0.0
        if total_s == math.inf:
            break
    return total_s
