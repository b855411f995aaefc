"""What goes now of what is due."""

import math

from exchanges.limit import Charge, RateLimit
from exchanges.wire import Request
from harness.tracker.budget import Budget
from harness.tracker.errands import Errand
from harness.tracker.turn import turn_of

SMALL = RateLimit(4, 4.0)


def errand(bucket="a", weight=1, count=1, limit=SMALL):
    request = Request("kraken", "http://x", f"/{bucket}")
    return Errand((request,) * count, (Charge(bucket, weight, limit) if limit else None,) * count)


def test_what_fits_goes_and_is_paid_for():
    due, budget = [errand() for _ in range(3)], Budget()
    turn = turn_of(due, budget, 10, 0.0)
    assert (turn.taken, turn.wait_s, turn.never) == (tuple(due[:2]), 2.0, ())
    assert budget.used(0.0) == 0.5


def test_no_more_go_than_may_be_in_flight():
    due, budget = [errand(limit=None) for _ in range(3)], Budget()
    assert turn_of(due, budget, 2, 0.0).taken == tuple(due[:2])


def test_requests_that_belong_together_go_even_if_they_are_more_than_may_be_in_flight_but_alone():
    three, one = errand(count=3, limit=None), errand(limit=None)
    assert turn_of([three, one], Budget(), 1, 0.0).taken == (three,)
    assert turn_of([one, three], Budget(), 2, 0.0).taken == (one,)


def test_a_large_request_is_not_overtaken_by_small_ones_of_its_bucket():
    budget = Budget()
    budget.spend([Charge("a", 1, SMALL)], 0.0)
    large, small, other = errand(weight=2), errand(), errand("b")
    turn = turn_of([large, small, other], budget, 10, 0.0)
    assert turn.taken == (other,)
    assert turn.wait_s == 2.0


def test_what_never_may_go_holds_nobody_up():
    never, other = errand(weight=99), errand()
    turn = turn_of([never, other], Budget(), 10, 0.0)
    assert (turn.taken, turn.never, turn.wait_s) == ((other,), (never,), math.inf)
