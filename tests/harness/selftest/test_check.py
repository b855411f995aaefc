"""One race of the selftest, judged; raced again only where the machine may be to blame."""

from pathlib import Path

import pytest

from harness.selftest.check import Check, Lie
from harness.selftest.finding import Finding, is_valid, twin_ties
from harness.selftest.raced import Raced

BROKEN = Raced({}, Path(), 1.0, problem="the race ended with code 1: it broke")
LIE = Lie("nothing", "VALID", "nothing", is_valid)


def check(**more):
    parts = {"options": ("-s", "a"), "hurried": ("--blocks", "1"), "about_s": (2, 1)} | more
    return Check("honest", "an honest race", (LIE,), **parts)


@pytest.fixture
def races(monkeypatch):
    """Answers each race with the next of a list; keeps what was asked for."""
    asked = []

    def answer(*outcomes):
        left = list(outcomes)

        def raced(results, options, beside):
            asked.append((results.name, options, beside))
            assert results.is_dir()
            return left.pop(0)

        monkeypatch.setattr("harness.selftest.check.raced", raced)
        return asked

    return answer


def test_what_is_judged_becomes_a_row(race):
    row = LIE.row(race("VALID"))
    assert row.to_json() == {
        "lie": "nothing", "expected": "VALID", "found": "VALID", "evidence": "A is fastest.", "is_caught": True,
    }  # fmt: skip


def test_a_race_that_broke_down_has_caught_nobody():
    caught = Lie("anything", "out", "nothing", lambda race: Finding("out", "", True))
    assert caught.row(BROKEN).to_json() == {
        "lie": "anything", "expected": "out", "found": "no result", "is_caught": False,
        "evidence": "the race ended with code 1: it broke",
    }  # fmt: skip


@pytest.mark.parametrize("run", [{}, {"verdict": None}, {"verdict": {"state": "NOISY"}}])
def test_a_run_that_lacks_what_is_judged_has_caught_nobody(run):
    row = LIE.row(Raced(run, Path(), 1.0))
    assert (row.found, row.is_caught) == ("no result", False)
    assert "run.json lacks what is judged" in row.evidence


@pytest.mark.parametrize(("quick", "options"), [(True, ["-s", "a", "--blocks", "1"]), (False, ["-s", "a"])])
def test_a_quick_check_is_raced_with_its_own_options_on_top(tmp_path, races, race, quick, options):
    asked = races(race("VALID"))
    (row,) = check().rows(tmp_path, quick, pytest.fail)
    assert row.is_caught
    assert [(name, given) for name, given, _ in asked] == [("1", options)]


def test_what_the_machine_may_be_to_blame_for_is_raced_once_more_and_says_so(tmp_path, races, race):
    said = []
    asked = races(race("NOISY", reasons=("too loud",)), race("VALID"))
    (row,) = check(tries=2).rows(tmp_path, False, said.append)
    assert row.is_caught
    assert row.evidence == "A is fastest. (at the first try: NOISY)"
    assert said == ["  nothing: expected VALID, found NOISY (too loud); once more"]
    assert [name for name, _, _ in asked] == ["1", "2"]


def test_only_what_was_missed_at_first_says_so(tmp_path, races, race):
    both = (LIE, Lie("the same arm twice", "tied", "the twin", twin_ties))
    races(race("NOISY", reasons=("too loud",)), race("VALID"))
    honest, twin = Check("honest", "an honest race", both, (), (), (2, 1), tries=2).rows(tmp_path, False, [].append)
    assert "first try" in honest.evidence
    assert "first try" not in twin.evidence


def test_it_is_not_raced_a_third_time(tmp_path, races, race):
    asked = races(race("NOISY", reasons=("too loud",)), race("NOISY", reasons=("loud again",)))
    (row,) = check(tries=2).rows(tmp_path, False, [].append)
    assert (row.is_caught, row.evidence) == (False, "loud again (at the first try: NOISY)")
    assert len(asked) == 2


def test_a_lie_that_is_missed_is_not_given_a_second_chance(tmp_path, races):
    asked = races(BROKEN)
    (row,) = check().rows(tmp_path, False, pytest.fail)
    assert not row.is_caught
    assert len(asked) == 1
