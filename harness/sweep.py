"""A sweep: the conditions of which one run may try several, and what the scenarios are called that come of it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from exchanges.errors import safe
from harness.exits import UsageError

AXES: Final = ("concurrency", "latency", "requests", "workload")
"""What can be swept, by the names of a scenario's fields, in the order in which names and products have them."""

MOST: Final = 24
"""Scenarios in one run: more take hours, and nobody reads them side by side."""

ALONE: Final = "quick"
"""What the only scenario of a run is called, unless it has a name (``harness.named_scenario``)."""

_LONGEST: Final = 20
"""Of a value in a name: with three others it still fits where names are cut, at 80 characters."""
_DIGEST: Final = 8

_T = TypeVar("_T")


def listed(flag: str, text: str, read: Callable[[str], _T]) -> list[_T]:
    """The values of a list with commas between them.

    Raises:
        UsageError: nothing between two commas, or a value twice; and what ``read`` raises.
    """
    words = text.split(",")
    if len(words) > 1 and not all(word.strip() for word in words):
        raise UsageError(
            f"{flag}: expected a value on either side of each comma, found nothing beside one in {safe(text, 60)!r}"
        )
    values = [read(word) for word in words]
    check_different(flag, values)
    return values


def check_different(flag: str, values: Sequence[object]) -> None:
    """Raises UsageError where a value is there twice, however it was written."""
    for place, value in enumerate(values):
        if value in values[:place]:
            raise UsageError(f"{flag}: expected different values, found {safe(str(value), 60)} twice")


def check_size(axes: Mapping[str, Sequence[object]]) -> None:
    """Raises UsageError where the product of the axes is more than a run should have."""
    size = math.prod(map(len, axes.values()))
    if size > MOST:
        factors = " and ".join(f"{len(values)} of --{axis}" for axis, values in axes.items() if len(values) > 1)
        raise UsageError(
            f"expected at most {MOST} scenarios in a run, found {size:,}: {factors}; try fewer, or several runs"
        )


def name_of(values: Mapping[str, object], swept: Sequence[str], alone: str = ALONE) -> str:
    """What a scenario is called: by the axes that are swept and its values there, such as
    ``concurrency=8 latency=100ms``; ``alone`` where none is. A long value is cut, and told from others by a digest of
    the whole; so the same conditions have the same name in every run."""
    return " ".join(f"{axis}={short(str(values[axis]))}" for axis in swept) or alone


def swept_axes(scenarios: Sequence[Mapping[str, Any]]) -> list[str]:
    """The axes along which a run's scenarios (their entries in run.json) differ."""
    return [axis for axis in AXES if len({scenario.get(axis) for scenario in scenarios}) > 1]


def short(value: str) -> str:
    """A value as names and labels have it."""
    if len(value) <= _LONGEST:
        return value
    digest = hashlib.sha256(value.encode()).hexdigest()[:_DIGEST]
    return f"{value[: _LONGEST - _DIGEST - 1]}~{digest}"
