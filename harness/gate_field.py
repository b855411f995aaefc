"""What a gate may look at: ratios and counts inside one run, and a sentence for whatever else is asked for.

An absolute time belongs to one machine on one day. A limit on it would fail with the weather, so it is refused, and the
ratio that says the same about the code is named instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness.block_ratios import efficiency_interval
from harness.exits import UsageError
from harness.report.entries import Entry

Reader = Callable[[Entry, Entry], float | None]
"""Reads a field of an arm's row, given the baseline's row as well; None where the run does not tell it."""


@dataclass(frozen=True, slots=True)
class Field:
    """``share`` says that it lies between 0 and 1; ``relative`` that it needs the baseline's row to be sound;
    ``unranked`` that it means something of an arm that is not ranked, as those of the batch plan are not."""

    read: Reader
    share: bool = False
    relative: bool = False
    unranked: bool = False


def _own(key: str) -> Reader:
    return lambda row, baseline: row.number(key)


def _over(key: str, *, inverse: bool = False) -> Reader:
    """An arm's ``key`` over the baseline's."""

    def read(row: Entry, baseline: Entry) -> float | None:
        above, below = (baseline, row) if inverse else (row, baseline)
        return _quotient(above.number(key), below.number(key))

    return read


def _share(part: str, whole: str) -> Reader:
    return lambda row, baseline: _quotient(row.number(part), row.number(whole))


def _quotient(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _efficiency_low(row: Entry, baseline: Entry) -> float | None:
    found = efficiency_interval(row.raw)
    return None if found is None else found.low


def _efficiency_high(row: Entry, baseline: Entry) -> float | None:
    found = efficiency_interval(row.raw)
    return None if found is None else found.high


_COUNTS: Final = (
    "failed",
    "struck",
    "outliers",
    "blocks",
    "connections",
    "reached_in_flight",
    "threads",
    "files",
)

FIELDS: Final[Mapping[str, Field]] = {
    **{name: Field(_own(name), relative=True) for name in ("speedup", "speedup_low", "speedup_high")},
    "efficiency": Field(_own("efficiency"), share=True),
    "efficiency_low": Field(_efficiency_low, share=True),
    "efficiency_high": Field(_efficiency_high, share=True),
    **{name: Field(_own(name), unranked=True) for name in ("over_single", "over_single_low", "over_single_high")},
    "reuse": Field(_own("reuse"), share=True, unranked=True),
    "failed_share": Field(_share("failed", "requests"), share=True, unranked=True),
    "outlier_share": Field(_share("outliers", "values"), share=True, unranked=True),
    "cpu_share": Field(_own("cpu_share")),
    "cpu_ratio": Field(_over("cpu_s_per_request"), relative=True),
    "memory_ratio": Field(_over("peak_rss_bytes"), relative=True),
    "one_shot_speedup": Field(_over("one_shot_s", inverse=True), relative=True),
    "rank": Field(_own("rank")),
    **{name: Field(_own(name), unranked=True) for name in _COUNTS},
}

_INSTEAD: Final = {
    "cpu_s_per_request": "cpu_ratio, the baseline's CPU time being 1",
    "one_shot_s": "one_shot_speedup",
    "peak_rss_bytes": "memory_ratio, the baseline's memory being 1",
    "memory": "memory_ratio, the baseline's memory being 1",
}
_TIMES: Final = ("time", "latency", "latency_s", "p50", "p90", "p99")


def field_for(name: str) -> Field:
    """The field of that name.

    Raises:
        UsageError: there is none, or none that would mean the same tomorrow.
    """
    if name in FIELDS:
        return FIELDS[name]
    if name in _INSTEAD or name in _TIMES or name.endswith(("_s", "_ms", "_bytes")):
        raise UsageError(
            f"--fail-on: {safe(name, 40)} is an absolute measure, which belongs to one machine and one day; gate on a "
            f"ratio inside the run, such as {_INSTEAD.get(name, 'speedup or efficiency')}"
        )
    if name in ("verdict", "status"):
        raise UsageError(f"--fail-on: the {name} is no number; run --strict fails unless the verdict is VALID")
    raise UsageError(
        f"--fail-on: unknown field {safe(name, 40)!r}{nearest(name, FIELDS)}; there are {', '.join(FIELDS)}"
    )


def rows_of(scenario: Mapping[str, Any]) -> dict[str, Entry]:
    """A scenario's arms by name."""
    return {str(row.raw.get("name") or ""): row for row in Entry(scenario).entries("strategies")}
