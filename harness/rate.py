"""A rate: what one currency is worth in another by markets that are quoted, and which these are.

A market sells its base at the bid and gives it at the ask; whoever holds the other side gets one over the ask, and
pays one over the bid. Where no market is between two currencies there may be one money between them, with two markets:
bid times bid is what both sales bring, ask times ask what both purchases cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from harness.age import Age
from harness.band import Band
from harness.money import MONEY
from harness.usable import Usable

_ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Step:
    """One market on the way; it ``sells`` its base where that is what is given."""

    at: Usable
    sells: bool

    @property
    def given(self) -> str:
        pair = self.at.quote.pair
        return pair.base if self.sells else pair.quote

    @property
    def got(self) -> str:
        pair = self.at.quote.pair
        return pair.quote if self.sells else pair.base

    @property
    def band(self) -> Band:
        bid, ask = Fraction(self.at.quote.bid), Fraction(self.at.quote.ask)
        return Band(bid, ask) if self.sells else Band(_ONE / ask, _ONE / bid)

    def __str__(self) -> str:
        return f"{self.at.quote.pair} on {self.at.quote.exchange}"


@dataclass(frozen=True, slots=True)
class Rate:
    """One or two ``steps``; the rate is quoted by the exchange of the first. ``band`` is the worth of one."""

    steps: tuple[Step, ...]
    band: Band

    @property
    def exchange(self) -> str:
        return self.steps[0].at.quote.exchange

    @property
    def age(self) -> Age:
        """That of the older of its prices."""
        return max((step.at.age for step in self.steps), key=lambda age: (age.high_us, age.low_us))

    def __str__(self) -> str:
        """``BTC/USDT on binance, USDT/USD on kraken``."""
        return ", ".join(map(str, self.steps))


class Rates:
    """The rates that prices in hand give. Asking again costs nothing."""

    def __init__(self, usable: Iterable[Usable]) -> None:
        self._steps: dict[tuple[str, str], list[Step]] = {}
        self._found: dict[tuple[str, str], tuple[Rate, ...]] = {}
        for one in sorted(usable, key=lambda one: one.market):
            for step in (Step(one, sells=True), Step(one, sells=False)):
                self._steps.setdefault((step.given, step.got), []).append(step)

    def between(self, given: str, got: str) -> tuple[Rate, ...]:
        """The rate of each exchange that quotes ``given``: that of its market with ``got``, else the best one through
        one money between. The best first: those of one market before those of two, then by what selling brings;
        of equal ones that of the exchange first in the alphabet."""
        if (given, got) not in self._found:
            best: dict[str, Rate] = {}
            for rate in sorted((*self._direct(given, got), *self._through_money(given, got)), key=_rank):
                best.setdefault(rate.exchange, rate)
            self._found[given, got] = tuple(best.values())
        return self._found[given, got]

    def _direct(self, given: str, got: str) -> Iterable[Rate]:
        return (Rate((step,), step.band) for step in self._steps.get((given, got), ()))

    def _through_money(self, given: str, got: str) -> Iterable[Rate]:
        for money in sorted(MONEY - {given, got}):
            seconds = self._steps.get((money, got), ())
            for first in self._steps.get((given, money), ()) if seconds else ():
                second = min(seconds, key=lambda step: (-step.band.low, step.at.market[0] != first.at.market[0]))
                yield Rate((first, second), first.band * second.band)


def _rank(rate: Rate) -> tuple[int, Fraction, str]:
    return len(rate.steps), -rate.band.low, str(rate)
