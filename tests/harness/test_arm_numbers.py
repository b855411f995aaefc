"""The numbers of an arm's row that say where its time went and how it scatters; the others are in test_analysis."""

import math
from dataclasses import replace

import pytest

from harness.arm_numbers import finite, numbers_of
from harness.breakdown import Parts
from harness.heat import Heat


@pytest.fixture
def numbers(scenario):
    def make(*measurements, others=None, bound_s=0.3):
        return numbers_of(measurements, Heat(scenario, (), []), others or {}, bound_s)

    return make


def test_the_parts_add_up_to_the_arms_time_and_begin_with_the_physical_limit(numbers, measured):
    found = numbers(measured("x", 0, 0.5, 0.4, 0.9), measured("x", 1, 0.8, 0.6))
    # Block medians 0.5 and 0.7 s; what is beyond the bound of 0.3 s is the client's.
    time_s = math.sqrt(0.5 * 0.7)
    assert found["time_s"] == pytest.approx(time_s)
    assert found["parts_s"] == pytest.approx({
        "bound_s": 0.3, "queueing_s": 0.0, "overshoot_s": 0.0, "connecting_s": 0.0, "client_s": time_s - 0.3,
        "decode_s": 0.0, "unexplained_s": 0.0, "time_s": time_s,
    })  # fmt: skip


def test_the_cold_parts_are_those_of_the_median_blocks_first_batch(numbers, measured):
    found = numbers(*(measured("x", block, 0.5, cold=cold) for block, cold in enumerate((0.9, 0.4, 0.7))))
    assert found["cold_parts_s"]["time_s"] == pytest.approx(0.7)
    assert found["cold_parts_s"]["client_s"] == pytest.approx(0.4)


def test_an_arm_is_limited_by_its_largest_part_or_by_the_physical_limit(numbers, measured):
    assert numbers(measured("x", 0, 0.5))["limited_by"] == "its own CPU"
    assert numbers(measured("x", 0, 0.31))["limited_by"] == "the physical limit"
    assert numbers(measured("x", 0, 0.31), bound_s=None)["limited_by"] == "its own CPU"


def test_waiting_for_a_turn_is_by_what_the_arm_declares(numbers, measured):
    queueing = Parts(0.3, queueing_s=0.3)
    alone, many = (numbers(measured("x", 0, 0.6, declared=count, parts=queueing)) for count in (1, 2))
    assert alone["limited_by"] == "its requests in flight"
    assert many["limited_by"] == "the order of its requests"


def test_waiting_for_a_turn_is_for_places_where_an_arm_never_used_all_that_it_declares(numbers, measured, scenario):
    queueing = Parts(0.3, queueing_s=0.3)
    once = [measured("x", block, 0.6, reached=reached, parts=queueing) for block, reached in enumerate((1, 2))]
    assert numbers(once[0])["limited_by"] == "its requests in flight"
    assert numbers(*once)["limited_by"] == "the order of its requests"
    few = Heat(replace(scenario, requests=1), (), [])
    assert numbers_of(once[:1], few, {}, 0.3)["limited_by"] == "the order of its requests"


def test_an_arm_without_any_part_is_limited_by_nothing_that_is_known(numbers, measured):
    assert numbers(measured("x", 0, 0.6, parts=Parts()))["limited_by"] is None


def test_the_spread_is_between_workers_and_within_them(numbers, measured):
    times = (0.5, 0.5 * math.exp(0.02))
    mine = [measured("x", block, *times) for block in range(2)]
    found = numbers(*mine, others={"y": {0: 2.0, 1: 2.0 * math.exp(0.04)}})["spread"]
    # Residuals 0.01 and -0.01 on half a degree of freedom; two workers, each 0.01 about its mean twice.
    assert found == pytest.approx({"between": math.sqrt(2e-4 / 0.5), "within": math.sqrt(2e-4)})
    assert numbers(*(replace(m, batches=m.batches[:2]) for m in mine))["spread"] == {"between": None, "within": None}


def test_what_is_no_number_in_json_is_none():
    assert [finite(value) for value in (1.5, math.inf, math.nan, None)] == [1.5, None, None, None]
