"""What the faults of a scenario allow: who may fail, and how.

A request that the server's log says was struck may fail, as the catalogue has it; one that was not may not. A fault of
TLS is a port's certificate: its requests never arrive, so that the log cannot know of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.scenario import Scenario
from mock_server.fault import Fault
from mock_server.faults import Faults, catalogue, kind_on


class PlannedFaults:
    """The faults of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._unreachable: dict[str, Fault] = {}
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
        """The kinds of failure that a request may end in, by what struck it; none where it must not fail."""
        kinds = (kind_on(exchange, fault) for fault in self.struck(exchange, row))
        return tuple(kind for kind in kinds if kind is not None)
