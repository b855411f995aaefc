"""What is so in several scenarios is told once, with where."""

import pytest

from harness.grouped_reasons import grouped
from harness.reason import Reason


def noise(said, weight=0.0):
    return Reason("NOISY", "noise", said, weight)


@pytest.mark.parametrize(
    ("hit", "where"),
    [
        ("b", "in b: "),
        ("ac", "in 2 of 6 scenarios (a and c): "),
        ("abd", "in 3 of 6 scenarios (a, b and 1 more): "),
        ("bcdef", "in 5 of 6 scenarios (b, c and 3 more): "),
        ("abcdef", "in all 6 scenarios: "),
    ],
)
def test_a_reason_says_in_which_scenarios_it_is_so(hit, where):
    (reason,) = grouped({name: [noise("x")] if name in hit else [] for name in "abcdef"})
    assert (reason.state, reason.cause, reason.said) == ("NOISY", "noise", f"{where}x")


def test_where_scenarios_differ_the_one_that_weighs_most_is_quoted_by_name():
    (reason,) = grouped({"a": [noise("x", 2.0)], "b": [], "c": [noise("y", 3.0)]})
    assert reason.said == "in 2 of 3 scenarios (a and c), worst in c: y"
    assert reason.weight == 3.0


def test_all_that_has_one_cause_in_the_worst_scenario_is_told():
    (reason,) = grouped({"a": [noise("x"), noise("y")], "b": [noise("x"), noise("y")]})
    assert reason.said == "in both scenarios: x; y"


def test_another_cause_and_another_state_are_reasons_of_their_own():
    cold, warm = Reason("NOISY", "network", "cold"), Reason("NETWORK-INVALID", "network", "warm")
    found = [reason.said for reason in grouped({"a": [warm, noise("x")], "b": [cold]})]
    assert found == ["in a: warm", "in a: x", "in b: cold"]


def test_without_reasons_there_is_none():
    assert list(grouped({"a": [], "b": []})) == []


def test_the_name_of_a_scenario_cannot_move_the_cursor():
    (reason,) = grouped({"\x1b[2J": [noise("x", 1.0)], "b": [noise("y")], "c": []})
    assert reason.said.isprintable()
