"""Prices and arbitrage on the terminal, from a readout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import counted, text_from_price, text_from_seconds
from harness.terminal import say, table

_ARBITRAGE_ROWS: Final = 6
_DOUBTFUL: Final = ("size unknown", "no size", "apart", "too thin")
_SHOWN_WHY: Final = 4


def print_prices(out: Console, readout: Mapping[str, Any], source: str) -> None:
    """Best bid and ask of each pair, and how old the older of the two may be."""
    out.print()
    say(out, f"prices, as {safe(source, 40)} fetched them", "bold")
    made = table("pair", "best bid", "at", "best ask", "at", "spread bp", "of", "age")
    for row in readout["prices"]:
        cells = (
            row["pair"], text_from_price(row["bid"]), row["bid_exchange"], text_from_price(row["ask"]),
            row["ask_exchange"], row["spread_bps"], str(len(row["exchanges"])), _age(row),
        )  # fmt: skip
        made.add_row(*cells, style="" if len(row["exchanges"]) > 1 else "dim")
    out.print(made)
    print_left_out(out, readout)


def print_quotes(out: Console, readout: Mapping[str, Any], source: str) -> None:
    """Every quote of every exchange, with sizes and age."""
    out.print()
    say(out, f"quotes, as {safe(source, 40)} fetched them", "bold")
    made = table("pair", "exchange", "bid", "size", "ask", "size", "last", "age")
    for row in sorted(readout["quotes"], key=lambda row: (row["pair"], row["exchange"])):
        shown = {
            key: "" if row[key] is None else text_from_price(row[key])
            for key in ("bid", "bid_size", "ask", "ask_size", "last")
        }
        made.add_row(row["pair"], row["exchange"], *shown.values(), _age(row))
    out.print(made)
    print_left_out(out, readout)


def print_arbitrage(
    out: Console, readout: Mapping[str, Any], rows: int = _ARBITRAGE_ROWS, every_why: bool = False
) -> None:
    """The best routes, what is left of them, and why those that are no trade are none."""
    found, counts = readout["arbitrage"], readout["routes"]
    out.print()
    say(out, _title(counts, readout["allowance"]), "bold")
    by_depth = readout["allowance"]["notional"] is not None
    names = ["", "pair", "buy at", "sell at", "gross bp", *(["depth"] if by_depth else []), "fees", "net bp"]
    made = table(*names, *(["size", "profit"] if by_depth else []), "verdict")
    shown = found[: max(rows, counts["net"])]
    for place, row in enumerate(shown, 1):
        style = "bold green" if row["verdict"] == "trade" else ""
        cells = [f"{place}", _pairs(row), row["buy"], row["sell"], row["gross_bps"]]
        cells += [row["depth_bps"]] if by_depth else []
        cells += [row["fee_bps"], row["net_bps"]]
        cells += [_amount(row["size"]), _profit(row)] if by_depth else []
        made.add_row(*cells, row["verdict"], style=style)
    out.print(made)
    if counts["all"] > len(shown):
        out.print(Text(f"{counts['all'] - len(shown)} more routes, none better", style="dim"))
    _print_why(out, shown, every_why)
    for told in readout["not_compared"]:
        say(out, told, "dim")
    out.print()


def print_left_out(out: Console, readout: Mapping[str, Any]) -> None:
    """The quotes of which no use is made, and why."""
    left_out = readout.get("left_out", ())
    for row in left_out[:_ARBITRAGE_ROWS]:
        say(out, f"not used: {safe(row['reason'], 200)}", "yellow")
    if len(left_out) > _ARBITRAGE_ROWS:
        say(out, f"not used either: {counted(len(left_out) - _ARBITRAGE_ROWS, 'quote')} more", "yellow")


def _title(counts: Mapping[str, int], allowance: Mapping[str, Any]) -> str:
    of = f"{counts['net']} of {counts['all']} routes leave something after taker fees"
    doubtful = counts["net"] - counts["trade"]
    if doubtful:
        of += f", {doubtful} of them {'is' if doubtful == 1 else 'are'} no trade all the same"
    if allowance["notional"] is not None:
        of += f"; {text_from_price(allowance['notional'])} spent on each, by depth"
    return f"arbitrage: {of}"


def _print_why(out: Console, shown: Sequence[Mapping[str, Any]], every_why: bool) -> None:
    stopped = [(place, row) for place, row in enumerate(shown, 1) if row["verdict"] != "trade"]
    if not stopped:
        return
    say(out, "why these are no trades" if every_why else "why the first of these are no trades", "dim")
    for place, row in stopped if every_why else stopped[:_SHOWN_WHY]:
        for line in row["why"] or [row["reason"]]:
            say(out, f"{place:>3}  {safe(line, 300)}", indent=0)


def _pairs(row: Mapping[str, Any]) -> str:
    """BTC/USD, or BTC/USD<USDT where the sale is paid in other money."""
    money = row["sell_pair"].partition("/")[2]
    return row["pair"] if row["through"] is None else f"{row['pair']}<{money}"


def _profit(row: Mapping[str, Any]) -> str:
    return "" if row["profit"] is None else f"{float(row['profit']):.2f} {row['money']}"


def _amount(size: str | None) -> str:
    return "?" if size is None else text_from_price(size)


def _age(row: Mapping[str, Any]) -> str:
    return text_from_seconds(max(0, row["age_us"][1]) / 1e6)
