"""A quote that was kept, and when it was seen.

Law: what goes in comes out, exact: the same numbers, digit for digit (``1.50`` stays ``1.50``). What would not is not
kept (``row_for`` says None): a price that is no Decimal, no number, or out of this world; a name that is no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from exchanges.quote import Quote
from harness.quote_rows import quotes_from_rows, row_from_quote

Source: TypeAlias = Literal["mock", "real"]
"""Where a price is from: invented on this machine, or of a real market. The two are never mixed."""
SOURCES: Final[tuple[Source, ...]] = ("mock", "real")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 64
"""Characters of a number or a name, and the largest exponent: beyond it a hostile number could fill a disk."""


@dataclass(frozen=True, slots=True)
class Kept:
    """``at_us`` and ``until_us`` are when the quote was seen first and last, by the wall clock in microseconds since
    1970 (UTC); ``ordinal`` is the order in which quotes came, whatever became of that clock."""

    ordinal: int
    at_us: int
    until_us: int
    quote: Quote


def row_for(quote: Quote) -> tuple[Any, ...] | None:
    """The row of a quote: exchange, pair, bid, ask, last, bid size, ask size as text, and its time in microseconds.
    None where it would not come out as it went in."""
    try:
        row = row_from_quote(quote)
        names, numbers, time_us = row[:2], row[2:7], row[7]
        short = all(len(word.encode()) <= _LONGEST for word in (*names, *(number or "" for number in numbers)))
        sound = all(_is_sound(value) for value in (quote.bid, quote.ask, quote.last, quote.bid_size, quote.ask_size))
        timed = time_us is None or (type(time_us) is int and abs(time_us) < 2**63)
        if short and sound and timed and quotes_from_rows([row]) == [quote]:
            return tuple(row)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        pass  # a guest may bring anything
    return None


def kept_from(columns: Sequence[Any]) -> Kept:
    """What a line of a table says: ordinal, at, until, and the row of the quote.

    Raises:
        ValueError: somebody else wrote into the table.
    """
    ordinal, at_us, until_us, *row = columns
    try:
        (quote,) = quotes_from_rows([row])
        instant_of(at_us)
        instant_of(until_us)
    except (ArithmeticError, AttributeError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"row {ordinal} is no quote: {error or type(error).__name__}") from None
    return Kept(ordinal, at_us, until_us, quote)


def microseconds_at(instant: datetime) -> int:
    """Whole microseconds since 1970 (UTC); no float comes in."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant_of(at_us: int) -> datetime:
    """The instant of so many microseconds since 1970. Raises OverflowError beyond the year 9999."""
    return _EPOCH + timedelta(microseconds=at_us)


def _is_sound(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _LONGEST
