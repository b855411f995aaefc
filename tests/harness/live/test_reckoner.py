import threading
from decimal import Decimal

import exchanges
from exchanges.pair import Pair
from harness.allowance import Allowance
from harness.live.alerts import Alerts
from harness.live.invented import InventedSource, grid
from harness.live.reckoner import Judgement, Reckoner, reckoned
from harness.portfolio import Holding, Portfolio

MARKETS = grid(exchanges=4, pairs=2)
FEES = {name: exchanges.load(name).taker_fee for name in exchanges.names()}
JUDGEMENT = Judgement(Allowance(Decimal(1000)), FEES)


def test_the_best_routes_are_shown_and_more_of_them_heard():
    found = reckoned(InventedSource(MARKETS).turn(), JUDGEMENT)
    assert len(found.routes["arbitrage"]) == 12
    assert found.routes["routes"]["all"] == len(found.heard) == 24
    assert list(found.heard[:12]) == found.routes["arbitrage"]
    assert found.portfolio is None


def test_a_portfolio_is_valued_by_the_same_prices():
    portfolio = Portfolio("USDT", (Holding("BTC", Decimal(2)), Holding("NOBODYS", Decimal(1))))
    listed = {"binance": [Pair("BTC", "USDT")]}
    reading = InventedSource([("binance", "BTC/USDT")]).turn()
    found = reckoned(reading, Judgement(Allowance(), FEES, portfolio, listed)).portfolio
    assert found["holdings"][0]["asset"] == "BTC"
    assert Decimal(found["total"]["low"]) == 2 * next(iter(reading.known.values())).sighting.quote.bid
    assert [one["asset"] for one in found["unvalued"]] == ["NOBODYS"]


def test_what_is_reckoned_says_of_which_moment_it_is():
    portfolio = Portfolio("USDT", (Holding("BTC", Decimal(2)),))
    reading = InventedSource(MARKETS).turn(100.0)
    found = reckoned(reading, Judgement(Allowance(Decimal(1000)), FEES, portfolio))
    assert found.routes["now_us"] == found.portfolio["now_us"] == reading.seen.now_us == 100_000_000


def test_it_begins_with_what_is_known_already():
    read = InventedSource(MARKETS).reading
    first = reckoned(read(), JUDGEMENT)
    assert Reckoner(read, JUDGEMENT, Alerts(), print, first).latest is first
    assert Reckoner(read, JUDGEMENT, Alerts(), print).latest.portfolio is None


def test_a_bug_ends_it_and_is_told():
    told, done = [], threading.Event()

    def broken():
        raise KeyError("no such thing")

    def failed(error):
        told.append(error)
        done.set()

    reckoner = Reckoner(broken, JUDGEMENT, Alerts(), failed)
    reckoner.start()
    assert done.wait(10)
    assert isinstance(told[0], KeyError)
