"""A run on the terminal: the verdict first, then the numbers, then the prices. At most 100 columns."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import counted, text_from_bytes, text_from_price, text_from_ratio, text_from_seconds
from harness.sentence import conditions_of, failures_by_plan

_STATE_STYLE = {"VALID": "bold green", "NOISY": "bold yellow", "SERVER-BOUND": "bold red"}
_ARBITRAGE_ROWS = 6


class _Piped(Console):
    """rich ends the program by itself when nobody reads on; here the one door says what was kept."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """stdout, 100 columns wide, or 80 where the terminal is narrower; colours off when piped or NO_COLOR is set."""
    columns = shutil.get_terminal_size((100, 24)).columns
    # rich's own reading of NO_COLOR leaves bold and dim in; no colour system at all leaves no escape codes.
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return _Piped(
        file=sys.stdout, width=100 if columns >= 100 else 80, highlight=False, markup=False, color_system=system
    )


def print_run(run: Mapping[str, Any]) -> None:
    """The whole readout of a run."""
    out = console()
    verdict = run["verdict"]
    out.print()
    out.print(Text.assemble((verdict["state"], _STATE_STYLE.get(verdict["state"], "bold")), "  ", verdict["sentence"]))
    for reason in verdict["reasons"]:
        out.print(Text(f"  {reason}", style="yellow"))
    for scenario in run["scenarios"]:
        _print_numbers(out, scenario)
        _print_notes(out, scenario)
        if scenario["readout"]:
            print_prices(out, scenario["readout"], scenario["readout"]["arm"])
            print_arbitrage(out, scenario["readout"])


def print_page(page: Path) -> None:
    """Where a run's report is: the last line, so that it is found."""
    console().print(Text(f"report  {page}"), soft_wrap=True)


def table(*columns: str) -> Table:
    """A plain table: the first column left, the others right."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(columns):
        # Where it gets narrow, rich takes from columns that may wrap first: from names, never from numbers.
        made.add_column(name, justify="left" if place == 0 else "right", header_style="dim", no_wrap=place > 0)
    return made


def _print_numbers(out: Console, scenario: Mapping[str, Any]) -> None:
    wide = out.width >= 100
    title = (
        f"\n{conditions_of(scenario)}; "
        f"warm medians of {counted(scenario['finished_blocks'], 'block')}; "
        f"physical limit {_seconds(scenario['bound_s'])}"
    )
    rows = [row for row in scenario["strategies"] if "time_s" in row and row["status"] != "disqualified"]
    # Where nothing is ranked the times say nothing about the arms: no order by time, and no ratios of them.
    ranked = any(row["status"] in ("ranked", "tied") for row in rows)
    names = ["time", "of limit", "one shot"]
    names = ["strategy", "rank", "time", "speedup", "95 % CI", *names[1:]] if ranked else ["strategy", *names]
    made = table(*names, *(["CPU/request", "memory"] if wide else []))
    for row in rows if ranked else sorted(rows, key=lambda row: str(row["name"])):
        ratios = [_times(row["speedup"]), _span(row)] if ranked else []
        cells: list[str | Text] = [
            _name(row["name"]), *([_rank(row)] if ranked else []), _seconds(row["time_s"]), *ratios,
            _share(row["efficiency"]), _seconds(row["one_shot_s"]),
        ]  # fmt: skip
        cost = [_seconds(row["cpu_s_per_request"]), text_from_bytes(row["peak_rss_bytes"])]
        made.add_row(*cells, *(cost if wide else []))
    out.print(Text(title, style="bold"))
    out.print(made)


def _print_notes(out: Console, scenario: Mapping[str, Any]) -> None:
    ties = "= after a rank: tied; " if any(row["status"] == "tied" for row in scenario["strategies"]) else ""
    out.print(Text(f"{ties}one shot: opening and first batch, to which a script adds its imports", style="dim"))
    if scenario.get("faults") and (lost := failures_by_plan(scenario["strategies"])):
        out.print(Text(lost))
    for row in scenario["strategies"]:
        if row["status"] in ("disqualified", "failed", "skipped"):
            out.print(
                Text.assemble((f"{row['status']} ", "bold red"), f"{safe(row['name'], 40)}: {safe(row['reason'], 300)}")
            )


def print_prices(out: Console, readout: Mapping[str, Any], source: str) -> None:
    """Best bid and ask of each pair."""
    out.print(Text(f"\nprices, as {safe(source, 40)} fetched them", style="bold"))
    made = table("pair", "best bid", "at", "best ask", "at", "spread bp")
    for row in readout["prices"]:
        bid, ask = text_from_price(row["bid"]), text_from_price(row["ask"])
        cells = (row["pair"], bid, row["bid_exchange"], ask, row["ask_exchange"], row["spread_bps"])
        made.add_row(*cells, style="" if len(row["exchanges"]) > 1 else "dim")
    out.print(made)
    print_left_out(out, readout)


def print_arbitrage(out: Console, readout: Mapping[str, Any], rows: int = _ARBITRAGE_ROWS) -> None:
    """The best opportunities after taker fees, and why most of them are none."""
    found = readout["arbitrage"]
    paying = sum(1 for row in found if Decimal(row["net_bps"]) > 0)
    unsized = sum(1 for row in found if row["verdict"] == "size unknown" and Decimal(row["net_bps"]) > 0)
    shown = max(rows, paying)
    title = f"\narbitrage: {paying} of {len(found)} routes leave something after taker fees on both legs"
    title += f", {unsized} of them of unknown size" if unsized else ""
    out.print(Text(title, style="bold"))
    made = table("pair", "buy at", "sell at", "gross bp", "fees bp", "net bp", "verdict")
    for row in found[:shown]:
        style = "bold green" if row["verdict"] == "trade" else ""
        cells = (row[key] for key in ("pair", "buy", "sell", "gross_bps", "fee_bps", "net_bps", "verdict"))
        made.add_row(*cells, style=style)
    out.print(made)
    if len(found) > shown:
        out.print(Text(f"{len(found) - shown} more routes, none better", style="dim"))
    out.print(Text("USD and USDT are different money and are not compared.\n", style="dim"))


def print_left_out(out: Console, readout: Mapping[str, Any]) -> None:
    """The quotes of which no use is made, and why."""
    left_out = readout.get("left_out", ())
    for row in left_out[:_ARBITRAGE_ROWS]:
        out.print(Text(f"not used: {safe(row['reason'], 200)}", style="yellow"))
    if len(left_out) > _ARBITRAGE_ROWS:
        out.print(Text(f"not used either: {counted(len(left_out) - _ARBITRAGE_ROWS, 'quote')} more", style="yellow"))


def _name(name: str) -> Text:
    return Text(safe(name, 24), no_wrap=True, overflow="ellipsis")


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
    return "-" if value is None else f"{value:.0%}"
