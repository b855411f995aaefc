"""The batch plan beside the other one: what it spends, how long it takes, and what it costs in freshness.

Law: nobody is ranked across plans, for they do not do the same work. A speedup here is that of one plan over the other
with the same strategy, and is called so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harness.report.entries import ArmEntry, Entry, ScenarioEntry
from harness.report.numbers_table import Cell, NumberRow, NumbersTable
from harness.report.wording import NONE, count, duration, listing, times, times_interval

ARMS: Final = ("time", "as fast", "95 % CI", "CPU a batch", "mean age", "skew")
SPENT: Final = ("requests", "weight", "granted again in", "left out of a batch")
_FIELDS: Final = {"last": "last price", "bid_size": "bid size", "ask_size": "ask size", "time_us": "time"}


@dataclass(frozen=True, slots=True)
class Plans:
    """``arms`` has a row for each strategy that raced in batches, ``spent`` one for each exchange; with an arrow from
    one request a market to many markets in one."""

    takeaway: str
    arms: NumbersTable
    spent: NumbersTable
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A strategy with one request a market (None: it does not count) and with many in one."""

    single: ArmEntry | None
    batch: ArmEntry

    def change(self, read: Callable[[ArmEntry], float | None], write: Callable[[float | None], str]) -> str:
        return _change(NONE if self.single is None else write(read(self.single)), write(read(self.batch)))


def plans_of(scenario: ScenarioEntry) -> Plans | None:
    """What there is to say; None where all arms that count have one plan, as in all older runs."""
    told, singles = scenario.entry("plans"), {arm.key: arm for arm in scenario.measured}
    pairs = [_Pair(singles.get(arm.key.removesuffix(f"+{arm.plan}")), arm) for arm in scenario.other_plans]
    if not pairs:
        return None
    return Plans(
        _takeaway(pairs, told),
        NumbersTable(ARMS, tuple(_row(pair, told) for pair in pairs)),
        NumbersTable(SPENT, tuple(_spent_rows(told))),
        _notes(scenario),
    )


def _row(pair: _Pair, told: Entry) -> NumberRow:
    def cpu(arm: ArmEntry) -> float | None:
        spent, requests = arm.number("cpu_s_per_request"), told.entry(arm.plan).number("requests")
        return None if spent is None or requests is None else spent * requests

    number = pair.batch.number
    cells = [
        pair.change(lambda arm: arm.number("time_s"), duration),
        times(number("over_single")),
        times_interval(number("over_single_low"), number("over_single_high")),
        pair.change(cpu, duration),
        pair.change(lambda arm: arm.number("age_s"), duration),
        pair.change(lambda arm: arm.number("skew_s"), duration),
    ]
    shown = pair.single or pair.batch
    return NumberRow(shown.name, shown.model, tuple(map(Cell, cells)))


def _spent_rows(told: Entry) -> list[NumberRow]:
    single, batch = (told.entry(plan).entry("by_exchange") for plan in ("single", "batch"))
    rows = []
    for name in single.raw:
        before, after = single.entry(name), batch.entry(name)
        fields = [_FIELDS.get(field, field) for field in after.texts("untold", 40)]
        cells = [
            *(_change(count(before.number(key)), count(after.number(key))) for key in ("requests", "weight")),
            _change(duration(before.number("refill_s")), duration(after.number("refill_s"))),
            listing(fields, 4) if fields else NONE,
        ]
        shown = Entry({"name": name}).text("name", limit=40)
        rows.append(NumberRow(shown, "", tuple(map(Cell, cells))))
    return rows


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _takeaway(pairs: list[_Pair], told: Entry) -> str:
    requests, fewer = (told.entry(plan).number("requests") for plan in ("single", "batch"))
    quotes = told.entry("batch").number("quotes")
    said = f"{count(fewer)} requests bring the same {count(quotes)} quotes that {count(requests)} single ones do"
    for pair in pairs:
        single, batch, ratio = pair.single, pair.batch, pair.batch.number("over_single")
        if single is None or ratio is None:
            continue
        interval = times_interval(batch.number("over_single_low"), batch.number("over_single_high"))
        sure = "" if interval == NONE else f" (95 % CI {interval})"
        said += (
            f": with {single.name} in {duration(batch.number('time_s'))} in place of "
            f"{duration(single.number('time_s'))}, {times(ratio)} as fast{sure}"
        )
        fresh, stale = batch.number("age_s"), single.number("age_s")
        if fresh is not None and stale is not None:
            said += f". When all are in hand they are {duration(fresh)} old on average, in place of {duration(stale)}"
        break
    return f"{said}. That is less work and no quicker way to do it, so nobody is ranked across plans."


def _notes(scenario: ScenarioEntry) -> list[str]:
    cached = "A real exchange may serve a batch from a cache."
    cached = f"Here a batch is priced when it is sent. {cached}" if scenario.is_logged else cached
    again = "granted again in: the time in which its rate limit allows as much once more."
    notes = [f"Weight is in each exchange's own units; {again} {cached}"]
    markets, asked = scenario.raw.get("markets"), scenario.number("requests")
    if isinstance(markets, list) and asked is not None and asked > len(markets):
        notes.append(
            f"{count(asked)} requests go round {len(markets)} markets, and a batch has a market once, so that batches "
            "repeat as well; with --requests all each market is asked for once."
        )
    return notes
