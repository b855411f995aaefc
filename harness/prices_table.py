"""Prices and arbitrage on the terminal, from a readout; at most as wide as the terminal says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import counted, text_from_price, text_from_seconds
from harness.exact_text import rounded_text
from harness.terminal import say, table

_ROWS: Final = 6
_TRADES_TOLD: Final = 3
_OTHERS_TOLD: Final = 4
_WIDE: Final = 100
_FULL: Final = 80
_MIDDLE: Final = 64
_NARROW: Final = 44
_NAME: Final = 12
"""Of an exchange, in a table of two of them."""


def print_prices(out: Console, readout: Mapping[str, Any], source: str) -> None:
    """Best bid and ask of each pair, from how many exchanges, and how old the older of the two may be."""
    out.print()
    say(out, f"prices, as {safe(source, 40)} fetched them", "bold")
    # Where there is no room names go, and never a digit of a price.
    named, spread, wide = (out.width >= least for least in (_FULL, _NARROW, _WIDE))
    at = ("at",) if named else ()
    columns = ("best bid", *at, "best ask", *at, *(("spread bp",) if spread else ()), *(("of", "age") if wide else ()))
    made = table("pair", *columns)
    for row in readout["prices"]:
        bid_at, ask_at = ((safe(row[side], _NAME),) if named else () for side in ("bid_exchange", "ask_exchange"))
        cells = row["pair"], text_from_price(row["bid"]), *bid_at, text_from_price(row["ask"]), *ask_at
        more = (str(len(row["exchanges"])), _age(row)) if wide else ()
        cells += (row["spread_bps"],) if spread else ()
        made.add_row(*cells, *more, style="" if len(row["exchanges"]) > 1 else "dim")
    if readout["prices"]:
        out.print(made)
    else:
        say(out, "none that may be used")
    print_left_out(out, readout)


def print_quotes(out: Console, readout: Mapping[str, Any], source: str) -> None:
    """Every quote of every exchange, with its age, and where there is room with sizes and the last price."""
    out.print()
    say(out, f"quotes, as {safe(source, 40)} fetched them", "bold")
    columns = ("bid", "bid_size", "ask", "ask_size", "last") if out.width >= _WIDE else ("bid", "ask")
    made = table("pair", "exchange", *(column.replace("_", " ") for column in columns), "age")
    for row in sorted(readout["quotes"], key=lambda row: (row["pair"], row["exchange"])):
        shown = ("" if row[key] is None else text_from_price(row[key]) for key in columns)
        made.add_row(row["pair"], safe(row["exchange"], 20), *shown, _age(row))
    out.print(made)
    print_left_out(out, readout)


def print_arbitrage(out: Console, readout: Mapping[str, Any], rows: int = _ROWS, everything: bool = False) -> None:
    """The best routes and what is left of them; what to do for the first trades, and why others are none: for the first
    of them, or for ``everything``. Else of several ways to sell an asset at a profit on one exchange the best is shown:
    the same lone price is behind all of them."""
    found, counts = readout["arbitrage"], readout["routes"]
    out.print()
    if not found:
        say(out, "arbitrage: no asset has a usable price on two exchanges, so that there is nothing to compare", "bold")
        _print_not_compared(out, readout)
        return
    say(out, _title(counts, readout["allowance"]), "bold")
    wide = out.width >= _WIDE
    gross, verdict, name = out.width >= _FULL, out.width >= _MIDDLE, name_room(out.width)
    made = table("", "pair", "buy at", "sell at", *(("gross bp",) if gross else ()), *(("costs",) if wide else ()),
                 "net bp", *(("profit",) if wide else ()), *(("verdict",) if verdict else ()))  # fmt: skip
    shown = found if everything else _chosen(found, rows)
    for place, row in enumerate(shown, 1):
        costs = Decimal(row["gross_bps"]) - Decimal(row["net_bps"])
        cells = [f"{place}", _pairs(row), safe(row["buy"], name), safe(row["sell"], name)]
        cells += [row["gross_bps"]] if gross else []
        cells += [f"{costs:.2f}"] if wide else []
        cells += [row["net_bps"]]
        cells += ["" if row["profit"] is None else _cents(row["profit"])] if wide else []
        cells += [row["verdict"]] if verdict else []
        made.add_row(*cells, style="bold green" if row["verdict"] == "trade" else "")
    out.print(made)
    if counts["all"] > len(shown):
        more = counts["all"] - len(shown)
        out.print(Text(f"{counted(more, 'more route')}; --all of arbitrage shows them", style="dim"))
    _explain(out, shown, everything)
    _print_not_compared(out, readout)


def _print_not_compared(out: Console, readout: Mapping[str, Any]) -> None:
    for told in readout["not_compared"]:
        say(out, told, "dim")
    out.print()


def name_room(width: int) -> int:
    """How much of an exchange's name there is room for where prices have to be whole."""
    return _NAME if width >= _MIDDLE else 8 if width >= 54 else 5


def print_left_out(out: Console, readout: Mapping[str, Any]) -> None:
    """The quotes of which no use is made, and why."""
    left_out = readout.get("left_out", ())
    for row in left_out[:_ROWS]:
        say(out, f"not used: {safe(row['reason'], 200)}", "yellow")
    if len(left_out) > _ROWS:
        say(out, f"not used either: {counted(len(left_out) - _ROWS, 'quote')} more", "yellow")


def print_place(out: Console, place: Mapping[str, Any] | None) -> None:
    """Where the prices come from, and for real ones when; None where nobody was asked."""
    if place is not None:
        say(out, safe(place["sentence"] if place["real"] else f"from {place['sentence']}", 1000), "dim")


def _chosen(found: Sequence[Mapping[str, Any]], rows: int) -> list[Mapping[str, Any]]:
    """Of the routes that pay the best of each asset and selling exchange, and as many others as there is room for."""
    best = {(row["pair"].partition("/")[0], row["sell"]): row for row in reversed(found) if Decimal(row["net_bps"]) > 0}
    paying = [row for row in found if any(row is one for one in best.values())]
    others = [row for row in found if Decimal(row["net_bps"]) <= 0]
    return [*paying, *others[: max(_OTHERS_TOLD, rows - len(paying))]]


def _title(counts: Mapping[str, int], allowance: Mapping[str, Any]) -> str:
    verb = "leaves" if counts["net"] == 1 else "leave"
    of = f"{counts['net']} of {counted(counts['all'], 'route')} {verb} something after taker fees"
    doubtful = counts["net"] - counts["trade"]
    if doubtful:
        of += f", {doubtful} of them no {'trade' if doubtful == 1 else 'trades'} all the same"
    if allowance["notional"] is not None:
        of += f"; at most {text_from_price(allowance['notional'])} spent on each"
    return f"arbitrage: {of}"


def _explain(out: Console, shown: Sequence[Mapping[str, Any]], everything: bool) -> None:
    numbered = list(enumerate(shown, 1))
    trades = [one for one in numbered if one[1]["verdict"] == "trade"]
    others = [one for one in numbered if one[1]["verdict"] != "trade"]
    for place, row in trades if everything else trades[:_TRADES_TOLD]:
        say(out, f"{place:>2}  {_told(row)}")
    if others:
        say(out, "why not" if trades else "why these are no trades", "dim")
    for place, row in others if everything else others[:_OTHERS_TOLD]:
        for line in (row["why"] or [row["reason"]]) if everything else [row["reason"]]:
            say(out, f"{place:>2}  {safe(line, 300)}")


def _told(row: Mapping[str, Any]) -> str:
    """A trade in words."""
    base, _, money = row["pair"].partition("/")
    size = "some" if row["size"] is None else text_from_price(row["size"])
    paid_in = row["sell_pair"].partition("/")[2]
    through = ""
    if row["through"] is not None:
        through = f", {paid_in} into {money} by {row['through']['pair']} on {safe(row['through']['exchange'], 20)}"
    gain = "" if row["profit"] is None else f": {_cents(row['profit'])} {money} after fees"
    bought, sold = text_from_price(_short(row["buy_price"])), text_from_price(_short(row["sell_price"]))
    return f"buy {size} {base} at {bought} on {row['buy']}, sell at {sold} on {row['sell']}{through}{gain}"


def _cents(amount: str) -> str:
    """To two places; what rounds to nothing has no sign."""
    return rounded_text(Fraction(Decimal(amount)), 2)


def _short(price: str) -> str:
    """An average price to eight significant digits: it may have no end."""
    return f"{Decimal(f'{Decimal(price):.8g}'):f}"


def _pairs(row: Mapping[str, Any]) -> str:
    """BTC/USD, or BTC/USD<USDT where the sale is paid in other money."""
    money = row["sell_pair"].partition("/")[2]
    return str(row["pair"]) if row["through"] is None else f"{row['pair']}<{money}"


def _age(row: Mapping[str, Any]) -> str:
    return text_from_seconds(max(0, row["age_us"][1]) / 1e6)
