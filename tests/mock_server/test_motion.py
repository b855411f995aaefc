"""How the market moves: each price is computed here once more, from the formula that the docstrings give."""

import json
import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exchanges
from exchanges import Pair
from mock_server.market import Market
from mock_server.motion import Motion, held, hold_from

BINANCE, KRAKEN = exchanges.load("binance"), exchanges.load("kraken")
BTC, TETHER = Pair("BTC", "USD"), Pair("BTC", "USDT")
TIMES = (0.0, 0.01, 1.23, 7.7, 60.0)


def moving(text, seed=7, **more):
    return Market(seed, 1, 2, motion=Motion.parse(text), **more)


def middle(quote):
    return Fraction(quote.bid + quote.ask) / 2


@pytest.mark.parametrize(("text", "motion"), [
    ("waves", Motion()), ("waves:1", Motion()), ("waves:5", Motion(5.0)), (" still ", Motion(0.0)),
    ("waves:0.25", Motion(0.25)), ("linear:10bp/s", Motion(0.0, 10.0)), ("linear:-3.5bp/s", Motion(0.0, -3.5)),
    ("linear:+2bp/s", Motion(0.0, 2.0)), ("linear:0bp/s", Motion(0.0)),
])  # fmt: skip
def test_a_motion_is_read_from_words(text, motion):
    assert Motion.parse(text) == motion


@given(st.builds(Motion, st.integers(1, 10**6).map(lambda n: n / 1e4)) | st.builds(
    Motion, st.just(0.0), st.integers(-(10**8), 10**8).map(lambda n: n / 1e4)
))  # fmt: skip
def test_what_a_motion_prints_is_read_as_the_same_motion(motion):
    assert Motion.parse(str(motion)) == motion


@pytest.mark.parametrize(("text", "words"), [
    ("", "expected waves, waves:5, still or linear:10bp/s"), ("wave", "did you mean waves?"),
    ("waves:", "expected waves"), ("waves:0", "still has no waves"), ("waves:-2", "above 0 and up to 100 times"),
    ("waves:101", "up to 100 times as high, found 101"), ("waves:nan", "expected waves"),
    ("waves:1e3", "expected waves"),
    ("still:3", "expected waves"), ("linear", "expected waves"), ("linear:10", "linear:10bp/s"),
    ("linear:10bp", "linear:10bp/s"), ("linear:bp/s", "linear:10bp/s"), ("linear:10001bp/s", "at most 10,000 basis"),
    ("linear:٣bp/s", "expected waves"), ("linear:" + "9" * 400 + "bp/s", "expected waves"), ("\x1b[31m", "\\x1b"),
])  # fmt: skip
def test_what_is_no_motion_is_told_with_what_would_be_one(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Motion.parse(text)


@pytest.mark.parametrize("exchange", [BINANCE, KRAKEN], ids=["binance", "kraken"])
def test_in_a_still_market_no_price_ever_changes_and_there_is_no_window(exchange):
    market = moving("still")
    for instrument in exchange.instruments:
        prices = {(quote.bid, quote.ask) for at in TIMES for quote in [market.quote(exchange, instrument.pair, at)]}
        assert len(prices) == 1
        assert market.windows(exchange, instrument.pair, 600.0) == []
    sizes = {market.quote(BINANCE, TETHER, at).bid_size for at in TIMES}
    assert len(sizes) > 1


@pytest.mark.parametrize("slope", ["10", "-3.5", "0.25", "1000"])
def test_along_a_line_a_price_grows_by_the_slope_times_its_starting_price(slope):
    market = moving(f"linear:{slope}bp/s")
    for exchange, pair in ((BINANCE, TETHER), (KRAKEN, BTC), (KRAKEN, TETHER)):
        step = next(Fraction(each.price_step) for each in exchange.instruments if each.pair == pair)
        first = middle(market.quote(exchange, pair, 0.0))
        for at in TIMES:
            # Of a tick, of which there are a hundred in a second; bid and ask are rounded outwards, a step at most.
            grown = first * (1 + Fraction(slope) / 10_000 * Fraction(math.floor(at * 100 + 1e-9), 100))
            assert abs(middle(market.quote(exchange, pair, at)) - grown) <= 2 * step
        assert market.windows(exchange, pair, 600.0) == []


def test_along_a_line_that_falls_a_price_ends_at_the_grid_s_first_steps():
    market = moving("linear:-1000bp/s")
    quote = market.quote(BINANCE, TETHER, 11.0)
    step = next(each.price_step for each in BINANCE.instruments if each.pair == TETHER)
    assert (quote.bid, quote.ask) == (step, 2 * step)


def test_waves_five_times_as_high_move_a_price_five_times_as_far():
    usual, high = moving("waves"), moving("waves:5")
    low, up = (
        [float(middle(market.quote(KRAKEN, BTC, tick / 100))) for tick in range(1500)] for market in (usual, high)
    )
    # In logarithms all is a sum; the wobble of 0.7 basis points and the windows are the same in both.
    moved = [
        (math.log(one / low[0]), math.log(other / up[0]))
        for one, other in zip(low, up, strict=True)
        if abs(math.log(one / low[0])) < 0.006
    ]
    assert max(abs(one) for one, _ in moved) > 0.002
    assert all(abs(other - 5 * one) < 8e-4 for one, other in moved)


def test_motion_changes_neither_the_sizes_nor_the_side_that_traded_last():
    for at in TIMES:
        usual, still = (moving(text).quote(KRAKEN, BTC, at) for text in ("waves", "still"))
        assert (usual.bid_size, usual.ask_size, usual.time_us) == (still.bid_size, still.ask_size, still.time_us)
        assert (usual.last == usual.bid) == (still.last == still.bid)


def test_a_market_that_is_held_has_one_tick_whatever_the_clock_says():
    free, stands = moving("waves"), moving("waves", hold_s=3.2)
    assert [stands.current_tick(at) for at in TIMES] == [320] * len(TIMES)
    assert [free.current_tick(at) for at in TIMES] == [free.tick(at) for at in TIMES]
    assert stands.quote(KRAKEN, BTC, 1.0) == free.quote(KRAKEN, BTC, 1.0)
    assert stands.twin().hold_s == 3.2


def test_in_a_market_that_is_held_a_large_body_is_of_the_same_tick_as_a_small_one():
    assert moving("waves", hold_s=3.2).grain_s(5000) == 0.01
    assert moving("waves").grain_s(5000) == 1.0


def test_a_twin_moves_as_its_market_does():
    market = moving("linear:7bp/s")
    assert market.twin().quote(KRAKEN, BTC, 9.0) == market.quote(KRAKEN, BTC, 9.0)


def test_the_time_of_a_quote_is_told_in_the_exchange_s_own_grain():
    class Coarse(type(BINANCE)):
        time_grain_us = 1_000_000

    exchange, market = Coarse(), Market(7)
    exact = market.time_us_at(3.21)
    assert market.book(exchange, TETHER, 3.21, 3).time_us == exact - exact % 1_000_000
    carrying = replace(market.quote(KRAKEN, BTC, 0.0), time_us=None)
    assert carrying.time_us is None


@pytest.mark.parametrize("given", [True, "3.2s", -0.01, math.nan, math.inf, 86_401, [1], {}])
def test_what_is_no_second_to_be_held_at_is_told(given):
    with pytest.raises(ValueError, match="expected seconds from 0 to 86,400"):
        hold_from(given)


def test_a_second_to_be_held_at_is_read_from_words():
    assert (held(None), held("3.2s"), held("40ms")) == (None, 3.2, 0.04)


def test_a_batch_is_begun_in_another_motion_which_stays_until_there_is_another(control):
    control.begin(seed=7, motion="linear:10bp/s")
    control.begin(seed=7)
    assert control.status()["motion"] == "linear:10bp/s"
    control.begin(seed=7, motion="waves")
    assert control.status()["motion"] == "waves"


def test_prices_and_the_exchange_s_time_stand_where_a_batch_holds_them(mock, control, connect):
    control.begin(seed=7, block=1, batch=2, motion="waves", hold=3.2)
    market = moving("waves")
    for _ in range(2):
        answer = fetched(connect(mock.origins["kraken"]), KRAKEN.request_for(BTC).target)
        quote = KRAKEN.quotes_from((BTC,), answer)[0]
        assert quote == market.quote(KRAKEN, BTC, 3.2)
    assert {row[8] for row in control.end()["rows"]} == {3.2}
    control.begin(seed=7, block=1, batch=2)
    fetched(connect(mock.origins["kraken"]), KRAKEN.request_for(BTC).target)
    assert control.end()["rows"][0][8] < 3.2


def fetched(connection, target):
    from exchanges.wire import Response

    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    whole = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = whole.partition(b"\r\n\r\n")
    assert json.loads(body)
    return Response(int(head.split()[1]), body, {})
