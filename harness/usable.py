"""Which prices may be acted on: nothing stale, crossed, one-sided, halted or unverifiable."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import exchanges
from exchanges.book import Book, Level
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.age import Age, age_of, why_stale
from harness.allowance import Allowance
from harness.exchange_clock import ExchangeClock, clock_among
from harness.sighting import Sighting

Market: TypeAlias = tuple[str, Pair]
"""An exchange's name, and a pair on it."""

# No price and no size lies outside 1e-30 to 1e30; beyond it a hostile exponent could overflow or fill the memory.
_LARGEST_EXPONENT: Final = 30


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A quote of which no use is made: the kind of failure, and the reason as a sentence."""

    market: Market
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Usable:
    """A sighting that may be acted on, with its age at the moment of use."""

    sighting: Sighting
    age: Age

    @property
    def quote(self) -> Quote:
        return self.sighting.quote

    @property
    def market(self) -> Market:
        return self.quote.exchange, self.quote.pair

    @property
    def size_step(self) -> Decimal | None:
        """The grid on which the exchange takes orders, in the base currency; None where it is not known."""
        return _size_steps(self.quote.exchange).get(self.quote.pair)

    def top_size(self, side: Literal["bid", "ask"]) -> Decimal | None:
        """What is on offer at the best price; None where that is not told, or is nonsense."""
        size = self.quote.bid_size if side == "bid" else self.quote.ask_size
        return size if _is_size(size) else None


def sorted_out(
    sightings: Iterable[Sighting],
    clocks: Mapping[str, ExchangeClock],
    halted: Collection[Market],
    now_us: int,
    allowance: Allowance,
) -> tuple[dict[Market, Usable], list[LeftOut]]:
    """What may be used, by market, and what not. Where a market was seen more than once, the last sighting counts.

    ``clocks`` are those of the exchanges whose clock is known (``known_clocks``); ``halted`` the markets that are not
    trading; ``now_us`` is the moment of use by our own clock.
    """
    latest = {(one.quote.exchange, one.quote.pair): one for one in sightings}
    usable: dict[Market, Usable] = {}
    left_out = []
    for market, sighting in latest.items():
        age = age_at(sighting, clocks, now_us, allowance.most_age_us)
        kind, reason = "bad_value", why_unusable(sighting)
        if reason is None and market in halted:
            kind, reason = "halted", "halted, the exchange lists it and does not trade it"
        if reason is None:
            kind, reason = "stale", why_stale(age, allowance.most_age_us)
        if reason is None:
            usable[market] = Usable(sighting, age)
        else:
            left_out.append(LeftOut(market, kind, f"{market[0]} {market[1]}: {reason}"))
    return usable, left_out


def known_clocks(
    sightings: Iterable[Sighting], shown: Mapping[str, ExchangeClock], most_us: int
) -> dict[str, ExchangeClock]:
    """The clocks of exchanges: those that were ``shown``, and of the others what their quotes say of theirs."""
    lags: dict[str, list[int]] = {}
    for one in sightings:
        if one.quote.time_us is not None:
            lags.setdefault(one.quote.exchange, []).append(one.quote.time_us - one.received_us)
    found = {name: clock_among(of, most_us, exchanges.load(name).time_grain_us) for name, of in lags.items()}
    return {**{name: clock for name, clock in found.items() if clock is not None}, **shown}


def age_at(sighting: Sighting, clocks: Mapping[str, ExchangeClock], now_us: int, most_us: int) -> Age:
    """The age of a sighting at the moment of use."""
    name = sighting.quote.exchange
    return age_of(sighting, clocks.get(name), exchanges.load(name).time_grain_us, now_us, most_us)


def why_unusable(sighting: Sighting) -> str | None:
    """Why a quote is no price, or its book none, after its market's name; None where they are."""
    quote, book = sighting.quote, sighting.book
    for side, price in (("a bid", quote.bid), ("an ask", quote.ask)):
        # Some exchanges say "no offer" with a price of 0.
        if not isinstance(price, Decimal) or not price.is_finite() or price <= 0:
            return f"one-sided, expected {side} above zero, found {price}"
        if abs(price.adjusted()) > _LARGEST_EXPONENT:
            return f"expected {side} between 1e-30 and 1e30, found {price:.3E}"
    if quote.bid > quote.ask:
        return f"crossed, its bid {quote.bid} is above its ask {quote.ask}"
    return None if book is None else _why_no_book(quote, book)


def _why_no_book(quote: Quote, book: Book) -> str | None:
    """The exchanges that are built in read books strictly; a guest may bring anything."""
    for side, levels, best in (("bids", book.bids, quote.bid), ("asks", book.asks, quote.ask)):
        for price, size in levels:
            if not _is_size(price) or not price or not _is_size(size):
                return f"expected {side} with a price above zero and a size, found {size} at {price}"
        if not levels or levels[0].price != best:
            return f"expected a book whose {side} begin with the quote's {best}, found {_first(levels)}"
        outward = levels if side == "asks" else levels[::-1]
        if any(one.price >= after.price for one, after in pairwise(outward)):
            return f"expected {side} from the best outward, found them in another order"
    return None


def _first(levels: Sequence[Level]) -> str:
    return str(levels[0].price) if levels else "none"


@functools.cache
def _size_steps(name: str) -> dict[Pair, Decimal]:
    return {one.pair: one.size_step for one in exchanges.load(name).instruments}


def _is_size(size: Decimal | None) -> bool:
    """Whether a number could be a size: zero or more, and not out of this world."""
    if not isinstance(size, Decimal) or not size.is_finite():
        return False
    return size == 0 or (size > 0 and abs(size.adjusted()) <= _LARGEST_EXPONENT)
