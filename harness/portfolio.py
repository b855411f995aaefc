"""A portfolio: what somebody holds, in a TOML file that they write.

    currency = "USD"              all is valued in it; any code that somebody quotes

    [[holding]]
    asset = "BTC"
    amount = "0.75"               always in quotes, so that every digit counts
    at = "kraken"                 the exchange where it lies; left out for a wallet of one's own
    name = "savings"              how it is called in what is printed; left out, it is called by its asset

    [[holding.lot]]               what was bought, of the holding above it
    amount = "0.5"
    cost = "21000"                all that was paid, fees included; left out where nobody knows
    currency = "EUR"              of the cost; the portfolio's where it is left out
    date = 2024-01-31

Where there are lots the amount may be left out: it is their sum. One that is given may be larger than their sum, and
what is beyond them has no known cost; it may not be smaller. Codes are the common ones, in capitals or not; nothing is
guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness.exact_text import amount_text, exact_text
from harness.toml_file import read_toml
from harness.toml_table import TomlTable

_CODE: Final = re.compile(r"[A-Z0-9]{1,20}")
_AMOUNT: Final = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?")
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class Lot:
    """A part of a holding: how much, what was paid for all of it in ``currency`` (None: nobody knows), and when."""

    amount: Decimal
    cost: Decimal | None
    currency: str
    bought: date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """So much of an ``asset``, ``at`` an exchange (None: elsewhere). The lots are at most all of it."""

    asset: str
    amount: Decimal
    at: str | None = None
    name: str | None = None
    lots: tuple[Lot, ...] = ()

    def __str__(self) -> str:
        return self.name or (self.asset if self.at is None else f"{self.asset} at {self.at}")


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Holdings in the order of the file, all to be valued in ``currency``."""

    currency: str
    holdings: tuple[Holding, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every currency that has to be valued in the portfolio's: what is held, and what was paid with."""
        held = [holding.asset for holding in self.holdings]
        paid = [lot.currency for holding in self.holdings for lot in holding.lots if lot.cost is not None]
        return tuple(code for code in dict.fromkeys((*held, *paid)) if code != self.currency)


def read_portfolio(path: Path, exchange_names: Collection[str]) -> Portfolio:
    """The portfolio in a file; the exchanges at which something may lie are ``exchange_names``.

    Raises:
        UsageError: there is no such file, or what is in it makes no sense: which line, and what was expected.
        EnvironmentGap: it cannot be read.
    """
    table = read_toml(path, "portfolio")
    table.only("currency", "holding")
    currency = _code(table, "currency", "USD")
    holdings = [_holding(each, currency, exchange_names) for each in table.tables("holding")]
    if not holdings:
        raise table.error(None, "no [[holding]]: expected one at least, with an asset and an amount")
    names: dict[str, int] = {}
    for place, (holding, each) in enumerate(zip(holdings, table.tables("holding"), strict=True), 1):
        if holding.name is not None and names.setdefault(holding.name, place) != place:
            raise each.error("name", f"holding {names[holding.name]} is called {holding.name!r} as well")
    return Portfolio(currency, tuple(holdings))


def _holding(table: TomlTable, currency: str, exchange_names: Collection[str]) -> Holding:
    table.only("asset", "amount", "at", "name", "lot")
    asset = _code(table, "asset", "BTC")
    lots = tuple(_lot(each, currency) for each in table.tables("lot"))
    bought = sum((Fraction(lot.amount) for lot in lots), Fraction(0))
    amount = Decimal(exact_text(bought)) if lots and "amount" not in table else _amount(table, "amount")
    if bought > Fraction(amount):
        raise table.error("amount", f"{amount_text(amount)} is less than its lots together, {exact_text(bought)}")
    return Holding(asset, amount, _place(table, exchange_names), _name(table), lots)


def _lot(table: TomlTable, currency: str) -> Lot:
    table.only("amount", "cost", "currency", "date")
    if "currency" in table and "cost" not in table:
        raise table.error("currency", "a currency of no cost: expected a cost beside it")
    return Lot(
        _amount(table, "amount"),
        _amount(table, "cost") if "cost" in table else None,
        _code(table, "currency", "EUR") if "currency" in table else currency,
        table.date_of("date") if "date" in table else None,
    )


def _code(table: TomlTable, key: str, example: str) -> str:
    text = table.text_of(key, example)
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise table.error(key, f"expected a code such as {example}, found {safe(text, 40)!r}")
    return code


def _amount(table: TomlTable, key: str) -> Decimal:
    text = table.text_of(key, "0.5").strip()
    if not _AMOUNT.fullmatch(text):
        hint = ""
        if text.startswith("-"):
            hint = "; what is owed is no part of a portfolio"
        elif "," in text or "_" in text:
            hint = "; write it without commas, with a point before the decimals"
        elif text.replace(".", "").isdecimal():
            hint = "; at most 30 on either side of the point"
        raise table.error(key, f"expected plain digits such as 1250.5 or 0, found {safe(text, 40)!r}{hint}")
    return Decimal(text)


def _place(table: TomlTable, exchange_names: Collection[str]) -> str | None:
    if "at" not in table:
        return None
    name = table.text_of("at", "kraken").strip()
    if name not in exchange_names:
        hint = nearest(name, exchange_names) or "; leave it out for a wallet of your own, and give it a name instead"
        raise table.error("at", f"unknown exchange {safe(name, 40)!r}{hint}")
    return name


def _name(table: TomlTable) -> str | None:
    if "name" not in table:
        return None
    name = table.text_of("name", "savings").strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise table.error("name", f"expected at most {_LONGEST_NAME} printable characters, found {safe(name, 50)!r}")
    return name
