"""One strategy through the parity matrix: opened once for all rounds, so that no fault may spoil the next request."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import exchanges
from exchanges.decode import decode_quotes
from exchanges.errors import safe
from harness.dead_ends import ALSO, dead_ends
from harness.exits import Stop
from harness.parity import SEED, Case, Finding, Round, judged, untimely
from mock_server.process import Control, Running
from strategies.strategy import Failed, Fetch, Limits, Outcome, Strategy

IN_FLIGHT = 6
MAX_BODY = 1024**2


def limits_for(deadline_s: float, ca_file: str | None = None) -> Limits:
    """What every strategy of the matrix must keep to."""
    return Limits(IN_FLIGHT, deadline_s, MAX_BODY, ca_file)


def through_rounds(
    strategy: Strategy,
    rounds: Sequence[Round],
    mock: Running,
    control: Control,
    deadline_s: float,
    differences: Mapping[str, str | None] | None = None,
) -> Iterator[Finding]:
    """What a strategy makes of faults of the server. It is opened anew after it raised,
    and for each round of certificates. ``differences`` are the answers that are documented as its own."""
    batches, left = itertools.count(), list(rounds)

    def once(fetch: Fetch) -> list[Finding]:
        batch = next(batches)
        control.begin(SEED, 0, batch, draws=left[0].draws, faults=left[0].faults)
        outcomes = fetch(left[0].requests(mock.origins))
        return judged(left[0], outcomes, control.end(), batch, deadline_s, differences)

    while left:
        try:
            with strategy(limits_for(deadline_s, mock.ca_file), decode_quotes) as fetch:
                while left:
                    yield from _twice_if_late(lambda: once(fetch))
                    del left[0]
                    if left and left[0].secure:
                        break  # what is open has seen another certificate, or is closed just now because of it
        except Exception as error:  # whatever a guest raises
            if not left:
                raise Stop(_told(error)) from error
            yield from (Finding(fault.name, None, 0.0, (_told(error),)) for fault in left[0].struck.values())
            del left[0]


def through_dead_ends(strategy: Strategy, cases: Sequence[Case], deadline_s: float) -> list[Finding]:
    """What a strategy makes of places where no server answers; ``cases`` are some of ``harness.dead_ends``."""
    exchange = exchanges.load(exchanges.names()[0])
    request = exchange.request_for(exchange.instruments[0].pair)

    def once() -> list[Finding]:
        # Backlogs anew each time: who was left waiting in one by the first attempt is still there.
        with dead_ends() as origins, strategy(limits_for(deadline_s), decode_quotes) as fetch:
            return judged_dead_ends(cases, fetch([request.at(origins[case.name]) for case in cases]), deadline_s)

    try:
        return _twice_if_late(once)
    except Exception as error:
        return [Finding(case.name, None, 0.0, (_told(error),)) for case in cases]


def judged_dead_ends(cases: Sequence[Case], outcomes: Sequence[Outcome], deadline_s: float) -> list[Finding]:
    """What became of one request to each of the dead ends."""
    findings = []
    for case, outcome in zip(cases, outcomes, strict=True):
        kind = outcome.kind if isinstance(outcome, Failed) else None
        # How long a name takes to resolve is the system's affair.
        problems = [] if case.name in ALSO else untimely(outcome, deadline_s)
        late = bool(problems)
        if kind not in (case.kind, *ALSO.get(case.name, ())):
            problems.append(f"{kind or 'a value'} instead of {case.kind}")
        findings.append(Finding(case.name, kind, outcome.ended - outcome.started, tuple(problems), late))
    return findings


def _twice_if_late(once: Callable[[], list[Finding]]) -> list[Finding]:
    """A machine that is busy elsewhere is late as well; whoever is late twice is so by himself."""
    findings = once()
    return once() if any(finding.late for finding in findings) else findings


def _told(error: Exception) -> str:
    return f"the strategy broke: {type(error).__name__}: {safe(str(error), 160)}"
