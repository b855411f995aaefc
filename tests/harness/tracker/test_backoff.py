"""How long an exchange is left alone: bounds for whatever dice."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tracker.backoff import LONGEST_WAIT_S, Backoff
from strategies.strategy import Failed

seeds = st.integers(0, 2**32)


def failed(kind="deadline", retry_after=None):
    return Failed(kind, "no answer", 0.0, 1.0, retry_after=retry_after)


class Highest(random.Random):
    """Dice that always show the most."""

    def uniform(self, low, high):
        return high


def test_an_answer_ends_it():
    backoff = Backoff(Highest(), 1.0)
    assert backoff.wait_after([failed()], False) == (1.0, "deadline: no answer")
    assert backoff.wait_after([], True) is None
    assert backoff.wait_after([failed()], False) == (1.0, "deadline: no answer")


def test_the_ceiling_doubles_with_every_failure_in_a_row_up_to_a_cap():
    backoff = Backoff(Highest(), 2.0)
    assert [backoff.wait_after([failed()], False)[0] for _ in range(6)] == [2, 4, 8, 16, 30, 30]


@given(seeds, st.floats(0.05, 60), st.integers(1, 2000))
def test_a_wait_lies_between_nothing_and_the_cap_after_however_many_failures(seed, base_s, failures):
    backoff = Backoff(random.Random(seed), base_s)
    backoff.in_a_row = failures
    assert 0 <= backoff.wait_after([failed()], False)[0] <= 30


@given(seeds, st.sampled_from(["rate_limited", "banned", "blocked", "server"]), st.floats(0.001, 1e10))
def test_what_the_exchange_asked_for_is_obeyed_and_capped(seed, kind, told):
    wait_s, _ = Backoff(random.Random(seed)).wait_after([failed(kind, told)], False)
    assert min(told, LONGEST_WAIT_S) <= wait_s <= min(told, LONGEST_WAIT_S) + 1.0


@pytest.mark.parametrize("told", [None, 0, -1.0, float("nan"), "soon"])
def test_a_retry_after_that_says_nothing_is_none(told):
    assert Backoff(Highest()).wait_after([failed("rate_limited", told)], False)[0] == 2.0


def test_the_longest_that_was_told_counts_for_all():
    several = [failed("rate_limited", 3.0), failed("rate_limited", 7.0), failed()]
    assert 7.0 <= Backoff(random.Random(1)).wait_after(several, True)[0] <= 7.7


def test_a_request_that_got_lost_among_answers_is_no_reason_to_leave_the_exchange_alone():
    assert Backoff(Highest()).wait_after([failed()], True) is None


@pytest.mark.parametrize(("kind", "first"), [("rate_limited", 2.0), ("banned", 60.0), ("blocked", 60.0)])
def test_a_refusal_counts_whatever_else_was_answered(kind, first):
    assert Backoff(Highest()).wait_after([failed(kind)], True) == (first, f"{kind}: no answer")


def test_refusals_in_a_row_are_backed_off_from_further_whatever_else_was_answered():
    backoff = Backoff(Highest())
    assert [backoff.wait_after([failed("rate_limited")], True)[0] for _ in range(8)][-2:] == [120.0, 120.0]
    assert backoff.wait_after([], True) is None
    assert backoff.wait_after([failed("rate_limited")], True)[0] == 2.0


def test_who_was_shut_out_asks_once_an_hour_at_last():
    backoff = Backoff(Highest())
    assert [backoff.wait_after([failed("banned")], False)[0] for _ in range(8)][-2:] == [3600.0, 3600.0]


def test_a_strategy_that_broke_is_backed_off_from_alike():
    backoff = Backoff(Highest(), 1.0)
    assert [backoff.after_bug("it broke") for _ in range(3)] == [(1, "it broke"), (2, "it broke"), (4, "it broke")]
