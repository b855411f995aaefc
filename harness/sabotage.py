"""``--sabotage``: the mock's own levers for breaking it on purpose, to see the verdict notice."""

from __future__ import annotations

from exchanges.errors import safe
from harness import options
from harness.exits import UsageError
from harness.scenario import Scenario
from mock_server.levers import one_at_a_time_from, refusals_from


def sabotage_from(text: str | None, scenario: Scenario) -> list[str]:
    """The mock's own options for breaking it: ``one-at-a-time=10ms`` or ``refuse=kraken=rate_limited``.

    Raises:
        UsageError: it is neither, or the mock of this scenario could not do it.
    """
    if text is None:
        return []
    name, _, value = text.partition("=")
    if name == "one-at-a-time" and value:
        options.read("--sabotage", value, one_at_a_time_from)
    elif name == "refuse" and value:
        options.read("--sabotage", value, lambda value: refusals_from([value], scenario.exchanges))
    else:
        raise UsageError(f"--sabotage: expected one-at-a-time=10ms or refuse=EXCHANGE=KIND, found {safe(text, 40)!r}")
    return [f"--{name}", value]
