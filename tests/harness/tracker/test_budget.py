"""Our own count of a rate limit, against an oracle that keeps a list of everything that went."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exchanges.limit import Charge, RateLimit
from harness.tracker.budget import Budget, seconds_of

limits = st.builds(
    RateLimit, capacity=st.integers(2, 50), per_s=st.sampled_from([1.0, 1.5, 10.0, 60.0]), window=st.booleans()
)
# Pauses in parts of the limit's own time, and what is asked for then.
calls = st.lists(st.tuples(st.floats(0, 0.4), st.integers(1, 60)), max_size=60)


def went(limit, share, calls):
    """(when, weight) of all that were let pass; whoever is told to wait waits exactly as long, up to five times."""
    budget, now, passed = Budget(share), 1000.0, []
    for pause, weight in calls:
        now += pause * limit.per_s
        charge = Charge("a", weight, limit)
        for _ in range(5):
            wait_s = budget.wait_for([charge], now)
            if not 0 < wait_s < math.inf:
                break
            now += wait_s
        if not wait_s:
            budget.spend([charge], now)
            passed.append((now, weight))
    return passed


@given(limits, st.sampled_from([0.5, 0.9, 1.0]), calls)
@example(RateLimit(2, 1.0), 0.9, [(0.0, 1), (0.0, 2)])
def test_no_more_than_the_share_goes_in_any_window_however_it_is_called(limit, share, calls):
    allowed = max(1, math.floor(limit.capacity * share))
    passed = went(limit, share, calls)
    for begin, _ in passed:
        inside = [weight for at, weight in passed if begin <= at < begin + limit.per_s]
        if limit.window:
            assert sum(inside) <= max(allowed, inside[0])
        else:
            # One that weighs more than the share goes alone, when all that went before has come back.
            assert sum(inside) <= max(allowed, *inside) + share * limit.capacity + 1e-6


@given(limits, calls)
def test_a_token_bucket_that_is_ours_alone_would_never_be_overdrawn(limit, calls):
    level, last = 0.0, None
    for at, weight in went(limit, 0.5, calls):
        if last is not None:
            level = max(0.0, level - (at - last) * limit.capacity / limit.per_s)
        level, last = level + weight, at
        assert level <= limit.capacity + 1e-6


@given(limits, st.integers(1, 60))
def test_what_fits_is_told_apart_from_what_never_will(limit, weight):
    wait_s = Budget().wait_for([Charge("a", weight, limit)], 5.0)
    assert wait_s == (0.0 if weight <= limit.capacity else math.inf)


@given(limits, calls)
def test_whoever_waits_as_long_as_told_may_go_soon(limit, calls):
    """Within three rounds of asking: one for the pace, one for the window, one for a rounding."""
    budget, now = Budget(), 0.0
    for pause, weight in calls:
        now += pause * limit.per_s
        charge = [Charge("a", min(weight, limit.capacity), limit)]
        for _ in range(3):
            now += budget.wait_for(charge, now)
        assert budget.wait_for(charge, now) == 0
        budget.spend(charge, now)


def test_buckets_do_not_pay_for_each_other():
    limit, budget = RateLimit(2, 60.0, window=True), Budget()
    one, other = Charge("one", 1, limit), Charge("other", 1, limit)
    budget.spend([one], 0.0)
    assert budget.wait_for([one], 1.0) == pytest.approx(59.0)
    assert budget.wait_for([other], 1.0) == 0
    assert budget.wait_for([one, other], 1.0) == pytest.approx(59.0)


def test_what_belongs_together_is_paid_for_together():
    limit, budget = RateLimit(10, 1.0), Budget()
    three = [Charge("a", 1, limit)] * 3
    budget.spend(three, 0.0)
    assert budget.used(0.0) == pytest.approx(0.3)
    assert budget.wait_for(three, 0.0) == pytest.approx(0.2)


def test_a_windows_share_is_spread_and_not_gone_in_the_first_seconds():
    limit, budget = RateLimit(40, 60.0, window=True), Budget()
    charge = [Charge("a", 1, limit)]
    for _ in range(5):
        assert budget.wait_for(charge, 0.0) == 0
        budget.spend(charge, 0.0)
    assert budget.wait_for(charge, 0.0) == pytest.approx(3.0)


def test_what_is_not_counted_costs_nothing_and_is_no_share_of_anything():
    budget = Budget()
    budget.spend([None], 0.0)
    assert (budget.wait_for([None], 0.0), budget.used(0.0), seconds_of([None], 0.5)) == (0.0, None, 0.0)


def test_more_than_the_share_goes_alone():
    limit, budget = RateLimit(10, 1.0, window=True), Budget()
    budget.spend([Charge("a", 1, limit)], 0.0)
    large = [Charge("a", 8, limit)]
    assert budget.wait_for(large, 0.0) == pytest.approx(1.0)
    assert budget.wait_for(large, 1.0) == 0


def test_the_use_is_told_of_the_whole_limit():
    limit, budget = RateLimit(10, 1.0, window=True), Budget()
    budget.spend([Charge("a", 5, limit)], 0.0)
    assert (budget.used(0.5), budget.used(1.0)) == (0.5, 0.0)


def test_a_round_of_requests_may_be_repeated_as_soon_as_the_dearest_bucket_allows():
    kraken, other = RateLimit(15, 15.0), RateLimit(1000, 1.0)
    assert seconds_of([Charge("a", 1, kraken)] * 3 + [Charge("b", 1, other)], 0.5) == pytest.approx(6.0)


@pytest.mark.parametrize("share", [0, -1, math.nan, math.inf])
def test_a_share_of_nothing_is_refused(share):
    with pytest.raises(ValueError, match="expected a share above 0"):
        Budget(share)
