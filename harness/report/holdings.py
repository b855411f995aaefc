"""The portfolio on the market page: what it is worth, between which bounds, holding by holding."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from harness.exact_text import amount_text, money_text, price_text
from harness.report.cell import Cell
from harness.report.entries import Entry
from harness.report.market import Market
from harness.report.wording import NONE, exact, minus

PARTS: Final = ("name", "amount", "at", "price", "value", "band", "profit", "age")


def portfolio_cells(market: Market) -> Iterator[tuple[str, Cell]]:
    """``f-total``, ``f-band``, ``f-profit``, ``f-age``; ``f-ROW`` and its PARTS, in the order of the holdings' names: a
    holding keeps its row when nobody quotes it any more."""
    held = market.entry("portfolio")
    if not held.raw:
        return
    currency = held.text("currency", limit=20)
    total = held.entry("total")
    valued = held.entries("holdings")
    yield "f-total", Cell(f"{_money(total, 'value', currency)} {currency}")
    yield "f-band", Cell(f"{_money(total, 'low', currency)} to {_money(total, 'high', currency)} {currency}")
    yield "f-profit", Cell(_profit(total, currency))
    moments = [moment for one in valued if (moment := _since(market, one))]
    yield "f-age", Cell(since_us=min(moments, default=0))
    rows = sorted([*valued, *held.entries("unvalued")], key=lambda one: (one.text("asset"), one.text("holding")))
    for row, one in enumerate(rows):
        yield from _row(market, one, f"f-{row}", currency)


def _row(market: Market, one: Entry, name: str, currency: str) -> Iterator[tuple[str, Cell]]:
    reason = one.text("reason")
    amount = exact(one.text("amount"))
    texts = {"name": one.text("asset", limit=40), "amount": one.text("amount", limit=40)}
    if amount is not None:
        texts["amount"] = amount_text(Decimal(one.text("amount")))
    if reason:
        texts |= {"at": reason, "price": NONE, "value": "not valued", "band": NONE, "profit": NONE}
    else:
        low, high = _money(one, "low", currency), _money(one, "high", currency)
        value = exact(one.text("value"))
        price = (
            price_text(value / amount)
            if value is not None and value > 0 and amount is not None and amount > 0
            else NONE
        )
        texts |= {
            "at": _where(one), "price": price, "value": _money(one, "value", currency), "band": f"{low} to {high}",
            "profit": _profit(one, currency),
        }  # fmt: skip
    yield name, Cell(mood="missing" if reason else "")
    for part, text in texts.items():
        yield f"{name}-{part}", Cell(text)
    yield f"{name}-age", Cell(since_us=_since(market, one))


def _used(one: Entry) -> Entry:
    """The rate that a holding is valued by; empty where it is money of the portfolio's own kind."""
    return next((rate for rate in one.entries("rates") if rate.raw.get("used") is True), Entry({}))


def _since(market: Market, one: Entry) -> int:
    ages = _used(one).raw.get("age_us")
    oldest = Entry({"age": ages[-1]}).number("age") if isinstance(ages, list) and ages else None
    return market.since(oldest, "portfolio")


def _where(one: Entry) -> str:
    said = ", then ".join(
        f"{step.text('pair', limit=40)} on {step.text('exchange', limit=40)}" for step in _used(one).entries("markets")
    )
    return said or "at par"


def _profit(one: Entry, currency: str) -> str:
    if exact(one.text("profit")) is None:
        return NONE
    percent = exact(one.text("profit_percent"))
    share = "" if percent is None else f" ({float(percent):+.1f} %)"
    return minus(f"{_money(one, 'profit', currency)}{share}")


def _money(one: Entry, key: str, currency: str) -> str:
    number = exact(one.text(key))
    return NONE if number is None else minus(money_text(number, currency))
