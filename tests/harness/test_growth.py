"""Lines and powers in blocks, against numpy and scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.bound import bound
from harness.growth import growth, line, mean_over_blocks

REQUESTS = (10, 40, 160)
TIMES = {10: {0: 0.11, 1: 0.12, 2: 0.1}, 40: {0: 0.43, 1: 0.4, 2: 0.41}, 160: {0: 1.6, 1: 1.71, 2: 1.66}}
CPU = {10: {0: 0.01, 1: 0.012, 2: 0.011}, 40: {0: 0.03, 1: 0.031, 2: 0.033}, 160: {0: 0.13, 1: 0.12, 2: 0.11}}


def over_blocks(values):
    """What scipy says of one number a block."""
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    return pytest.approx({"estimate": np.mean(values), "low": low, "high": high})


def in_blocks(costs):
    return [[costs[number][block] for number in REQUESTS] for block in (0, 1, 2)]


def test_a_line_is_that_of_scipy():
    for values in in_blocks(TIMES):
        found = stats.linregress(REQUESTS, values)
        assert line(REQUESTS, values) == pytest.approx((found.intercept, found.slope))


@pytest.mark.parametrize(("costs", "prefix"), [(TIMES, ""), (CPU, "cpu_")])
def test_lines_and_powers_are_fitted_in_each_block_and_averaged_over_blocks(costs, prefix):
    found = growth(TIMES, CPU)
    lines = [np.polyfit(REQUESTS, values, 1) for values in in_blocks(costs)]
    powers = [np.polyfit(np.log(REQUESTS), np.log(values), 1)[0] for values in in_blocks(costs)]
    assert found[f"{prefix}per_request_s"] == over_blocks([slope for slope, _ in lines])
    assert found[f"{prefix}fixed_s"] == over_blocks([fixed for _, fixed in lines])
    assert found[f"{prefix}exponent"] == over_blocks(powers)


def test_what_is_proportional_has_the_exponent_1_and_nothing_fixed():
    found = growth({n: {0: 0.02 * n, 1: 0.03 * n} for n in REQUESTS}, {})
    assert found["exponent"] == pytest.approx({"estimate": 1, "low": 1, "high": 1})
    assert found["fixed_s"]["estimate"] == pytest.approx(0, abs=1e-12)
    assert found["per_request_s"]["estimate"] == pytest.approx(0.025)


def test_what_does_not_grow_has_the_exponent_0_and_costs_nothing_a_request():
    found = growth({number: {0: 0.5, 1: 0.5} for number in REQUESTS}, {})
    assert found["exponent"]["estimate"] == pytest.approx(0, abs=1e-12)
    assert (found["fixed_s"]["estimate"], found["per_request_s"]["estimate"]) == pytest.approx((0.5, 0))


def test_a_block_that_is_slower_as_a_whole_moves_no_exponent():
    slower = {n: {**of, 2: of[2] * 3} for n, of in TIMES.items()}
    assert growth(slower, CPU)["exponent"] == pytest.approx(growth(TIMES, CPU)["exponent"])


def test_only_blocks_that_every_number_of_requests_has_are_fitted():
    more = {**TIMES, 10: {**TIMES[10], 7: 99.0}}
    assert growth(more, CPU) == growth(TIMES, CPU)
    assert growth(TIMES, CPU)["blocks"] == 3


def test_two_numbers_of_requests_are_fitted_with_a_warning_and_one_is_not():
    found = growth({n: TIMES[n] for n in (10, 40)}, CPU)
    assert (found["points"], found["note"][:28]) == (2, "with two numbers of requests")
    assert growth(TIMES, CPU)["note"] is None
    assert growth({10: TIMES[10]}, CPU) is growth({}, {}) is growth({10: {0: 1.0}, 40: {1: 1.0}}, CPU) is None


def test_the_physical_limit_has_an_exponent_of_its_own_which_an_arm_at_the_limit_shares():
    bounds = {number: bound([0.02] * number, 20) for number in (10, 100, 1000)}
    found = growth({number: dict.fromkeys(range(3), bound_s) for number, bound_s in bounds.items()}, {}, bounds, 20)
    power = np.polyfit(np.log(list(bounds)), np.log(list(bounds.values())), 1)[0]
    assert found["bound_exponent"] == pytest.approx(power) == pytest.approx(found["exponent"]["estimate"])
    assert found["bound_exponent"] < 0.9
    assert growth(TIMES, CPU)["bound_exponent"] is growth(TIMES, CPU, {**bounds, 40: None})["bound_exponent"] is None
    assert growth(TIMES, CPU, dict.fromkeys(REQUESTS, 0.0))["bound_exponent"] is None


@pytest.mark.parametrize(
    ("in_flight", "said"),
    [
        (1, None),
        (10, None),
        (20, "with 20 in flight the last round of 10 requests is not full: that bends the growth"),
        (100, "with 100 in flight the last rounds of 10, 40 and 160 requests are not full: that bends the growth"),
    ],
)
def test_rounds_that_are_not_full_are_said(in_flight, said):
    assert growth(TIMES, CPU, in_flight=in_flight)["note"] == said


def test_one_block_gives_estimates_without_intervals():
    found = growth({n: {0: of[0]} for n, of in TIMES.items()}, CPU)
    assert (found["exponent"]["low"], found["exponent"]["high"]) == (None, None)
    assert math.isfinite(found["exponent"]["estimate"])


def test_cpu_time_that_was_too_short_to_be_counted_has_a_line_and_no_power():
    found = growth(TIMES, {number: {0: 0.0, 1: 0.01} for number in REQUESTS})
    assert found["cpu_exponent"] is None
    assert found["cpu_fixed_s"]["estimate"] == pytest.approx(0.005)


def test_cpu_time_that_nobody_measured_is_none():
    found = growth(TIMES, {number: {} for number in REQUESTS})
    assert [found[f"cpu_{name}"] for name in ("exponent", "fixed_s", "per_request_s")] == [None] * 3


def test_the_mean_over_blocks_may_be_below_zero():
    found = mean_over_blocks([-1.0, -2.0, -3.0])
    assert (found.low, found.estimate, found.high) == pytest.approx((-4.484, -2, 0.484), abs=0.001)
