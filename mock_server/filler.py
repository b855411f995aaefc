"""Filler: invented markets, so that an exchange lists as many as the real one and its bodies are as large.

The coins do not exist: their codes are made of syllables and clash with no code that the project knows. Their markets
are spelt as the exchange spells its own (BTCUSDT, BTC-USD, btc_usdt), which is read off its table, and their grids stay
within those of the table.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import count

from exchanges.exchange import Exchange, Instrument
from exchanges.pair import Pair
from mock_server.path import KNOWN_CODES, usd_of

_STARTS = (
    "B",
    "BR",
    "CH",
    "D",
    "DR",
    "F",
    "FL",
    "G",
    "GR",
    "K",
    "KL",
    "L",
    "M",
    "N",
    "P",
    "PL",
    "QU",
    "R",
    "T",
    "V",
    "Z",
)
_VOWELS = ("A", "E", "I", "O", "U")
_ENDS = ("B", "CK", "D", "FT", "LT", "M", "ND", "NX", "RK", "SK", "T", "X", "Y", "Z")
_SEPARATORS = ("", "-", "_", "/", ":")
_LEADS = ("", "t")


@dataclasses.dataclass(frozen=True, slots=True)
class Spelling:
    """How a symbol is made of a pair: what leads it, what stands between the codes, and in which case they are."""

    lead: str
    separator: str
    lower: bool

    def symbol_for(self, pair: Pair) -> str:
        codes = f"{pair.base}{self.separator}{pair.quote}"
        return self.lead + (codes.lower() if self.lower else codes)


def spelling_of(exchange: Exchange) -> Spelling | None:
    """The spelling that most of the exchange's markets have; None where fewer than half of them share one."""
    spellings = [Spelling(lead, sign, lower) for lead in _LEADS for sign in _SEPARATORS for lower in (False, True)]
    fits = Counter(
        {one: sum(one.symbol_for(each.pair) == each.symbol for each in exchange.instruments) for one in spellings}
    )
    (best, fit), *_ = fits.most_common(1)
    return best if 2 * fit >= len(exchange.instruments) > 0 else None


def with_filler(exchange: Exchange, markets: int) -> Exchange:
    """The same exchange with at least so many markets, its own ones first. One whose spelling cannot be read off its
    table, or that is no dataclass with a field ``instruments``, is returned as it is: its list is then the shorter."""
    missing = markets - len(exchange.instruments)
    spelling = spelling_of(exchange)
    if missing <= 0 or spelling is None or not _takes_instruments(exchange):
        return exchange
    invented = list(_invented(exchange, spelling, missing))
    # mypy: the Protocol says nothing of dataclasses; _takes_instruments has looked.
    return dataclasses.replace(exchange, instruments=(*exchange.instruments, *invented))  # type: ignore[type-var]


def _takes_instruments(exchange: Exchange) -> bool:
    return dataclasses.is_dataclass(exchange) and any(
        field.name == "instruments" and field.init for field in dataclasses.fields(exchange)
    )


def _invented(exchange: Exchange, spelling: Spelling, missing: int) -> Iterator[Instrument]:
    """Each invented coin is listed in every money in which the exchange lists at least a tenth of its own markets."""
    own = exchange.instruments
    moneys = [money for money, times in Counter(one.pair.quote for one in own).items() if 10 * times >= len(own)]
    taken = {one.symbol for one in own}
    bases = {one.pair.base for one in own}
    price_steps, size_steps = [one.price_step for one in own], [one.size_step for one in own]
    for code in _codes():
        if code in bases:
            continue
        price = usd_of(code)
        magnitude = math.floor(math.log10(price))
        # Five digits of price, and sizes in cents.
        price_step = min(max(_power_of_ten(magnitude - 4), min(price_steps)), max(price_steps))
        size_step = min(max(_power_of_ten(-magnitude - 2), min(size_steps)), max(size_steps))
        for money in moneys:
            pair = Pair(code, money)
            symbol = spelling.symbol_for(pair)
            if symbol in taken:
                continue
            taken.add(symbol)
            yield Instrument(pair, symbol, price_step, size_step)
            missing -= 1
            if not missing:
                return


def _codes() -> Iterator[str]:
    """Codes that look like coins, each once, without an end: KLOND, DRAX, ZUBEFT, ..."""
    first = len(_STARTS) * len(_VOWELS) * len(_ENDS)
    for number in count():
        # A stride that shares no factor with the number of codes visits each once, and not in the alphabet's order.
        turn, place = divmod(number, first)
        place = place * 611 % first
        start, rest = place % len(_STARTS), place // len(_STARTS)
        code = _STARTS[start] + _VOWELS[rest % len(_VOWELS)]
        if turn:
            code += _between(turn)
        code += _ENDS[rest // len(_VOWELS)]
        if code not in KNOWN_CODES:
            yield code


def _between(turn: int) -> str:
    """Further syllables, a different run of them for each turn."""
    size = len(_STARTS) * len(_VOWELS)
    text = ""
    while turn:
        turn, place = divmod(turn - 1, size)
        text += _STARTS[place % len(_STARTS)] + _VOWELS[place // len(_STARTS)]
    return text


def _power_of_ten(exponent: int) -> Decimal:
    return Decimal(1).scaleb(exponent)
