"""A scenario being raced: its order, its size, and about how long it will take."""

import pytest

from harness import heat as heats
from harness.arm import Arm
from harness.scenario import Scenario, markets_for
from harness.surroundings import Surroundings


def test_the_same_seed_gives_the_same_order_and_every_arm_once_a_block(scenario):
    arms = [Arm(name, name) for name in "abcd"]
    first, again = (heats.heat_for(scenario, arms, "shuffled", {}).order for _ in range(2))
    assert first == again
    assert all(sorted(block) == list("abcd") for block in first)
    assert heats.heat_for(scenario, arms, "sequential", {}).order == [list("abcd")] * 3


@pytest.mark.parametrize("order", ["shuffled", "sequential"])
def test_a_heat_knows_how_its_order_was_made(scenario, order):
    assert heats.heat_for(scenario, [Arm("a", "a")], order, {}).order_mode == order


@pytest.mark.parametrize(("declared", "concurrency", "warm"), [(1, 20, 1), (2, 20, 3), (20, 20, 3), (1, 1, 3)])
def test_an_arm_that_goes_one_by_one_has_one_warm_batch_unless_all_do(scenario, declared, concurrency, warm):
    changed = Scenario.from_json({**scenario.to_json(), "warm": 3, "concurrency": concurrency})
    assert heats.warm_batches(changed, declared) == warm


def test_the_estimate_is_the_one_computed_by_hand(scenario):
    # 6 requests of 100 ms; each batch costs 1.2 ms a request besides. One by one: a life of 0.45 s and two batches of
    # 0.6072 s; two in flight: a life and three batches (2 warm) of 0.3072 s. Three blocks.
    expected = 3 * ((0.45 + 2 * 0.6072) + (0.45 + 3 * 0.3072))
    assert heats.estimate_s(scenario, {"sequential": 1, "threads": 2}) == pytest.approx(expected)


def test_more_in_flight_than_requests_does_not_shorten_the_estimate(scenario):
    assert heats.estimate_s(scenario, {"x": 600}) == heats.estimate_s(scenario, {"x": 6})


def test_the_estimate_of_what_is_left_leaves_out_what_is_finished(scenario):
    declared = {"sequential": 1, "threads": 2}
    assert heats.estimate_s(scenario, declared, 2) == pytest.approx(heats.estimate_s(scenario, declared) / 3)


@pytest.mark.parametrize("order", ["shuffled", "sequential"])
def test_another_plan_has_the_same_blocks_as_far_as_both_go(scenario, order):
    heat = heats.heat_for(scenario, [Arm(name, name) for name in "abcd"], order, {})
    three = heat.order
    heat.plan(9)
    assert (heat.scenario.blocks, len(heat.order), heat.order[:3]) == (9, 9, three)
    nine = heat.order
    heat.plan(6)
    assert (heat.scenario.blocks, heat.order) == (6, nine[:6])


@pytest.mark.parametrize(
    ("blocks", "spoilt", "left"), [(3, 0, 1), (3, 1, 0), (5, 1, 0), (8, 1, 1), (100, 0, 25), (3, 2, 0)]
)
def test_a_quarter_of_the_blocks_and_one_at_least_may_be_played_again(scenario, blocks, spoilt, left):
    heat = heats.heat_for(Scenario.from_json({**scenario.to_json(), "blocks": blocks}), [Arm("a", "a")], "shuffled", {})
    heat.spoilt = [heats.Spoilt(block, (), Surroundings(1.0, 0.0, 0.0), ()) for block in range(spoilt)]
    assert heat.replays_left == left


def test_a_spoilt_block_keeps_its_times_as_far_as_there_are_any(measured):
    surroundings = Surroundings(2.0, 0.9, 0.0, 2)
    found = (measured("a", 1, 0.06, 0.08), measured("b", 1, problem="did not finish"))
    spoilt = heats.Spoilt(1, surroundings.reasons, surroundings, found)
    assert spoilt.to_json() == {
        "block": 1, "reasons": list(surroundings.reasons), "surroundings": surroundings.to_json(),
        "times_s": {"a": 0.07},
    }  # fmt: skip


def test_an_arm_of_the_batch_plan_is_estimated_by_its_fewer_requests(scenario):
    # 6 requests to 2 pairs on each of three exchanges: in batches Binance and Kraken need one each, Coinbase two.
    markets = markets_for(["binance", "coinbase", "kraken"], 2)
    raced = Scenario.from_json({**scenario.to_json(), "markets": markets})
    expected = 3 * (0.45 + 3 * (0.2 + 4 * 0.0012))
    assert heats.estimate_s(raced, {"x+batch": 2}) == pytest.approx(expected)


def test_arms_of_a_plan_see_the_same_measurements_in_their_own_scenario(scenario):
    heat = heats.heat_for(scenario, [Arm("a", "a"), Arm("a+batch", "a")], "shuffled", {})
    assert heat.of_plan("single").scenario == scenario
    batched = heat.of_plan("batch")
    assert (batched.scenario.plan, batched.measured is heat.measured) == ("batch", True)
