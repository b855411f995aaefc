"""The curves of a sweep: where a line may go, what is said, and how names keep apart."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.curves import Places, curve_table, curves_of
from harness.report.curves_chart import curves_charts
from harness.report.curves_takeaway import curves_takeaway
from harness.report.entries import RunEntry
from harness.report.figure import house_style
from harness.report.line_names import apart


def curves_from(runs, told, values=(), axis="concurrency", **changes):
    """One curve of points by arm, and a run whose scenarios lie at ``values``."""
    scenarios = [{**runs.scenario([], name=f"s{value}", latency="20ms"), axis: value} for value in values]
    return curves_of(RunEntry(runs.run(scenarios, curves=[runs.curve(told, axis, **changes)])))


def points(runs, *places, **changes):
    return [runs.point(place, f"s{place}", 2.0 + number, **changes) for number, place in enumerate(places)]


def stretches(curve, arm=0):
    return [[point.label for point in stretch] for stretch in curve.stretches(curve.arms[arm], Places.of([curve]))]


def test_a_line_joins_points_between_which_nothing_was_raced(runs):
    (curve,) = curves_from(runs, {"threads": points(runs, 1, 8, 32)}, (1, 8, 32))
    assert stretches(curve) == [["1", "8", "32"]]


def test_no_line_passes_a_scenario_in_which_nobody_was_ranked(runs):
    (curve,) = curves_from(runs, {"threads": points(runs, 1, 32, 64)}, (1, 8, 32, 64))
    assert stretches(curve) == [["1"], ["32", "64"]]


def test_no_line_passes_a_scenario_in_which_its_own_arm_was_out(runs):
    told = {"threads": points(runs, 1, 8, 32), "processes": points(runs, 1, 32)}
    (curve,) = curves_from(runs, told, (1, 8, 32))
    assert stretches(curve, 1) == [["1"], ["32"]]


def test_where_an_unranked_delay_has_no_number_its_turn_in_the_run_tells_that_it_lies_between(runs):
    told = [
        runs.point(0.005, "s5ms", 2.0, label="5ms"), runs.point(0.1, "s100ms", 3.0, label="100ms"),
        runs.point(0.2, "s200ms", 3.0, label="200ms"),
    ]  # fmt: skip
    (curve,) = curves_from(runs, {"threads": told}, ("5ms", "20ms", "100ms", "200ms"), "latency", fixed={})
    assert stretches(curve) == [["5ms"], ["100ms", "200ms"]]


def test_points_at_texts_are_not_joined(runs):
    told = [runs.point("books", "sbooks", 2.0), runs.point("tickers", "stickers", 3.0)]
    (curve,) = curves_from(runs, {"threads": told}, (), "workload")
    assert stretches(curve) == [["books"], ["tickers"]]


def test_a_condition_without_any_point_still_has_its_place_on_the_axis(runs):
    (curve,) = curves_from(runs, {"threads": points(runs, 1, 32)}, (1, 8, 32))
    assert Places.of([curve]).at == {"1": 1.0, "8": 8.0, "32": 32.0}


def test_the_table_has_intervals_question_marks_and_dashes(runs):
    told = {"threads": [runs.point(8, "s8", 5.0), runs.point(32, "s32", 10.0, provisional=True)]}
    (curve,) = curves_from(runs, told, (1, 8, 32))
    assert curve_table(curve).columns == ("1", "8", "32")
    assert [cell.text for cell in curve_table(curve).rows[0].cells] == [
        "–", "5.00× (4.80–5.20×)", "10.0×? (9.60–10.4×)",
    ]  # fmt: skip


def test_the_baseline_is_called_so_in_place_of_a_ratio_to_itself(runs):
    (curve,) = curves_from(runs, {"sequential": points(runs, 1, 8, speedup=1.0, provisional=True)})
    assert [cell.text for cell in curve_table(curve).rows[0].cells] == ["baseline", "baseline"]


def test_a_point_without_a_speedup_is_told_by_its_time(runs):
    (curve,) = curves_from(runs, {"threads": [runs.point(8, "s8", 5.0, speedup=None)]})
    assert curve_table(curve).rows[0].cells[0].text == "160 ms"


def test_what_more_requests_in_flight_bring_is_told_with_its_interval_and_where_it_ends(runs):
    told = {"sequential": points(runs, 1, 8, speedup=1.0, time_s=0.9), "threads": points(runs, 1, 8)}
    (curve,) = curves_from(runs, told)
    curve.raw["arms"][1].update(enough=4, enough_within=0.02)
    assert curves_takeaway([curve]) == (
        "threads has the shortest time at 1 in flight (2.00× as fast as sequential, 95 % CI 1.92–2.08×) and at 8 in "
        "flight (3.00× as fast as sequential, 95 % CI 2.88–3.12×). From 4 in flight on, more brings threads nothing "
        "that can be told (within 2.0 %)."
    )


def test_where_the_ends_of_an_axis_have_different_winners_both_are_told(runs):
    told = {"sequential": points(runs, 1, 8, speedup=1.0, time_s=0.3), "threads": points(runs, 1, 8)}
    told["threads"][1].update(provisional=True, speedup_low=None)
    (curve,) = curves_from(runs, told)
    assert curves_takeaway([curve]).startswith(
        "The shortest time is at 1 in flight that of sequential (300 ms) and at 8 in flight that of threads (3.00× as "
        "fast as sequential, no interval, provisionally)."
    )


def test_where_the_greatest_number_is_the_best_nothing_is_said_of_more(runs):
    (curve,) = curves_from(runs, {"threads": points(runs, 1, 8)})
    assert curves_takeaway([curve]).endswith(
        "Whether more than 8 in flight would bring threads more, the run cannot tell."
    )


def test_growth_is_told_in_time_a_request_for_who_grows_least_and_most_beside_that_of_the_limit(runs):
    (curve,) = curves_from(runs, {"threads": points(runs, 10, 100), "trio": points(runs, 10, 100)}, (), "requests")
    for arm, each_s, high in zip(curve.raw["arms"], (0.004, 0.002), (0.005, None), strict=True):
        arm["growth"] = {
            "exponent": {"estimate": 0.85},
            "per_request_s": {"estimate": each_s, "low": 0.003, "high": high},
        }
        for point in arm["points"]:
            point["bound_s"] = 0.01 + 0.001 * point["x"]
    said = curves_takeaway([curve])
    assert said.endswith(
        "Each request more takes 2.00 ms with trio and 4.00 ms (95 % CI 3.00–5.00 ms) with threads; the physical limit "
        "grows by 1.00 ms."
    )
    assert "0.85" not in said


@pytest.fixture(scope="module")
def chart(runs):
    """Two curves along one axis, drawn once: one point is provisional, one interval has an end without measure."""
    told = {"threads": points(runs, 1, 8, provisional=True)}
    told["threads"][1]["speedup_high"] = 1e9
    two = [runs.curve(told, held=[f"latency={text}"], fixed={"latency": text}) for text in ("5ms", "20ms")]
    with house_style():
        (drawn,) = curves_charts(curves_of(RunEntry(runs.run([], curves=two))))
    return drawn


def test_a_provisional_point_is_hollow_and_the_note_says_so(chart):
    marks = [line for line in chart.figure.axes[0].lines if line.get_marker() == "^"]
    assert {line.get_markerfacecolor() for line in marks} == {"#fdfefe"}
    assert "Hollow: provisional" in chart.note


def test_the_end_of_an_interval_that_is_powers_of_ten_away_does_not_flatten_the_points(chart):
    assert chart.figure.axes[0].get_ylim()[1] < 10


def test_a_row_of_panels_for_each_choice_of_the_other_axes(chart):
    assert len(chart.figure.axes) == 4
    assert {text.get_text() for text in chart.figure.texts} == {"latency=5ms", "latency=20ms"}


def test_each_line_has_its_name_at_its_end(chart):
    assert [text.get_text() for axes in chart.figure.axes for text in axes.texts] == ["threads"] * 4


def test_along_requests_the_time_is_drawn_with_the_physical_limit(runs):
    with house_style():
        (curve,) = curves_from(runs, {"threads": points(runs, 10, 100)}, (10, 100), "requests")
        curve.raw["arms"][0]["growth"] = {"note": "two numbers of requests only"}
        (drawn,) = curves_charts([curve])
    assert "Two numbers of requests only." in drawn.note
    axes = drawn.figure.axes[0]
    assert axes.get_title(loc="left").startswith("time of a warm batch")
    assert [0.04, 0.04] in [[float(y) for y in line.get_ydata()] for line in axes.lines]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "number of requests, log scale")
    assert [text.get_text() for text in axes.texts] == ["physical limit", "threads"]
    assert [text.get_text() for text in drawn.figure.axes[1].texts] == ["threads"]


def test_panels_of_one_measure_have_one_axis_and_a_log_scale_is_said(runs):
    near, far = {"threads": points(runs, 1, 2)}, {"threads": [runs.point(1, "s1", 2.0), runs.point(2, "s2", 40.0)]}
    two = [runs.curve(told, held=[text], fixed={"latency": text}) for told, text in ((near, "5ms"), (far, "20ms"))]
    with house_style():
        (drawn,) = curves_charts(curves_of(RunEntry(runs.run([], curves=two))))
    first, _, second, _ = drawn.figure.axes
    assert (first.get_yscale(), first.get_ylim()) == (second.get_yscale(), second.get_ylim())
    assert first.get_yscale() == "log"
    titles = [axes.get_title(loc="left") for axes in drawn.figure.axes]
    assert titles == ["times as fast as sequential, log scale", "share of the physical limit"] * 2
    assert first.get_xlabel() == "requests in flight"


def test_who_has_no_point_is_told_once_for_all_charts_and_where_it_is_not_so_everywhere_with_the_place(runs):
    out = "cheat.py:x has no point: it is disqualified"
    here = "threads has no point at concurrency=8: it is failed"
    told = {"threads": points(runs, 1, 8)}
    curves = [
        runs.curve(told, held=["latency=5ms"], left_out=[out]),
        runs.curve(told, held=["latency=20ms"], left_out=[out, here]),
        runs.curve({"threads": [runs.point(0.005, "a", 2.0), runs.point(0.02, "b", 2.0)]}, "latency", left_out=[out]),
    ]
    with house_style():
        notes = [chart.note for chart in curves_charts(curves_of(RunEntry(runs.run([], curves=curves))))]
    assert notes[0].endswith(f" Left out: {out}; latency=20ms: {here}.")
    assert "Left out" not in notes[1]


def test_who_shares_a_first_place_is_named_with_the_others_and_not_as_faster_than_a_tied_baseline(runs):
    told = {"sequential": points(runs, 1, 8, speedup=1.0), "threads": points(runs, 1, 8)}
    (curve,) = curves_from(runs, told)
    sequential, threads = (arm["points"] for arm in curve.raw["arms"])
    threads[0].update(rank=1, tied_with=["sequential"], time_s=0.05)
    sequential[0].update(rank=1, tied_with=["threads"], time_s=0.06)
    threads[1].update(rank=1, tied_with=["trio-httpx"], time_s=0.05)
    sequential[1].update(rank=2, tied_with=[], time_s=0.04)
    assert curves_takeaway([curve]).startswith(
        "threads has the shortest time at 1 in flight (50.0 ms, not told from sequential) and at 8 in flight (3.00× as "
        "fast as sequential, 95 % CI 2.88–3.12×, not told from trio-httpx)."
    )


def test_no_axis_that_a_file_invents_chooses_the_name_of_a_file(runs):
    with house_style():
        (drawn,) = curves_charts(curves_from(runs, {"threads": points(runs, 1, 8)}, (), "../../etc"))
    assert drawn.slug == "curves-other"


@pytest.mark.parametrize("curves", [None, {}, [None], [{"arms": [{"points": [{"x": 1}]}]}], [{"arms": "x"}]])
def test_a_run_without_whole_curves_has_none(curves):
    assert curves_of(RunEntry({"curves": curves})) == []


@given(st.lists(st.floats(0, 1), max_size=9).map(sorted))
def test_names_keep_their_order_and_their_distance_and_stay_within(heights):
    moved = apart(heights, 0.1, -0.1, 1.1)
    assert len(moved) == len(heights)
    assert all(after - before >= 0.1 - 1e-9 for before, after in pairwise(moved))
    assert all(-0.1 - 1e-9 <= height <= 1.1 + 1e-9 for height in moved)


def test_names_that_do_not_touch_are_not_moved():
    assert apart([0.1, 0.5, 0.9], 0.1, 0.0, 1.0) == [0.1, 0.5, 0.9]
