"""The chart and the table of what slowness costs in decisions: what they draw, and what they may say."""

import pytest

from harness.report.decisions import decisions_table, nothing_to_lose
from harness.report.decisions_chart import decisions_chart
from harness.report.entries import ScenarioEntry
from harness.report.figure import house_style


def share(part, whole, reach=0.1):
    if not whole:
        return None
    middle = part / whole
    return {"estimate": middle, "low": max(0.0, middle - reach), "high": min(1.0, middle + reach)}


def decided(runs, name, rank, time_s, phantom=(0, 0), missed=(0, 0), **more):
    told = {
        "skew_s": time_s * 0.8, "age_s": time_s / 2, "age_p95_s": time_s * 0.9, "gap_bps": 12.34,
        "phantom": phantom[0], "signalled": phantom[1], "missed": missed[0], "present": missed[1],
        "phantom_share": share(*phantom), "missed_share": share(*missed), **more,
    }  # fmt: skip
    return runs.arm(name, rank, time_s, **told)


@pytest.fixture
def scenario_of(runs):
    def made(quick=((3, 40), (6, 50)), slow=((9, 10), (45, 50)), **changes):
        arms = [
            decided(runs, "asyncio-aiohttp", 1, 0.2, *quick),
            decided(runs, "threads", 2, 0.3, *quick),
            decided(runs, "sequential", 3, 5.0, *slow),
        ]
        return ScenarioEntry(runs.scenario(arms, **changes))

    return made


def drawn(scenario):
    with house_style():
        return decisions_chart(scenario)


def test_each_arm_is_drawn_at_its_time_and_its_share_with_the_interval(scenario_of):
    chart = drawn(scenario_of())
    missed, phantoms = chart.figure.axes
    for axes, shares in ((missed, (0.12, 0.12, 0.9)), (phantoms, (0.075, 0.075, 0.9))):
        points = [line for line in axes.lines if line.get_linestyle() == "None"]
        assert [tuple(map(float, line.get_xydata()[0])) for line in points] == [
            (0.2, shares[0]), (0.3, shares[1]), (5.0, shares[2])
        ]  # fmt: skip
        bars = [line for line in axes.lines if line.get_linestyle() == "-"]
        assert [line.get_xdata()[0] for line in bars] == [0.2, 0.3, 5.0]
        assert (axes.get_xscale(), axes.get_ylim()) == ("log", (-0.03, 1.03))


def test_the_takeaway_has_the_quickest_and_the_slowest_with_counts_and_intervals(scenario_of):
    assert drawn(scenario_of()).takeaway == (
        "At 200 ms a batch asyncio-aiohttp missed 6 of 50 (12 %, 95 % CI 2–22 %) of the opportunities that were there, "
        "and of its signals 3 of 40 (8 %, 95 % CI 0–18 %) were phantoms. At 5.00 s a batch sequential missed 45 of 50 "
        "(90 %, 95 % CI 80–100 %) of the opportunities that were there, and of its signals 9 of 10 (90 %, 95 % CI "
        "80–100 %) were phantoms."
    )


@pytest.mark.parametrize(("slow", "words"), [
    (((4, 40), (8, 50)), "The intervals of either overlap: that much may be chance."),
    (((4, 40), (45, 50)), "The intervals of the phantoms overlap: that much may be chance."),
    (((9, 10), (7, 50)), "The intervals of the missed overlap: that much may be chance."),
    (((0, 0), (45, 50)), "The intervals of the phantoms overlap"),
])  # fmt: skip
def test_what_may_be_chance_is_said_to_be(scenario_of, slow, words):
    assert words in drawn(scenario_of(slow=slow)).takeaway


def test_who_had_nothing_to_lose_is_said_to_have_had_nothing(scenario_of):
    said = drawn(scenario_of(slow=((0, 0), (0, 0)))).takeaway
    assert "At 5.00 s a batch sequential had nothing to miss, and it had no signals. The intervals of either" in said


def test_many_who_lost_nothing_have_their_names_above_the_axis(runs):
    arms = [decided(runs, f"arm {rank}", rank, rank / 10, (0, 9), (0, 9)) for rank in range(1, 9)]
    for axes in drawn(ScenarioEntry(runs.scenario(arms))).figure.axes:
        heights = [text.xyann[1] for text in axes.texts]
        assert len(heights) == 8
        assert min(heights) >= 0
        assert len(axes.get_xticks()) <= 4


def test_where_nothing_is_ranked_nobody_is_called_quick(runs):
    arms = [
        decided(runs, name, None, time_s, (1, 4), (2, 5), status="unranked")
        for name, time_s in (("threads", 0.2), ("sequential", 3.0))
    ]
    takeaway = drawn(ScenarioEntry(runs.scenario(arms))).takeaway
    assert takeaway == (
        "Opportunities that were there and missed: 4 of 10, 40 %. Signals that were phantoms: 2 of 8, 25 %."
    )


def test_who_has_nothing_to_be_a_share_of_is_not_drawn_and_is_named(scenario_of):
    chart = drawn(scenario_of(slow=((0, 0), (45, 50))))
    assert "sequential" not in {text.get_text() for text in chart.figure.axes[1].texts}
    assert chart.note.endswith("Without any signals: sequential.")


def test_a_panel_without_any_share_says_so(scenario_of):
    chart = drawn(scenario_of(quick=((0, 0), (6, 50)), slow=((0, 0), (1, 2))))
    assert "nothing to be a share of" in {text.get_text() for text in chart.figure.axes[1].texts}


def test_who_cannot_see_the_chart_is_told_all_of_its_numbers(scenario_of):
    said = drawn(scenario_of()).description
    assert "asyncio-aiohttp, 200 ms a batch: missed 6 of 50 (12 %, 95 % CI 2–22 %), phantoms 3 of 40" in said
    assert "sequential, 5.00 s a batch: missed 45 of 50" in said


def test_where_there_was_nothing_to_lose_a_sentence_stands_in_for_the_chart(scenario_of):
    scenario = scenario_of(quick=((0, 0), (0, 0)), slow=((0, 0), (0, 0)))
    assert drawn(scenario) is None
    assert nothing_to_lose(scenario).startswith("Not once was a pair worth buying on one exchange")


def test_where_no_two_exchanges_have_a_pair_that_is_said(runs):
    keys = ("phantom", "signalled", "missed", "present", "gap_bps", "phantom_share", "missed_share")
    scenario = ScenarioEntry(runs.scenario([runs.arm("threads", 1, 0.2, **dict.fromkeys(keys))]))
    assert drawn(scenario) is None
    assert nothing_to_lose(scenario).startswith("No pair was asked for on two exchanges")
    assert decisions_table(scenario) is None


def test_an_older_run_says_nothing_of_decisions(runs):
    scenario = ScenarioEntry(runs.scenario([runs.arm("threads", 1, 0.2, phantom=None, missed=None)]))
    assert (drawn(scenario), nothing_to_lose(scenario), decisions_table(scenario)) == (None, "", None)


@pytest.mark.parametrize("broken", [
    {"phantom_share": {"estimate": 1e300, "low": -7.0, "high": 1.5}}, {"phantom_share": "x"},
    {"phantom_share": {"estimate": "0.5"}}, {"present": "many"}, {"phantom": None},
    {"missed_share": {"estimate": 0.5, "low": None, "high": float("nan")}}, {"gap_bps": []}, {"skew_s": None},
])  # fmt: skip
def test_a_run_whose_numbers_are_of_another_kind_is_drawn_all_the_same(runs, broken):
    arms = [{**decided(runs, "threads", 1, 0.2, (1, 4), (2, 5)), **broken}, decided(runs, "b", 2, 0.4, (1, 4), (2, 5))]
    scenario = ScenarioEntry(runs.scenario(arms))
    assert drawn(scenario) is not None
    assert decisions_table(scenario) is not None


def test_the_table_has_times_the_gap_and_both_losses(scenario_of):
    table = decisions_table(scenario_of())
    assert [cell.text for cell in table.rows[2].cells] == [
        "5.00 s", "4.00 s", "2.50 s", "4.50 s", "12.3 bp", "9 of 10 (90 %)", "45 of 50 (90 %)",
    ]  # fmt: skip


def test_times_that_are_close_have_an_axis_from_nothing_on(runs):
    arms = [decided(runs, name, rank, 0.2 + rank / 1000, (1, 4), (2, 5)) for rank, name in enumerate("ab", 1)]
    axes = drawn(ScenarioEntry(runs.scenario(arms))).figure.axes[0]
    assert (axes.get_xscale(), axes.get_xlim()[0]) == ("linear", 0.0)


@pytest.mark.slow
def test_page_and_summary_have_the_chart_the_sentence_and_the_numbers(runs, tmp_path):
    from harness.report import draw

    arms = [decided(runs, "threads", 1, 0.2, (3, 40), (6, 50)), decided(runs, "sequential", 2, 5.0, (9, 10), (45, 50))]
    runs.write(tmp_path / "run", runs.run([runs.scenario(arms)]))
    page = draw(tmp_path / "run").read_text()
    assert "What does slowness cost in decisions?" in page
    assert "The decisions in numbers" in page
    summary = (tmp_path / "run" / "summary.md").read_text()
    assert "missed 6 of 50 (12 %, 95 % CI 2–22 %)" in summary
    assert "| sequential | 5.00 s | 4.00 s |" in summary
    assert (tmp_path / "run" / "charts" / "decisions.png").stat().st_size > 5000


@pytest.mark.slow
def test_page_and_summary_say_where_there_was_nothing_to_lose(runs, tmp_path):
    from harness.report import draw

    runs.write(tmp_path / "run", runs.run([runs.scenario([decided(runs, "threads", 1, 0.2)])]))
    assert "there was nothing to miss" in draw(tmp_path / "run").read_text()
    assert "there was nothing to miss" in (tmp_path / "run" / "summary.md").read_text()
    assert not (tmp_path / "run" / "charts" / "decisions.png").exists()


def test_of_others_markets_nobody_knows_what_was_lost(runs):
    arms = [runs.arm("threads", 1, 0.2, **dict.fromkeys(("phantom", "signalled", "missed", "present")))]
    elsewhere = ScenarioEntry({**runs.scenario(arms), "origins": [["kraken", "https://api.kraken.com"]]})
    assert nothing_to_lose(elsewhere).startswith("Nobody knows what the market truly was")
    assert decisions_table(elsewhere) is None
    nobody = ScenarioEntry({**elsewhere.raw, "strategies": []})
    assert nothing_to_lose(nobody) == ""
