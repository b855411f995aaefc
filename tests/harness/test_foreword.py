"""The line before a race."""

import re

import pytest

from harness.arm import Arm
from harness.budget import before_s
from harness.foreword import foreword, time_left_s
from harness.heat import estimate_s, heat_for
from harness.scenario import Scenario

ARMS = (Arm("a", "a"), Arm("b", "b"), Arm("b (twin)", "b", "b"))


@pytest.fixture
def heat(scenario):
    def make(**changes):
        changed = Scenario.from_json({**scenario.to_json(), **changes})
        return heat_for(changed, ARMS, "shuffled", {arm.name: 2 for arm in ARMS})

    return make


def test_one_scenario_is_told_by_its_conditions(heat):
    said = foreword([heat()])
    assert re.fullmatch(r"2 arms and a twin, 6 requests, 2 in flight, 100ms, 3 blocks: about \d+ s", said)


def test_of_several_scenarios_it_is_told_what_differs_and_how_many_there_are(heat):
    racing = [heat(concurrency=c, latency=latency) for c in (1, 8) for latency in ("20ms", "100ms")]
    said = foreword(racing)
    assert said.startswith(
        "2 arms and a twin, 4 scenarios (concurrency 1, 8; latency 20ms, 100ms), 3 blocks each: about "
    )


def test_a_race_that_goes_on_says_how_much_is_left(heat):
    one = heat(blocks=5)
    one.finished_blocks = 3
    assert ", 2 of 5 blocks left: about " in foreword([one])


def test_a_race_that_goes_on_says_that_its_budget_held_for_the_first_part(heat):
    one = heat(blocks=5)
    one.finished_blocks = 3
    assert foreword([one], 60.0).endswith(" s; the --budget of 60.0 s no longer holds")


def test_the_time_is_that_of_all_scenarios_with_the_servers_and_the_card(heat):
    racing = [heat(), heat(latency="20ms")]
    blocks_s = sum(estimate_s(one.scenario, one.declared) for one in racing)
    assert time_left_s(racing) == pytest.approx(blocks_s + before_s([one.scenario for one in racing]))
    racing[0].finished_blocks = 3
    assert time_left_s(racing) < blocks_s
