"""The verdict in words says what the numbers say, and no more."""

import pytest

from harness.reason import CAUSES
from harness.sentence import conditions_of, failures_by_plan, sentence_for
from harness.verdict import RANKED, STATES


def row(name, rank=1, status="ranked", **more):
    plain = {
        "time_s": 0.061, "speedup": 17.12, "speedup_low": 16.6, "speedup_high": 17.5, "efficiency": 0.901,
        "tied_with": [], "tied_within": None,
    }  # fmt: skip
    return {"name": name, "rank": rank, "status": status, **plain, **more}


def scenario(*rows, blocks=5):
    return {"requests": 40, "baseline": "sequential", "finished_blocks": blocks, "strategies": list(rows)}


SEQUENTIAL = row("sequential", 2, time_s=1.05, speedup=1.0, speedup_low=1.0, speedup_high=1.0, efficiency=0.05)


def test_the_winner_its_time_its_speedup_with_interval_and_the_limit():
    assert sentence_for(scenario(row("asyncio-aiohttp"), SEQUENTIAL), "VALID") == (
        "asyncio-aiohttp fetched 40 prices in 61.0 ms, 17.1× as fast as sequential (95 % CI 16.6 to 17.5), "
        "at 90 % of the physical limit."
    )


def test_a_winning_baseline_is_not_compared_with_itself():
    found = sentence_for(scenario(SEQUENTIAL), "VALID")
    assert found == "sequential fetched 40 prices in 1.05 s, at 5 % of the physical limit."


def test_a_tie_is_told_with_how_large_a_difference_it_leaves_open():
    tied = row("a", status="tied", tied_with=["b", "c"], tied_within=0.034)
    assert sentence_for(scenario(tied, SEQUENTIAL), "VALID").endswith(" Tied with it, within 3 %: b and c.")


@pytest.mark.parametrize("within", [None, 0.51, 3.0])
def test_a_tie_that_leaves_everything_open_is_called_not_knowing(within):
    tied = row("a", status="tied", tied_with=["b", "c", "d"], tied_within=within)
    found = sentence_for(scenario(tied, SEQUENTIAL, blocks=2), "NOISY")
    assert " 2 blocks cannot tell it from b, c and d." in found
    assert "Tied" not in found


def test_one_block_is_one_block():
    tied = row("a", status="tied", tied_with=["b"])
    assert " 1 block cannot tell it from b." in sentence_for(scenario(tied, blocks=1), "NOISY")


def test_an_arm_tied_with_the_baseline_is_given_no_ratio_to_it():
    tied = row("a", status="tied", tied_with=["sequential"], tied_within=0.04, speedup=1.02)
    found = sentence_for(scenario(tied, SEQUENTIAL), "VALID")
    assert "as fast as" not in found
    assert found.endswith("Tied with it, within 4 %: sequential.")


def test_noise_makes_the_ranking_provisional():
    assert sentence_for(scenario(row("a")), "NOISY").endswith(
        " Provisional: the machine was too noisy for a firm ranking."
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("SERVER-BOUND", "No ranking: the mock server was the bottleneck"),
        ("NETWORK-INVALID", "No ranking: connections were lost"),
        ("DRIFTED", "No ranking: the arms ran in one fixed order while times changed"),
    ],
)
def test_a_state_without_a_ranking_ranks_nobody_even_where_rows_look_ranked(state, said):
    found = sentence_for(scenario(row("a")), state)
    assert found.startswith(said)
    assert "61" not in found


def test_every_state_but_the_first_has_words_of_its_own():
    found = [sentence_for(scenario(row("a")), state) for state in STATES]
    assert len(set(found)) == len(STATES)
    assert [said.startswith("No ranking: ") for said in found] == [state not in RANKED for state in STATES]


@pytest.mark.parametrize("status", ["disqualified", "failed", "skipped", "unranked"])
def test_an_arm_that_is_not_ranked_is_never_the_winner(status):
    assert sentence_for(scenario(row("a", None, status)), "NOISY") == "No arm can be ranked."


def test_no_arms_at_all_are_no_ranking():
    assert sentence_for(scenario(), "NOISY") == "No arm can be ranked."


def test_numbers_that_are_missing_are_left_out():
    found = sentence_for(
        scenario(row("a", speedup=None, speedup_low=None, speedup_high=None, efficiency=None)), "VALID"
    )
    assert found == "a fetched 40 prices in 61.0 ms."


def test_a_speedup_without_an_interval_is_told_without_one():
    found = sentence_for(scenario(row("a", speedup_high=None)), "VALID")
    assert "17.1× as fast as sequential, at" in found


def test_a_hostile_name_cannot_move_the_cursor_or_break_the_line():
    hostile = "\x1b[2J\n\u202eevil"
    tied = row(hostile, status="tied", tied_with=[hostile], tied_within=0.01)
    assert sentence_for(scenario(tied), "VALID").isprintable()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "40 requests, 20 in flight, 20ms"),
        ({"tls": True}, "40 requests, 20 in flight, 20ms, over TLS"),
        ({"workload": "books", "levels": 50}, "40 requests for books of 50 levels, 20 in flight, 20ms"),
        ({"workload": "markets", "listed": 3000}, "40 requests for all of 3,000 markets or more, 20 in flight, 20ms"),
        ({"deadline_s": 1.0}, "40 requests, 20 in flight, 20ms"),
        ({"faults": "kraken:429@0.1"}, "40 requests, 20 in flight, 20ms, faults kraken:429@0.1"),
        (
            {"faults": "kraken:stall-body", "deadline_s": 1.0},
            "40 requests, 20 in flight, 20ms, faults kraken:stall-body, deadline 1 s",
        ),
    ],
)
def test_conditions_are_told_in_a_line(more, said):
    assert conditions_of({"requests": 40, "concurrency": 20, "latency": "20ms", **more}) == said


def test_a_long_latency_is_cut_and_what_it_holds_cannot_move_the_cursor():
    said = conditions_of({"requests": 1, "concurrency": 2, "latency": "\x1b[2J" + "9" * 999})
    assert said.isprintable()
    assert len(said) < 100


def test_what_a_request_brought_is_named():
    assert "a fetched 40 books in 61.0 ms" in sentence_for({**scenario(row("a")), "workload": "books"}, "VALID")
    whole = sentence_for({**scenario(row("a")), "workload": "markets"}, "VALID")
    assert "a fetched 40 bodies of whole markets in 61.0 ms" in whole


def test_an_arm_some_of_whose_requests_failed_has_not_fetched_them_all():
    assert "a went through 40 requests in 61.0 ms" in sentence_for(scenario(row("a", failed=3)), "VALID")


def test_requests_that_failed_by_plan_are_told_as_a_share_of_all():
    rows = [row("a", failed=3, requests=40), row("b", failed=5, requests=40), {"name": "c", "status": "skipped"}]
    assert failures_by_plan(rows).startswith("10.0 % of all requests failed by plan")
    assert failures_by_plan([row("a", failed=0, requests=40)]) == ""
    assert failures_by_plan([]) == ""


@pytest.mark.parametrize("status", ["disqualified", "failed"])
def test_failures_of_an_arm_that_is_out_are_none_by_plan(status):
    rows = [row("a", failed=4, requests=40), row("b", None, status, failed=40, requests=40)]
    assert failures_by_plan(rows).startswith("10.0 % of all")
    assert failures_by_plan(rows[1:]) == ""


@pytest.mark.parametrize(
    ("causes", "said"),
    [
        (["ruler"], "the mock server was not accurate enough"),
        (["ruler", "noise"], "the machine was too noisy"),
        (["noise", "surroundings"], "the machine was too busy with other work"),
        (["twin"], "too little is known of the machine's noise"),
        (["blocks"], "there were too few blocks"),
        (["order"], "one fixed order of the arms is too little"),
        (["stopwatch"], "the times were too short"),
        (["a cause of tomorrow"], "the machine was too noisy"),
    ],
)
def test_what_makes_a_ranking_provisional_is_told_by_its_cause_whatever_its_sentence_is(causes, said):
    doubtful = {**scenario(row("a")), "verdict": {"reasons": ["x"], "causes": causes}}
    assert sentence_for(doubtful, "NOISY").endswith(f" Provisional: {said} for a firm ranking.")


def test_a_single_block_is_doubt_enough_to_be_told_before_any_other():
    doubtful = {**scenario(row("a"), blocks=1), "verdict": {"reasons": ["x", "y"], "causes": ["surroundings", "ruler"]}}
    assert sentence_for(doubtful, "NOISY").endswith(" Provisional: one block is too few for a firm ranking.")


def test_connections_that_only_cold_batches_lost_make_no_ranking_provisional():
    doubtful = {**scenario(row("a")), "verdict": {"causes": ["network"]}}
    assert sentence_for(doubtful, "NOISY").endswith(
        "limit. The one shot is in doubt, and not the ranking: connections were lost in cold batches."
    )
    doubtful["verdict"]["causes"] = ["network", "ruler"]
    assert sentence_for(doubtful, "NOISY").endswith(
        " Provisional: the mock server was not accurate enough for a firm ranking."
    )


def test_every_cause_that_leaves_a_ranking_has_words_of_its_own():
    of_unranked = {"server", "drift", "position", "nothing", "unlogged", "failures"}
    found = {
        sentence_for({**scenario(row("a")), "verdict": {"causes": [cause]}}, "NOISY")
        for cause in set(CAUSES) - of_unranked
    }
    assert len(found) == len(CAUSES) - len(of_unranked)


def test_without_a_log_a_ranking_is_provisional_and_unverified():
    found = sentence_for(scenario(row("threads", efficiency=None), SEQUENTIAL), "UNVERIFIED")
    assert found == (
        "threads fetched 40 prices in 61.0 ms, 17.1× as fast as sequential (95 % CI 16.6 to 17.5). Provisional, "
        "unverified: there is no log of the servers."
    )


def test_the_conditions_of_a_race_elsewhere_name_who_was_asked_and_no_delay_of_ours():
    raced = {"requests": 20, "concurrency": 5, "latency": "0ms", "tls": True, "workload": "markets", "listed": 0}
    asked = [["binance", "https://api.binance.com"], ["kraken", "https://api.kraken.com"]]
    assert conditions_of({**raced, "origins": asked}) == (
        "20 requests for all markets, 5 in flight, asked of api.binance.com and api.kraken.com, over TLS"
    )
