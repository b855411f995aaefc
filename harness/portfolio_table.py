"""A portfolio on the terminal: what it is worth, holding by holding, and whose prices say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import counted, text_from_seconds
from harness.exact_text import amount_text, money_text, price_text, rounded_text
from harness.profit import Profit
from harness.rate import Rate
from harness.report.wording import NONE
from harness.terminal import say, table
from harness.usable import LeftOut
from harness.valuation import Valuation

_OTHERS: Final = 3
"""Exchanges that are shown beside the one whose price is used."""
_LEFT_OUT: Final = 6
_LONGEST: Final = 40
_ELSEWHERE: Final = "elsewhere"


def print_portfolio(out: Console, valuation: Valuation, left_out: Sequence[LeftOut], source: str) -> None:
    """The total first, then what it is made of, then the prices and those that were not used."""
    out.print()
    _print_total(out, valuation)
    if valuation.valued:
        _print_holdings(out, valuation)
        _print_by_exchange(out, valuation)
        _print_prices(out, valuation, source)
    for reason in [one.reason for one in left_out][:_LEFT_OUT]:
        say(out, f"not used: {safe(reason, 200)}", "yellow")
    if len(left_out) > _LEFT_OUT:
        say(out, f"not used either: {counted(len(left_out) - _LEFT_OUT, 'price')} more (--json has them)", "yellow")
    out.print()


def _print_total(out: Console, valuation: Valuation) -> None:
    currency, total = valuation.currency, valuation.total
    low, high = money_text(total.low, currency), money_text(total.high, currency)
    said = f" in all, between {low} at the bids and {high} at the asks, before fees"
    say(out, said, head=f"{money_text(total.value, currency)} {currency}", head_style="bold green")
    if (profit := valuation.profit) is not None:
        whole = all(one.profit is not None and one.profit.amount == one.holding.amount for one in valuation.valued)
        share = "" if profit.percent is None else f" ({_percent(profit)})"
        said = f" since it was bought{share}, on a cost of {money_text(profit.cost, currency)} {currency}"
        said += "" if whole else "; unknown costs aside"
        say(out, said, head=f"{_gain(profit, currency)} {currency}", head_style="bold")
    for missing in valuation.unvalued:
        holding = missing.holding
        what = f"{amount_text(holding.amount)} {holding.asset}"
        called = f"{safe(str(holding), _LONGEST)}, " if holding.name else ""
        say(out, f"{called}{what}: {safe(missing.reason, 300)}", head="not in it: ", head_style="bold red")


def _print_holdings(out: Console, valuation: Valuation) -> None:
    currency, wide = valuation.currency, out.width >= 100
    out.print()
    say(out, "what it is made of", "bold")
    names = ["holding", "amount", "price", f"value {currency}"]
    made = table(*names, *(["at the bid", "at the ask"] if wide else []), "profit", "of cost")
    for one in valuation.valued:
        label = Text(safe(str(one.holding), _LONGEST))
        band = [money_text(one.band.low, currency), money_text(one.band.high, currency)] if wide else []
        gain = [NONE, NONE] if one.profit is None else [_gain(one.profit, currency), _percent(one.profit)]
        price = price_text(one.used.band.value) if one.used else "1"
        amount = f"{amount_text(one.holding.amount)} {one.holding.asset}"
        made.add_row(label, amount, price, money_text(one.band.value, currency), *band, *gain)
    out.print(made)
    for one in valuation.valued:
        for note in one.notes:
            say(out, f"{safe(str(one.holding), _LONGEST)}: {safe(note, 300)}", "dim")


def _print_by_exchange(out: Console, valuation: Valuation) -> None:
    found = valuation.by_exchange
    if list(found) == [None]:
        return
    currency, total = valuation.currency, valuation.total.value
    out.print()
    say(out, "where it lies", "bold")
    made = table("at", f"value {currency}", "at the bids", "at the asks", "of all")
    for name, band in sorted(found.items(), key=lambda item: (item[0] is None, -item[1].value)):
        share = f"{rounded_text(100 * band.value / total, 1)} %" if total else NONE
        numbers = (money_text(number, currency) for number in (band.value, band.low, band.high))
        made.add_row(name or _ELSEWHERE, *numbers, share)
    out.print(made)


def _print_prices(out: Console, valuation: Valuation, source: str) -> None:
    by_asset: dict[str, tuple[list[Rate], list[Rate]]] = {}
    for one in valuation.valued:
        if one.used is not None:
            used, rates = by_asset.setdefault(one.holding.asset, ([], list(one.rates)))
            used.extend([one.used] if one.used not in used else [])
    if not by_asset:
        return
    out.print()
    say(out, f"whose prices say so, in {valuation.currency}, as {safe(source, 40)} fetched them", "bold")
    made = table("asset", "", "market", "bid", "ask", "age")
    made.columns[2].justify = "left"
    made.columns[2].no_wrap = False
    hidden = 0
    for asset, (used, rates) in by_asset.items():
        others = [rate for rate in rates if rate not in used]
        for place, rate in enumerate([*used, *others[:_OTHERS]]):
            band, age = rate.band, text_from_seconds(max(0, rate.age.high_us) / 1e6)
            cells = ("used" if rate in used else "", str(rate), price_text(band.low), price_text(band.high), age)
            made.add_row(asset if place == 0 else "", *cells, style="" if rate in used else "dim")
        hidden += len(others[_OTHERS:])
    out.print(made)
    more = f"; {counted(hidden, 'more price')}: see --json" if hidden else ""
    say(out, f"used: where it lies, else the best bid, direct markets first; age: at most so old{more}", "dim")


def _gain(profit: Profit, currency: str) -> str:
    text = money_text(profit.gain, currency)
    return text if text.startswith("-") or not text.strip("0.,") else f"+{text}"


def _percent(profit: Profit) -> str:
    if profit.percent is None:
        return NONE
    text = rounded_text(profit.percent, 1, grouped=True)
    return f"{text} %" if text.startswith("-") or not text.strip("0.") else f"+{text} %"
