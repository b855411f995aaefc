"""Conversion: one money into another through a market that is quoted, never by a peg.

USD, USDT, USDC and EUR are different money. What a sale brings in one of them is worth in another what the market
between the two would give for it now, less its taker fee: at the bid where the money is the base of that market, at the
ask where it is the quote. Where nobody quotes such a market, the two are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from harness.fill import affordable, filled
from harness.money import MONEY
from harness.sides import Side, Sides
from harness.usable import Usable


@dataclass(frozen=True, slots=True)
class Conversion:
    """Money ``given`` for money ``got`` on the market of ``at``, whose base is what is given where it ``sells``, and
    what is got where it does not. ``rate`` is at the best price and before the ``fee``, a fraction of what is got."""

    given: str
    got: str
    at: Usable
    sells: bool
    fee: Decimal
    side: Side

    @property
    def rate(self) -> Fraction:
        price = Fraction(self.side.best)
        return price if self.sells else 1 / price

    @property
    def net_rate(self) -> Fraction:
        return self.rate * (1 - Fraction(self.fee))

    @property
    def is_sized(self) -> bool:
        """Whether somebody says how much is on offer."""
        return bool(self.side.levels)

    def of(self, money: Fraction) -> tuple[Fraction, bool]:
        """What so much money becomes before the fee, by depth, and whether the levels are enough for it (what is beyond
        them is taken at the last price that is known)."""
        levels = self.side.levels
        if not levels:
            return money * self.rate, False
        last = levels[-1][0]
        if self.sells:
            fill = filled(levels, money)
            return fill.money + (money - fill.amount) * last, fill.whole
        amount, whole = affordable(levels, money)
        if whole:
            return amount, True
        spent = sum((price * size for price, size in levels), Fraction(0))
        return amount + (money - spent) / last, False

    def __str__(self) -> str:
        return f"{self.at.quote.pair} on {self.at.quote.exchange}"


def conversions(markets: Iterable[Sides], fees: Mapping[str, Decimal]) -> dict[tuple[str, str], Conversion]:
    """The best way from each money to each other one that somebody quotes, at the best prices and after the fee: of
    those that say how much is on offer, if any does. Of equal ones that of the exchange first in the alphabet. Coins
    are no money: what is sold for BTC is not turned into USD here."""
    found: dict[tuple[str, str], Conversion] = {}
    for one in sorted(markets, key=lambda sides: sides.of.market):
        pair, fee = one.of.quote.pair, fees[one.of.quote.exchange]
        if not {pair.base, pair.quote} <= MONEY:
            continue
        for way in (
            Conversion(pair.base, pair.quote, one.of, True, fee, one.bids),
            Conversion(pair.quote, pair.base, one.of, False, fee, one.asks),
        ):
            known = found.get((way.given, way.got))
            if known is None or (way.is_sized, way.net_rate) > (known.is_sized, known.net_rate):
                found[way.given, way.got] = way
    return found
