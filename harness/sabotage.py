"""``--sabotage``: the mock's own levers for breaking it on purpose, to see the verdict notice."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness import options
from harness.exits import UsageError
from harness.scenario import Scenario
from mock_server.lateness import Ramp, late_from
from mock_server.levers import one_at_a_time_from, refusals_from
from mock_server.narrow_door import backlog_from

_Check = Callable[[str, Sequence[str]], Any]

_LEVERS: Final[Mapping[str, tuple[str, _Check]]] = {
    "one-at-a-time": ("10ms", lambda value, names: one_at_a_time_from(value)),
    "refuse": ("EXCHANGE=KIND", lambda value, names: refusals_from([value], names)),
    "late": ("30ms", lambda value, names: late_from(value)),
    "ramp": ("10%/20s", lambda value, names: Ramp.parse(value)),
    "backlog": ("5", lambda value, names: backlog_from(value)),
}
"""What each looks like, and what raises ValueError where the mock could not do it."""

_FORMS: Final = [f"{name}={form}" for name, (form, _) in _LEVERS.items()]
EXPECTED: Final = f"{', '.join(_FORMS[:-1])} or {_FORMS[-1]}"
"""All levers in words."""


def sabotage_from(text: str | None, scenarios: Sequence[Scenario]) -> list[str]:
    """The mock's own option for ``late=30ms`` and the other levers; none for None.

    Raises:
        UsageError: it is no lever, or one that the mock of one of these scenarios could not move so.
    """
    if text is None:
        return []
    name, _, value = text.partition("=")
    if name not in _LEVERS or not value:
        hint = nearest(name, list(_LEVERS)) if name not in _LEVERS else ""
        raise UsageError(f"--sabotage: expected {EXPECTED}, found {safe(text, 40)!r}{hint}")
    _, check = _LEVERS[name]
    # Each server has the exchanges of its own scenarios only.
    for names in dict.fromkeys(scenario.exchanges for scenario in scenarios):
        options.read("--sabotage", value, functools.partial(_checked, check, names))
    return [f"--{name}={value}"]


def _checked(check: _Check, names: Sequence[str], value: str) -> Any:
    return check(value, names)
