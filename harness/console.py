"""A run on the terminal: the verdict first, then the numbers, then the prices. At most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import (
    counted,
    text_from_ratio,
    text_from_seconds,
    text_from_share,
)
from harness.cost_readout import print_cost
from harness.decision_table import print_decisions
from harness.plan_table import print_plans
from harness.prices_table import print_arbitrage, print_prices
from harness.report.doubts import clock_said, differences_said, drifting_said, spoilt_said
from harness.report.entries import RunEntry, ScenarioEntry
from harness.report.wording import listing
from harness.sentence import conditions_of, failures_by_plan
from harness.sweep_table import print_sweep
from harness.terminal import console as console
from harness.terminal import say
from harness.terminal import table as table

_STATE_STYLE: Final = {
    "VALID": "bold green", "NOISY": "bold yellow", "UNVERIFIED": "bold yellow", "DRIFTED": "bold red",
    "SERVER-BOUND": "bold red", "NETWORK-INVALID": "bold red",
}  # fmt: skip
_OUT: Final = ("disqualified", "failed", "skipped")


def print_run(run: Mapping[str, Any]) -> None:
    """The whole readout of a run."""
    out = console()
    verdict, scenarios = run["verdict"], run["scenarios"]
    state = verdict["state"]
    out.print()
    say(out, f"  {verdict['sentence']}", head=state, head_style=_STATE_STYLE.get(state, "bold"))
    entry = RunEntry(run)
    for told in [*verdict["reasons"], *clock_said(entry), *differences_said(entry)]:
        say(out, told, "yellow", indent=2)
    if len(scenarios) > 1 and print_sweep(out, run):
        _print_many(out, scenarios)
        # Of the last one alone: the steps of a sweep go up as a rule, and one table of each kind can be read.
        _print_cost(out, scenarios[-1], f" in {safe(scenarios[-1]['name'], 60)} (in the others: on the page)")
    else:
        for scenario in scenarios:
            _print_numbers(out, scenario)
            _print_notes(out, scenario)
            _print_cost(out, scenario)
            print_decisions(out, scenario)
    readout = next((found for scenario in scenarios if (found := scenario.get("readout"))), None)
    if readout:
        print_prices(out, readout, readout["arm"])
        print_arbitrage(out, readout)


def print_page(page: Path) -> None:
    """Where a run's report is: the last line, so that it is found."""
    console().print(Text(f"report  {page}"), soft_wrap=True)


def _print_cost(out: Console, scenario: Mapping[str, Any], where: str = "") -> None:
    """What speed costs, and what the other plan would; ``where`` is said where several scenarios could be meant."""
    print_cost(out, scenario, where)
    print_plans(out, scenario, where)


def _print_numbers(out: Console, scenario: Mapping[str, Any]) -> None:
    out.print()
    title = (
        f"{conditions_of(scenario)}; warm medians of {counted(scenario['finished_blocks'], 'block')}; "
        f"physical limit {_seconds(scenario['bound_s'])}"
    )
    say(out, title, "bold")
    rows = _measured(scenario)
    if not rows:
        return
    # Where nothing is ranked the times say nothing about the arms: no order by time, and no ratios of them.
    ranked = any(row["status"] in ("ranked", "tied") for row in rows)
    names = ["time", "of limit", "one shot"]
    names = ["strategy", "rank", "time", "speedup", "95 % CI", *names[1:]] if ranked else ["strategy", *names]
    made = table(*names)
    longest = 30 if out.width >= 100 else 24
    for row in rows if ranked else sorted(rows, key=lambda row: str(row["name"])):
        ratios = [_times(row["speedup"]), _span(row)] if ranked else []
        cells: list[str | Text] = [
            _name(row["name"], longest), *([_rank(row)] if ranked else []), _seconds(row["time_s"]), *ratios,
            _share(row["efficiency"]), _seconds(row["one_shot_s"]),
        ]  # fmt: skip
        made.add_row(*cells)
    out.print(made)
    ties = "= after a rank: tied; " if any(row["status"] == "tied" for row in rows) else ""
    say(out, f"{ties}one shot: opening and first batch, to which a script adds its imports", "dim")


def _measured(scenario: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in scenario["strategies"] if "time_s" in row and row["status"] not in _OUT]


def _print_notes(out: Console, scenario: Mapping[str, Any]) -> None:
    if scenario.get("faults") and (lost := failures_by_plan(scenario["strategies"])):
        say(out, lost)
    for limit in _limits(scenario):
        say(out, limit, "dim")
    entry = ScenarioEntry(scenario)
    for told in [*spoilt_said(entry), *drifting_said(entry)]:
        say(out, told, "yellow")
    for row in scenario["strategies"]:
        if row["status"] in _OUT:
            _print_out(out, row["status"], row["name"], row["reason"])


def _limits(scenario: Mapping[str, Any]) -> Iterator[str]:
    """What limits the arms that may be compared, one line for each limit, in the order of the arms."""
    by_limit: dict[str, list[str]] = {}
    for row in _measured(scenario):
        if row.get("limited_by") and row.get("plan", "single") == "single":
            by_limit.setdefault(safe(str(row["limited_by"]), 40), []).append(safe(row["name"], 24))
    for limit, names in by_limit.items():
        yield f"limited by {limit}: {', '.join(names)}"


def _print_many(out: Console, scenarios: Sequence[Mapping[str, Any]]) -> None:
    """What there is to say of the scenarios of a sweep, each thing once."""
    spoilt = [(safe(scenario["name"], 80), len(found)) for scenario in scenarios if (found := scenario.get("spoilt"))]
    if spoilt:
        told = listing([f"{number} of {name}" for name, number in spoilt])
        blocks = counted(sum(number for _, number in spoilt), "block")
        say(out, f"{blocks} spoilt by other work and played again ({told}); kept, not counted", "yellow")
    for scenario in scenarios:
        for said in drifting_said(ScenarioEntry(scenario)):
            say(out, f"{safe(scenario['name'], 80)}: {said}", "yellow")
    where: dict[tuple[str, str, str], list[str]] = {}
    for scenario in scenarios:
        for row in scenario["strategies"]:
            if row["status"] in _OUT:
                key = (row["status"], row["name"], str(row["reason"]))
                where.setdefault(key, []).append(safe(scenario["name"], 80))
    for (status, name, reason), names in where.items():
        _print_out(out, status, name, reason, "" if len(names) == len(scenarios) else f" in {listing(names)}")


def _print_out(out: Console, status: str, name: str, reason: object, where: str = "") -> None:
    say(out, f"{safe(name, 40)}{where}: {safe(str(reason), 300)}", head=f"{status} ", head_style="bold red")


def _name(name: str, most: int) -> Text:
    return Text(safe(name, most), no_wrap=True, overflow="ellipsis")


def _rank(row: Mapping[str, Any]) -> str:
    if row["rank"] is None:
        return "-"
    return f"{row['rank']}=" if row["status"] == "tied" else f"{row['rank']} "


def _seconds(value: float | None) -> str:
    return "-" if value is None else text_from_seconds(value)


def _times(value: float | None) -> str:
    return "-" if value is None else f"{text_from_ratio(value)}×"


def _span(row: Mapping[str, Any]) -> str:
    low, high = row["speedup_low"], row["speedup_high"]
    return "-" if low is None or high is None or low == high else f"{text_from_ratio(low)} to {text_from_ratio(high)}"


def _share(value: float | None) -> str:
    return "-" if value is None else text_from_share(value)
