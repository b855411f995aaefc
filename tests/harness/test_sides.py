"""What of a market a taker can take."""

from fractions import Fraction

from harness.sides import sides_of


def test_with_a_book_the_levels_are_the_books(usable):
    sides = sides_of(usable("kraken", bids="100 x 2, 99 x 5", asks="101 x 1"))
    assert (sides.bids.best, sides.asks.best) == (100, 101)
    assert sides.bids.levels == ((100, 2), (99, 5))
    assert (sides.bids.held, sides.asks.held) == (7, 1)


def test_of_a_quote_alone_the_best_price_is_the_only_level(usable):
    sides = sides_of(usable("kraken", 100, 101, bid_size="0.5", ask_size="0.25"))
    assert sides.bids.levels == ((100, Fraction(1, 2)),)
    assert sides.asks.levels == ((101, Fraction(1, 4)),)


def test_where_no_size_is_told_there_is_a_price_and_no_level(usable):
    sides = sides_of(usable("coinbase", 100, 101, ask_size="NaN", bid_size="1"))
    assert (sides.asks.best, sides.asks.levels, sides.asks.held) == (101, (), 0)
    assert sides.bids.levels == ((100, 1),)
