"""What a sweep found, as curves: how time, speedup and efficiency follow one condition while the others are held fixed.

Pure: from the scenarios' entries of run.json to its key ``curves``, a list with one entry for each swept axis and each
choice of the other axes along which two scenarios or more lie::

    {"axis": "concurrency",                       one of harness.sweep.AXES
     "unit": "requests in flight",                what x counts: "s" for a latency, "requests", "" where x is a text
     "fixed": {"latency": "20ms", "requests": 40, "workload": "tickers"},
     "held": ["latency=20ms"],                    those of them that are swept elsewhere: what tells two curves apart
     "baseline": "sequential",
     "arms": [
       {"name": "threads",
        "points": [                               by x where that is a number, else in the order of the run; one or more
          {"x": 8,                                a number: requests in flight, requests, or the median delay in seconds
                                                  (the mean of the exchanges' medians where they differ); a text for a
                                                  workload, and for latencies of which two have one median
           "label": "8", "scenario": "concurrency=8", "provisional": false,      true: the verdict there is NOISY
           "rank": 1, "tied_with": [],            the arm's place there, and who could not be told from it
           "bound_s": 0.1,                        the physical limit, of all arms alike; may be null
           "time_s": 0.12, "low_s": 0.11, "high_s": 0.13,
           "speedup": 7.1, "speedup_low": 7.0, "speedup_high": 7.2,
           "efficiency": 0.83, "efficiency_low": 0.8, "efficiency_high": 0.86,
           "cpu_s_per_request": 0.0004}],         any of the last eight keys may be null, time_s not
        "enough": 8, "enough_within": 0.03,       see below
        "growth": null}],                         see harness.growth; null on every axis but requests
     "left_out": ["threads has no point at concurrency=32: it is disqualified"],
     "nobody": ["nobody has a point at concurrency=64: the verdict there is SERVER-BOUND, which allows no ranking"]}

A point is left out, and that is said, where the arm may not be ranked: in ``left_out`` arm by arm, and in ``nobody``
where that is so of all of them. ``low`` and ``high`` are 95 % intervals over
blocks, both null with a single block. All numbers are finite.

``enough``, on the axis concurrency: the least number in flight whose time is not told from the shortest of all greater
numbers, judged by the 95 % interval of their ratio in the same blocks. ``enough_within`` is how much longer it may take
than that for all the blocks know. Both are null where the greatest number that was tried is told from all others, so
that more might help yet, and where the blocks leave a difference of more than a half open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any, Final, TypeAlias

from harness.arm import plan_of
from harness.block_ratios import cpu_times, efficiency_interval, medians
from harness.growth import growth, interval_json
from harness.report.entries import ScenarioEntry
from harness.report.wording import listing
from harness.sentence import TELLING
from harness.statistics import ratio_over_blocks
from harness.sweep import AXES, short, swept_axes
from harness.sweep_sentence import sweep_sentence as sweep_sentence
from mock_server.conditions import Latency

_UNITS: Final = {"concurrency": "requests in flight", "latency": "s", "requests": "requests", "workload": ""}
_FIT: Final = ("ranked", "tied")
_KEPT: Final = (
    "time_s", "low_s", "high_s", "speedup", "speedup_low", "speedup_high", "efficiency", "cpu_s_per_request",
)  # fmt: skip

_Entry: TypeAlias = Mapping[str, Any]
"""A scenario's entry in run.json, or an arm's row in one."""


def curves_of(scenarios: Sequence[_Entry]) -> list[dict[str, Any]]:
    """The curves of a run, from its scenarios' entries in run.json; none where nothing was swept."""
    swept = swept_axes(scenarios)
    return [
        _curve(axis, along, swept, _places(scenarios, axis))
        for axis in swept
        for along in _groups(scenarios, axis)
        if len(along) > 1
    ]


def _groups(scenarios: Sequence[_Entry], axis: str) -> list[list[_Entry]]:
    """The scenarios that differ in nothing that is swept but in this axis."""
    groups: dict[tuple[Any, ...], list[_Entry]] = {}
    for scenario in scenarios:
        groups.setdefault(tuple(scenario.get(other) for other in AXES if other != axis), []).append(scenario)
    return list(groups.values())


def _places(scenarios: Sequence[_Entry], axis: str) -> dict[Any, float | str]:
    """Where each value of an axis lies on it."""
    values = {scenario[axis]: scenario for scenario in scenarios}
    if axis == "workload":
        return {value: str(value) for value in values}
    if axis != "latency":
        return {value: value for value in values}
    middles = {text: _middle_s(scenario) for text, scenario in values.items()}
    return dict(middles) if len(set(middles.values())) == len(middles) else {text: str(text) for text in middles}


def _middle_s(scenario: _Entry) -> float:
    latency = Latency.parse(scenario["latency"])
    return fmean(latency.of(name).quantile(0.5) for name in {exchange for exchange, _ in scenario["markets"]})


def _curve(
    axis: str, along: Sequence[_Entry], swept: Sequence[str], places: Mapping[Any, float | str]
) -> dict[str, Any]:
    if not any(isinstance(place, str) for place in places.values()):
        along = sorted(along, key=lambda scenario: places[scenario[axis]])
    first = along[0]
    arms: list[dict[str, Any]] = []
    for name in dict.fromkeys(row["name"] for scenario in along for row in scenario["strategies"]):
        fit = [(scenario, row) for scenario in along if (row := _fit_row(scenario, name)) is not None]
        if fit:
            points = [_point(axis, scenario, row, places) for scenario, row in fit]
            arms.append({"name": name, "points": points, **_enough(axis, fit), "growth": _growth(axis, fit)})
    return {
        "axis": axis,
        "unit": _UNITS[axis],
        "fixed": {other: first.get(other) for other in AXES if other != axis},
        "held": [f"{other}={short(str(first.get(other)))}" for other in swept if other != axis],
        "baseline": first.get("baseline"),
        "arms": arms,
        "left_out": list(_left_out(axis, along)),
        "nobody": list(_nobody(axis, along)),
    }


def _fit_row(scenario: _Entry, name: str) -> _Entry | None:
    rows = (row for row in scenario["strategies"] if row["name"] == name and row["status"] in _FIT)
    return next((row for row in rows if row.get("time_s")), None)


def _point(axis: str, scenario: _Entry, row: _Entry, places: Mapping[Any, float | str]) -> dict[str, Any]:
    reach = interval_json(efficiency_interval(row)) or {"low": None, "high": None}
    kept = {key: row.get(key) for key in _KEPT}
    for low, high in (("low_s", "high_s"), ("speedup_low", "speedup_high")):
        # With a single block a row says "from 0 on", which no curve can draw.
        kept[low] = kept[low] if kept[high] is not None else None
    return {
        "x": places[scenario[axis]], "label": short(str(scenario[axis])), "scenario": scenario["name"],
        "provisional": ScenarioEntry(scenario).is_provisional,
        "rank": row.get("rank"), "tied_with": row.get("tied_with") or [], "bound_s": scenario.get("bound_s"),
        **kept,
        "efficiency_low": reach["low"], "efficiency_high": reach["high"],
    }  # fmt: skip


def _enough(axis: str, fit: Sequence[tuple[_Entry, _Entry]]) -> dict[str, Any]:
    none = {"enough": None, "enough_within": None}
    if axis != "concurrency" or len(fit) < 2:
        return none
    for place, (scenario, row) in enumerate(fit[:-1]):
        rival = min((later for _, later in fit[place + 1 :]), key=lambda later: later["time_s"])
        compared = ratio_over_blocks(medians(row), medians(rival))
        if compared.low <= 1:
            within = max(0.0, compared.high - 1)
            return {"enough": scenario[axis], "enough_within": within} if within <= TELLING else none
    return none


def _growth(axis: str, fit: Sequence[tuple[_Entry, _Entry]]) -> dict[str, Any] | None:
    if axis != "requests":
        return None
    return growth(
        {scenario[axis]: medians(row) for scenario, row in fit},
        {scenario[axis]: cpu_times(row) for scenario, row in fit},
        {scenario[axis]: scenario.get("bound_s") for scenario, _ in fit},
        max(1, min(fit[0][0]["concurrency"], fit[0][1].get("declared_in_flight") or 1)),
    )


def _left_out(axis: str, along: Sequence[_Entry]) -> Iterator[str]:
    """Which arms have no point where, each once for each status. What was never there to race (skipped) is told
    elsewhere."""
    places: dict[tuple[str, str], list[str]] = {}
    fit = [scenario for scenario in along if _why_nobody(scenario) is None]
    for scenario in fit:
        for row in scenario["strategies"]:
            could = row["status"] != "skipped" and plan_of(row["name"]) == "single"
            if could and _fit_row(scenario, row["name"]) is None:
                places.setdefault((row["name"], row["status"]), []).append(short(str(scenario[axis])))
    for (name, status), found in places.items():
        where = "" if len(found) == len(along) else f" at {axis}={listing(found)}"
        yield f"{name} has no point{where}: it is {status}"


def _nobody(axis: str, along: Sequence[_Entry]) -> Iterator[str]:
    """Where no arm has a point, and why."""
    places: dict[str, list[str]] = {}
    for scenario in along:
        if (why := _why_nobody(scenario)) is not None:
            places.setdefault(why, []).append(short(str(scenario[axis])))
    for why, found in places.items():
        yield f"nobody has a point at {axis}={listing(found)}: {why}"


def _why_nobody(scenario: _Entry) -> str | None:
    if not scenario.get("finished_blocks"):
        return "no block was finished there"
    if any(row["status"] == "unranked" and plan_of(row["name"]) == "single" for row in scenario["strategies"]):
        return f"the verdict there is {scenario['verdict']['state']}, which allows no ranking"
    return None
