"""The cache: what is known of each market, and how old it is."""

import threading
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.exchange_clock import ExchangeClock
from harness.sighting import Sighting
from harness.tracker.cache import Cache, asleep_us, is_doubtful

S = 1_000_000
BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")
MARKET = ("kraken", BTC)


class Sleeper:
    """How long the machine has slept, in microseconds, as a test has it."""

    def __init__(self):
        self.us = 0

    def __call__(self):
        return self.us


def cache_of(*markets, ttl_us=3 * S, asleep=None):
    return Cache(markets or (MARKET,), ttl_us, asleep or Sleeper())


def sighting(received_us, bid="100", ask="102", pair=BTC, took_us=0):
    return Sighting(Quote("kraken", pair, Decimal(bid), Decimal(ask)), received_us - took_us, received_us)


def put(cache, *sightings, **misses):
    with cache.changed:
        cache.put(sightings, misses.get("misses", {}))


def only(cache, now_us, silent=()):
    (known,) = cache.known(now_us, silent).values()
    return known


def test_before_anything_came_a_market_is_waiting():
    known = only(cache_of(), 5 * S)
    assert (known.freshness, known.sighting, known.age_us, known.error, known.mids) == ("waiting", None, None, None, ())


@given(st.lists(st.integers(0, 100 * S), min_size=1, max_size=8), st.integers(0, 200 * S), st.booleans())
def test_nothing_older_than_its_time_to_live_is_fresh(moments, now_us, is_silent):
    cache = cache_of()
    for moment in moments:
        put(cache, sighting(moment))
    newest_us = max(moments)
    known = only(cache, max(now_us, newest_us), {"kraken"} if is_silent else ())
    assert known.age_us == max(now_us, newest_us) - newest_us
    assert (known.freshness == "fresh") == (known.age_us <= 3 * S)
    assert known.freshness in (("fresh", "dead") if is_silent else ("fresh", "stale", "dead"))


def test_it_is_stale_then_dead_and_dead_at_once_where_the_exchange_answers_nothing_but_errors():
    cache = cache_of()
    put(cache, sighting(0))
    assert [only(cache, age).freshness for age in (3 * S, 3 * S + 1, 30 * S, 30 * S + 1)] == [
        "fresh", "stale", "stale", "dead",
    ]  # fmt: skip
    assert [only(cache, age, {"kraken"}).freshness for age in (3 * S, 3 * S + 1)] == ["fresh", "dead"]
    assert only(cache, 4 * S, {"gemini"}).freshness == "stale"


def test_a_price_is_as_old_as_its_question_for_nobody_knows_when_it_was_answered():
    cache = cache_of()
    put(cache, sighting(10 * S, took_us=3 * S))
    assert [only(cache, now).freshness for now in (10 * S, 10 * S + 1)] == ["fresh", "stale"]
    assert only(cache, 10 * S).age_us == 3 * S


def test_what_was_asked_for_earlier_changes_nothing():
    cache = cache_of()
    put(cache, sighting(9 * S, "200", "202"))
    put(cache, sighting(5 * S, "100", "102"))
    assert only(cache, 9 * S).sighting.quote.bid == 200


def test_an_error_stays_until_something_comes_and_takes_nothing_away():
    cache = cache_of()
    put(cache, sighting(S))
    put(cache, misses={MARKET: "deadline: no answer"})
    known = only(cache, 2 * S)
    assert (known.error, known.sighting.received_us, known.freshness) == ("deadline: no answer", S, "fresh")
    put(cache, sighting(2 * S))
    assert only(cache, 2 * S).error is None


def test_mid_prices_are_kept_oldest_first_and_nonsense_is_not():
    cache = cache_of()
    for moment, (bid, ask) in enumerate([("100", "102"), ("5", "1"), ("NaN", "1"), ("1e999999", "1e999999")]):
        put(cache, sighting(moment * S + S, bid, ask))
    put(cache, sighting(9 * S, "200", "203"))
    assert only(cache, 9 * S).mids == (Decimal(101), Decimal("201.5"))


def test_the_last_sixty_mid_prices_are_kept():
    cache = cache_of()
    for moment in range(1, 101):
        put(cache, sighting(moment * S, str(moment), str(moment)))
    assert only(cache, 100 * S).mids == tuple(map(Decimal, range(41, 101)))


def test_a_market_that_nobody_asked_for_is_ignored():
    cache = cache_of()
    put(cache, sighting(S, pair=ETH), misses={("gemini", ETH): "no"})
    assert only(cache, S).freshness == "waiting"


def test_the_time_that_the_machine_slept_counts():
    asleep = Sleeper()
    cache = cache_of(asleep=asleep)
    put(cache, sighting(10 * S))
    with cache.changed:
        cache.set_clock("kraken", ExchangeClock(500, 1))
    asleep.us += 3600 * S
    known = only(cache, 11 * S)
    assert (known.freshness, known.age_us) == ("dead", 3601 * S)
    assert known.sighting.asked_us == 10 * S - 3600 * S
    # Their clock went on while ours stood still.
    assert cache.clocks() == {"kraken": ExchangeClock(500 + 3600 * S, 1)}
    put(cache, sighting(12 * S))
    assert only(cache, 12 * S).freshness == "fresh"


def test_two_clocks_that_are_read_one_after_the_other_are_no_sleep():
    asleep = Sleeper()
    cache = cache_of(asleep=asleep)
    put(cache, sighting(10 * S))
    asleep.us += 40
    assert only(cache, 10 * S).age_us == 0


def test_this_machines_sleep_can_be_told():
    assert abs(asleep_us() - asleep_us()) < 10_000


def test_a_clock_that_is_known_no_more_is_forgotten():
    cache = cache_of()
    with cache.changed:
        cache.set_clock("kraken", ExchangeClock(1, 1))
        cache.set_clock("kraken", None)
    assert cache.clocks() == {}


def test_whoever_waits_for_a_change_is_told_of_it():
    cache = cache_of()
    versions = []
    waiting = threading.Thread(target=lambda: versions.append(cache.wait(0, 60)))
    waiting.start()
    put(cache, sighting(S))
    waiting.join()
    assert versions == [1]
    assert cache.wait(0, 0) == 1
    assert cache.wait(1, 0) == 1


CLOCK = ExchangeClock(1_000_000, 100)


def aged(age_us):
    """One that was in hand at 5,000 by our clock, and so old by theirs."""
    time_us = None if age_us is None else CLOCK.at(5_000) - age_us
    return Sighting(Quote("binance", BTC, Decimal(1), Decimal(2), time_us=time_us), 4_000, 5_000)


@pytest.mark.parametrize(("ages_us", "doubtful"), [
    ([], False),
    ([None], False),
    ([0, 500], False),
    ([-100], False),  # within the clock's error
    ([-101, 500], True),
    ([10_100], False),
    ([10_101, 99_999], True),
    ([10_101, 0], False),
    ([10_101, None], True),
])  # fmt: skip
def test_a_price_from_the_future_or_none_but_old_ones_raise_a_doubt(ages_us, doubtful):
    assert is_doubtful(CLOCK, [*map(aged, ages_us)], 10_000) is doubtful
