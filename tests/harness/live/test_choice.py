import exchanges
from exchanges.pair import Pair
from harness.live.choice import ASSETS, markets_from
from harness.portfolio import Holding, Portfolio


def test_where_nobody_says_what_three_coins_in_dollars_of_both_kinds_are_shown_on_every_exchange():
    markets = markets_from(None, exchanges.names(), None)
    assert {pair.base for _, pair in markets} == {*ASSETS, "USDT"}
    assert {name for name, _ in markets} == set(exchanges.names())
    assert len(set(markets)) == len(markets)


def test_the_market_between_the_moneys_is_asked_for_as_well():
    markets = markets_from("BTC/USD,BTC/USDT", ["binance", "kraken"], None)
    assert markets == (
        ("kraken", Pair("BTC", "USD")),
        ("binance", Pair("BTC", "USDT")),
        ("kraken", Pair("BTC", "USDT")),
        ("kraken", Pair("USDT", "USD")),
    )


def test_what_a_portfolio_is_valued_by_is_asked_for_as_well_and_once():
    portfolio = Portfolio("USD", (Holding("ADA", 5), Holding("BTC", 1)))
    markets = markets_from("BTC/USD", ["kraken"], portfolio)
    assert ("kraken", Pair("ADA", "USD")) in markets
    assert len(set(markets)) == len(markets)
