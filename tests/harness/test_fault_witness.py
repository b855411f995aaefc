"""What a guest might gain by failing, hanging up, or asking for more because of faults: the log knows better."""

import math

import pytest

from harness import block, fairness, heat
from harness.bound import bound
from harness.fairness import log_rows
from harness.fault_witness import held_delays, reached
from harness.measurement import asked_delays, measurement_from
from harness.planned_faults import SEVERING, pauses, waits
from harness.scenario import DRAWS, Scenario
from mock_server.fault import End, Raw
from mock_server.faults import Faults, catalogue
from mock_server.log import COLUMNS, GONE
from mock_server.reply import Reply


@pytest.fixture
def faulty(scenario):
    def make(faults, **changes):
        return Scenario.from_json({**scenario.to_json(), "faults": faults, **changes})

    return make


def breaches(record, scenario, declared=2, held_bound_s=0.1):
    log = log_rows(record["server"])
    return fairness.breaches(record, log, scenario, 0, 1, declared, [0.1] * 6, held_bound_s)


def put(record, index, **cells):
    for column, value in cells.items():
        record["server"]["rows"][index][COLUMNS.index(column)] = value


def fail(record, index, kind, fault="", lasted=0.102):
    """A request that fails, from its turn on for so many seconds; ``fault`` is what struck it by the log."""
    put(record, index, fault=fault)
    started = record["outcomes"][index]["started"]
    record["outcomes"][index] = {
        "started": started, "ended": started + lasted, "status": None, "kind": kind, "detail": f"a {kind}",
    }  # fmt: skip


@pytest.mark.parametrize(("lasted", "said"), [(0.2, "200 ms"), (0.94, "940 ms"), (1.26, "1.26 s")])
def test_what_is_called_deadline_lasts_as_long_as_the_deadline(record_of, faulty, lasted, said):
    record = record_of(time_s=2.0)
    fail(record, 5, "deadline", "stall-body", lasted)
    assert breaches(record, faulty("stall-body@0.5", deadline_s=1.0)) == [
        f"called 1 of 6 requests deadline, the first after {said}, where the deadline is 1.00 s"
    ]


@pytest.mark.parametrize("lasted", [0.991, 1.0, 1.24])
def test_a_deadline_may_be_a_little_early_or_late(record_of, faulty, lasted):
    record = record_of(time_s=2.0)
    fail(record, 5, "deadline", "stall-body", lasted)
    assert breaches(record, faulty("stall-body@0.5", deadline_s=1.0)) == []


@pytest.mark.parametrize(("deadline_s", "lasted"), [(1.0, 0.989), (0.1, 0.094), (0.1, 0.05)])
def test_a_client_that_is_less_patient_than_its_deadline_gains_nothing(record_of, faulty, deadline_s, lasted):
    record = record_of(time_s=2.0)
    fail(record, 5, "deadline", "stall-body", lasted)
    assert "called 1 of 6 requests deadline" in breaches(record, faulty("stall-body@0.5", deadline_s=deadline_s))[0]


def test_a_stall_that_has_no_body_to_stall_costs_nobody_a_deadline(faulty):
    assert dict(pauses(faulty("no-content,drip-body", deadline_s=1.0))) == {}
    assert len(pauses(faulty("no-content,429,stall-body", deadline_s=1.0))) == 6


def test_hanging_up_before_the_answer_is_no_way_to_fail_by_a_fault_that_one_knows_of(record_of, faulty):
    record = record_of()
    fail(record, 2, "truncated")
    put(record, 2, status=GONE, priced_at=None, replied=1000.12, held=0.02)
    assert breaches(record, faulty("close-body@0.5")) == [
        "hung up on 1 of 6 requests before the answer that it calls truncated"
    ]


def test_a_port_that_lets_nobody_in_is_tried_as_often_as_it_is_said_to_fail(record_of, faulty):
    record = record_of()
    record["server"]["rows"] = [row for row in record["server"]["rows"] if row[2] != "kraken"]
    for index in (2, 5):
        record["outcomes"][index] |= {"kind": "tls_expired", "detail": "expired"}
    scenario = faulty("kraken:tls-expired", tls=True)
    record["server"]["batch"]["accepted_by"] = {"binance": 2, "kraken": 1}
    assert breaches(record, scenario) == [
        "says that 2 requests to kraken failed, where the server saw 1 connections",
    ]
    record["server"]["batch"]["accepted_by"] = {"kraken": 2}
    assert breaches(record, scenario) == []


@pytest.mark.parametrize("fault", ["chunk-tiny", "early-hints", "429"])
def test_what_strikes_every_request_is_no_way_around_the_limit_in_flight(record_of, faulty, fault):
    record = record_of()
    for index in range(6):
        put(record, index, fault=fault)
        if fault == "429":
            fail(record, index, "rate_limited", fault)
    assert "had 2 requests in flight, 1 allowed" in breaches(record, faulty(fault), declared=1)


def test_a_request_that_waits_for_its_deadline_is_in_flight_all_the_while(record_of, faulty):
    record, scenario = record_of(time_s=0.4), faulty("stall-body@0.5", deadline_s=0.3)
    assert reached(record, log_rows(record["server"]), scenario) == 2
    fail(record, 0, "deadline", "stall-body", 0.3)
    assert reached(record, log_rows(record["server"]), scenario) == 3
    assert "had 3 requests in flight, 2 allowed" in breaches(record, scenario)


def test_a_client_that_gave_up_and_went_on_is_not_over_its_limit_because_the_server_learns_of_it_late(
    record_of, faulty
):
    record, scenario = record_of(), faulty("stall-body@0.5", deadline_s=0.1)
    fail(record, 0, "deadline", "stall-body", 0.1)
    put(record, 0, replied=1000.15)
    record["server"]["batch"]["peak_in_flight"] = 3
    assert reached(record, log_rows(record["server"]), scenario) == 2
    assert breaches(record, scenario) == []


def test_a_failure_that_is_told_a_little_late_frees_its_place_at_the_deadline(record_of, faulty):
    record, scenario = record_of(), faulty("stall-body@0.5", deadline_s=0.1)
    fail(record, 0, "deadline", "stall-body", 0.11)
    assert reached(record, log_rows(record["server"]), scenario) == 2


def test_what_waits_for_its_deadline_is_held_that_long_and_no_time_may_be_shorter(record_of, faulty):
    record, scenario = record_of(time_s=0.6), faulty("stall-body@0.5", deadline_s=0.5)
    fail(record, 0, "deadline", "stall-body", 0.52)
    fail(record, 1, "deadline", "stall-body", 0.495)
    log = log_rows(record["server"])
    assert held_delays(record["outcomes"], log, scenario) == pytest.approx([0.49, 0.49, 0.1, 0.1, 0.1, 0.1])
    side = {"import_s": 0, "open_s": 0, "declared_in_flight": 1, "reuse": True, "batches": [record, record]}
    found = measurement_from(side, scenario, "x", 0, 0)
    assert found.cold.held_bound_s == pytest.approx(1.38)
    # What the deadline cost is not the server's doing.
    assert found.cold.overshoot_s == pytest.approx(0.0)
    assert any("allow no less than 1.38 s" in breach for breach in found.breaches)


def test_the_bound_has_the_deadlines_that_the_dice_say_for_every_arm_alike(record_of, faulty):
    scenario = faulty("kraken:stall-after@0.5", deadline_s=2.0)
    faults = Faults.parse(scenario.faults, scenario.exchanges)
    struck = [i for i in range(6) if faults.struck(scenario.turns[i % 3][0], scenario.seed, 0, DRAWS, i)]
    assert struck
    assert dict(pauses(scenario)) == dict.fromkeys(struck, math.inf)
    costs = [2.0 if i in struck else 0.1 for i in range(6)]
    assert waits(scenario, asked_delays(scenario, 5)) == costs
    side = {"import_s": 0, "open_s": 0, "declared_in_flight": 2, "reuse": True, "batches": [record_of(), record_of()]}
    assert measurement_from(side, scenario, "x", 0, 0).cold.bound_s == pytest.approx(bound(costs, 2))


def test_an_answer_that_drips_costs_its_drops_at_least_and_the_deadline_at_most(faulty):
    assert waits(faulty("drip-body", deadline_s=5.0), [0.1] * 6) == [5.0] * 6
    assert waits(faulty("drip-body", deadline_s=60.0), [0.1] * 6) == pytest.approx([12.9] * 6)


def test_other_faults_and_ports_that_let_nobody_in_cost_no_deadline(faulty):
    assert dict(pauses(faulty("429,bom"))) == dict(pauses(faulty(""))) == {}
    assert waits(faulty("kraken:tls-expired", tls=True), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == [1.0, 2.0, 4.0, 5.0]


def reused(side, scenario, accepted):
    for record in side["batches"][1:]:
        record["server"]["batch"]["accepted"] = accepted
    return measurement_from(side, scenario, "x", 0, 0)


def test_a_fault_that_leaves_the_connection_whole_excuses_no_new_one(side, faulty):
    for record in side["batches"]:
        for index in range(6):
            put(record, index, fault="bom")
    assert reused(side, faulty("bom"), 6).breaches == (
        "opened 12 new connections for 12 warm requests without declaring reuse=False",
    )


@pytest.mark.parametrize("fault", sorted(SEVERING))
def test_a_fault_that_ends_the_connection_of_a_value_excuses_a_new_one(side, faulty, fault):
    for record in side["batches"]:
        for index in range(3):
            put(record, index, fault=fault)
    found = reused(side, faulty(f"{fault}@0.5"), 6)
    assert found.breaches == ()
    assert [batch.severed for batch in found.batches] == [3, 3, 3]


def test_the_cold_batch_excuses_as_many_new_connections_as_were_in_flight(side, faulty):
    for index in range(6):
        fail(side["batches"][0], index, "reset", "reset-before")
    scenario = faulty("reset-before@0.5")
    assert reused(side, scenario, 4).breaches == ()
    assert reused(side, scenario, 5).breaches == (
        "opened 10 new connections for 12 warm requests without declaring reuse=False (faults account for 2 at most)",
    )


def test_every_fault_of_a_value_that_closes_the_connection_is_known_to():
    raw = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"{}", Reply.text(200, "{}"))
    closing = {
        fault.name
        for fault in catalogue.values()
        if fault.kind is None and fault.wire is not None and any(isinstance(step, End) for step in fault.wire(raw))
    }
    assert closing == SEVERING - {"answer-twice"}  # which leaves bytes behind that nobody asked for


def test_the_limit_of_a_worker_has_room_for_every_deadline_that_the_dice_say(faulty):
    scenario = faulty("stall-before", deadline_s=4.0)
    assert block._limit_s(scenario, 1, 1) > 2 * 6 * 4.0 + 20
    assert block._limit_s(scenario, 2, 1) < block._limit_s(scenario, 1, 1)


def test_the_estimate_has_the_deadlines_as_well(faulty):
    sound, stalled = faulty("", deadline_s=4.0), faulty("stall-before", deadline_s=4.0)
    more = heat.estimate_s(stalled, {"sequential": 1}) - heat.estimate_s(sound, {"sequential": 1})
    # Three blocks of two batches of six requests, 4 s each instead of 0.1 s.
    assert more == pytest.approx(3 * 2 * 6 * 3.9)


def test_one_stalled_request_makes_a_batch_as_long_as_the_deadline_however_many_are_in_flight(faulty):
    scenario = faulty("kraken:stall-before@0.5", deadline_s=4.0)
    assert heat.estimate_s(scenario, {"x": 6}) > 3 * 3 * 4.0
