"""A run on the terminal: the verdict first, then the numbers, then the prices. At most 100 columns."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import counted, text_from_bytes, text_from_seconds

_STATE_STYLE = {"VALID": "bold green", "NOISY": "bold yellow", "SERVER-BOUND": "bold red"}
_ARBITRAGE_ROWS = 6


def console() -> Console:
    """stdout, 100 columns wide, or 80 where the terminal is narrower; colours off when piped or NO_COLOR is set."""
    columns = shutil.get_terminal_size((100, 24)).columns
    # rich's own reading of NO_COLOR leaves bold and dim in; no colour system at all leaves no escape codes.
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(
        file=sys.stdout, width=100 if columns >= 100 else 80, highlight=False, markup=False, color_system=system
    )


def print_run(run: Mapping[str, Any], page: Path) -> None:
    """The whole readout of a run, and where its report is."""
    out = console()
    verdict = run["verdict"]
    out.print()
    out.print(Text.assemble((verdict["state"], _STATE_STYLE.get(verdict["state"], "bold")), "  ", verdict["sentence"]))
    for reason in verdict["reasons"]:
        out.print(Text(f"  {reason}", style="yellow"))
    for scenario in run["scenarios"]:
        out.print(_numbers(scenario, out.width))
        _print_notes(out, scenario)
        if scenario["readout"]:
            print_prices(out, scenario["readout"], scenario["readout"]["arm"])
            print_arbitrage(out, scenario["readout"])
    out.print(Text(f"report  {page}"))


def table(*columns: str, title: str = "") -> Table:
    """A plain table: the first column left, the others right."""
    made = Table(
        box=None, title=title or None, title_justify="left", title_style="bold", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for place, name in enumerate(columns):
        # Where it gets narrow, rich takes from columns that may wrap first: from names, never from numbers.
        made.add_column(name, justify="left" if place == 0 else "right", header_style="dim", no_wrap=place > 0)
    return made


def _numbers(scenario: Mapping[str, Any], width: int) -> Table:
    wide = width >= 100
    title = (
        f"\n{counted(scenario['requests'], 'request')}, {scenario['concurrency']} in flight, {scenario['latency']}; "
        f"warm medians of {counted(scenario['finished_blocks'], 'block')}; "
        f"physical limit {_seconds(scenario['bound_s'])}"
    )
    names = ["strategy", "rank", "time", "speedup", "95 % CI", "of limit", "one shot"]
    made = table(*names, *(["CPU/request", "memory"] if wide else []), title=title)
    for row in scenario["strategies"]:
        if "time_s" not in row or row["status"] == "disqualified":
            continue
        cells: list[str | Text] = [
            _name(row["name"]), _rank(row), _seconds(row["time_s"]), _times(row["speedup"]), _span(row),
            _share(row["efficiency"]), _seconds(row["one_shot_s"]),
        ]  # fmt: skip
        cost = [_seconds(row["cpu_s_per_request"]), text_from_bytes(row["peak_rss_bytes"])]
        made.add_row(*cells, *(cost if wide else []))
    return made


def _print_notes(out: Console, scenario: Mapping[str, Any]) -> None:
    out.print(
        Text("= after a rank: tied; one shot: opening + first batch, what a script that runs once pays", style="dim")
    )
    for row in scenario["strategies"]:
        if row["status"] in ("disqualified", "failed", "skipped"):
            out.print(
                Text.assemble((f"{row['status']} ", "bold red"), f"{safe(row['name'], 40)}: {safe(row['reason'], 300)}")
            )


def print_prices(out: Console, readout: Mapping[str, Any], source: str) -> None:
    """Best bid and ask of each pair."""
    made = table("pair", "best bid", "at", "best ask", "at", "spread bp", title=f"\nprices, as {source} fetched them")
    for row in readout["prices"]:
        bid, ask = shown_price(row["bid"]), shown_price(row["ask"])
        cells = (row["pair"], bid, row["bid_exchange"], ask, row["ask_exchange"], row["spread_bps"])
        made.add_row(*cells, style="" if len(row["exchanges"]) > 1 else "dim")
    out.print(made)


def print_arbitrage(out: Console, readout: Mapping[str, Any], rows: int = _ARBITRAGE_ROWS) -> None:
    """The best opportunities after taker fees, and why most of them are none."""
    found = readout["arbitrage"]
    trades = sum(1 for row in found if row["verdict"] == "trade")
    shown = max(rows, trades)
    title = f"\narbitrage: {trades} of {len(found)} routes pay after taker fees on both legs"
    made = table("pair", "buy at", "sell at", "gross bp", "fees bp", "net bp", "verdict", title=title)
    for row in found[:shown]:
        style = "bold green" if row["verdict"] == "trade" else ""
        made.add_row(
            row["pair"],
            row["buy"],
            row["sell"],
            row["gross_bps"],
            row["fee_bps"],
            row["net_bps"],
            row["verdict"],
            style=style,
        )
    out.print(made)
    if len(found) > shown:
        out.print(
            Text(
                f"{len(found) - shown} more routes, none better; all of them: python -m harness arbitrage", style="dim"
            )
        )
    out.print(Text("USD and USDT are different money and are not compared.\n", style="dim"))


def shown_price(text: str) -> str:
    """A price without the zeros that an exchange pads it with, but two decimals at least: 91191.50000 as 91191.50."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _name(name: str) -> Text:
    return Text(safe(name, 24), no_wrap=True, overflow="ellipsis")


def _rank(row: Mapping[str, Any]) -> str:
    if row["rank"] is None:
        return "-"
    return f"{row['rank']}=" if row["status"] == "tied" else f"{row['rank']} "


def _seconds(value: float | None) -> str:
    return "-" if value is None else text_from_seconds(value)


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}×"


def _span(row: Mapping[str, Any]) -> str:
    low, high = row["speedup_low"], row["speedup_high"]
    return "-" if low is None or high is None or low == high else f"{low:.1f} to {high:.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
