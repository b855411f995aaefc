"""The whole examination: every finding, with the calibration card in the middle."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import asdict, dataclass
from typing import Any

import exchanges
from harness.calibration import ALL_LOADS, Card, calibrate
from harness.doctor.clock import clock, sleeper
from harness.doctor.descriptors import descriptors, needed_for
from harness.doctor.finding import Finding
from harness.doctor.libraries import libraries
from harness.doctor.loopback import loopback
from harness.doctor.network import kernel, proxies
from harness.doctor.processors import cpu_times, interpreter, load, processors, steal
from harness.kernel_counters import counters
from mock_server.process import MockFailed, running


@dataclass(frozen=True, slots=True)
class Examination:
    """``card`` is None where the mock server did not start."""

    findings: tuple[Finding, ...]
    card: Card | None

    @property
    def is_possible(self) -> bool:
        """Whether measuring is possible at all."""
        return all(finding.state != "bad" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        return {
            "possible": self.is_possible,
            "findings": [asdict(finding) for finding in self.findings],
            "calibration": None if self.card is None else self.card.to_json(),
        }


def examine() -> Examination:
    """Look at everything; takes some five seconds."""
    # What would be disturbed by the rest comes first.
    first = [processors(), load(), interpreter(), clock(), sleeper(), loopback(), descriptors()]
    before = cpu_times(), counters()
    card, ruler = _card()
    after = cpu_times(), counters()
    first.insert(2, steal(before[0], after[0]))
    return Examination((*first, kernel(before[1], after[1]), *libraries(), proxies(), ruler), card)


def _card() -> tuple[Card | None, Finding]:
    _raise_limit_for(max(ALL_LOADS))
    try:
        # The mock's own limit of descriptors is ours, inherited.
        with running(list(exchanges.GROUP.builtins)) as mock:
            card = calibrate(mock)
    except MockFailed as error:
        return None, Finding("mock server", "bad", str(error), "nothing can be raced without it")
    if card.reasons:
        advice = "runs will be NOISY with this; an idle machine helps"
        return card, Finding("mock server", "doubtful", "; ".join(card.reasons), advice)
    return card, Finding("mock server", "fine", "holds delays as truly as it must, at every load on the card below")


def _raise_limit_for(in_flight: int) -> None:
    """As ``run`` does; where the system does not allow it, the card ends early and says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = needed_for(in_flight)
    if soft != resource.RLIM_INFINITY and soft < needed:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
