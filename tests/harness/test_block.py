"""One block by itself; what comes of it is in test_race."""

import pytest

from harness import block
from harness.scenario import Scenario


def test_the_limit_of_a_worker_is_far_beyond_an_honest_time(scenario):
    # Three rounds of at most 10 * 0.1 + 1 = 2 s, and 5 s a batch of leeway; 20 s to start.
    assert block._limit_s(scenario, 2, 2) == pytest.approx(20 + 3 * (3 * 2 + 5))


def test_the_limit_of_a_worker_knows_that_no_request_outlasts_its_deadline(scenario):
    hasty = Scenario.from_json({**scenario.to_json(), "deadline_s": 0.5})
    assert block._limit_s(hasty, 2, 2) == pytest.approx(20 + 3 * (3 * 0.5 + 5))
