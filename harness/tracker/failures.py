"""Failures: which markets brought nothing at the last attempt; those of an exchange with one reason in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from exchanges.pair import Pair
from harness.tracker.reading import Known
from harness.usable import Market


def failures_in(known: Mapping[Market, Known]) -> list[str]:
    """Sentences such as ``kraken (all 27 markets): deadline: ...``, in the order of the markets."""
    asked: dict[str, int] = {}
    failed: dict[tuple[str, str], list[Pair]] = {}
    for (name, pair), one in known.items():
        asked[name] = asked.get(name, 0) + 1
        if one.error is not None:
            failed.setdefault((name, one.error), []).append(pair)
    return [_sentence(name, pairs, asked[name], why) for (name, why), pairs in failed.items()]


def _sentence(name: str, pairs: list[Pair], asked: int, why: str) -> str:
    if len(pairs) == 1:
        return f"{name} {pairs[0]}: {why}"
    return f"{name} ({'all ' if len(pairs) == asked else ''}{len(pairs)} markets): {why}"
