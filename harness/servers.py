"""The mock servers of a run: scenarios that one server can serve share it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from harness.affinity import cores_for, on_cores
from harness.calibration import Card, calibrate, delay_for, loads_for
from harness.scenario import Scenario
from mock_server.process import Running, running

_MOST_LOADS: Final = 5
"""On a card: each takes a second or so, and a sweep of twenty numbers in flight should not wait for all of them."""


@contextlib.contextmanager
def serving(scenarios: Sequence[Scenario], sabotage: Sequence[str]) -> Iterator[dict[str, Running]]:
    """Start what is needed; maps the scenarios' names to servers that answer.

    Raises:
        MockFailed: with the server's own sentence.
    """
    with contextlib.ExitStack() as stack:
        by_options: dict[tuple[str, ...], Running] = {}
        found = {}
        for scenario in scenarios:
            options = (*mock_options(scenario), *sabotage)
            key = (*scenario.exchanges, *options)
            if key not in by_options:
                with on_cores(cores_for(scenario.affinity).mock):
                    by_options[key] = stack.enter_context(
                        running(scenario.exchanges, scenario.latency, scenario.seed, options)
                    )
            found[scenario.name] = by_options[key]
        yield found


def mock_options(scenario: Scenario) -> list[str]:
    """How the mock is started for a scenario, beyond its latency and its seed."""
    found = [f"--faults={scenario.faults}"] if scenario.faults else []
    found += [f"--listed={scenario.listed}"] if scenario.listed else []
    return [*found, *(["--tls"] if scenario.tls else [])]


def card_for(scenarios: Sequence[Scenario], mocks: Mapping[str, Running], sabotage: Sequence[str], fast: bool) -> Card:
    """The calibration card, made on the first scenario's server for the numbers in flight of all of them; where that
    speaks TLS, which the cheap client does not, on another one like it.

    Raises:
        MockFailed: the server does not answer.
    """
    first = scenarios[0]
    mock, server = mocks[first.name], None
    with contextlib.ExitStack() as stack:
        if first.tls:
            server = "another one, without TLS"
            with on_cores(cores_for(first.affinity).mock):
                mock = stack.enter_context(running(first.exchanges, first.latency, first.seed, sabotage))
        return calibrate(
            mock,
            card_loads([one.concurrency for one in scenarios]),
            max(map(delay_for, scenarios)),
            first.seed,
            fast,
            server,
        )


def card_loads(concurrencies: Sequence[int]) -> list[int]:
    """The loads of a card that is to speak for all of these numbers in flight: the least, the greatest and a hundred
    always, of those between them as many as there is room for, evenly by rank."""
    loads = sorted({load for concurrency in concurrencies for load in loads_for(concurrency)})
    kept = {loads[0], 100, loads[-1]}
    between = [load for load in loads if load not in kept]
    room = _MOST_LOADS - len(kept)
    if len(between) > room:
        between = [between[(2 * place + 1) * len(between) // (2 * room)] for place in range(room)]
    return sorted({*kept, *between})
