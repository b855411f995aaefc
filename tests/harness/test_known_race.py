"""A race without any noise, of which every number is known: delays are drawn anew in each block, and what an arm costs
beyond them never changes. From side files to run.json nothing may be made of the dice."""

import heapq
import json
from itertools import pairwise
from statistics import geometric_mean, median

import pytest

import exchanges
from exchanges.pair import Pair
from harness.analysis import scenario_result
from harness.arm import Arm
from harness.bound import bound
from harness.heat import Heat
from harness.measurement import asked_delays, measurement_from
from harness.quote_rows import row_from_quote
from harness.scenario import Scenario
from mock_server.log import COLUMNS
from mock_server.market import Market

PLACES = 3
LATE_S, OPENS_S = 0.004, 0.006
COSTS_S = {"sequential": 0.03, "threads": 0.015, "asyncio": 0.008}
"""CPU time of a batch, all of it when the last answer is there."""
BLOCKS = 4
RANDOM = Scenario(
    name="quick", markets=(("binance", "BTC/USDT"), ("coinbase", "BTC/USD"), ("kraken", "BTC/USD")), requests=8,
    concurrency=PLACES, latency="lognormal:20ms,200ms", blocks=BLOCKS, warm=2, seed=7, deadline_s=10.0, max_body=4096,
    baseline="sequential",
)  # fmt: skip


def places_of(arm):
    return 1 if arm == "sequential" else PLACES


def played(delays, places, late_s=0.0, opens_s=0.0):
    """When each request starts, arrives and is answered, and on which connection: in their order, at the place that is
    free first, whose first request opens its connection."""
    free, seen, found = [(0.0, place) for place in range(places)], set(), []
    for delay in delays:
        started, place = free[0]
        arrived = started + (0.0 if place in seen else opens_s)
        seen.add(place)
        replied = arrived + delay + late_s
        heapq.heapreplace(free, (replied, place))
        found.append((started, arrived, replied, place + 1))
    return found


def length(*how, **more):
    return max(replied for _, _, replied, _ in played(*how, **more))


def side_of(arm, block, late_s):
    """The side file of a worker that is as the arm is: a cold batch and two warm ones."""
    delays, records = asked_delays(RANDOM, block), []
    for number in range(3):
        market, outcomes, rows = Market(RANDOM.seed, block, number), [], []
        requests = played(delays, places_of(arm), late_s, 0.0 if number else OPENS_S)
        for index, (started, arrived, replied, connection) in enumerate(requests):
            name, pair = RANDOM.markets[index % 3]
            priced_at = round(replied, 2)
            quote = market.quote(exchanges.load(name), Pair.parse(pair), priced_at)
            outcomes.append({"started": started, "ended": replied, "quotes": [row_from_quote(quote)]})
            rows.append([
                index, 0, name, pair, connection, 1000 + arrived, delays[index], delays[index] + late_s, priced_at,
                1000 + replied, 200, 90, "",
            ])  # fmt: skip
        server = {"peak_in_flight": places_of(arm), "accepted": 0, "cpu_s": 0.001, "began": 1000.0}
        records.append({
            "time_s": max(outcome["ended"] for outcome in outcomes) + COSTS_S[arm], "began": 1000.0,
            "cpu_s": COSTS_S[arm], "load": 0.5, "outcomes": outcomes,
            "server": {"batch": server, "columns": list(COLUMNS), "rows": rows},
        })  # fmt: skip
    declared = {"declared_in_flight": places_of(arm), "reuse": True}
    return {"import_s": 0.05, "open_s": 0.01, **declared, "batches": records}


def raced(late_s=0.0, order_mode="sequential"):
    """The entry of the race in run.json and its verdict."""
    arms = (*(Arm(name, name) for name in COSTS_S), Arm("asyncio (twin)", "asyncio", "asyncio"))
    measured = [
        measurement_from(side_of(arm.strategy, block, late_s), RANDOM, arm.name, block, place)
        for block in range(BLOCKS)
        for place, arm in enumerate(arms)
    ]
    assert [m.breaches for m in measured] == [()] * len(measured)
    result, verdict = scenario_result(Heat(RANDOM, arms, [], measured, order_mode=order_mode), {}, fast=False)
    return json.loads(json.dumps(result, allow_nan=False)), verdict


@pytest.fixture(scope="module")
def known():
    return raced()


def rows_of(result):
    return {row["name"]: row for row in result["strategies"]}


def mean_over_blocks(cost_s, *how, **more):
    """The geometric mean over blocks of what their delays cost."""
    return geometric_mean(cost_s(asked_delays(RANDOM, block), *how, **more) for block in range(BLOCKS))


def length_and_cost(delays, arm, late_s=0.0):
    return length(delays, places_of(arm), late_s) + COSTS_S[arm]


def test_the_blocks_are_far_from_equal():
    lengths = [length(asked_delays(RANDOM, block), PLACES) for block in range(BLOCKS)]
    assert max(lengths) / min(lengths) > 1.3


def test_dice_alone_are_no_drift_and_in_one_fixed_order_no_reason_for_a_verdict(known):
    result, verdict = known
    assert result["drift"]["over_session"] == pytest.approx(0, abs=1e-9)
    assert [reason.cause for reason in verdict.reasons] == ["order"]


def test_dice_alone_are_no_spread_between_or_within_workers(known):
    for row in rows_of(known[0]).values():
        assert row["spread"] == pytest.approx({"between": 0, "within": 0}, abs=1e-9)


def test_times_and_the_twin_are_what_was_played(known):
    for name, row in rows_of(known[0]).items():
        assert row["time_s"] == pytest.approx(mean_over_blocks(length_and_cost, name))
    assert (known[0]["twin"]["ratio"], known[0]["twin"]["high"]) == pytest.approx((1, 1))


@pytest.mark.parametrize("late_s", [0.0, LATE_S])
def test_each_part_is_what_the_time_would_be_shorter_by_without_it(known, late_s):
    result = raced(late_s)[0] if late_s else known[0]
    for name, row in rows_of(result).items():
        places = places_of(name)
        rungs = [
            mean_over_blocks(bound, PLACES), mean_over_blocks(length, places), mean_over_blocks(length, places, late_s),
            mean_over_blocks(length_and_cost, name, late_s),
        ]  # fmt: skip
        queueing_s, overshoot_s, client_s = (upper - lower for lower, upper in pairwise(rungs))
        assert row["parts_s"] == pytest.approx({
            "bound_s": rungs[0], "queueing_s": queueing_s, "overshoot_s": overshoot_s, "connecting_s": 0.0,
            "client_s": client_s, "decode_s": 0.0, "unexplained_s": 0.0, "time_s": rungs[-1],
        }, abs=1e-9)  # fmt: skip
        assert row["parts_s"]["bound_s"] == pytest.approx(result["bound_s"])


def test_the_first_batch_shows_what_opening_its_connections_took(known):
    for name, row in rows_of(known[0]).items():
        cold = [length(asked_delays(RANDOM, block), places_of(name), opens_s=OPENS_S) for block in range(BLOCKS)]
        assert row["cold_s"] == pytest.approx(median(cold) + COSTS_S[name])
        assert row["cold_parts_s"]["connecting_s"] == pytest.approx(OPENS_S)
        assert row["cold_parts_s"]["client_s"] == pytest.approx(COSTS_S[name])
