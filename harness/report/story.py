"""What the page says of one scenario, in the order in which it says it: tiles, charts, tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from harness.report.chart import Chart
from harness.report.cost_table import cost_table
from harness.report.decisions import decisions_table, nothing_to_lose
from harness.report.doubts import conditions, detectable, scenario_doubts
from harness.report.entries import ArmEntry, Entry, ScenarioEntry
from harness.report.facts import Fact, scenario_facts
from harness.report.numbers_table import NumbersTable, numbers_table
from harness.report.palette import MODELS
from harness.report.parts import parts_table
from harness.report.plans import Plans, plans_of
from harness.report.prices import prices_of
from harness.report.request_log import RequestLog
from harness.report.wording import (
    NONE,
    count,
    duration,
    extent,
    listing,
    not_told_from,
    percent,
    signed_percent,
    times,
    times_interval,
)

_NAMED: Final = 3
"""Of the arms that share a first place, as many stand in a row of the overview."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that says a lot, and what it is. ``mood`` is empty, or ``doubtful`` for one to worry about."""

    value: str
    label: str
    mood: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One scenario, told."""

    name: str
    state: str
    conditions: str
    doubts: list[str]
    tiles: list[Tile]
    overview: tuple[str, ...]
    models: list[str]
    table: NumbersTable
    detectable: str
    out: list[tuple[str, str, str]]
    charts: list[Chart]
    pairings: list[tuple[str, ...]]
    prices: dict[str, Any] | None
    order: list[list[str]]
    no_twin: str
    mood: str
    parts: NumbersTable | None
    decisions: NumbersTable | None
    cost: NumbersTable | None
    plans: Plans | None
    nothing_to_lose: str
    spread: list[tuple[str, ...]]
    facts: list[Fact]


def story_of(scenario: ScenarioEntry, log: RequestLog) -> Story:
    """Read one scenario; matplotlib is imported here, and its house style must be in force."""
    from harness.report.blocks_chart import blocks_chart
    from harness.report.cost_chart import cost_chart
    from harness.report.decisions_chart import decisions_chart
    from harness.report.latency_chart import latency_chart
    from harness.report.one_shot_chart import one_shot_chart
    from harness.report.parts_chart import parts_chart
    from harness.report.speedup_chart import speedup_chart
    from harness.report.twin_chart import twin_chart, why_no_twin
    from harness.report.waterfall_chart import waterfall_chart

    drawn = [
        speedup_chart(scenario), parts_chart(scenario), decisions_chart(scenario), waterfall_chart(scenario, log),
        one_shot_chart(scenario),
        cost_chart(scenario), latency_chart(scenario, log), blocks_chart(scenario), twin_chart(scenario),
    ]  # fmt: skip
    order = scenario.raw.get("order")
    return Story(
        name=scenario.name,
        state=scenario.state,
        conditions=conditions(scenario),
        doubts=scenario_doubts(scenario),
        tiles=_tiles(scenario),
        overview=_overview(scenario),
        models=[model for model in MODELS if any(arm.model == model for arm in scenario.measured)],
        table=numbers_table(scenario),
        detectable=detectable(scenario),
        out=[(arm.name, arm.status, _reason(arm)) for arm in scenario.out],
        charts=[chart for chart in drawn if chart is not None],
        pairings=[_pairing(pairing) for pairing in scenario.entries("pairings")] if scenario.has_ranking else [],
        prices=prices_of(scenario),
        order=[Entry({"names": names}).texts("names", 80) for names in order] if isinstance(order, list) else [],
        no_twin=why_no_twin(scenario) if scenario.measured else "",
        mood=mood_of(scenario.state, scenario.twin_is_off),
        parts=parts_table(scenario),
        decisions=decisions_table(scenario),
        cost=cost_table(scenario),
        plans=plans_of(scenario),
        nothing_to_lose=nothing_to_lose(scenario),
        spread=_spread(scenario),
        facts=scenario_facts(scenario),
    )


_MOODS: Final = {
    "VALID": "good", "NOISY": "doubtful", "UNVERIFIED": "doubtful", "DRIFTED": "bad", "SERVER-BOUND": "bad",
    "NETWORK-INVALID": "bad",
}  # fmt: skip


def mood_of(state: str, twin_is_off: bool) -> str:
    """How a verdict is dressed: good, doubtful or bad. Never good where the same arm twice was not the same."""
    mood = _MOODS.get(state, "bad")
    return "doubtful" if mood == "good" and twin_is_off else mood


def _tiles(scenario: ScenarioEntry) -> list[Tile]:
    tiles = []
    first = scenario.fastest
    who = "" if first is None else f"{first.name}{not_told_from(scenario.shares_first)}"
    if first is not None and first.number("speedup") and not scenario.baseline_is_first:
        interval = times_interval(first.number("speedup_low"), first.number("speedup_high"))
        tiles.append(
            Tile(times(first.number("speedup")), f"as fast as {scenario.baseline}: {who} (95 % CI {interval})")
        )
    if first is not None and first.number("efficiency"):
        tiles.append(Tile(percent(first.number("efficiency")), f"of the physical limit, {who}"))
    asked = sum(arm.number("requests") or 0 for arm in scenario.arms)
    failed = sum(arm.number("failed") or 0 for arm in scenario.arms)
    tiles.append(Tile(f"{count(failed)} of {count(asked)}", "requests failed"))
    done, planned = scenario.number("finished_blocks"), scenario.number("blocks")
    blocks = count(done) if done == planned else f"{count(done)} of {count(planned)}"
    once = [
        arm.name for arm in scenario.measured if (scenario.number("warm") or 0) > 1 and arm.number("values") == done
    ]
    fewer = f" (only one each of {listing(once)})" if once else ""
    tiles.append(Tile(f"{blocks} × {count(scenario.number('warm'))}", f"blocks × warm batches{fewer}"))
    twin = scenario.entry("twin")
    ratio, low, high = twin.number("ratio"), twin.number("low"), twin.number("high")
    if ratio is not None:
        interval = f"95 % CI {low:.3f}–{high:.3f}" if low is not None and high is not None else "no interval"
        off = scenario.twin_is_off
        label = f"same arm twice, should be 1{' and is not' if off else ''} ({interval})"
        tiles.append(Tile(f"{ratio:.3f}", label, "doubtful" if off else ""))
    return tiles


def _overview(scenario: ScenarioEntry) -> tuple[str, ...]:
    """A scenario in a row: verdict; the arms that share the first place, with an equals sign between them; their times,
    speedups and shares of the limit, with a question mark where the ranking is provisional."""
    firsts, doubt = scenario.firsts, "?" if scenario.is_provisional else ""
    if not firsts:
        return (scenario.state, NONE, NONE, NONE, NONE)
    names = " = ".join([arm.name for arm in firsts[:_NAMED]]) + (" = …" if len(firsts) > _NAMED else "")
    durations = extent([arm.number("time_s") or 0.0 for arm in firsts], duration)
    shares = extent([arm.number("efficiency") or 0.0 for arm in firsts], percent) if scenario.limit_s else NONE
    return (scenario.state, names, f"{durations}{doubt}", _speedups(scenario, doubt), shares)


def _speedups(scenario: ScenarioEntry, doubt: str) -> str:
    """Those of the arms that share the first place, and the interval from the lowest end to the highest."""
    if scenario.baseline_is_first:
        return "baseline"
    known = [(arm.number("speedup"), arm.number("speedup_low"), arm.number("speedup_high")) for arm in scenario.firsts]
    speedups, lows, highs = ([value for value in values if value is not None] for values in zip(*known, strict=True))
    if not speedups:
        return NONE
    interval = f" ({times_interval(min(lows), max(highs))})" if lows and highs else ""
    return f"{extent(speedups, times)}{doubt}{interval}"


def _spread(scenario: ScenarioEntry) -> list[tuple[str, ...]]:
    """How steady each arm was: between its workers, within one, and its outliers; nothing where no run tells it."""
    if not any(arm.entry("spread").raw for arm in scenario.measured):
        return []
    rows = [(arm, arm.entry("spread")) for arm in scenario.measured]
    return [
        (arm.name, percent(spread.number("between"), 1), percent(spread.number("within"), 1),
         f"{count(arm.number('outliers'))} of {count(arm.number('values'))}")
        for arm, spread in rows
    ]  # fmt: skip


def _reason(arm: ArmEntry) -> str:
    return arm.text("reason") or "no reason was recorded"


def _pairing(pairing: Entry) -> tuple[str, ...]:
    ratio, low, high = pairing.number("ratio"), pairing.number("low"), pairing.number("high")
    adjusted, size = pairing.number("p_adjusted"), pairing.number("smallest_detectable")
    return (
        pairing.text("first", limit=80),
        pairing.text("second", limit=80),
        NONE if ratio is None else signed_percent(ratio - 1),
        NONE if low is None or high is None else f"{signed_percent(low - 1)} to {signed_percent(high - 1)}",
        NONE if adjusted is None else "< 0.001" if adjusted < 0.001 else f"{adjusted:.3f}",
        NONE if size is None else percent(size, 1),
        pairing.text("faster", "cannot be told", 80),
    )
