"""Quotes and books cross a process line as they are, whatever is in them."""

import copy
import pickle
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exchanges.book import Book, Level
from exchanges.pair import Pair
from exchanges.quote import Quote

PAIR = Pair("BTC", "USDT")
NUMBERS = st.decimals(allow_nan=False)
LEVELS = st.lists(st.builds(Level, NUMBERS, NUMBERS), max_size=5).map(tuple)


def exact(book):
    """Decimal("1.0") equals Decimal("1"), so their digits are compared as well."""
    return book, [str(number) for level in book.bids + book.asks for number in level], type(book.bids)


@given(LEVELS, LEVELS, st.none() | st.integers(0, 2**60))
def test_a_book_comes_out_as_it_went_in(bids, asks, time_us):
    book = Book("binance", PAIR, bids, asks, time_us)
    for again in (pickle.loads(pickle.dumps(book)), copy.deepcopy(book)):
        assert exact(again) == exact(book)
        assert all(type(level) is Level for level in again.bids + again.asks)


def test_a_book_that_a_guest_filled_with_something_else_comes_out_as_that():
    for bids in [((1.5, "2"),), (Level(1.5, Decimal(2)),), [Level(Decimal(1), Decimal(2)), (Decimal(3),)]]:
        again = pickle.loads(pickle.dumps(Book("mine", PAIR, bids, ())))
        assert again.bids == bids
        assert [type(number) for number in again.bids[0]] == [type(number) for number in bids[0]]


@given(NUMBERS, NUMBERS, st.none() | NUMBERS)
def test_a_quote_comes_out_as_it_went_in(bid, ask, last):
    quote = Quote("binance", PAIR, bid, ask, last, time_us=7)
    again = pickle.loads(pickle.dumps(quote))
    assert again == quote
    assert [str(again.bid), str(again.ask), str(again.last)] == [str(bid), str(ask), str(last)]
