"""Judging a race from its run.json: the right state for the right cause, and nothing less."""

import pytest

from harness.selftest.finding import (
    disqualified,
    in_the_race,
    is_valid,
    only_stamps_are_doubted,
    twin_ties,
    verdict_is,
)

LATE = "the server held replies longer than asked: that is 55% of the time of a, the fastest arm"
BUSY = "2 of 2 blocks ran beside other work: other programs kept 1.6 cores busy"
slow_server = verdict_is("SERVER-BOUND", "server", "held replies longer than asked", "of a,")
neighbour = verdict_is("NOISY", "surroundings", "other programs kept")


@pytest.fixture
def unranked(arm):
    return [arm("a", "unranked"), arm("b", "unranked")]


def test_a_verdict_with_its_cause_and_its_sentence_is_a_lie_caught(race, unranked):
    found = slow_server(race("SERVER-BOUND", ("ruler", "server"), ("the card", LATE), strategies=unranked))
    assert (found.found, found.evidence, found.is_caught) == ("SERVER-BOUND", LATE, True)


@pytest.mark.parametrize(
    ("state", "causes", "reasons"),
    [
        ("VALID", (), ()),
        ("NOISY", ("server",), (LATE,)),
        ("SERVER-BOUND", ("network",), (LATE,)),
        ("SERVER-BOUND", ("server",), ("the mock server used 95% of a core while a ran",)),
        ("SERVER-BOUND", ("server",), (LATE.replace("of a,", "of b,"),)),
    ],
    ids=["no doubt", "other state", "other cause", "other evidence", "other arm"],
)
def test_the_right_state_for_a_wrong_reason_is_no_lie_caught(race, unranked, state, causes, reasons):
    assert not slow_server(race(state, causes, reasons, strategies=unranked)).is_caught


def test_a_ranking_that_should_not_be_there_is_no_lie_caught(race, arm):
    found = slow_server(race("SERVER-BOUND", ("server",), (LATE,), strategies=[arm("a", "unranked"), arm("b")]))
    assert (found.evidence, found.is_caught) == ("b ranked all the same", False)


def test_noise_leaves_a_provisional_ranking(race):
    assert neighbour(race("NOISY", ("surroundings", "noise"), (BUSY, "the twin"))).is_caught
    assert not neighbour(race("NOISY", ("noise",), ("the same arm twice came out at 1.2",))).is_caught


def test_a_liar_is_caught_where_it_is_out_for_its_lie(race, arm):
    judge = disqualified("b", "the server saw 0 of 40")
    out = arm("b", "disqualified", "the server saw 0 of 40 requests")
    found = judge(race(strategies=[arm("a"), out]))
    assert (found.found, found.evidence, found.is_caught) == ("disqualified", "the server saw 0 of 40 requests", True)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("ranked", None), ("failed", "the server saw 0 of 40 requests"), ("disqualified", "claims 1 ms")],
    ids=["ranked", "failed", "out for something else"],
)
def test_a_liar_that_is_not_out_for_its_lie_is_missed(race, arm, status, reason):
    found = disqualified("b", "the server saw 0 of 40")(race(strategies=[arm("a"), arm("b", status, reason)]))
    assert (found.found, found.is_caught) == (status, False)


def test_an_honest_guest_is_ranked_beside_what_it_wraps(race, arm):
    found = in_the_race("b", "a")(race(strategies=[arm("a"), arm("b", "tied", time_s=0.21)]))
    assert (found.found, found.evidence, found.is_caught) == (
        "ranked", "210 ms, 1.05 times the time of a, which it wraps", True,
    )  # fmt: skip


def test_an_honest_guest_that_is_out_is_told_with_the_reason(race, arm):
    found = in_the_race("b", "a")(race(strategies=[arm("a"), arm("b", "disqualified", "had 21 in flight")]))
    assert (found.found, found.evidence, found.is_caught) == ("disqualified", "had 21 in flight", False)
    assert not in_the_race("b", "a")(race(strategies=[arm("a", "disqualified"), arm("b")])).is_caught


def test_an_honest_race_must_be_valid(race):
    assert is_valid(race("VALID")).evidence == "A is fastest."
    assert is_valid(race("VALID")).is_caught
    found = is_valid(race("NOISY", ("surroundings",), (BUSY,)))
    assert (found.found, found.evidence, found.is_caught) == ("NOISY", BUSY, False)


@pytest.mark.parametrize(
    ("ratio", "low", "high", "found"),
    [(1.2, 0.9, 1.5, "tied"), (1.02, 1.01, 1.03, "tied"), (1.08, 1.02, 1.14, "differs"), (1.0, None, None, "not told")],
)
def test_a_twin_ties_where_its_interval_holds_one_or_it_is_near_it(race, ratio, low, high, found):
    judged = twin_ties(race(twin={"of": "a", "ratio": ratio, "low": low, "high": high}))
    assert (judged.found, judged.is_caught) == (found, found == "tied")


def test_a_race_without_a_twin_tells_no_tie(race):
    assert not twin_ties(race(twin=None)).is_caught


def test_a_step_of_the_clock_is_told_and_no_duration_has_anything_of_it(race):
    found = only_stamps_are_doubted(race(clock={"stepped_s": -3599.9}))
    assert (found.found, found.is_caught) == ("step told, durations true", True)
    assert "stepped by -3600 s (by hand); 6 batches, none of them shorter" in found.evidence


@pytest.mark.parametrize("stepped_s", [0.0, 3600.0, -1800.0])
def test_a_step_that_is_not_told_with_its_size_is_missed(race, stepped_s):
    found = only_stamps_are_doubted(race(clock={"stepped_s": stepped_s}))
    assert (found.found, found.is_caught) == ("no step told, durations true", False)


@pytest.mark.parametrize("time_s", [-3599.8, 0.09, 3600.2], ids=["negative", "beats the delays", "too long"])
def test_a_duration_that_has_something_of_the_step_is_missed(race, arm, time_s):
    wrong = arm("b", batches=[{"time_s": 0.2, "held_bound_s": 0.1}, {"time_s": time_s, "held_bound_s": 0.1}])
    found = only_stamps_are_doubted(race(clock={"stepped_s": -3600.0}, strategies=[arm("a"), wrong]))
    assert (found.found, found.is_caught) == ("step told, durations wrong", False)


def test_a_race_in_which_nothing_was_measured_has_no_true_durations(race):
    assert not only_stamps_are_doubted(race(clock={"stepped_s": -3600.0}, strategies=[])).is_caught
