"""Fields: the names under which an exchange's tickers hold what a quote needs, where each is an object in a list.

    Fields("symbol", "buy", "sell", "last", "bestBidSize", "bestAskSize")        KuCoin

Null and empty text are how exchanges say that there is no last price and no size; the two prices are held to the rules
of ``reading``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from exchanges.exchange import Instrument
from exchanges.quote import Quote
from exchanges.reading import bid_and_ask, entries_by, entry_of, integer, last_price, member, optional_decimal


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of the fields for the market, the prices and the sizes, and for the time in milliseconds where each
    entry has its own (else empty). Market, prices and time have to be in an entry, the others may be missing."""

    symbol: str
    bid: str
    ask: str
    last: str
    bid_size: str
    ask_size: str
    time: str = ""

    def quotes_of(
        self, exchange: str, wanted: Sequence[Instrument], entries: Sequence[object], time_us: int | None = None
    ) -> tuple[Quote, ...]:
        """The quotes of the markets that are wanted, in that order, from the entries of a parsed answer: all of
        ``time_us``, where they have no time of their own.

        Raises:
            Unreadable: a market is missing or there twice, or its entry holds no quote.
        """
        by_symbol = entries_by(self.symbol, entries)
        return tuple(self._quote_of(exchange, one, entry_of(one.symbol, by_symbol), time_us) for one in wanted)

    def _quote_of(self, exchange: str, one: Instrument, entry: dict[str, object], time_us: int | None) -> Quote:
        last = last_price(_or_none(entry.get(self.last)), self.last)
        if self.time:
            time_us = integer(member(entry, self.time), self.time) * 1000
        return Quote(
            exchange,
            one.pair,
            *bid_and_ask(member(entry, self.bid), member(entry, self.ask)),
            last,
            self._size(entry, self.bid_size),
            self._size(entry, self.ask_size),
            time_us,
        )

    def _size(self, entry: dict[str, object], name: str) -> Decimal | None:
        return optional_decimal(_or_none(entry.get(name)), name)


def _or_none(value: object) -> object:
    return None if value == "" else value
