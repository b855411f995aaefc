"""In flight: how many requests at once each exchange gets of those that are allowed in all."""

from __future__ import annotations

from collections.abc import Mapping


def shares_of(in_flight: int, needs: Mapping[str, int]) -> dict[str, int]:
    """Nobody gets more than it needs, whoever needs most gets what is left, and everybody gets one: so that one
    exchange's trouble takes nothing from the others, the sum exceeds ``in_flight`` where there are more exchanges."""
    left = in_flight
    given: dict[str, int] = {}
    for place, (name, need) in enumerate(sorted(needs.items(), key=lambda item: item[1])):
        given[name] = max(1, min(need, left // (len(needs) - place)))
        left -= given[name]
    return {name: given[name] for name in needs}
