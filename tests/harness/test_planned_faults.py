"""What faults allow and what they do not: who may fail, how, and what it may cost."""

import pytest

from harness import fairness
from harness.fairness import log_rows
from harness.measurement import measurement_from
from harness.planned_faults import PlannedFaults
from harness.scenario import Scenario
from mock_server.log import COLUMNS
from mock_server.market import Market

STALL = {"started": 0.201, "ended": 10.201, "status": None, "kind": "deadline", "detail": "10 s without an answer"}


@pytest.fixture
def faulty(scenario):
    def make(faults, **changes):
        return Scenario.from_json({**scenario.to_json(), "faults": faults, **changes})

    return make


def breaches(record, scenario, declared=2, held_bound_s=0.3):
    log = log_rows(record["server"])
    return fairness.breaches(record, log, scenario, 0, 1, declared, [0.1] * 6, held_bound_s)


def struck(record, index, names, outcome=None):
    """Let faults strike a request, and its outcome be this one."""
    record["server"]["rows"][index][COLUMNS.index("fault")] = names
    if outcome is not None:
        record["outcomes"][index] = outcome
    return record


def failed(kind, ended=0.2):
    return {"started": 0.001, "ended": ended, "status": None, "kind": kind, "detail": f"a {kind}"}


def test_without_faults_nothing_is_allowed(scenario):
    plan = PlannedFaults(scenario)
    assert plan.kinds("kraken", {"fault": ""}) == ()
    assert not plan.is_unreachable("kraken")


def test_a_struck_request_may_fail_as_the_catalogue_says(record_of, faulty):
    record = struck(record_of(time_s=10.5), 5, "stall-body", STALL)
    assert breaches(record, faulty("kraken:stall-body@0.5")) == []


def test_an_answer_that_drips_and_is_there_before_the_deadline_is_a_value(record_of, faulty):
    record = struck(record_of(), 2, "drip-body")
    assert breaches(record, faulty("kraken:drip-body@0.5")) == []


def test_an_answer_that_drips_beyond_the_deadline_is_no_value(record_of, faulty):
    record = struck(record_of(time_s=20.0), 2, "drip-body")
    record["outcomes"][2]["ended"] = 15.0
    (only,) = breaches(record, faulty("kraken:drip-body@0.5"))
    assert only == ("took 1 of 6 spoilt answers for prices; the first: drip-body is deadline, not a value after 14.9 s")


@pytest.mark.parametrize("name", ["head-nul", "length-list", "close-body", "stall-last", "500", "crossed", "banned"])
def test_a_value_of_an_answer_that_a_fault_has_spoilt_is_a_breach(record_of, faulty, name):
    found = breaches(struck(record_of(), 0, name), faulty(f"{name}@0.5"))
    assert found[0].startswith(f"took 1 of 6 spoilt answers for prices; the first: {name} is ")


def test_of_several_faults_one_that_spoils_the_answer_is_enough(record_of, faulty):
    found = breaches(struck(record_of(), 0, "bom+head-nul+drip-body"), faulty("bom,head-nul,drip-body"))
    assert "bom+head-nul+drip-body is protocol or deadline, not a value" in found[0]


def test_a_failure_by_another_name_than_the_faults_is_a_breach(record_of, faulty):
    record = struck(record_of(), 2, "stall-body", failed("reset"))
    assert breaches(record, faulty("kraken:stall-body@0.5")) == [
        "1 of 6 faults were told by another name: stall-body is deadline, not reset (a reset)"
    ]


@pytest.mark.parametrize(("tls", "found"), [(True, 0), (False, 1)])
def test_inside_tls_a_reset_may_be_told_as_an_end(record_of, faulty, tls, found):
    record = struck(record_of(), 5, "reset-before", failed("disconnected"))
    assert len(breaches(record, faulty("kraken:reset-before@0.5", tls=tls))) == found


def test_of_several_faults_any_ones_name_will_do(record_of, faulty):
    record = struck(record_of(), 2, "500+stall-body", failed("deadline"))
    assert breaches(record, faulty("500,stall-body", deadline_s=0.2)) == []
    struck(record, 2, "500+stall-body", failed("server"))
    assert breaches(record, faulty("500,stall-body", deadline_s=0.2)) == []


def test_a_request_that_no_fault_struck_may_not_fail(record_of, faulty):
    record = struck(record_of(), 2, "stall-body", failed("deadline"))
    record["outcomes"][3] = failed("deadline")
    assert breaches(record, faulty("kraken:stall-body@0.5", deadline_s=0.2)) == [
        "1 of 6 requests failed (1 deadline) that no fault makes fail; the first: a deadline"
    ]


def test_a_fault_that_is_sound_makes_no_request_fail(record_of, faulty):
    record = struck(record_of(), 2, "bom", failed("not_json"))
    (only,) = breaches(record, faulty("bom"))
    assert only.startswith("1 of 6 requests failed (1 not_json) that no fault makes fail")


def test_a_struck_request_with_another_value_than_was_sent_is_a_breach(record_of, faulty):
    record = struck(record_of(), 2, "drip-body")
    record["outcomes"][2]["quotes"][0][2] = "1.5"
    (only,) = breaches(record, faulty("drip-body"))
    assert "kraken BTC/USD: bid 1.5 in hand" in only


def test_a_port_whose_certificate_is_bad_sees_nobody_and_that_is_as_planned(record_of, faulty):
    record = record_of()
    record["server"]["rows"] = [row for row in record["server"]["rows"] if row[2] != "kraken"]
    for index in (2, 5):
        record["outcomes"][index] = failed("tls_expired")
    record["server"]["batch"]["accepted_by"] = {"kraken": 2}
    scenario = faulty("kraken:tls-expired", tls=True)
    assert PlannedFaults(scenario).is_unreachable("kraken")
    assert breaches(record, scenario, held_bound_s=0.2) == []
    record["outcomes"][5] = failed("tls_untrusted")
    assert "tls-expired is tls_expired, not tls_untrusted" in breaches(record, scenario, held_bound_s=0.2)[0]


def test_prices_from_a_port_that_nobody_reached_are_a_breach(record_of, faulty):
    record = record_of()
    record["server"]["rows"] = [row for row in record["server"]["rows"] if row[2] != "kraken"]
    assert "a price in hand, none sent" in breaches(record, faulty("kraken:tls-expired", tls=True), held_bound_s=0.2)[0]


def test_each_struck_request_may_cost_a_connection(side, faulty, record_of):
    scenario = faulty("reset-before@0.5")
    for record in side["batches"][1:]:
        record["server"]["batch"]["accepted"] = 4
        for index in (0, 1, 2):
            struck(record, index, "reset-before", failed("reset", ended=0.1))
    found = measurement_from(side, scenario, "threads", 0, 0)
    assert found.breaches == ()
    assert [batch.struck for batch in found.batches] == [0, 3, 3]
    assert [batch.failures for batch in found.batches[1:]] == [{"reset": 3}] * 2


def test_what_never_arrives_is_no_part_of_the_physical_limit(side, faulty):
    for record in side["batches"]:
        record["server"]["rows"] = [row for row in record["server"]["rows"] if row[2] != "kraken"]
        for index in (2, 5):
            record["outcomes"][index] = failed("tls_expired", ended=0.1)
        record["server"]["batch"].update(accepted=4, accepted_by={"kraken": 4})
    found = measurement_from(side, faulty("kraken:tls-expired", tls=True), "threads", 0, 0)
    assert found.breaches == ()
    assert found.cold.bound_s == pytest.approx(0.2)
    assert found.cold.struck == 2
    # Handshakes that failed are no new connections: nothing of what is open was left unused.
    assert [batch.accepted for batch in found.batches] == [0, 0, 0]


def test_a_quote_that_a_fault_altered_must_be_the_altered_one(record_of, faulty, scenario):
    import exchanges
    from exchanges.pair import Pair
    from harness.quote_rows import row_from_quote
    from mock_server.faults import catalogue

    record = struck(record_of(), 1, "stale-time")
    market = Market(scenario.seed, 0, 1)
    at_s = record["server"]["rows"][1][COLUMNS.index("priced_at")]
    quote = market.quote(exchanges.load("coinbase"), Pair("BTC", "USD"), at_s)
    assert "prices are not what the server sent" in breaches(record, faulty("stale-time"))[0]
    record["outcomes"][1]["quotes"] = [row_from_quote(catalogue["stale-time"].quote(quote))]
    assert breaches(record, faulty("stale-time")) == []
