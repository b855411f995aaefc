"""The calibration card in the report: its numbers, what they mean, and what is said where they miss."""

import json
from dataclasses import replace

import pytest

from harness.calibration import Card, Line
from harness.report import draw
from harness.report.calibration import COLUMNS, calibration_table
from harness.report.entries import RunEntry

GOOD = Card(0.05, (Line.of(1, [0.0002], [0.0005]), Line.of(100, [0.0004] * 100, [0.001])))
BAD = Card(0.05, (Line.of(1, [0.0002], [0.0005]), Line.of(100, [0.004] * 9, [0.005])), "too few file descriptors")


def table_of(card):
    return calibration_table(RunEntry({"calibration": card.to_json()}))


def test_a_run_without_a_card_has_no_table():
    assert calibration_table(RunEntry({})) is None
    assert calibration_table(RunEntry({"calibration": None})) is None


def test_each_load_is_a_row_as_wide_as_the_columns():
    found = table_of(GOOD)
    assert [(len(cells), missed) for cells, missed in found.rows] == [(len(COLUMNS), False)] * 2
    assert found.rows[0][0][6] == "–"
    assert found.rows[1][0] == (
        "100", "100", "400 µs", "400 µs", "400 µs", "1.00 ms", "6.00 ms", "1.00 ms", "1.00 ms",
    )  # fmt: skip


def test_a_true_ruler_is_called_one_with_the_numbers():
    said = table_of(GOOD).said
    assert "asked to hold replies for 50.0 ms. With 100 in flight it held them 400 µs longer" in said
    assert said.endswith("That is within what it may.")


def test_a_ruler_that_is_not_true_is_told_with_the_load_at_which_it_failed():
    found = table_of(BAD)
    assert [missed for _, missed in found.rows] == [False, True]
    assert "With 100 in flight it held them 4.00 ms longer" in found.said
    assert "not within what it may: differences of this size are the ruler's own." in found.said
    assert found.said.endswith("The card is not whole: too few file descriptors")


def test_the_sentence_tells_of_the_load_that_missed_not_of_the_largest():
    found = table_of(Card(0.05, (Line.of(1, [0.0014] * 24, [0.002]), Line.of(100, [0.0006] * 100, [0.001]))))
    assert "With 1 in flight it held them 1.40 ms longer" in found.said
    assert "100 in flight" not in found.said


def test_of_several_misses_the_worst_is_told_and_the_others_are_named():
    lines = (Line.of(1, [0.002] * 24, [0.1]), Line.of(20, [0.009] * 24, [0.1]), Line.of(1000, [0.01] * 24, [0.1]))
    said = table_of(Card(0.05, lines)).said
    assert "With 20 in flight it held them 9.00 ms longer" in said
    assert "It missed with 1 and 1,000 in flight as well." in said


def test_a_load_that_was_measured_again_is_in_the_table_twice_and_told():
    lines = (replace(Line.of(1, [0.002] * 24, [0.1]), repeated=True), Line.of(1, [0.0002] * 24, [0.1]))
    found = table_of(Card(0.05, lines))
    assert [(cells[0], missed) for cells, missed in found.rows] == [("1 (a first try)", True), ("1", False)]
    assert "That is within what it may. With 1 in flight it missed at a first try and was measured again" in found.said


def test_a_card_of_another_server_is_told_as_such():
    lines = (Line.of(1, [0.0002], [0.0005]),)
    said = table_of(Card(0.05, lines, server="another one, without TLS")).said
    assert "The card is not of the server that served the race, but of another one, without TLS." in said
    assert "not of the server" not in table_of(GOOD).said


@pytest.mark.parametrize("card", [7, [], {"lines": 5}, {"lines": [{}]}, {"lines": [{"held": 3, "in_flight": "x"}]}])
def test_a_card_that_somebody_meddled_with_breaks_no_report(card):
    calibration_table(RunEntry({"calibration": card}))


@pytest.mark.slow
@pytest.mark.parametrize("card", [GOOD, BAD])
def test_page_and_summary_have_the_card(runs, tmp_path, card):
    content = runs.run([runs.scenario(runs.four_arms())], calibration=json.loads(json.dumps(card.to_json())))
    folder = runs.write(tmp_path / "20261122T120000Z-0abc", content)
    draw(folder)
    page, summary = ((folder / name).read_text(encoding="utf-8") for name in ("report.html", "summary.md"))
    assert "How true was the ruler?" in page
    assert 'aria-label="Calibration card"' in page
    assert ('<tr class="doubtful">' in page) is bool(card.reasons)
    assert "the mock server was asked to hold replies for 50.0 ms" in summary
    assert "| in flight | requests | held longer: least |" in summary
    assert ("(misses)" in summary) is bool(card.reasons)


@pytest.mark.slow
def test_faults_tls_and_workload_are_in_the_conditions_and_their_cost_among_the_doubts(runs, tmp_path):
    arms = runs.four_arms()
    arms[0].update(failed=16, failures={"reset": 16})
    scenario = runs.scenario(arms, faults="kraken:429@0.1", tls=True, workload="books", levels=50, deadline_s=3.0)
    folder = runs.write(tmp_path / "20261122T120000Z-0abc", runs.run([scenario]))
    draw(folder)
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert "8 requests · books of 50 levels · 2 exchanges · 4 in flight · 20ms delay · TLS · " in summary
    assert "TLS · faults kraken:429@0.1 · deadline 3 s" in summary
    assert "2.5 % of all requests failed by plan" in summary
