"""A latency profile: quantiles of how long real exchanges took, in a small file for ``--latency profile:FILE``.

    {"schema": 1, "kind": "fetchrace latency profile", "recorded": "2026-11-23",
     "exchanges": {"kraken": {"samples": 30, "quantiles_s": [[0, 0.041], [50, 0.052], [99, 0.12], [100, 0.13]]}},
     "all": {"samples": 30, "quantiles_s": [...]}}

Nothing else is in it: no prices, no addresses, no names of machines. ``all`` pools the samples of all exchanges, and
stands for those that have none of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from exchanges.errors import safe
from mock_server.delay import Delay

KIND = "fetchrace latency profile"
SCHEMA = 1
PERCENTS = (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100)
_MOST_BYTES = 1024**2


def delays_in(path: str) -> tuple[Delay, dict[str, Delay]]:
    """What a profile recorded: for all exchanges together, and for each of its own.

    Raises:
        ValueError: the file cannot be read or is no profile; a sentence that names it.
    """
    name = safe(Path(path).name, 60)
    profile = _json_in(path, name)
    if profile.get("schema") != SCHEMA:
        found = safe(repr(profile.get("schema")), 40)
        raise ValueError(f"{name} has schema {found}, this version of fetchrace reads {SCHEMA}; record it anew")
    entries = profile.get("exchanges")
    if not isinstance(entries, dict):
        raise ValueError(f'{name}: expected "exchanges" to be an object, found {safe(repr(entries), 40)}')

    def delay(entry: Any, whose: str) -> Delay:
        points = entry.get("quantiles_s") if isinstance(entry, dict) else None
        try:
            percents, values = zip(*((float(p), float(s)) for p, s in points), strict=True)  # type: ignore[union-attr]  # what is None is no list of pairs either: caught below
            return Delay("quantiles", values, percents)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{name}: the quantiles of {whose} cannot be used: {safe(str(error), 160)}") from None

    by_exchange = {safe(one, 40): delay(entry, safe(one, 40)) for one, entry in entries.items()}
    return delay(profile.get("all"), '"all"'), by_exchange


def profile_of(samples: Mapping[str, Sequence[float]], recorded: str) -> dict[str, Any]:
    """The content of a profile from raw times in seconds, by exchange; ``recorded`` is the day.

    Raises:
        ValueError: an exchange without at least two samples.
    """
    for name, times in samples.items():
        if len(times) < 2:
            raise ValueError(f"expected two or more times for {name}, found {len(times)}")
    pooled = [time for times in samples.values() for time in times]
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "recorded": recorded,
        "exchanges": {name: _entry(times) for name, times in samples.items()},
        "all": _entry(pooled),
    }


def _entry(times: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(times)
    return {"samples": len(ordered), "quantiles_s": [[percent, _quantile(ordered, percent)] for percent in PERCENTS]}


def _quantile(ordered: Sequence[float], percent: int) -> float:
    """Type 7 of Hyndman and Fan (1996), to the microsecond: what was measured is no finer."""
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return round(ordered[below] + (place - below) * (ordered[above] - ordered[below]), 6)


def _json_in(path: str, name: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot read the profile {name}: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{name} is larger than 1 MiB, which no profile is")
    try:
        profile = json.loads(content)
    except (ValueError, RecursionError):
        profile = None
    if not isinstance(profile, dict) or profile.get("kind") != KIND:
        raise ValueError(f'{name} is no latency profile; record one with "python -m harness profile --real"')
    return profile
