"""A fixed order is always in doubt, and told to be worse where time or place shows."""

import pytest

from harness.drift import Drift, drift_of
from harness.fixed_order import against_a_fixed_order, same_arm_twice
from harness.statistics import Comparison


def growing(over_session, blocks=5):
    return drift_of({"a": {block: 0.1 * (1 + over_session) ** (block / (blocks - 1)) for block in range(blocks)}})


def drift(over_session, p):
    return Drift(over_session / 4, over_session, over_session - 0.01, over_session + 0.01, p, 5)


def twin(ratio, p):
    return Comparison(ratio, ratio - 0.01, ratio + 0.01, p, 5, 0.02, ratio)


def causes(found, compared):
    return [(reason.state, reason.cause) for reason in against_a_fixed_order(found, compared)]


ORDER = ("NOISY", "order")


def test_a_fixed_order_by_itself_is_a_doubt():
    assert causes(growing(0.0), None) == [ORDER]
    assert causes(None, None) == [ORDER]


@pytest.mark.parametrize("over_session", [0.021, -0.021])
def test_a_change_of_more_than_two_percent_over_the_session_is_drift(over_session):
    assert causes(growing(over_session), None) == [("DRIFTED", "drift"), ORDER]


def test_a_change_of_less_than_two_percent_is_none_however_sure():
    assert causes(growing(0.019), twin(1.019, 0.0)) == [ORDER]


def test_a_change_that_blocks_do_not_prove_is_none():
    scattered = drift_of({"a": {0: 0.1, 1: 0.2, 2: 0.1, 3: 0.2, 4: 0.15}})
    assert causes(scattered, twin(1.5, 0.051)) == [ORDER]


@pytest.mark.parametrize(
    ("drift_p", "twin_p", "found"),
    [
        (0.03, 0.9, []),
        (0.9, 0.03, []),
        (0.024, 0.9, ["drift"]),
        (0.9, 0.024, ["position"]),
        (0.024, 0.049, ["drift", "position"]),
        (0.049, 0.026, []),
    ],
)
def test_the_two_tests_share_their_five_percent_of_false_alarms_by_holms_method(drift_p, twin_p, found):
    assert [cause for _, cause in causes(drift(0.1, drift_p), twin(1.1, twin_p))] == [*found, "order"]


def test_a_test_that_could_not_be_made_has_found_nothing():
    assert causes(None, twin(1.1, 0.024)) == [("DRIFTED", "position"), ORDER]
    assert causes(drift(0.1, 0.026), None) == [ORDER]


@pytest.mark.parametrize("ratio", [1.03, 0.97])
def test_a_twin_that_differs_at_its_other_place_is_drift(ratio):
    assert causes(growing(0.0), twin(ratio, 0.01)) == [("DRIFTED", "position"), ORDER]


def test_each_reason_has_its_numbers_and_what_to_do():
    changed, position, order = (reason.said for reason in against_a_fixed_order(growing(0.1), twin(1.03, 0.01)))
    assert changed.startswith(
        "times changed by +10.0% from the first to the last of 5 blocks (95 % CI +10.0% to +10.0%)"
    )
    assert position.startswith(same_arm_twice(twin(1.03, 0.01)))
    assert changed.endswith("leave out --order sequential")
    assert position.endswith("leave out --order sequential")
    assert "confounded" in order
