"""The parity matrix: every fault strikes once as the dice say, and whatever a strategy gets wrong is told."""

from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
import strategies
from harness.parity import SEED, Case, judged, rounds_of, untimely
from mock_server.faults import Faults, catalogue, kind_on
from mock_server.log import COLUMNS
from mock_server.market import Market
from mock_server.moment import Moment
from strategies.failure import DIFFERENCES
from strategies.strategy import Failed, Fetched

NAMES = ["binance", "coinbase", "kraken"]
DEADLINE_S = 1.0
BATCH = 3


def rounds(*names):
    return list(rounds_of([catalogue[name] for name in names], NAMES))


def row(index, name, fault):
    values = {"index": index, "exchange": name, "priced_at": 0.5, "fault": fault}
    return [values.get(column) for column in COLUMNS]


def honest(round_):
    """The outcomes that a faultless strategy has, and the log that the server keeps."""
    outcomes, rows = [], []
    market = Market(SEED, 0, BATCH)
    for index, name in enumerate(name for name in round_.names for _ in range(2)):
        fault = round_.struck.get(name)
        struck = fault is not None and (fault.tls is not None or index % 2 == 0)
        kind = kind_on(name, fault) if struck else None
        took = DEADLINE_S if kind == "deadline" else 0.01
        changes = (fault.quote,) if struck and fault.quote else ()
        exchange = exchanges.load(name)
        quote = Moment(exchange, market, market.tick(0.5), changes=changes).quote(exchange.instruments[index % 2].pair)
        outcomes.append(Failed(kind, "said", 1.0, 1.0 + took) if kind else Fetched((quote,), 1.0, 1.0 + took, 200, 5))
        if fault is None or fault.tls is None:
            rows.append(row(index, name, fault.name if struck else ""))
    return outcomes, {"columns": COLUMNS, "rows": rows}


def problems(round_, outcomes, log):
    return {finding.case: list(finding.problems) for finding in judged(round_, outcomes, log, BATCH, DEADLINE_S)}


def test_every_fault_of_the_catalogue_strikes_in_one_round_beside_an_exchange_that_is_not_struck():
    made = list(rounds_of(list(catalogue.values()), NAMES))
    struck = [fault.name for round_ in made for fault in round_.struck.values()]
    assert sorted(struck) == sorted(catalogue)
    assert all(set(round_.names) - set(round_.struck) for round_ in made)


def test_faults_that_cost_a_deadline_share_their_rounds_with_each_other():
    made = rounds("stall-body", "html", "drip-head", "nan")
    assert [sorted(fault.name for fault in round_.struck.values()) for round_ in made] == [
        ["html", "nan"],
        ["drip-head", "stall-body"],
    ]


def test_the_first_request_of_each_struck_exchange_is_struck_and_no_other():
    for round_ in rounds("html", "nan", "stall-body", "bom", "429"):
        faults = Faults.parse(round_.faults, NAMES)
        requests = round_.requests(dict.fromkeys(NAMES, "http://127.0.0.1:1"))
        struck = [bool(faults.struck(r.exchange, SEED, 0, round_.draws, n)) for n, r in enumerate(requests)]
        assert struck == [n % 2 == 0 and r.exchange in round_.struck for n, r in enumerate(requests)]


def test_exchanges_take_turns_in_being_struck():
    assert {round_.names[2] for round_ in rounds("html", "nan", "bom", "429", "500", "banned")} == set(NAMES)


@pytest.mark.parametrize("name", ["truncated", "stall-body", "crossed", "stale-time", "tls-expired", "banned"])
def test_nothing_is_wrong_with_an_honest_strategy(name):
    (round_,) = rounds(name)
    assert problems(round_, *honest(round_)) == {name: []}


def test_another_name_for_a_fault_is_told():
    (round_,) = rounds("truncated")
    outcomes, log = honest(round_)
    outcomes[0] = replace(outcomes[0], kind="reset")
    assert problems(round_, outcomes, log) == {"truncated": ["reset instead of truncated: said"]}


def test_a_value_where_there_is_none_to_be_had_is_told():
    (round_,) = rounds("truncated")
    outcomes, log = honest(round_)
    outcomes[0] = outcomes[1]
    assert "a value instead of truncated" in problems(round_, outcomes, log)["truncated"][0]


def test_harm_to_a_request_beside_a_fault_is_told_of_that_fault():
    (round_,) = rounds("truncated", "html")
    outcomes, log = honest(round_)
    outcomes[1] = outcomes[0]
    told = problems(round_, outcomes, log)
    assert told["truncated"] == ["binance beside it: truncated instead of a value: said"]
    assert told["html"] == []


def test_harm_to_an_exchange_that_no_fault_struck_is_told_of_both():
    (round_,) = rounds("truncated", "html")
    outcomes, log = honest(round_)
    (quote,) = outcomes[4].value
    outcomes[4] = replace(outcomes[4], value=(replace(quote, bid=quote.bid + Decimal("0.01")),))
    assert all("kraken beside it" in told[0] for told in problems(round_, outcomes, log).values())


def test_a_fault_that_did_not_strike_is_told():
    (round_,) = rounds("early-hints")
    outcomes, log = honest(round_)
    log["rows"][0] = row(0, round_.names[0], "")
    assert problems(round_, outcomes, log) == {"early-hints": ["the server did not strike"]}


def test_a_documented_answer_of_a_strategy_is_shown_and_not_held_against_it():
    (round_,) = rounds("head-blank-first")
    outcomes, log = honest(round_)
    exchange = exchanges.load(round_.names[0])
    market = Market(SEED, 0, BATCH)
    outcomes[0] = replace(
        outcomes[1], value=(Moment(exchange, market, market.tick(0.5)).quote(exchange.instruments[0].pair),)
    )
    (strict,) = judged(round_, outcomes, log, BATCH, DEADLINE_S)
    (lenient,) = judged(round_, outcomes, log, BATCH, DEADLINE_S, {"head-blank-first": None})
    assert strict.problems
    assert not strict.differs
    assert (lenient.problems, lenient.differs, lenient.kind) == ((), True, None)


def test_a_strategy_that_no_longer_differs_as_documented_is_told():
    (round_,) = rounds("head-blank-first")
    outcomes, log = honest(round_)
    (finding,) = judged(round_, outcomes, log, BATCH, DEADLINE_S, {"head-blank-first": None})
    assert finding.problems == ("protocol instead of a value: said",)


def test_every_documented_difference_is_of_a_strategy_and_a_fault_that_exist():
    assert set(DIFFERENCES) <= set(strategies.names())
    assert {fault for own in DIFFERENCES.values() for fault in own} <= set(catalogue)


def test_a_sound_fault_that_has_nothing_to_change_need_not_strike():
    (round_,) = rounds("bom")
    outcomes, log = honest(round_)
    log["rows"][0] = row(0, round_.names[0], "")
    assert problems(round_, outcomes, log) == {"bom": []}


def test_outcomes_that_are_missing_are_told():
    (round_,) = rounds("truncated")
    outcomes, log = honest(round_)
    assert problems(round_, outcomes[1:], log) == {"truncated": ["5 outcomes for 6 requests"]}


def test_a_request_that_outlasts_its_deadline_is_told_and_its_round_is_late():
    (round_,) = rounds("truncated")
    outcomes, log = honest(round_)
    outcomes[5] = replace(outcomes[5], ended=outcomes[5].started + 1.3)
    (finding,) = judged(round_, outcomes, log, BATCH, DEADLINE_S)
    assert finding.late
    assert finding.problems == (f"{round_.names[2]} beside it: took 1.30 s of a deadline of 1 s",)


def test_a_deadline_that_comes_too_early_is_told():
    assert untimely(Failed("deadline", "said", 0.0, 0.5), 1.0) == ["failed by its deadline of 1 s after 0.50 s"]
    assert untimely(Failed("reset", "said", 0.0, 0.5), 1.0) == []


def test_every_case_names_a_check_and_says_what_happens():
    for fault in catalogue.values():
        case = Case.of(fault)
        assert case.check.startswith("B")
        assert case.says
