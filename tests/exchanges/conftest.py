"""A market that stands still: what an exchange's server half sees, made of the quotes and books of a test."""

from dataclasses import dataclass, field

import pytest

from exchanges import UnknownPair


@dataclass
class Still:
    """``Still({quote.pair: quote}, {book.pair: book})``; it remembers what was looked at. A book of fewer levels than
    were asked for is given as it is."""

    quotes: dict = field(default_factory=dict)
    books: dict = field(default_factory=dict)
    time_us: int = 1_767_225_601_500_000
    seen: list = field(default_factory=list)

    def quote(self, pair):
        return self._looked_up(self.quotes, pair)

    def book(self, pair, levels):
        book = self._looked_up(self.books, pair)
        return type(book)(book.exchange, book.pair, book.bids[:levels], book.asks[:levels], book.time_us)

    def at(self, time_us):
        """As it stands now, but for the time: that of the hundredth of a second that began last."""
        begun = time_us // 10_000 * 10_000
        return Still(self.quotes, self.books, min(begun, self.time_us), self.seen)

    def _looked_up(self, table, pair):
        self.seen.append(pair)
        if pair not in table:
            raise UnknownPair("still", pair, str(pair))
        return table[pair]


@pytest.fixture(scope="session")
def still():
    """The class, so that a test with drawn examples can make one for each."""
    return Still
