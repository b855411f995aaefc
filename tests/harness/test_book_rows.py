"""A book's best level and its digest: equal for equal books, and for no others."""

from decimal import Decimal

import pytest

from exchanges.book import Book, Level
from exchanges.pair import Pair
from harness.book_rows import best_of, digest_of

PAIR = Pair("BTC", "USD")


def level(price, size):
    return Level(Decimal(price), Decimal(size))


def book(bids=(("100.5", "1"), ("100", "2")), asks=(("101", "3"),), time_us=None):
    return Book("kraken", PAIR, tuple(level(*bid) for bid in bids), tuple(level(*ask) for ask in asks), time_us)


def test_the_best_level_is_a_quote_with_its_sizes():
    quote = best_of(book(time_us=5))
    assert (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (Decimal("100.5"), 101, 1, 3)
    assert (quote.exchange, quote.pair, quote.last, quote.time_us) == ("kraken", PAIR, None, 5)


def test_a_book_with_an_empty_side_has_no_best_level():
    assert best_of(book(bids=())) is None
    assert best_of(book(asks=())) is None


def test_trailing_zeros_and_the_time_make_no_difference():
    assert digest_of(book()) == digest_of(book((("100.500", "1.0"), ("1E+2", "2")), time_us=9))


@pytest.mark.parametrize(
    "other",
    [
        book((("100.5", "1"),)),
        book((("100", "2"), ("100.5", "1"))),
        book((("100.5", "1"), ("100", "2.1"))),
        book((("100.5", "1"), ("100", "2"), ("101", "3")), ()),
        book(()),
    ],
)
def test_any_other_level_makes_a_difference(other):
    assert digest_of(book()) != digest_of(other)


def test_what_is_no_number_has_no_digest():
    with pytest.raises(ArithmeticError):
        digest_of(book((("sNaN", "1"),)))
