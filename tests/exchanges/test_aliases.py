"""Aliases: one common code for a currency, whatever an exchange calls it."""

import pytest

import exchanges
from exchanges.aliases import ALIASES, common_code, own_code
from exchanges.instruments import listed_pair
from exchanges.pair import Pair

OF_TABLES = [(name, own, common) for name, table in ALIASES.items() for own, common in table.items()]


def test_a_code_of_an_exchange_is_read_as_the_common_one():
    for name, own, common in OF_TABLES:
        assert common_code(name, own) == common != own


def test_a_common_code_is_written_as_one_of_the_exchange_that_is_read_back_as_it():
    for name, _, common in OF_TABLES:
        assert common_code(name, own_code(name, common)) == common


def test_codes_are_plain_enough_for_a_pair():
    for _, own, common in OF_TABLES:
        assert str(Pair.parse(f"{common}/{own}")) == f"{common}/{own}"


@pytest.mark.parametrize("name", exchanges.names())
def test_a_code_that_is_not_in_a_table_is_the_common_one(name):
    for code in ("BTC", "ETH", "SOL", "USD", "EUR"):
        assert common_code(name, code) == code


def test_an_alias_holds_at_its_own_exchange_alone():
    assert common_code("binance", "UST") == "UST"
    assert common_code("okx", "XBT") == "XBT"
    assert (common_code("bitfinex", "UST"), common_code("kraken", "XBT")) == ("USDT", "BTC")
    assert own_code("nobody", "BTC") == "BTC"


def test_of_two_codes_for_one_currency_the_one_in_use_is_written():
    assert {own for own, common in ALIASES["bitfinex"].items() if common == "BCH"} == {"BCHN", "BAB"}
    assert own_code("bitfinex", "BCH") == "BCHN"


def test_a_code_that_means_another_currency_elsewhere_is_not_mistaken_for_it():
    assert common_code("bitfinex", "LUNA") == "LUNC"
    assert common_code("bitfinex", "LUNA2") == "LUNA"
    assert own_code("bitfinex", "LUNA") == own_code("kraken", "LUNA") == "LUNA2"
    assert [common_code("kraken", code) for code in ("LUNA", "UST", "REP", "REPV2")] == ["LUNC", "USTC", "REPV1", "REP"]


def test_a_listed_pair_has_common_codes_on_both_sides_in_any_case():
    assert listed_pair("bitfinex", "udc", "UST") == Pair("USDC", "USDT")
    assert listed_pair("kraken", "XBT", "USD") == Pair("BTC", "USD")
    assert listed_pair("bitfinex", "no code", "USD") is None


@pytest.mark.parametrize("name", exchanges.names())
def test_no_table_of_markets_has_a_code_that_only_its_exchange_knows(name):
    listed = {code for one in exchanges.load(name).instruments for code in (one.pair.base, one.pair.quote)}
    others = set(ALIASES.get(name, {})) - set(ALIASES.get(name, {}).values())
    assert not listed & others


def test_a_symbol_of_bitfinex_is_made_of_its_own_codes():
    for one in exchanges.load("bitfinex").instruments:
        own = [own_code("bitfinex", code) for code in (one.pair.base, one.pair.quote)]
        assert one.symbol == "t" + (":" if max(map(len, own)) > 3 else "").join(own)
