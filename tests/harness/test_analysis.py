"""The rows of run.json, against numbers computed by hand."""

import json
import math
import random
from dataclasses import replace
from statistics import median

import pytest

from harness.analysis import scenario_result
from harness.arm import Arm
from harness.heat import Heat
from harness.ladder import in_turn_s
from harness.measurement import asked_delays
from harness.scenario import Scenario


@pytest.fixture
def heat_of(scenario):
    """A heat of the given measurements; every arm's name is its strategy's, and ``twin`` repeats ``fast``."""

    def make(*measurements, names=("sequential", "fast"), dropped=None, twin=True):
        arms = [Arm(name, name) for name in names] + ([Arm("fast (twin)", "fast", "fast")] if twin else [])
        blocks = len({m.block for m in measurements})
        return Heat(scenario, tuple(arms), [], list(measurements), dropped or {}, finished_blocks=blocks)

    return make


@pytest.fixture
def calm(measured):
    """Three blocks; the sequential arm takes ten times as long as the fast one, whose twin is equal to it."""
    times = [(0.60, 0.060), (0.66, 0.066), (0.54, 0.054)]
    return [
        m
        for block, (slow, fast) in enumerate(times)
        for m in (
            measured("sequential", block, slow, declared=1, reached=1, connections=3),
            measured("fast", block, fast, fast, fast, cold=0.1, bound_s=0.05),
            measured("fast (twin)", block, fast, fast, fast),
        )
    ]


def rows_of(heat, skipped=None, fast=False):
    result, verdict = scenario_result(heat, skipped or {}, fast)
    json.dumps(result, allow_nan=False)  # every result must be JSON
    return result, verdict, {row["name"]: row for row in result["strategies"]}


def test_speedups_are_ratios_over_blocks_with_their_interval(heat_of, calm):
    result, verdict, rows = rows_of(heat_of(*calm))
    assert verdict.state == "VALID"
    assert rows["fast"]["speedup"] == pytest.approx(10.0)
    assert rows["fast"]["speedup_low"] == pytest.approx(10.0)
    assert rows["fast"]["speedup_high"] == pytest.approx(10.0)
    assert rows["fast"]["p_adjusted"] == 0.0
    assert (rows["fast"]["status"], rows["fast"]["rank"]) == ("ranked", 1)
    assert (rows["sequential"]["status"], rows["sequential"]["rank"]) == ("ranked", 2)
    assert rows["sequential"]["speedup"] == 1.0
    assert result["fastest"] == "fast"


@pytest.mark.parametrize("names", [("sequential", "fast"), ("fast", "sequential")])
def test_the_interval_of_a_speedup_is_the_t_interval_of_the_log_ratios(heat_of, measured, names):
    # Ratios 2, 2 and 2 * e**0.3: mean log = ln 2 + 0.1, standard error 0.1, t(0.975, 2) = 4.302653.
    blocks = [(0.2, 0.1), (0.2, 0.1), (0.2 * math.exp(0.3), 0.1)]
    measurements = [
        m
        for block, (slow, fast) in enumerate(blocks)
        for m in (measured("sequential", block, slow), measured("fast", block, fast))
    ]
    _, _, rows = rows_of(heat_of(*measurements, names=names, twin=False))
    row = rows["fast"]
    assert row["speedup"] == pytest.approx(2 * math.exp(0.1))
    assert row["speedup_low"] == pytest.approx(2 * math.exp(0.1 - 0.4302653), rel=1e-6)
    assert row["speedup_high"] == pytest.approx(2 * math.exp(0.1 + 0.4302653), rel=1e-6)
    assert row["speedup_low"] < row["speedup"] < row["speedup_high"]


@pytest.mark.parametrize("names", [("sequential", "fast"), ("fast", "sequential")])
def test_the_order_of_the_arms_does_not_turn_a_speedup_upside_down(heat_of, calm, names):
    _, _, rows = rows_of(heat_of(*calm, names=names))
    assert rows["fast"]["speedup"] == pytest.approx(10.0)


def test_an_arm_slower_than_the_baseline_has_a_speedup_below_one(heat_of, measured, scenario):
    measurements = [m for b in range(3) for m in (measured("sequential", b, 0.1), measured("fast", b, 0.2))]
    _, _, rows = rows_of(heat_of(*measurements, twin=False))
    assert rows["fast"]["speedup"] == pytest.approx(0.5)


def test_the_time_is_the_geometric_mean_of_the_blocks_medians(heat_of, calm):
    _, _, rows = rows_of(heat_of(*calm))
    assert rows["fast"]["time_s"] == pytest.approx((0.060 * 0.066 * 0.054) ** (1 / 3))
    assert rows["fast"]["block_medians_s"] == {0: 0.060, 1: 0.066, 2: 0.054}
    assert rows["fast"]["low_s"] < rows["fast"]["time_s"] < rows["fast"]["high_s"]


def test_efficiency_is_the_bound_over_the_time(heat_of, calm):
    result, _, rows = rows_of(heat_of(*calm))
    # The bound is the one of the arm with most warm batches of a block: 0.05 s here.
    assert result["bound_s"] == pytest.approx(0.05)
    assert rows["fast"]["efficiency"] == pytest.approx(0.05 / rows["fast"]["time_s"])
    assert rows["sequential"]["efficiency"] == pytest.approx(0.05 / rows["sequential"]["time_s"])


def test_a_bound_of_zero_gives_no_efficiency(heat_of, measured):
    measurements = [m for b in range(2) for m in (measured("fast", b, 0.1, bound_s=0.0),)]
    result, _, rows = rows_of(heat_of(*measurements, names=("fast",), twin=False))
    assert (result["bound_s"], rows["fast"]["efficiency"]) == (None, None)


def test_the_costs_of_an_arm_are_those_computed_by_hand(heat_of, calm):
    _, _, rows = rows_of(heat_of(*calm))
    row = rows["fast"]
    # 9 warm batches of 6 requests and 10 ms of CPU; 3 cold ones besides.
    assert row["cpu_s_per_request"] == pytest.approx(0.01 / 6)
    assert row["cpu_share"] == pytest.approx(9 * 0.01 / (3 * (0.060 + 0.066 + 0.054)))
    assert (row["requests"], row["failed"], row["failures"]) == (72, 0, {})
    assert (row["open_s"], row["cold_s"]) == (0.01, 0.1)
    assert row["one_shot_s"] == pytest.approx(0.11)
    assert (row["blocks"], row["values"]) == (3, 9)
    assert (row["skew_s"], row["age_s"]) == (pytest.approx(0.2), pytest.approx(0.15))
    assert row["peak_rss_bytes"] == 40_000_000


def test_reuse_is_one_less_the_share_of_warm_requests_that_opened_a_connection(heat_of, measured):
    # Three new connections for 12 warm requests.
    blocks = [measured("fast", 0, 0.1, accepted=3), measured("fast", 1, 0.1, accepted=0)]
    _, _, rows = rows_of(heat_of(*blocks, names=("fast",), twin=False))
    assert rows["fast"]["reuse"] == pytest.approx(0.75)


def test_connections_that_a_bad_certificate_costs_are_no_lack_of_reuse(heat_of, measured):
    def reuse(faults, accepted):
        heat = heat_of(measured("fast", 0, 0.06, accepted=accepted))
        heat.scenario = Scenario.from_json({**heat.scenario.to_json(), "faults": faults, "tls": True})
        return rows_of(heat)[2]["fast"]["reuse"]

    assert reuse("kraken:tls-expired", accepted=0) == 1.0
    assert reuse("kraken:tls-expired", accepted=1) == pytest.approx(0.75)
    assert reuse("tls-expired", accepted=0) is None


def test_latencies_are_quantiles_of_the_raw_warm_samples(heat_of, measured):
    samples = tuple(n / 1000 for n in range(1, 102))
    block = measured("fast", 0, 0.1, latencies=samples)
    _, _, rows = rows_of(heat_of(block, names=("fast",), twin=False))
    assert rows["fast"]["latency_s"] == {
        "p50": pytest.approx(0.051), "p90": pytest.approx(0.091), "p99": pytest.approx(0.100),
    }  # fmt: skip


def test_an_arm_whose_every_request_failed_has_no_latency_and_is_never_ranked(heat_of, measured):
    said = "6 of 6 requests failed (6 rate_limited) where none should; the first: slow down"
    bad = [measured("fast", b, 0.001, latencies=(), failures={"rate_limited": 6}, breaches=[said]) for b in range(3)]
    good = [measured("sequential", b, 0.6) for b in range(3)]
    result, _, rows = rows_of(heat_of(*bad, *good, twin=False))
    row = rows["fast"]
    assert (row["status"], row["rank"], row["latency_s"]) == ("disqualified", None, None)
    assert row["reason"] == said + " (in 3 of 3 blocks)"
    assert (row["failed"], row["failures"], row["requests"]) == (36, {"rate_limited": 36}, 36)
    assert result["fastest"] == "sequential"
    assert "speedup" not in row


def test_one_broken_block_is_enough_to_be_out(heat_of, calm, measured):
    calm[1] = measured("fast", 0, 0.060, breaches=["had 3 requests in flight, 2 allowed"])
    _, _, rows = rows_of(heat_of(*calm))
    assert rows["fast"]["reason"] == "had 3 requests in flight, 2 allowed (in 1 of 3 blocks)"


def test_without_its_baseline_an_arm_is_ranked_but_has_no_speedup(heat_of, calm, measured):
    calm[0] = measured("sequential", 0, 0.6, breaches=["returned 5 outcomes for 6 requests"])
    _, _, rows = rows_of(heat_of(*calm))
    assert rows["sequential"]["status"] == "disqualified"
    assert (rows["fast"]["rank"], rows["fast"]["speedup"], rows["fast"]["p_adjusted"]) == (1, None, None)


def test_a_dropped_arm_failed_with_its_reason_and_is_not_ranked_by_its_earlier_blocks(heat_of, calm):
    result, _, rows = rows_of(heat_of(*calm, dropped={"fast": "did not finish within 30 s"}))
    assert rows["fast"] == {
        "name": "fast", "status": "failed", "reason": "did not finish within 30 s", "rank": None, "efficiency": None,
    }  # fmt: skip
    assert result["fastest"] == "sequential"


def test_the_twin_is_no_row_but_a_ratio(heat_of, calm):
    result, _, rows = rows_of(heat_of(*calm))
    assert "fast (twin)" not in rows
    twin = result["twin"]
    assert (twin["of"], twin["blocks"]) == ("fast", 3)
    assert twin["ratio"] == pytest.approx(1.0)


def test_the_twins_ratio_is_its_time_over_the_originals(heat_of, measured):
    measurements = [m for b in range(2) for m in (measured("fast", b, 0.1), measured("fast (twin)", b, 0.103))]
    result, _, _ = rows_of(heat_of(*measurements, names=("fast",)))
    assert result["twin"]["ratio"] == pytest.approx(1.03)


def test_one_block_ranks_provisionally_and_leaves_endless_intervals_null(heat_of, calm):
    result, verdict, rows = rows_of(heat_of(*calm[:3]))
    assert verdict.state == "NOISY"
    assert rows["fast"]["speedup"] == pytest.approx(10.0)
    assert rows["fast"]["speedup_high"] is None
    assert rows["fast"]["smallest_detectable"] is None
    assert rows["fast"]["high_s"] is None
    assert result["twin"]["high"] is None
    assert {row["rank"] for row in rows.values()} == {1}
    assert rows["fast"]["status"] == "tied"


def test_before_the_first_block_there_is_a_result_without_numbers(heat_of):
    result, verdict, rows = rows_of(heat_of())
    assert verdict.state == "NOISY"
    assert (result["bound_s"], result["twin"], result["fastest"], result["pairings"]) == (None, None, None, [])
    assert {row["reason"] for row in rows.values()} == {"interrupted before its first block"}


def test_a_bound_server_takes_ranks_and_ties_away_but_leaves_the_numbers(heat_of, measured):
    measurements = [
        m for b in range(3) for m in (measured("sequential", b, 0.6), measured("fast", b, 0.1, server_cpu=1.0))
    ]
    result, verdict, rows = rows_of(heat_of(*measurements, twin=False))
    assert verdict.state == "SERVER-BOUND"
    assert result["fastest"] is None
    for row in rows.values():
        assert (row["status"], row["rank"], row["tied_with"], row["tied_within"]) == ("unranked", None, [], None)
    assert rows["fast"]["time_s"] == pytest.approx(0.1)


def test_a_skipped_arm_is_listed_last_with_what_it_needs(heat_of, calm):
    result, _, _ = rows_of(heat_of(*calm), skipped={"trio-httpx": "needs the library 'trio'"})
    assert result["strategies"][-1] == {
        "name": "trio-httpx", "status": "skipped", "reason": "needs the library 'trio'", "rank": None,
        "efficiency": None,
    }  # fmt: skip


def test_rows_come_ranked_first_then_disqualified_failed_and_skipped(heat_of, measured):
    names = ("gone", "bad", "slow", "fast")
    measurements = [
        m
        for b in range(3)
        for m in (
            measured("bad", b, 0.01, breaches=["cheated"]), measured("slow", b, 0.5), measured("fast", b, 0.1),
            measured("gone", b, 0.05),
        )
    ]  # fmt: skip
    heat = heat_of(*measurements, names=names, dropped={"gone": "died"}, twin=False)
    result, _, _ = rows_of(heat, skipped={"away": "not installed"})
    assert [row["name"] for row in result["strategies"]] == ["fast", "slow", "bad", "gone", "away"]


def test_all_pairs_are_compared_once(heat_of, measured):
    measurements = [measured(name, b, 0.1 * (place + 1)) for b in range(3) for place, name in enumerate("abc")]
    result, _, _ = rows_of(heat_of(*measurements, names=tuple("abc"), twin=False))
    assert [(p["first"], p["second"], p["faster"]) for p in result["pairings"]] == [
        ("a", "b", "a"), ("a", "c", "a"), ("b", "c", "b"),
    ]  # fmt: skip
    assert [p["ratio"] for p in result["pairings"]] == pytest.approx([1 / 2, 1 / 3, 2 / 3])


def test_an_outlier_is_counted_and_kept(heat_of, measured):
    blocks = [measured("fast", b, 0.100, 0.101, 0.102) for b in range(2)]
    blocks.append(measured("fast", 2, 0.100, 0.101, 1.0))
    _, _, rows = rows_of(heat_of(*blocks, names=("fast",), twin=False))
    assert (rows["fast"]["outliers"], rows["fast"]["values"]) == (1, 9)


def test_the_conditions_are_kept_beside_the_numbers(heat_of, calm, scenario):
    result, _, _ = rows_of(heat_of(*calm))
    assert (result["name"], result["requests"], result["concurrency"]) == ("quick", 6, 2)
    assert result["markets"] == [list(market) for market in scenario.markets]
    assert result["finished_blocks"] == 3


def test_requests_that_faults_struck_are_counted_over_all_batches(heat_of, measured):
    blocks = [measured("fast", block, 0.06, 0.06, struck=2, failures={"reset": 1}) for block in range(2)]
    _, _, rows = rows_of(heat_of(*blocks, names=("fast",), twin=False))
    assert (rows["fast"]["struck"], rows["fast"]["failed"], rows["fast"]["failures"]) == (12, 6, {"reset": 6})


def test_the_drift_of_the_session_is_that_of_the_arms_that_may_be_ranked(heat_of, measured):
    blocks = range(4)
    steady = [measured("sequential", block, 0.5) for block in blocks]
    wild = [measured("fast", block, 0.1 * 2**block, breaches=["cheated"]) for block in blocks]
    growing = [measured("fast", block, 0.1 * 1.1**block) for block in blocks]
    names = ("sequential", "fast")
    assert rows_of(heat_of(*steady, *wild, names=names, twin=False))[0]["drift"]["over_session"] == 0
    found = rows_of(heat_of(*growing, names=("fast",), twin=False))[0]["drift"]
    assert found["per_block"] == pytest.approx(0.1)
    assert rows_of(heat_of(*steady[:2], names=names[:1], twin=False))[0]["drift"] is None


def test_the_stopwatch_is_set_against_the_shortest_time_that_counts(heat_of, calm, measured):
    costs = [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009]
    timed = [replace(m, stopwatch_s=cost_s) for m, cost_s in zip(calm, costs, strict=True)]
    found = rows_of(heat_of(*timed))
    assert found[0]["stopwatch"] == {"cost_s": 0.005, "share": pytest.approx(0.005 / found[2]["fast"]["time_s"])}
    out = [replace(m, breaches=("cheated",)) if m.arm == "fast" else m for m in timed]
    found = rows_of(heat_of(*out))
    assert found[0]["stopwatch"]["share"] == pytest.approx(0.005 / found[2]["sequential"]["time_s"])


def test_without_a_time_that_counts_the_stopwatch_has_no_share(heat_of, measured):
    bad = measured("fast", 0, 0.1, breaches=["cheated"])
    assert rows_of(heat_of(bad, names=("fast",), twin=False))[0]["stopwatch"] == {"cost_s": 0.0, "share": None}
    assert rows_of(heat_of())[0]["stopwatch"] is None


def test_an_arm_that_raced_on_other_terms_is_out_and_so_is_a_twin(heat_of, calm):
    plain = {"variables": [], "libraries": {}}
    for name in ("fast", "fast (twin)"):
        raced = [
            replace(m, terms={**plain, "variables": ["http_proxy"]} if m.arm == name else plain) for m in calm
        ]  # fmt: skip
        result, verdict, rows = rows_of(heat_of(*raced))
        said = "its workers had http_proxy set in the end, others had not"
        assert (rows["fast"]["reason"] == said) == (name == "fast")
        assert (rows["fast"]["status"] == "disqualified") == (name == "fast")
        if name == "fast (twin)":
            assert result["twin"] is None
            assert any(said in reason for reason in verdict.to_json()["reasons"])


def test_delays_that_were_drawn_longer_in_later_blocks_are_neither_drift_nor_spread(heat_of, measured):
    blocks = [
        measured(name, block, delays_s + cost_s, bound_s=0.01, asked_s=delays_s)
        for block in range(4)
        for name, delays_s, cost_s in (("sequential", 0.3 + 0.2 * block, 0.03), ("fast", 0.1 + block, 0.01))
    ]  # fmt: skip
    result, _, rows = rows_of(heat_of(*blocks, twin=False))
    assert result["drift"]["over_session"] == pytest.approx(0.0, abs=1e-9)
    assert rows["fast"]["spread"]["between"] == pytest.approx(0.0, abs=1e-9)


def sequential_order(scenario, measured, seed, blocks, drift=0.0):
    """The verdict on a race in one order, whose delays have a long tail and whose arms cost the same in each block, but
    for a steady growth over the session."""
    drawn = replace(scenario, latency="lognormal:20ms,200ms", seed=seed, blocks=blocks, requests=40, concurrency=20)
    arms = (("sequential", 1, 0.03), ("fast", 20, 0.008), ("fast (twin)", 20, 0.008))
    found = []
    for block in range(blocks):
        delays, growth = asked_delays(drawn, block), 1 + drift * block / (blocks - 1)
        for name, places, cost_s in arms:
            asked_s = in_turn_s(delays, places)
            found.append(measured(name, block, (asked_s + cost_s) * growth, bound_s=0.01, asked_s=asked_s))
    entered = (Arm("sequential", "sequential"), Arm("fast", "fast"), Arm("fast (twin)", "fast", "fast"))
    result, verdict = scenario_result(Heat(drawn, entered, [], found, order_mode="sequential"), {}, fast=False)
    return result["drift"], [reason.cause for reason in verdict.reasons]


def test_delays_drawn_at_random_are_never_called_a_drift_by_themselves(scenario, measured):
    found = [sequential_order(scenario, measured, seed, blocks=5) for seed in range(40)]
    assert [causes for _, causes in found] == [["order"]] * 40
    assert max(abs(drift["over_session"]) for drift, _ in found) < 1e-9


def test_a_drift_of_thirty_percent_is_told_whatever_delays_were_drawn(scenario, measured):
    found = [sequential_order(scenario, measured, seed, blocks=20, drift=0.3) for seed in range(10)]
    assert [causes for _, causes in found] == [["drift", "order"]] * 10
    assert median(drift["over_session"] for drift, _ in found) == pytest.approx(0.3, abs=0.03)


def test_the_drift_that_a_verdict_quotes_is_the_one_in_the_file(heat_of, measured):
    blocks = [measured("fast", block, 0.1 * 1.1**block) for block in range(5)]
    heat = heat_of(*blocks, names=("fast",), twin=False)
    heat.order_mode = "sequential"
    result, verdict, _ = rows_of(heat)
    quoted = next(reason.said for reason in verdict.reasons if reason.cause == "drift")
    assert f"times changed by {result['drift']['over_session']:+.1%} " in quoted


def test_an_arm_that_is_out_makes_no_other_arm_scatter(heat_of, measured):
    dice = random.Random(3)
    times = [0.1 * math.exp(dice.gauss(0, 0.002)) for _ in range(6)]
    calm = [
        measured(name, block, factor * time_s)
        for block, time_s in enumerate(times)
        for name, factor in (("sequential", 9), ("fast", 1), ("fast (twin)", 1))
    ]  # fmt: skip
    cache = [measured("cache", block, 5e-6 * math.exp(dice.gauss(0, 1)), breaches=["cached"]) for block in range(6)]
    found = rows_of(heat_of(*calm, *cache, names=("sequential", "fast", "cache")))[2]
    assert found["fast"]["spread"]["between"] == pytest.approx(0, abs=1e-9)
    assert found["cache"]["spread"]["between"] > 0.3


def test_a_twin_that_broke_a_promise_tells_nothing_of_the_blocks(heat_of, measured):
    dice = random.Random(4)
    calm = [measured(name, block, 0.1) for block in range(4) for name in ("sequential", "fast")]
    broken = [measured("fast (twin)", block, 0.1 * math.exp(dice.gauss(0, 1)), breaches=["x"]) for block in range(4)]
    assert rows_of(heat_of(*calm, *broken))[2]["fast"]["spread"]["between"] == pytest.approx(0, abs=1e-9)


def test_an_arm_that_claims_less_than_its_delays_take_has_a_row_all_the_same(heat_of, measured):
    delays_s = (0.1, 0.5, 0.9)
    blocks = [
        measured(name, block, time_s, asked_s=asked_s, breaches=["claims"] if name == "fast" else [])
        for block, asked_s in enumerate(delays_s)
        for name, time_s in (("sequential", asked_s + 0.1), ("fast", 1e-6))
    ]  # fmt: skip
    row = rows_of(heat_of(*blocks, twin=False))[2]["fast"]
    assert (row["status"], row["blocks"]) == ("disqualified", 3)
