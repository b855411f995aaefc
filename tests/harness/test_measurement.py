"""From a side file to numbers, each computed by hand from the record in conftest."""

import copy
from dataclasses import astuple

import pytest

from harness.bound import bound
from harness.ladder import in_turn_s
from harness.measurement import Batch, Measurement, asked_delays, measurement_from, medians_of
from harness.scenario import DRAWS
from mock_server.conditions import Delay
from mock_server.log import COLUMNS


def test_an_honest_side_file_becomes_a_measurement_without_breaches(side, scenario):
    found = measurement_from(side, scenario, "threads", 0, 4)
    assert (found.arm, found.block, found.position) == ("threads", 0, 4)
    assert (found.problem, found.breaches) == (None, ())
    assert (found.import_s, found.open_s, found.close_s) == (0.05, 0.01, 0.002)
    assert (found.declared_in_flight, found.peak_rss_bytes, found.threads, found.files) == (2, 40_000_000, 3, 12)


def test_the_first_batch_is_cold_and_the_blocks_number_is_the_median_of_the_warm_ones(side, scenario):
    found = measurement_from(side, scenario, "threads", 0, 0)
    assert found.cold.time_s == 0.35
    assert [batch.time_s for batch in found.warm] == [0.31, 0.33]
    assert found.time_s == pytest.approx(0.32)


def test_the_numbers_of_a_batch_are_those_computed_by_hand(side, scenario):
    batch = measurement_from(side, scenario, "threads", 0, 0).warm[0]
    # Three rounds of 100 ms with two in flight.
    assert batch.bound_s == pytest.approx(0.3)
    assert batch.held_bound_s == pytest.approx(0.3)
    assert batch.overshoot_s == pytest.approx(0.0)
    assert batch.server_cpu == pytest.approx(0.1)
    assert (batch.reached, batch.accepted, batch.connections, batch.requests) == (2, 0, 2, 6)
    # Three markets, each asked for twice: the newer quotes are priced at 0.20, 0.30 and 0.30 s, in hand at 0.31 s.
    assert batch.skew_s == pytest.approx(0.1)
    assert batch.age_s == pytest.approx(0.13 / 3)
    assert batch.latencies == pytest.approx((0.102,) * 6)
    assert batch.failures == {}


def test_holding_longer_than_asked_is_overshoot_and_leaves_the_bound_alone(side, scenario, record_of):
    side["batches"][1] = record_of(batch=1, time_s=0.41, held=0.13)
    batch = measurement_from(side, scenario, "threads", 0, 0).warm[0]
    assert batch.bound_s == pytest.approx(0.3)
    assert batch.held_bound_s == pytest.approx(0.39)
    assert batch.overshoot_s == pytest.approx(0.09)


def test_a_sequential_arms_overshoot_is_counted_at_its_own_concurrency_and_its_bound_at_the_scenarios(side, scenario):
    side["declared_in_flight"] = 1
    for record in side["batches"]:
        record["server"]["batch"]["peak_in_flight"] = 1
        record["time_s"] = 0.7
    found = measurement_from(side, scenario, "sequential", 0, 0)
    assert found.breaches == ()
    assert found.warm[0].bound_s == pytest.approx(0.3)
    assert found.warm[0].held_bound_s == pytest.approx(0.6)
    assert found.warm[0].overshoot_s == pytest.approx(0.0)


def test_failures_are_counted_by_kind_and_their_latencies_left_out(side, scenario):
    for index in (0, 1):
        side["batches"][1]["outcomes"][index] = {
            "started": 0.0, "ended": 0.1, "status": None, "kind": "reset", "detail": "the connection was reset",
        }  # fmt: skip
    found = measurement_from(side, scenario, "threads", 0, 0)
    assert found.warm[0].failures == {"reset": 2}
    assert len(found.warm[0].latencies) == 4
    assert len(found.breaches) == 1


def test_a_breach_in_every_batch_is_told_once(side, scenario):
    for record in side["batches"]:
        record["outcomes"].pop()
    assert measurement_from(side, scenario, "x", 0, 0).breaches == ("returned 5 outcomes for 6 requests",)


def test_new_connections_in_warm_batches_are_a_breach_unless_declared(side, scenario):
    for record in side["batches"][1:]:
        record["server"]["batch"]["accepted"] = 6
    said = "opened 12 new connections for 12 warm requests without declaring reuse=False"
    assert measurement_from(side, scenario, "x", 0, 0).breaches == (said,)
    side["reuse"] = False
    assert measurement_from(side, scenario, "x", 0, 0).breaches == ()


def test_new_connections_in_the_cold_batch_are_nobodys_fault(side, scenario):
    side["batches"][0]["server"]["batch"]["accepted"] = 6
    assert measurement_from(side, scenario, "x", 0, 0).breaches == ()


def test_an_empty_log_gives_zeros_and_a_breach(side, scenario):
    for record in side["batches"]:
        record["server"]["rows"] = []
        record["server"]["batch"].update(peak_in_flight=0, wall_s=0.0)
    found = measurement_from(side, scenario, "x", 0, 0)
    assert found.breaches == ("the server saw 0 of 6 requests",)
    batch = found.warm[0]
    assert (batch.held_bound_s, batch.overshoot_s, batch.skew_s, batch.age_s) == (0.0, 0.0, None, None)
    assert batch.connections == 0


def test_the_servers_cpu_is_counted_against_the_batch_and_not_against_the_time_around_it(side, scenario):
    side["batches"][1]["server"]["batch"].update(cpu_s=0.31 / 2, wall_s=1000.0)
    assert measurement_from(side, scenario, "x", 0, 0).warm[0].server_cpu == pytest.approx(0.5)


def test_a_batch_that_took_no_time_is_no_measurement(side, scenario):
    side["batches"][2]["time_s"] = 0.0
    with pytest.raises(ValueError, match=r"a batch of 0\.0 s"):
        measurement_from(side, scenario, "x", 0, 0)


def test_the_parts_of_a_batch_are_those_computed_by_hand(side, scenario):
    side["decode_s"] = 0.003
    parts = measurement_from(side, scenario, "threads", 0, 0).warm[0].parts
    # Of 0.31 s 0.3 s are the bound; 10 ms are left for 12 ms of CPU time, a quarter of it decoding.
    assert astuple(parts) == pytest.approx((0.3, 0, 0, 0, 0.0075, 0.0025, 0))


def test_connections_are_new_in_the_batch_that_opened_them_and_known_to_those_after_it(side, scenario):
    arrived, cold = COLUMNS.index("arrived"), side["batches"][0]
    for row, outcome in zip(cold["server"]["rows"][:2], cold["outcomes"], strict=False):
        row[arrived] = 1000 + outcome["started"] + 0.021  # 20 ms later than in the warm batches
    batches = measurement_from(side, scenario, "threads", 0, 0).batches
    assert [batch.parts.connecting_s for batch in batches] == pytest.approx([0.02, 0.0, 0.0])


def test_the_parts_of_a_block_are_those_of_its_median_time(measured):
    of_three, of_two = measured("x", 0, 0.3, 0.9, 0.5, cold=0.4), measured("x", 0, 0.9, 0.5, cold=0.7)
    assert (of_three.parts.bound_s, of_three.parts.client_s) == pytest.approx((0.3, 0.2))
    assert (of_two.parts.bound_s, of_two.parts.client_s) == pytest.approx((0.3, 0.4))
    assert sum(astuple(of_two.parts)) == pytest.approx(of_two.time_s)


def test_what_the_delays_take_by_themselves_is_by_the_arms_own_order_and_places(side, scenario):
    wide = type(scenario).from_json({**scenario.to_json(), "latency": "uniform:10ms,90ms"})
    delays = asked_delays(wide, 0)
    for record in side["batches"]:
        for row in record["server"]["rows"]:
            row[COLUMNS.index("asked")] = delays[row[0]]
        record["server"]["rows"].sort(key=lambda row: -row[0])
        for place, row in enumerate(record["server"]["rows"]):
            row[COLUMNS.index("arrived")] = 1000.002 + 0.1 * place  # the last one of the list first
    side["declared_in_flight"] = 1
    found = measurement_from(side, wide, "x", 0, 0)
    assert [batch.asked_s for batch in found.batches] == pytest.approx([sum(delays)] * 3)
    side["declared_in_flight"] = 64
    assert measurement_from(side, wide, "x", 0, 0).cold.asked_s == pytest.approx(in_turn_s(delays[::-1], 2))


def test_the_longest_way_out_is_from_a_requests_start_to_its_arrival(side, scenario):
    arrived = COLUMNS.index("arrived")
    side["batches"][1]["server"]["rows"][3][arrived] += 0.95
    found = measurement_from(side, scenario, "threads", 0, 0)
    assert [batch.way_out_s for batch in found.batches] == pytest.approx([0.001, 0.951, 0.001])


def test_an_arm_is_said_to_wait_for_places_by_the_most_that_any_batch_of_its_worker_had_in_flight(side, scenario):
    for record in side["batches"]:
        record["server"]["batch"]["peak_in_flight"] = 1
        record.update(time_s=0.62, cpu_s=0.0)
    assert measurement_from(side, scenario, "x", 0, 0).warm[0].parts.queueing_s == pytest.approx(0.3)
    side["batches"][0]["server"]["batch"]["peak_in_flight"] = 2
    assert measurement_from(side, scenario, "x", 0, 0).warm[0].parts.queueing_s == pytest.approx(0.0)


def test_rows_that_were_never_priced_have_no_part_in_the_skew(side, scenario):
    side["batches"][1]["server"]["rows"][5][COLUMNS.index("priced_at")] = None
    side["batches"][1]["server"]["rows"][4][COLUMNS.index("priced_at")] = None
    assert measurement_from(side, scenario, "x", 0, 0).warm[0].skew_s == pytest.approx(0.1)


def test_a_side_file_without_what_it_may_lack_is_read(side, scenario):
    for key in ("close_s", "peak_rss_bytes", "threads", "files"):
        del side[key]
    found = measurement_from(side, scenario, "x", 0, 0)
    assert (found.close_s, found.peak_rss_bytes, found.threads, found.files) == (0.0, 0, 0, 0)


def test_the_delays_asked_for_are_the_mocks_own_draws(scenario):
    wide = type(scenario).from_json({**scenario.to_json(), "latency": "lognormal:20ms,200ms"})
    delay = Delay.parse("lognormal:20ms,200ms")
    assert asked_delays(wide, 1) == [delay.draw(7, 1, DRAWS, index, 0) for index in range(6)]
    assert asked_delays(wide, 1) != asked_delays(wide, 2)


def test_all_batches_of_a_block_face_the_same_unequal_delays_and_so_the_same_bound(side, scenario):
    wide = type(scenario).from_json({**scenario.to_json(), "latency": "uniform:1ms,90ms"})
    batches = measurement_from(side, wide, "x", 0, 0).batches
    assert [b.bound_s for b in batches] == [bound(asked_delays(wide, 0), 2)] * 3


def test_the_json_of_a_measurement_has_everything_but_the_raw_latencies(side, scenario):
    data = measurement_from(side, scenario, "threads", 0, 1).to_json()
    assert "arm" not in data
    assert (data["block"], data["position"], data["problem"], data["breaches"]) == (0, 1, None, [])
    assert len(data["batches"]) == 3
    assert {"time_s", "bound_s", "failures"} <= set(data["batches"][0])
    assert "latencies" not in data["batches"][0]
    assert sum(data["batches"][1]["parts"].values()) == pytest.approx(0.31, abs=1e-6)


def test_reading_a_side_file_changes_nothing_in_it(side, scenario):
    before = copy.deepcopy(side)
    measurement_from(side, scenario, "x", 0, 0)
    assert side == before


def test_a_measurement_with_a_problem_has_no_batches():
    broken = Measurement("x", 0, 0, problem="its process ended")
    assert (broken.batches, broken.warm) == ((), ())
    assert broken.to_json()["problem"] == "its process ended"


def test_the_raw_latencies_stay_out_of_a_batchs_repr(side, scenario):
    batch = measurement_from(side, scenario, "x", 0, 0).cold
    assert isinstance(batch, Batch)
    assert "latencies" not in repr(batch)


def test_medians_leave_out_blocks_with_a_problem(measured):
    found = medians_of([measured("x", 0, 0.1, 0.3), measured("x", 1, 0.2, problem="died")])
    assert found == {0: pytest.approx(0.2)}
