"""When the next batch may ask others' servers, and when none may."""

import pytest

from exchanges.limit import RateLimit
from harness.turnstile import PATIENCE_S, REFUSALS, Refused, Turnstile


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.at = 100.0
        self.slept = []

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def turnstile(clock):
    return lambda pause_s=3.0, opens=0.0, refused=0: Turnstile(pause_s, opens, refused, clock.now, clock.sleep)


def no(kind="rate_limited", after=None, name="kraken"):
    told = {"kind": kind, "detail": "too many", "started": 0.0, "ended": 0.1}
    return (name, told if after is None else {**told, "retry_after": after})


YES = ("binance", {"quotes": [], "started": 0.0, "ended": 0.1})


def test_a_batch_waits_until_the_one_before_it_is_paid_off(turnstile, clock):
    one = turnstile(opens=101.5)
    one.begin(seed=7, block=0)
    assert clock.slept == [1.5]
    clock.at += 0.25
    assert one.end() is None
    one.begin()
    assert clock.slept == [1.5, 3.0]


def test_a_clock_that_wakes_too_early_is_waited_for_again(clock):
    woken = []

    def early(seconds):
        woken.append(seconds)
        clock.at += seconds / 2 if len(woken) == 1 else seconds

    Turnstile(3.0, 102.0, 0, clock.now, early).begin()
    assert woken == [2.0, 1.0]


def test_an_exchange_that_names_a_time_is_left_alone_for_it(turnstile, clock):
    one = turnstile()
    one.end()
    one.heed([YES, no(after=20.0), no(after=7.0)])
    one.begin()
    assert clock.at == 120.0
    assert one.refused == 1


def test_a_ban_with_a_time_that_can_be_waited_for_is_waited_for(turnstile):
    one = turnstile()
    one.heed([no("banned", PATIENCE_S)])
    assert one.opens == 100.0 + PATIENCE_S


def test_one_that_names_no_time_is_left_alone_until_its_budget_is_whole(turnstile):
    one = turnstile(0.0)
    one.heed([no()])
    assert one.opens == 115.0  # Kraken's bucket fills in 15 s


@pytest.mark.parametrize("after", [-1.0, "soon", None])
def test_a_time_that_is_none_counts_as_none(turnstile, after):
    one = turnstile(0.0)
    one.heed([no(after=after)])
    assert one.opens == 115.0


def test_a_budget_that_takes_an_hour_is_not_waited_for_longer_than_anything_else(turnstile, monkeypatch):
    import exchanges
    from exchanges.limit import Charge

    slow = Charge("b", 1, RateLimit(10, 3600.0))
    monkeypatch.setattr(type(exchanges.load("kraken")), "charge_for", lambda self, request: slow)
    one = turnstile(0.0)
    one.heed([no()])
    assert one.opens == 100.0 + PATIENCE_S


def test_one_that_wants_to_be_left_alone_for_longer_ends_the_race(turnstile):
    with pytest.raises(Refused) as refused:
        turnstile().heed([YES, no(after=3600.0)])
    assert str(refused.value) == (
        "kraken refused us (rate_limited: too many) and wants to be left alone for 3600 s, more than the 120 s that a "
        "race waits: try again then, or race without it (--exchange)"
    )


@pytest.mark.parametrize(
    ("kind", "after", "said"),
    [
        ("banned", None, "does not want to be asked for now; leave it alone for hours"),
        ("blocked", None, "does not want to be asked from this place; race without it (--exchange)"),
        ("blocked", 1.0, "does not want to be asked from this place; race without it (--exchange)"),
    ],
)
def test_one_that_will_not_have_us_is_not_asked_again(turnstile, kind, after, said):
    with pytest.raises(Refused) as refused:
        turnstile().heed([no(kind, after)])
    assert str(refused.value).endswith(said)


def test_five_refused_batches_in_a_row_end_the_race_and_a_good_one_begins_the_count_anew(turnstile):
    one = turnstile(refused=REFUSALS - 2)
    one.heed([no(after=1.0)])
    one.heed([YES])
    assert one.refused == 0
    for _ in range(REFUSALS - 1):
        one.heed([no(after=1.0)])
    with pytest.raises(Refused, match="kraken said no to 5 batches in a row"):
        one.heed([no(after=1.0)])


def test_other_failures_are_no_refusals(turnstile):
    one = turnstile(opens=50.0)
    one.heed([no("deadline"), no("server"), no("reset"), YES])
    assert (one.opens, one.refused) == (100.0, 0)


def test_the_next_workers_turnstile_goes_on_where_this_one_was(turnstile):
    one = turnstile(2.5)
    one.end()
    one.heed([no(after=9.0)])
    assert one.to_json() == {"pause_s": 2.5, "opens": 109.0, "refused": 1}
    assert Turnstile(**one.to_json()).opens == 109.0


def test_a_server_in_trouble_that_says_for_how_long_is_left_alone_so_long(turnstile, clock):
    one = turnstile()
    one.heed([no("server", 30.0)])
    one.begin()
    assert clock.slept == [30.0]
    one.heed([no("server")])
    assert one.refused == 0
    with pytest.raises(Refused, match="wants to be left alone for"):
        one.heed([no("server", float("inf"))])
