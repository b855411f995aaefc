"""The reasons of several scenarios, told once: where each is so, and how bad it is in the worst of them.

Law: reasons of one state and one cause are one reason of a run, so that a sweep of many scenarios says a thing once,
and nothing of it is without its scenario. What a scenario itself is worth, its own verdict keeps in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from exchanges.errors import safe
from harness.reason import Reason

_NAMED: Final = 2
"""Scenarios that are named before the others are counted."""
_LONGEST: Final = 80
"""Of a scenario's name."""


def grouped(by_scenario: Mapping[str, Sequence[Reason]]) -> Iterator[Reason]:
    """The reasons of a run, from those of each of its scenarios by name; a scenario without any is there all the
    same. Each quotes the scenario whose reasons weigh most, and weighs as much."""
    for kind in dict.fromkeys((one.state, one.cause) for reasons in by_scenario.values() for one in reasons):
        found = {
            name: alike
            for name, reasons in by_scenario.items()
            if (alike := tuple(one for one in reasons if (one.state, one.cause) == kind))
        }
        weights = {name: max(one.weight for one in alike) for name, alike in found.items()}
        worst = max(weights, key=weights.__getitem__)
        where = _place(list(found), len(by_scenario))
        if len(set(found.values())) > 1:
            where += f", worst in {safe(worst, _LONGEST)}"
        yield Reason(*kind, f"{where}: {'; '.join(one.said for one in found[worst])}", weights[worst])


def _place(names: Sequence[str], scenarios: int) -> str:
    """Where something is so, of all scenarios of a run."""
    if len(names) == scenarios:
        return "in both scenarios" if scenarios == 2 else f"in all {scenarios} scenarios"
    named = [safe(name, _LONGEST) for name in names[:_NAMED]]
    if len(names) == 1:
        return f"in {named[0]}"
    more = len(names) - len(named)
    told = f"{', '.join(named)} and {more} more" if more else " and ".join(named)
    return f"in {len(names)} of {scenarios} scenarios ({told})"
