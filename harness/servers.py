"""The mock servers of a run: scenarios that one server can serve share it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from harness.calibration import Card, calibrate, delay_for, loads_for
from harness.scenario import Scenario
from mock_server.process import Running, running


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
    """The calibration card, made on the first scenario's server at the loads of all of them; where that speaks TLS,
    which the cheap client does not, on another one like it."""
    first = scenarios[0]
    mock, server = mocks[first.name], None
    with contextlib.ExitStack() as stack:
        if first.tls:
            server = "another one, without TLS"
            mock = stack.enter_context(running(first.exchanges, first.latency, first.seed, sabotage))
        loads = sorted({load for scenario in scenarios for load in loads_for(scenario.concurrency)})
        return calibrate(mock, loads, max(map(delay_for, scenarios)), first.seed, fast, server)
