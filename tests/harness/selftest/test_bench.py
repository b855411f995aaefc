"""The parts of a selftest one after the other: what is said, what is kept, and how it ends when it cannot go on."""

import pytest

from harness.exits import Ended, EnvironmentGap, UsageError
from harness.selftest import bench
from harness.selftest.bench import Part
from harness.selftest.row import Row

CAUGHT = Row("a liar", "out", "out", "the log", True)
MISSED = Row("another liar", "out", "ranked", "nothing", False)


def raising(error):
    def rows(folder, say):
        raise error

    return rows


def test_every_part_runs_in_a_folder_of_its_own_and_is_told(tmp_path, capsys):
    places = []

    def rows(folder, say):
        places.append(folder)
        return [CAUGHT, MISSED]

    found, kept = bench.run_all([Part("one", "some lies", rows), Part("two", "more lies", rows)], tmp_path)
    assert found == [CAUGHT, MISSED] * 2
    assert kept is not None
    assert kept.parent == tmp_path
    assert places == [kept / "one", kept / "two"]
    assert all(place.is_dir() for place in places)
    assert capsys.readouterr().err.splitlines() == [
        "1 of 2: some lies", "  ok      a liar: out", "  MISSED  another liar: ranked",
        "2 of 2: more lies", "  ok      a liar: out", "  MISSED  another liar: ranked",
    ]  # fmt: skip


def test_without_a_results_folder_nothing_stays_behind():
    places = []

    def rows(folder, say):
        places.append(folder)
        return [CAUGHT]

    assert bench.run_all([Part("one", "a lie", rows)], None) == ([CAUGHT], None)
    assert not places[0].exists()


def test_an_interrupt_says_how_far_it_had_come(tmp_path):
    parts = [Part("one", "a lie", lambda folder, say: [CAUGHT]), Part("two", "a lie", raising(Ended(130)))]
    with pytest.raises(Ended, match=r"1 of 2 races had been judged; nothing is kept \(--results-dir"):
        bench.run_all(parts, None)
    with pytest.raises(Ended, match=r"1 of 2 races had been judged; the races are kept in .*selftest-"):
        bench.run_all(parts, tmp_path)


def test_a_race_that_cannot_be_run_here_ends_the_selftest_with_its_sentence():
    with pytest.raises(EnvironmentGap, match=r"no room; 0 of 1 race had been judged"):
        bench.run_all([Part("one", "a lie", raising(EnvironmentGap("no room")))], None)


def test_a_results_folder_that_is_none_is_found_before_anything_is_raced(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentGap, match="nothing was raced; choose another with --results-dir"):
        bench.run_all([Part("one", "a lie", raising(AssertionError))], tmp_path / "file")


def test_every_lie_of_the_catalogue_is_a_part_with_an_estimate():
    quick, thorough = bench.lies(quick=True), bench.lies(quick=False)
    assert [part.name for part in quick] == [part.name for part in thorough]
    assert quick[0].does.endswith("(about 9 s)")
    assert thorough[0].does.endswith("(about 13 s)")


def test_long_checks_are_chosen_by_name():
    assert [part.name for part in bench.long_ones("A23, A01")] == ["A23", "A01"]
    assert len(bench.long_ones("all")) > 5
    with pytest.raises(UsageError, match=r"--long: expected A01, .*found 'A230'; did you mean A23\?"):
        bench.long_ones("A01,A230")
    with pytest.raises(UsageError, match="found ','"):
        bench.long_ones(",")
