"""The chart of where a batch's time went: its order, what stands out, and what its sentence may say."""

from itertools import pairwise

import pytest

from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import house_style
from harness.report.parts import PARTS, breakdown, parts_table
from harness.report.parts_chart import parts_chart

ASYNCIO = {"bound_s": 0.04, "overshoot_s": 0.002, "client_s": 0.005, "decode_s": 0.001, "unexplained_s": 0.002}
THREADS = {"bound_s": 0.04, "overshoot_s": 0.002, "client_s": 0.018, "decode_s": 0.004, "unexplained_s": 0.006}
SEQUENTIAL = {"bound_s": 0.04, "queueing_s": 0.76, "client_s": 0.04, "unexplained_s": 0.06}


def scenario_of(runs, told, **changes):
    arms = []
    for rank, (name, parts) in enumerate(told.items(), 1):
        time_s = sum(parts.values())
        more = {"declared_in_flight": 1} if name == "sequential" else {}
        arms.append(runs.arm(name, rank, time_s, parts_s=runs.parts(time_s, **parts), **more))
    return ScenarioEntry(runs.scenario(arms, **changes))


@pytest.fixture(scope="module")
def all_three(runs):
    return scenario_of(runs, {"asyncio-aiohttp": ASYNCIO, "threads": THREADS, "sequential": SEQUENTIAL})


@pytest.fixture(scope="module")
def chart(all_three):
    with house_style():
        return parts_chart(all_three)


def bars_of(chart, lane):
    return [bar for bar in chart.figure.axes[0].patches if round(bar.get_y() + bar.get_height() / 2) == lane]


def test_the_parts_of_an_arm_follow_each_other_from_the_limit_to_what_nobody_can_explain(chart):
    bars = bars_of(chart, 0)
    assert [round(bar.get_width(), 6) for bar in bars] == [0.04, 0.002, 0.005, 0.001, 0.002]
    for before, after in pairwise(bars):
        assert after.get_x() == pytest.approx(before.get_x() + before.get_width())


def test_only_what_is_unexplained_is_hatched(chart):
    assert [bool(bar.get_hatch()) for bar in bars_of(chart, 0)] == [False, False, False, False, True]


def test_an_arm_that_takes_four_times_as_long_runs_out_of_the_picture_and_that_is_said(chart):
    axes = chart.figure.axes[0]
    assert bars_of(chart, 2)[-1].get_x() + bars_of(chart, 2)[-1].get_width() == pytest.approx(axes.get_xlim()[1])
    assert "→ 900 ms" in {text.get_text() for text in axes.texts}
    assert chart.note.endswith("sequential runs on beyond the right edge.")


def test_each_arm_has_its_time_and_what_limits_it_beside_its_bar(chart):
    texts = [text.get_text() for text in chart.figure.axes[0].texts]
    assert {"50.0 ms", "70.0 ms", "time", "limited by", "physical limit 40.0 ms"} <= set(texts)
    assert texts.count("its own CPU") == 3


def test_the_sentence_says_what_decides_for_the_fastest_and_for_the_slowest_with_several_in_flight(chart):
    assert chart.takeaway == (
        "asyncio-aiohttp, the fastest, takes 10.0 ms more than the physical limit of 40.0 ms; the largest part of that "
        "is client CPU (5.00 ms), and 2.00 ms (4 % of its time) are unexplained. threads, the slowest with several "
        "requests in flight, takes 30.0 ms more than the physical limit of 40.0 ms; the largest part of that is client "
        "CPU (18.0 ms), and 6.00 ms (9 % of its time) are unexplained."
    )


def test_where_most_is_unexplained_the_sentence_names_no_other_part(runs):
    with house_style():
        found = parts_chart(scenario_of(runs, {"threads": {"bound_s": 0.04, "client_s": 0.01, "unexplained_s": 0.03}}))
    assert found.takeaway.endswith("the largest part of that, 30.0 ms (38 % of its time), is unexplained.")


def test_where_nothing_is_ranked_nobody_is_called_fastest_or_slowest(all_three):
    arms = [{**arm.raw, "status": "unranked", "rank": None} for arm in all_three.arms]
    with house_style():
        found = parts_chart(ScenarioEntry({**all_three.raw, "strategies": arms}))
    assert found.takeaway == (
        "Beyond the physical limit, the largest part is queueing for sequential; client CPU for asyncio-aiohttp and "
        "threads. Unexplained: 4 % to 9 % of the time."
    )


def test_a_run_that_tells_no_parts_has_no_such_chart(runs):
    arms = [{**row, "parts_s": None, "cold_parts_s": None} for row in runs.four_arms()]
    scenario = ScenarioEntry(runs.scenario(arms))
    assert parts_chart(scenario) is None
    assert parts_table(scenario) is None


def test_a_part_below_zero_is_shown_as_nothing():
    told = ArmEntry({"name": "a", "parts_s": {"bound_s": 0.04, "unexplained_s": -1e-9, "time_s": 0.04}})
    assert breakdown(told).of(PARTS[-1]) == 0.0


def test_the_table_has_a_row_for_the_warm_batch_and_one_for_the_first(runs):
    table = parts_table(ScenarioEntry(runs.scenario([runs.arm("threads", 1, 0.05)])))
    assert [[cell.text for cell in row.cells[:3]] for row in table.rows] == [
        ["warm", "50.0 ms", "40.0 ms"], ["first", "75.0 ms", "40.0 ms"],
    ]  # fmt: skip
    assert [row.cells[table.columns.index("connecting")].text for row in table.rows] == ["–", "5.00 ms"]


def test_labels_that_do_not_fit_into_their_part_are_left_out(chart):
    texts = [text.get_text() for text in chart.figure.axes[0].texts]
    assert "CPU 18.0 ms" in texts
    assert not [text for text in texts if text.startswith("decode")]
