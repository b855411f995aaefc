"""The parts that a report is made of: colours, words, marks on axes, and the log that charts are drawn from."""

import itertools
import math

import pytest

from harness.report.entries import ArmEntry, Entry, ScenarioEntry
from harness.report.figure import even_marks, house_style, nice_marks
from harness.report.inline_svg import StyleSheet, inline
from harness.report.latency_chart import _takeaway
from harness.report.palette import DARK, LIGHT, MODELS, model_of
from harness.report.parts import PARTS
from harness.report.request_log import RequestLog
from harness.report.waterfall_chart import _places, waterfall_chart
from harness.report.wording import duration_interval, listing, percent, share_of, signed_percent, tick, times
from harness.store import csv_text


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour, paper, share):
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_reaches_a_contrast_of_four_and_a_half_and_marks_of_three(theme):
    for token in ("ink", "muted", "limit", "asyncio", "other"):
        assert contrast(theme[token], theme["paper"]) >= 4.5, token
    for model in MODELS:
        assert contrast(theme[model], theme["paper"]) >= 3, model
    for part in PARTS:
        if part.token:
            assert contrast(theme[part.token], theme["paper"]) >= 3, part.name
            assert contrast(theme[part.token], theme[part.on]) >= 4.5, part.name
    for shade in ("slower", "quicker"):
        assert contrast(theme["ink"], mixed(theme[shade], theme["paper"], 0.5)) >= 4.5, shade


def test_no_two_light_colours_are_equal_so_that_each_leads_back_to_its_token():
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert LIGHT.keys() == DARK.keys()


@pytest.mark.parametrize(("name", "model"), [
    ("sequential", "sequential"), ("threads-httpx", "threads"), ("asyncio-aiohttp+batch", "asyncio"),
    ("dask+asyncio-aiohttp", "asyncio"), ("trio-httpx@3.13", "trio"), ("path/threads/mine.py:honest", "other"),
    ("mine.py:trio_mine", "trio"), ("", "other"), ("asynciofoo", "other"),
])  # fmt: skip
def test_the_colour_of_an_arm_comes_from_the_model_in_its_name(name, model):
    assert model_of(name) == model


@pytest.mark.parametrize(("said", "expected"), [
    (tick(0.02), "20 ms"), (tick(0), "0"), (tick(1.5), "1.5 s"), (tick(0.0005), "500 µs"), (tick(0.9999), "0.9999 s"),
    (times(17.14), "17.1×"), (times(1.0), "1.00×"), (times(1234.5), "1234.5×"), (times(None), "–"),
    (times(9.999), "10.0×"),
    (percent(0.904), "90 %"), (signed_percent(0.012), "+1.2 %"), (signed_percent(-0.012), "−1.2 %"),
    (signed_percent(-0.0001), "0.0 %"), (duration_interval(0.0601, 0.063), "60.1–63.0 ms"),
    (duration_interval(0.9, 1.1), "0.90–1.10 s"), (duration_interval(None, 1.0), "–"),
    (listing(["a"]), "a"), (listing(["a", "b"]), "a and b"), (listing(["a", "b", "c", "d", "e"]), "a, b, c and 2 more"),
    (listing([]), ""), (share_of(8.5e-6), "0.00085 %"), (share_of(0.0123), "1.2 %"), (share_of(0.0), "0.0 %"),
])  # fmt: skip
def test_numbers_are_worded_alike_everywhere(said, expected):
    assert said == expected


@pytest.mark.parametrize(("low", "high"), [*itertools.combinations((1e-6, 0.003, 0.02, 0.7, 1.0, 40.0, 9e4), 2)])
def test_marks_on_an_axis_lie_within_it_and_do_not_crowd(low, high):
    for marks in (nice_marks(low, high), even_marks(low, high)):
        assert all(low * 0.999 <= mark <= high * 1.001 for mark in marks)
        assert marks == sorted(set(marks))
        assert len(marks) <= 11


def test_even_steps_from_zero_begin_with_zero():
    assert even_marks(0.0, 0.1) == [0.0, 0.02, 0.04, 0.06, 0.08, 0.1]


def test_an_entry_answers_for_what_is_missing_null_infinite_or_of_another_kind():
    entry = Entry({"a": None, "b": True, "c": 10**400, "d": math.inf, "e": "7", "f": [1], "g": {"x": 1}, "h": 2})
    assert [entry.number(key) for key in "abcdefghz"] == [None] * 7 + [2.0, None]
    assert [entry.text(key, "missing") for key in "afgz"] == ["missing"] * 4
    assert entry.entries("g") == []
    assert entry.entry("f").raw == {}
    assert entry.numbers("g") == {"x": 1.0}


def test_arms_that_share_a_rank_carry_an_equals_sign():
    arms = [
        {"name": "a", "status": "tied", "rank": 1, "time_s": 1},
        {"name": "b", "status": "ranked", "rank": 3, "time_s": 1},
    ]
    assert [arm.place for arm in ScenarioEntry({"strategies": arms}).arms] == ["1=", "3"]


def test_arms_without_a_ranking_are_in_the_order_of_their_names_and_the_rest_are_out():
    rows = [
        ("b", "unranked", 1),
        ("a", "unranked", 2),
        ("c", "disqualified", 1),
        ("d", "ranked", None),
        ("e", "skipped", None),
    ]
    arms = [{"name": name, "status": status, "time_s": time} for name, status, time in rows]
    scenario = ScenarioEntry({"strategies": arms})
    assert [arm.name for arm in scenario.measured] == ["a", "b"]
    assert [arm.name for arm in scenario.out] == ["c", "d", "e"]
    assert not scenario.has_ranking


def test_the_limit_as_a_speedup_is_the_baselines_time_over_the_bound():
    arms = [{"name": "base", "status": "ranked", "rank": 1, "time_s": 0.8}]
    assert ScenarioEntry({"strategies": arms, "baseline": "base", "bound_s": 0.04}).limit_speedup == pytest.approx(20)
    assert ScenarioEntry({"strategies": arms, "baseline": "gone", "bound_s": 0.04}).limit_speedup is None


def test_a_request_takes_the_lowest_place_in_flight_that_is_free():
    spans = [(0.0, 0, 0, 2.0), (0.5, 0, 0, 1.0), (1.0, 0, 0, 3.0), (1.5, 0, 0, 4.0), (2.5, 0, 0, 3.0)]
    assert _places(spans) == [0, 1, 1, 2, 0]


def waterfall_of(tmp_path, runs, fault=lambda index: "", kind="deadline", **conditions):
    """The chart of one arm with 8 requests, some of them struck: the answer begins at once, its client waits 2 s."""
    rows = []
    for row in runs.request_rows(["threads"]):
        struck = fault(row[4])
        ended = row[7] + 2.0 if struck else row[8]
        rows.append((*row[:8], ended, *row[9:15], kind if struck else "", *row[16:18], struck))
    (tmp_path / "requests.csv").write_text(csv_text([(*runs.header, "fault"), *rows]), encoding="utf-8")
    log = RequestLog.read(tmp_path)
    scenario = ScenarioEntry(runs.scenario([runs.arm("threads", 1, 0.07)], **conditions))
    with house_style():
        return waterfall_chart(scenario, log)


def test_the_time_that_a_stalled_answer_takes_is_not_the_clients(tmp_path, runs):
    chart = waterfall_of(tmp_path, runs, lambda index: "stall-body" if index < 5 else "")
    assert chart.takeaway.endswith("A request that no fault struck spends 3.00 ms outside the server (median).")
    assert "and the last request over after 2." in chart.takeaway
    assert "8 requests (5 struck by faults)" in chart.description
    assert chart.figure.axes[0].get_xlabel().endswith("in the colour of the names: struck by a fault")


def test_where_no_fault_struck_the_waterfall_says_nothing_of_faults(tmp_path, runs):
    chart = waterfall_of(tmp_path, runs)
    assert chart.takeaway.endswith("A request spends 3.00 ms outside the server (median).")
    assert "struck" not in chart.description + chart.figure.axes[0].get_xlabel() + chart.takeaway


def test_where_every_request_was_struck_nothing_is_said_of_the_clients_time(tmp_path, runs):
    assert "outside the server" not in waterfall_of(tmp_path, runs, lambda index: "stall-body").takeaway


def test_the_limit_of_a_batch_counts_the_deadline_of_a_request_that_stalled(tmp_path, runs):
    def said(kind):
        conditions = {"deadline_s": 2.0, "concurrency": 4}
        return waterfall_of(tmp_path, runs, lambda index: "f" if index == 0 else "", kind, **conditions).takeaway

    assert "the limit of this batch is 2.00 s" in said("deadline")
    assert "the limit of this batch is 40.0 ms" in said("rate_limited")


def test_the_batch_that_is_drawn_is_the_most_typical_of_those_that_all_arms_have(tmp_path, runs):
    def rows():
        for row in runs.request_rows(["threads", "sequential"], blocks=3, batches=3):
            slow = 3.0 if (row[2], row[3]) == (0, 1) else 1.0
            if row[1] == "threads" or row[3] == 1:
                yield (*row[:13], row[13] * slow, *row[14:])

    log = RequestLog.read(runs.write(tmp_path, {}, rows()))
    assert log.typical_batch("quick", ["threads", "sequential"]) == (1.0, 1.0)
    assert len(log.batch("quick", "threads", 1, 1)) == 8
    assert log.typical_batch("quick", ["nobody"]) is None


def test_the_log_finds_an_arm_whose_name_a_spreadsheet_would_run(tmp_path, runs):
    names = ["=1+1", "-a", "@b", "plain", 'quo"te, comma', "two\nlines"]
    header = next(iter(runs.request_rows(["x"])))
    (tmp_path / "requests.csv").write_text(
        ",".join(runs.header) + "\n" + csv_text([(header[0], name, 0, 1, *header[4:]) for name in names]),
        encoding="utf-8",
    )
    log = RequestLog.read(tmp_path)
    assert [len(log.latencies("quick", name)) for name in names] == [1] * len(names)


def test_a_run_without_requests_has_an_empty_log(tmp_path):
    log = RequestLog.read(tmp_path)
    assert len(log.asked("quick")) == 0
    assert len(log.latencies("quick", "threads")) == 0


def test_an_inlined_chart_loses_styles_and_namespaces_and_gains_a_name():
    sheet = StyleSheet()
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="5pt" version="1.1">'
        '<defs><style>*{x:y}</style><path id="used" style="fill: #1b1f24"/></defs><g id="unused">'
        '<use xlink:href="#used" style="fill: #1b1f24"/></g></svg>'
    )
    found = inline(svg, "one", "Why <this>?", "Because", sheet)
    assert found == (
        '<svg class="chart" role="img" aria-labelledby="one-title one-desc">'
        '<title id="one-title">Why &lt;this&gt;?</title><desc id="one-desc">Because</desc>'
        '<defs><path id="one-used" class="m0" /></defs><g><use href="#one-used" class="m0" /></g></svg>'
    )
    assert sheet.css() == ".m0{fill: var(--ink)}\n"


def test_a_huge_rank_does_not_stretch_a_label():
    assert len(ArmEntry({"name": "a", "rank": 1e300}).place) < 10


def test_the_longest_tail_is_the_largest_99th_percentile_whatever_the_median(runs):
    class Arm:
        def __init__(self, name):
            self.name = name

    quick = (Arm("quick"), [0.0, 0.0, 0.023, 0.0, 0.0, 0.036], 100)
    slow = (Arm("slow"), [0.0, 0.0, 0.027, 0.0, 0.0, 0.039], 100)
    assert "the longest tail is that of slow, where 1 in 100 takes 39.0 ms or more" in _takeaway(
        ScenarioEntry(runs.scenario(runs.four_arms())), [quick, slow], 0.02
    )
