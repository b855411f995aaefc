"""What a portfolio is worth: each holding by a price that somebody quotes, and why where there is none.

A holding is valued on the exchange where it lies, if that one is named and has a usable price; else where a sale would
bring most. Nothing is rounded: a value is a fraction until it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from statistics import median
from typing import Final

from exchanges.aliases import ALIASES
from exchanges.pair import Pair
from exchanges.plugins import nearest
from harness.band import Band
from harness.exact_text import amount_text, exact_text, money_text, price_text, rounded_text
from harness.needed_pairs import needed_pairs
from harness.portfolio import Holding, Portfolio
from harness.profit import Profit
from harness.rate import Rate, Rates
from harness.usable import LeftOut, Usable

_FAR: Final = Fraction(1, 100)
_FEWEST: Final = 2
"""Other exchanges, whose middle price says something."""


@dataclass(frozen=True, slots=True)
class Valued:
    """A holding and its worth. ``used`` is the rate that it is valued by (None: it is the currency itself), one of the
    ``rates`` of all exchanges that quote it. ``profit`` is that of the part with a known cost (None: there is none);
    ``notes`` are sentences on what a reader might take for granted otherwise."""

    holding: Holding
    used: Rate | None
    rates: tuple[Rate, ...]
    band: Band
    profit: Profit | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unvalued:
    """A holding that nobody here quotes, and why that is so, in a sentence."""

    holding: Holding
    reason: str


@dataclass(frozen=True, slots=True)
class Valuation:
    """All of a portfolio. Totals are of what could be valued."""

    currency: str
    valued: tuple[Valued, ...]
    unvalued: tuple[Unvalued, ...]

    @property
    def total(self) -> Band:
        return sum((one.band for one in self.valued), Band())

    @property
    def profit(self) -> Profit | None:
        """Of all parts with a known cost together."""
        known = [one.profit for one in self.valued if one.profit is not None]
        return sum(known[1:], known[0]) if known else None

    @property
    def by_exchange(self) -> dict[str | None, Band]:
        """What lies at each exchange; None stands for elsewhere."""
        found: dict[str | None, Band] = {}
        for one in self.valued:
            found[one.holding.at] = found.get(one.holding.at, Band()) + one.band
        return found


def valuation_of(
    portfolio: Portfolio, usable: Iterable[Usable], left_out: Sequence[LeftOut], listed: Mapping[str, Collection[Pair]]
) -> Valuation:
    """Value a portfolio by the prices that are ``usable``. ``left_out`` are those that are not, and ``listed`` the
    pairs of each exchange that was asked: both only tell why something has no value."""
    return _Valuer(portfolio.currency, Rates(usable), left_out, listed).valuation(portfolio)


def _far_off(used: Rate, rates: Sequence[Rate]) -> list[str]:
    """What is to be said of a price that nobody else has: it may be wrong, or what one unit would bring and all not."""
    others = [rate.band.value for rate in rates if rate is not used]
    if len(others) < _FEWEST:
        return []
    apart = used.band.value / median(others) - 1
    if abs(apart) <= _FAR:
        return []
    which = f"{rounded_text(100 * abs(apart), 1)} % {'above' if apart > 0 else 'below'}"
    return [f"the price on {used.exchange} is {which} the middle one of {len(others)} other exchanges"]


class _Valuer:
    def __init__(
        self, currency: str, rates: Rates, left_out: Sequence[LeftOut], listed: Mapping[str, Collection[Pair]]
    ) -> None:
        self._currency = currency
        self._rates = rates
        self._left_out = left_out
        self._listed = listed
        self._codes = {code for pair in chain(*listed.values()) for code in (pair.base, pair.quote)}

    def valuation(self, portfolio: Portfolio) -> Valuation:
        found = [self._valued(holding) for holding in portfolio.holdings]
        return Valuation(
            self._currency,
            tuple(one for one in found if isinstance(one, Valued)),
            tuple(one for one in found if isinstance(one, Unvalued)),
        )

    def _valued(self, holding: Holding) -> Valued | Unvalued:
        amount = Fraction(holding.amount)
        if holding.asset == self._currency:
            profit, notes = self._profit(holding, Fraction(1))
            return Valued(holding, None, (), Band(amount, amount), profit, tuple(notes))
        rates = self._rates.between(holding.asset, self._currency)
        if not rates:
            return Unvalued(holding, self._why_none(holding.asset))
        used = next((rate for rate in rates if rate.exchange == holding.at), rates[0])
        profit, notes = self._profit(holding, used.band.value)
        notes = [*_far_off(used, rates), *notes]
        if holding.at not in (None, used.exchange):
            notes = [self._why_elsewhere(holding, used), *notes]
        return Valued(holding, used, rates, used.band * amount, profit, tuple(notes))

    def _profit(self, holding: Holding, price: Fraction) -> tuple[Profit | None, list[str]]:
        """The profit of the lots whose cost is known, and what has to be said of it."""
        notes: list[str] = []
        parts: list[Profit] = []
        lots = [lot for lot in holding.lots if lot.cost is not None]
        for code in dict.fromkeys(lot.currency for lot in lots):
            paid = sum((Fraction(lot.cost or 0) for lot in lots if lot.currency == code), Fraction(0))
            bought = sum((Fraction(lot.amount) for lot in lots if lot.currency == code), Fraction(0))
            worth, how = self._worth_of(code)
            if worth is None:
                notes.append(f"the {money_text(paid, code)} {code} that were paid are not counted: {how}")
                continue
            parts.append(Profit(bought, bought * price, paid * worth))
            if how:
                notes.append(f"the {money_text(paid, code)} {code} that were paid are taken at today's rate of {how}")
        known = sum((part.amount for part in parts), Fraction(0))
        if holding.lots and known < Fraction(holding.amount):
            of, asset = amount_text(holding.amount), holding.asset
            notes.append(
                f"profit is that of {exact_text(known)} of {of} {asset}, of which the cost is known"
                if parts
                else "profit unknown: no cost is known"
            )
        return (sum(parts[1:], parts[0]) if parts else None), notes

    def _worth_of(self, code: str) -> tuple[Fraction | None, str]:
        """What one of a currency is worth today, and by what; or why that is not known."""
        if code == self._currency:
            return Fraction(1), ""
        rates = self._rates.between(code, self._currency)
        if not rates:
            return None, self._why_none(code)
        worth = rates[0].band.value
        return worth, f"{price_text(worth)} {self._currency} ({rates[0]})"

    def _why_elsewhere(self, holding: Holding, used: Rate) -> str:
        own = holding.at or ""
        if own not in self._listed:
            return f"{own}, where it lies, was not asked (--exchange): valued on {used.exchange}"
        reasons = self._reasons(holding.asset, own)
        if reasons:
            return f"{own}, where it lies, has no usable price ({reasons[0]}): valued on {used.exchange}"
        missing = "brought no price of" if self._could_quote(own, holding.asset) else "does not quote"
        return f"{own}, where it lies, {missing} {holding.asset} in {self._currency}: valued on {used.exchange}"

    def _could_quote(self, name: str, code: str) -> bool:
        needed = needed_pairs([code], self._currency, chain(*self._listed.values()))
        return any(code in (pair.base, pair.quote) for pair in needed if pair in self._listed[name])

    def _why_none(self, code: str) -> str:
        for one in (code, self._currency):
            if one not in self._codes:
                return f"no exchange here lists {one}{self._hint(one)}"
        reasons = self._reasons(code)
        if reasons:
            more = f"; and {len(reasons) - 2} more" if len(reasons) > 2 else ""
            return f"no usable price of {code} in {self._currency}: {'; '.join(reasons[:2])}{more}"
        if not needed_pairs([code], self._currency, chain(*self._listed.values())):
            return f"no exchange here quotes {code} in {self._currency}, directly or through one money between"
        return f"no price of {code} in {self._currency} was brought"

    def _hint(self, code: str) -> str:
        """What may have been meant. It is not taken for it: UST is one thing on Bitfinex, and was another elsewhere."""
        for name, table in ALIASES.items():
            if code in table:
                return f"; did you mean {table[code]}, which {name} calls {code}?"
        return nearest(code, sorted(self._codes))

    def _reasons(self, code: str, name: str | None = None) -> list[str]:
        """Why prices of a currency were left out, on one exchange or on all of them."""
        return [
            one.reason
            for one in self._left_out
            if code in (one.market[1].base, one.market[1].quote) and name in (None, one.market[0])
        ]
