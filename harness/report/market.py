"""The market document as it is found: what ``live`` draws its page from, and ``report`` and an export theirs.

    {"at", "now_us", "source", "reading", "markets", "readout", "portfolio", "engine", "alerts", "controls"}

``harness.live`` makes it of a tracker's reading, ``harness.report.prices`` of a run's readout. ``now_us`` is the moment
of the document in whole microseconds of any clock that does not step; where it is missing ages are known all the same,
for they are differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from exchanges.units import counted
from harness.report.entries import Entry

Place = tuple[str, str]
"""An exchange and a pair, spelled as the document spells them."""
_ANY_MOMENT: Final = 10**15
_MOST_PAIRS: Final = 120
_MOST_EXCHANGES: Final = 40
"""What a page can hold. The exchanges that are built in list some fifty pairs."""


@dataclass(frozen=True)
class Market(Entry):
    """The document. Its pairs and exchanges are in the order in which its markets name them first."""

    @cached_property
    def now_us(self) -> int:
        return int(self.number("now_us") or _ANY_MOMENT)

    @cached_property
    def ttl_us(self) -> int:
        """For how long a price is current; 0 where nothing is said of it."""
        return int(1e6 * min(1e6, max(0.0, self.entry("reading").number("ttl_s") or 0.0)))

    @cached_property
    def markets(self) -> dict[Place, Entry]:
        """By exchange and pair; the last one that is told of each counts."""
        return {place_of(one.raw.get("exchange"), one.raw.get("pair")): one for one in self.entries("markets")}

    @cached_property
    def pairs(self) -> list[str]:
        return list(dict.fromkeys(pair for _, pair in self.markets))[:_MOST_PAIRS]

    @cached_property
    def exchanges(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.markets))[:_MOST_EXCHANGES]

    @cached_property
    def more(self) -> str:
        """What there was no room for, as a sentence; empty where all is shown."""
        pairs, names = ({at[part] for at in self.markets} for part in (1, 0))
        if len(pairs) <= _MOST_PAIRS and len(names) <= _MOST_EXCHANGES:
            return ""
        return f"{counted(len(pairs), 'pair')} on {counted(len(names), 'exchange')}; the first of them are shown."

    @cached_property
    def readout(self) -> Entry:
        return self.entry("readout")

    @cached_property
    def left_out(self) -> dict[Place, str]:
        """Why a price is not used, by its market."""
        return {
            place_of(one.raw.get("exchange"), one.raw.get("pair")): one.text("reason")
            for one in self.readout.entries("left_out")
        }

    @cached_property
    def rows_of_portfolio(self) -> int | None:
        """As many as there are holdings, valued or not; None where there is no portfolio."""
        held = self.entry("portfolio")
        return len(held.entries("holdings")) + len(held.entries("unvalued")) if held.raw else None

    def since(self, age_us: float | None, of: str = "") -> int:
        """The moment from which an age counts; 0 where there is none. ``of`` names a part of the document that may have
        been worked out earlier than the rest."""
        if age_us is None:
            return 0
        then = self.entry(of).number("now_us") if of else None
        return max(1, (self.now_us if then is None else int(then)) - int(age_us))


def place_of(exchange: object, pair: object) -> Place:
    """Names as keys: a file may hold anything where a name belongs."""
    return str(exchange), str(pair)
