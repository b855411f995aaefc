"""Which currencies are money (``harness.money``)."""

from harness.money import FIAT, MONEY, STABLE, places_of


def test_a_stable_coin_is_money_and_never_the_money_that_it_follows():
    assert not FIAT & STABLE
    assert {"USD", "EUR", "USDT", "USDC"} <= MONEY
    assert "BTC" not in MONEY


def test_money_is_shown_in_cents_and_a_coin_in_more():
    assert (places_of("EUR"), places_of("USDT"), places_of("BTC"), places_of("XYZ")) == (2, 2, 8, 8)
