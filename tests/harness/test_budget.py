"""A budget of time, by a clock that stands until it is moved."""

import pytest

from harness import budget as budgets
from harness.arm import Arm
from harness.budget import Budget, before_s
from harness.exits import OutOfTime, UsageError
from harness.heat import block_estimate_s, heat_for
from harness.scenario import Scenario


class Clock:
    def __init__(self):
        self.at = 100.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


ARMS = (Arm("sequential", "sequential"), Arm("threads", "threads"), Arm("threads (twin)", "threads", "threads"))
DECLARED = {"sequential": 1, "threads": 2, "threads (twin)": 2}


@pytest.fixture
def heats(scenario):
    """One scenario, or several."""

    def make(*names, order="shuffled"):
        return [
            heat_for(Scenario.from_json({**scenario.to_json(), "name": name}), ARMS, order, DECLARED)
            for name in names or ("quick",)
        ]

    return make


def block_s(racing):
    return sum(block_estimate_s(heat.scenario, heat.declared) for heat in racing)


def besides_s(racing):
    return before_s([heat.scenario for heat in racing]) + budgets._after_s(racing)


@pytest.mark.parametrize("blocks", [5, 6, 23, 100])
@pytest.mark.parametrize("names", [("x",), ("x", "y", "z")])
def test_as_many_blocks_are_planned_as_fit(heats, clock, blocks, names):
    racing = heats(*names)
    Budget(besides_s(racing) + (blocks + 0.5) * block_s(racing), clock).plan(racing)
    assert [(heat.scenario.blocks, len(heat.order)) for heat in racing] == [(blocks, blocks)] * len(names)


def test_what_was_spent_before_the_plan_is_not_there_any_more(heats, clock):
    racing = heats()
    limit = Budget(besides_s(racing) + 9.5 * block_s(racing), clock)
    clock.at += 2 * block_s(racing)
    limit.plan(racing)
    assert racing[0].scenario.blocks == 7


def test_a_hundred_blocks_are_enough(heats, clock):
    racing = heats()
    Budget(1e6, clock).plan(racing)
    assert racing[0].scenario.blocks == 100


def test_too_little_for_five_blocks_is_refused_with_the_budget_that_would_do(heats, clock):
    racing = heats("x", "y")
    with pytest.raises(UsageError) as caught:
        Budget(3.0, clock).plan(racing)
    needed_s = besides_s(racing) + 5 * block_s(racing)
    said = str(caught.value)
    assert said.startswith(f"--budget: 5 blocks of 2 arms and a twin in 2 scenarios take about {needed_s:.0f} s, found")
    assert "found 3.00 s; try --budget " in said
    assert "nothing was measured" in said
    text = said.partition("try --budget ")[2].partition(",")[0]
    Budget(float(text.removesuffix("s")), clock).plan(racing)
    assert racing[0].scenario.blocks == 5


@pytest.mark.parametrize(("took_s", "blocks"), [(1.0, 49), (2.0, 25), (9.0, 6), (12.0, 5), (60.0, 5), (0.1, 100)])
def test_after_the_first_block_the_number_follows_from_the_time_that_it_took(heats, clock, took_s, blocks):
    racing = heats()
    limit = Budget(60.0, clock)
    limit.plan(racing)
    planned, order = racing[0].scenario.blocks, racing[0].order
    clock.at += 60 - budgets._after_s(racing) - 48.5
    said = limit.correct(racing, took_s)
    assert racing[0].scenario.blocks == len(racing[0].order) == blocks
    assert racing[0].order[: min(blocks, planned)] == order[: min(blocks, planned)]
    assert said is not None
    assert f"{blocks} blocks in place of {planned}, for the budget of 60" in said


def test_a_number_that_stays_is_not_told(heats, clock):
    racing = heats()
    limit = Budget(60.0, clock)
    limit.plan(racing)
    clock.at += 60.0
    racing[0].plan(5)
    assert limit.correct(racing, 30.0) is None


def test_the_correction_looks_at_no_result(heats, clock, measured):
    plain, full = heats(), heats()
    full[0].measured += [measured(name, 0, 0.001) for name in DECLARED]
    full[0].dropped["threads"] = "broke"
    limit = Budget(60.0, clock)
    assert limit.correct(plain, 2.0) == limit.correct(full, 2.0)
    assert plain[0].order == full[0].order


def test_as_long_as_the_budget_is_not_spent_twice_the_race_goes_on(heats, clock):
    racing = heats()
    limit = Budget(10.0, clock)
    clock.at += 19.9
    assert limit.hold(racing) is None


def test_a_budget_that_is_spent_twice_before_five_blocks_ends_the_race(heats, clock):
    racing = heats("x", "y")
    racing[0].finished_blocks, racing[1].finished_blocks = 5, 4
    limit = Budget(10.0, clock)
    clock.at += 20.0
    with pytest.raises(OutOfTime, match=r"the budget of 10\.0 s was spent twice over before 5 blocks were finished"):
        limit.hold(racing)


def test_a_budget_that_is_spent_twice_after_five_blocks_leaves_it_at_those(heats, clock):
    racing = heats("x", "y")
    for heat in racing:
        heat.plan(9)
    racing[0].finished_blocks, racing[1].finished_blocks = 7, 6
    limit = Budget(10.0, clock)
    clock.at += 20.0
    assert limit.hold(racing) == "the budget of 10.0 s is spent twice over: no further blocks"
    assert [(heat.scenario.blocks, len(heat.order)) for heat in racing] == [(7, 7), (6, 6)]
    assert limit.hold(racing) is None


def test_a_fixed_order_can_be_sized_as_well(heats, clock):
    racing = heats(order="sequential")
    Budget(besides_s(racing) + 7.5 * block_s(racing), clock).plan(racing)
    assert racing[0].order == [[arm.name for arm in ARMS]] * 7


@pytest.mark.parametrize(("text", "total_s"), [("60s", 60.0), ("5min", 300.0), ("1500ms", 1.5)])
def test_a_budget_is_a_duration(text, total_s):
    assert Budget.parse(text).total_s == total_s


@pytest.mark.parametrize("text", ["60", "soon", "0s", "-5s", ""])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UsageError, match="--budget: expected"):
        Budget.parse(text)


def test_the_card_takes_longer_with_longer_delays_and_more_loads(scenario):
    def about(**changes):
        return before_s([Scenario.from_json({**scenario.to_json(), **changes})])

    # A server; 24 rounds of 50 ms with one in flight; 0.3 s with 2 and with 100.
    assert about() == pytest.approx(0.35 + 24 * 0.1 + 2 * 0.3)
    assert about(latency="1ms") == pytest.approx(0.35 + 24 * 0.05 + 2 * 0.3)
    assert about(concurrency=1) == pytest.approx(about() - 0.3)


def test_scenarios_that_share_a_server_wait_for_it_once(scenario):
    one, other, apart = (
        Scenario.from_json({**scenario.to_json(), **changes}) for changes in ({}, {"requests": 9}, {"listed": 50})
    )
    assert before_s([one, other]) == before_s([one])
    assert before_s([one, apart]) == pytest.approx(before_s([one]) + 0.35)
