"""What speed costs: the table, the chart, and names that do not lie on each other."""

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.cost_chart import cost_chart
from harness.report.cost_table import cost_table
from harness.report.entries import ScenarioEntry
from harness.report.figure import house_style, svg_of
from harness.report.label_places import POINT, Box, places

ROOM = Box(0, 0, 480, 260)


def entry(runs, arms, **changes):
    return ScenarioEntry(runs.scenario(arms, **changes))


def drawn(scenario):
    with house_style():
        chart = cost_chart(scenario)
        return chart, None if chart is None else svg_of(chart.figure)


def test_cpu_time_is_a_multiple_of_the_lean_clients_where_that_races(runs):
    arms = [
        runs.arm("threads", 1, 0.05, cpu_s_per_request=4e-4, cpu_multiple=4.1, cpu_multiple_low=3.9,
                 cpu_multiple_high=4.4, cpu_of="asyncio-protocol", threads=23, files=40,
                 voluntary_switches_per_request=3.25, involuntary_switches_per_request=0.5),
        runs.arm("asyncio-protocol", 2, 0.06, cpu_s_per_request=1e-4, cpu_multiple=1.0, cpu_of="asyncio-protocol"),
    ]  # fmt: skip
    table = cost_table(entry(runs, arms))
    rows = {row.name: dict(zip(table.columns, [cell.text for cell in row.cells], strict=True)) for row in table.rows}
    assert rows["asyncio-protocol"]["multiple"] == "yardstick"
    assert rows["threads"]["multiple"] == "4.10×"
    assert rows["threads"]["95 % CI"] == "3.90–4.40×"
    assert rows["threads"]["threads"] == "23"
    assert (rows["threads"]["waits a request"], rows["threads"]["pre-emptions"]) == ("3.25", "0.50")


def test_an_older_run_has_multiples_of_the_cheapest_arm_and_dashes_where_it_did_not_count(runs):
    table = cost_table(entry(runs, runs.four_arms()))
    rows = {row.name: dict(zip(table.columns, [cell.text for cell in row.cells], strict=True)) for row in table.rows}
    assert rows["asyncio-aiohttp"]["multiple"] == "yardstick"
    assert rows["sequential"]["multiple"] == "18.0×"
    assert rows["threads"]["waits a request"] == rows["threads"]["threads"] == "–"


def test_where_no_cpu_time_was_counted_there_is_neither_table_nor_chart(runs):
    scenario = entry(runs, [runs.arm("a", 1, 0.05, cpu_s_per_request=None)])
    assert cost_table(scenario) is None
    assert drawn(scenario) == (None, None)


def test_the_chart_names_every_arm_once_and_says_who_is_cheapest(runs):
    chart, svg = drawn(entry(runs, runs.four_arms()))
    texts = [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    for name in ("asyncio-aiohttp", "threads", "trio-httpx", "sequential"):
        assert texts.count(name) == 1
    assert "as a multiple of asyncio-aiohttp" in texts
    assert "asyncio-aiohttp needs the least CPU, 250 µs a request; sequential needs 18.0× that" in chart.takeaway
    assert "nobody is both quicker and cheaper than asyncio-aiohttp" in chart.takeaway


def test_where_nothing_is_ranked_no_sentence_compares_times_and_no_staircase_is_drawn(runs):
    arms = [runs.arm(name, None, 0.05 * n, status="unranked") for n, name in enumerate("abc", 1)]
    chart, _ = drawn(entry(runs, arms))
    assert "quicker" not in chart.takeaway


@pytest.mark.parametrize("arms", [1, 2, 20])
def test_one_arm_and_twenty_alike_are_drawn(runs, arms):
    alike = [runs.arm(f"arm-{n}", n, 0.05) for n in range(arms)]
    chart, svg = drawn(entry(runs, alike, bound_s=None))
    assert len(re.findall(r">arm-\d+<", svg)) == arms
    assert ("nobody" in chart.takeaway) is (arms > 1)


@given(
    st.lists(st.tuples(st.floats(0, 480), st.floats(0, 260), st.integers(6, 24)), min_size=1, max_size=16),
)
def test_as_far_as_there_is_room_no_name_covers_another_or_anybodys_point(marks):
    found = places([(x, y) for x, y, _ in marks], [4.8 * n for _, _, n in marks], 11.0, ROOM)
    points = [Box(x - POINT, y - POINT, x + POINT, y + POINT) for x, y, _ in marks]
    for one, other in itertools.combinations(found, 2):
        assert one.overlap(other) == 0
    for name, point in itertools.product(found, points):
        assert name.overlap(point) == 0
    assert all(name.beyond(ROOM) < 1e-9 for name in found)


@given(st.lists(st.tuples(st.floats(0, 480), st.floats(0, 260)), min_size=1, max_size=12))
def test_the_same_points_have_the_same_places_and_names_keep_off_lines_that_leave_room(points):
    line = Box(0, 128, 480, 131)
    found = places(points, [50.0] * len(points), 11.0, ROOM, [line])
    assert found == places(points, [50.0] * len(points), 11.0, ROOM, [line])
    assert all(name.overlap(line) == 0 for name in found)
