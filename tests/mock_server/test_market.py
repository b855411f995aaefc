import itertools
from dataclasses import replace

import pytest

import exchanges
from exchanges import Pair, UnknownPair
from mock_server.market import EPOCH_US, Market

NAMES = exchanges.names()
EXCHANGES = [exchanges.load(name) for name in NAMES]
BINANCE = exchanges.load("binance")
RACED = ("binance", "coinbase", "kraken")


def snapshots(count):
    """(market, all quotes of 13 pairs at one tick) for several batches."""
    for batch in range(count):
        market = Market(7, 0, batch)
        yield (
            market,
            [market.quote(exchange, i.pair, 0.05) for exchange in EXCHANGES for i in exchange.instruments[:13]],
        )


def gains(quotes, fees):
    """What buying at one exchange and selling the same pair at another brings, as a fraction."""
    for buy, sell in itertools.permutations(quotes, 2):
        if buy.pair == sell.pair:
            cost = float(buy.ask) * (1 + fees.get(buy.exchange, 0))
            yield float(sell.bid) * (1 - fees.get(sell.exchange, 0)) / cost - 1


@pytest.mark.parametrize("exchange", EXCHANGES, ids=NAMES)
def test_every_quote_is_on_the_grid_uncrossed_and_has_the_fields_that_the_exchange_carries(exchange):
    market = Market(7, 1, 2)
    for instrument, tick in itertools.product(exchange.instruments, range(0, 400, 7)):
        quote = market.quote(exchange, instrument.pair, tick * 0.01)
        assert 0 < quote.bid < quote.ask
        for price in (quote.bid, quote.ask, quote.last):
            assert price is None or price % instrument.price_step == 0
        for size in (quote.bid_size, quote.ask_size):
            assert size is None or (size > 0 and size % instrument.size_step == 0)
        carried = {name for name in ("last", "bid_size", "ask_size", "time_us") if getattr(quote, name) is not None}
        assert carried == exchange.carries


def test_a_quote_depends_on_the_key_alone_and_not_on_what_was_asked_before():
    pairs = [instrument.pair for instrument in BINANCE.instruments]
    forward, backward = Market(7, 1, 2), Market(7, 1, 2)
    places = list(itertools.product(pairs, (0.0, 0.5, 3.0, 1.7)))
    first = {place: forward.quote(BINANCE, *place) for place in places}
    assert {place: backward.quote(BINANCE, *place) for place in reversed(places)} == first


@pytest.mark.parametrize("other", [Market(8, 1, 2), Market(7, 0, 2), Market(7, 1, 3)], ids=["seed", "block", "batch"])
def test_another_seed_block_or_batch_is_another_price(other):
    pair = Pair("BTC", "USDT")
    assert other.quote(BINANCE, pair, 0.0).bid != Market(7, 1, 2).quote(BINANCE, pair, 0.0).bid


def test_prices_change_on_ticks_and_stand_still_between_them():
    market, pair = Market(7), Pair("BTC", "USDT")
    at_tick = market.quote(BINANCE, pair, 0.05)
    assert market.quote(BINANCE, pair, 0.0599) == at_tick
    assert market.quote(BINANCE, pair, 0.06) != at_tick


def test_a_tick_s_own_time_belongs_to_it_in_spite_of_floats():
    market = Market(7)
    assert [market.tick(tick * market.tick_s) for tick in range(100_000)] == list(range(100_000))


def test_the_time_of_a_quote_is_a_fixed_epoch_and_the_time_of_its_tick():
    assert Market(7).quote(BINANCE, Pair("BTC", "USDT"), 1.239).time_us == EPOCH_US + 1_230_000


def test_another_epoch_moves_the_exchange_s_clock_and_no_price():
    usual, moved = Market(7), Market(7, epoch_us=EPOCH_US + 5_000_999)
    for at_s in (0.0, 1.239, 77.7):
        ours, theirs = (market.quote(BINANCE, Pair("BTC", "USDT"), at_s) for market in (usual, moved))
        assert theirs == replace(ours, time_us=ours.time_us + 5_000_000)
        book = moved.book(BINANCE, Pair("BTC", "USDT"), at_s, 3)
        assert book.time_us == moved.time_us_at(at_s // 0.01 * 0.01 + 1e-9)
    assert moved.twin().epoch_us == moved.epoch_us


def test_an_unlisted_pair_is_unknown_and_the_nearest_one_is_named():
    with pytest.raises(UnknownPair, match="did you mean BTC/USDT"):
        Market(7).quote(BINANCE, Pair("BTC", "USDTT"), 0.0)


def test_a_tick_of_zero_seconds_is_refused():
    with pytest.raises(ValueError, match="above zero"):
        Market(7, tick_s=0)


def test_dollars_and_tethers_are_visibly_different_money():
    market, kraken = Market(7), exchanges.load("kraken")
    dollars = market.quote(kraken, Pair("BTC", "USD"), 0.0)
    tethers = market.quote(kraken, Pair("BTC", "USDT"), 0.0)
    assert dollars.bid != tethers.bid
    assert 0.99 < dollars.bid / tethers.bid < 1.01


def test_windows_lift_the_price_by_what_they_say_from_their_start_to_their_end():
    found = 0
    for instrument in BINANCE.instruments:
        market = Market(3)
        for window in market.windows(BINANCE, instrument.pair, 20.0):
            if window.start_s < 0.1:
                continue
            found += 1
            before, first, last, after = (
                float(market.quote(BINANCE, instrument.pair, at).bid)
                for at in (window.start_s - 0.01, window.start_s, window.end_s - 0.01, window.end_s)
            )
            # Between neighbouring ticks nothing else moves a price by more than 2 basis points and a step.
            grain = 3e-4 + 2 * float(instrument.price_step) / before
            assert abs(first / before - 1 - window.lift) < grain
            assert abs(last / after - 1 - window.lift) < grain
            assert window.lift > float(BINANCE.taker_fee)
    assert found > 3


@pytest.mark.slow
def test_typical_snapshots_have_gross_positive_spreads_and_some_a_net_positive_one():
    fees = {exchange.name: float(exchange.taker_fee) for exchange in EXCHANGES}
    three = [[quote for quote in quotes if quote.exchange in RACED] for _, quotes in snapshots(40)]
    gross = [any(gain > 0 for gain in gains(quotes, {})) for quotes in three]
    net = [any(gain > 0 for gain in gains(quotes, fees)) for quotes in three]
    assert sum(gross) > 30
    assert 3 < sum(net) < 35
