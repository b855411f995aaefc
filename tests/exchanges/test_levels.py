"""Reading the two sides of a book."""

from decimal import Decimal

import pytest

from exchanges import Pair
from exchanges.book import Book, Level
from exchanges.instruments import instruments_from
from exchanges.levels import bare_number, book_of, rows_text, shortest, shortest_rows
from exchanges.reading import Unreadable

BTC = Pair("BTC", "USD")
BIDS, ASKS = [("10.1", "1"), ("10.0", "0")], [("10.2", "3"), ("10.30", "4.5")]


def read(bids, asks):
    return book_of("coinbase", BTC, bids, asks)


def test_levels_are_exact_and_keep_their_order():
    assert book_of("coinbase", BTC, BIDS, ASKS, 7) == Book(
        "coinbase",
        BTC,
        (Level(Decimal("10.1"), Decimal(1)), Level(Decimal(10), Decimal(0))),
        (Level(Decimal("10.2"), Decimal(3)), Level(Decimal("10.3"), Decimal("4.5"))),
        7,
    )


@pytest.mark.parametrize(("bids", "asks"), [(BIDS, []), ([], ASKS), ([], [])])
def test_a_side_without_levels_is_a_fact(bids, asks):
    book = read(bids, asks)
    assert (len(book.bids), len(book.asks)) == (len(bids), len(asks))


@pytest.mark.parametrize(
    ("bids", "asks", "words"),
    [
        (BIDS[::-1], ASKS, "bids that fall"),
        (BIDS, ASKS[::-1], "asks that rise"),
        ([BIDS[0], BIDS[0]], ASKS, "bids that fall"),
        (BIDS, [ASKS[0], ("10.20", "1")], "asks that rise"),
    ],
)
def test_a_side_that_is_not_in_order_or_repeats_a_price_breaks_the_schema(bids, asks, words):
    with pytest.raises(Unreadable, match=words) as caught:
        read(bids, asks)
    assert caught.value.kind == "schema"


@pytest.mark.parametrize("bid", ["10.2", "10.20", "11"])
def test_sides_that_touch_or_overlap_are_a_bad_value(bid):
    with pytest.raises(Unreadable, match="expected the best bid below the best ask") as caught:
        read([(bid, "1")], ASKS)
    assert caught.value.kind == "bad_value"


@pytest.mark.parametrize(
    ("level", "kind"),
    [
        (("0", "1"), "bad_value"),
        (("0.00", "1"), "bad_value"),
        (("-1", "1"), "bad_value"),
        (("nan", "1"), "bad_value"),
        (("1", ""), "bad_value"),
        ((None, "1"), "schema"),
        (("1", []), "schema"),
    ],
    ids=str,
)
def test_a_level_needs_a_price_above_zero_and_a_size(level, kind):
    for bids, asks in (([level], []), ([], [level])):
        with pytest.raises(Unreadable) as caught:
            read(bids, asks)
        assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("value", "text"),
    [("100.00", "100"), ("1E+3", "1000"), ("0.00000001", "0.00000001"), ("0.0", "0"), ("12.340", "12.34")],
)
def test_a_number_is_written_without_zeros_at_the_end_and_read_back_to_the_same(value, text):
    assert shortest(Decimal(value)) == text
    assert Decimal(text) == Decimal(value)


def test_no_number_is_written_as_zero():
    assert shortest(None) == "0"


def test_a_side_survives_being_written_in_short():
    book = read([("10.10", "1.00"), ("9", "0")], [])
    assert read(shortest_rows(book.bids), shortest_rows(book.asks)) == book


def test_a_side_is_written_on_the_grids_of_its_market():
    (instrument,) = instruments_from("BTC/USD btcusd 0.10 0.001")
    side = (Level(Decimal(10), Decimal("0.5")), Level(Decimal("9.9"), Decimal(0)))
    assert rows_text(side, instrument) == '["10.0","0.500"],["9.9","0.000"]'
    assert rows_text(side[:1], instrument, ',"0",2') == '["10.0","0.500","0",2]'
    assert rows_text((), instrument) == ""


@pytest.mark.parametrize(
    ("value", "text"), [("73350.0", "73350"), ("0.00012", "0.00012"), ("0.00000012", "1.2e-7"), ("-2E-7", "-2e-7")]
)
def test_a_bare_number_is_written_as_javascript_does(value, text):
    assert bare_number(Decimal(value)) == text
