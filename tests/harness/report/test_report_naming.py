"""Who may be named in a sentence, and as what: nobody who is out, nobody without a ranking, none of a tie alone."""

import pytest

from harness.report.doubts import detectable, run_doubts, scenario_doubts
from harness.report.entries import RunEntry, ScenarioEntry
from harness.report.facts import scenario_facts
from harness.report.figure import house_style
from harness.report.latency_chart import latency_chart
from harness.report.one_shot_chart import one_shot_chart
from harness.report.parts_chart import parts_chart
from harness.report.request_log import RequestLog
from harness.report.story import _overview, _tiles
from harness.report.waterfall_chart import waterfall_chart
from harness.store import csv_text

NAMES = ("asyncio-aiohttp", "threads", "trio-httpx", "sequential")


def unranked(runs):
    return ScenarioEntry(
        runs.scenario(
            [{**row, "status": "unranked", "rank": None, "tied_with": []} for row in runs.four_arms()],
            verdict={"state": "SERVER-BOUND", "reasons": ["the server was late"], "causes": ["server"]},
        )
    )


def shared(runs, *names, **changes):
    """A scenario in which so many arms share the first place."""
    arms = [
        {**row, "rank": 1, "status": "tied", "tied_with": [name for name in names if name != row["name"]]}
        if row["name"] in names else row
        for row in runs.four_arms()
    ]  # fmt: skip
    return ScenarioEntry(runs.scenario(arms, **changes))


@pytest.fixture
def log(tmp_path, runs):
    def of(rows):
        (tmp_path / "requests.csv").write_text(csv_text([runs.header, *rows]), encoding="utf-8")
        return RequestLog.read(tmp_path)

    return of


def lasting(rows, factor, *batches):
    """The rows, those of these batches with times that are so many times as long."""
    for row in rows:
        scale = factor if row[3] in batches else 1.0
        yield (*row[:7], *(time_s * scale for time_s in row[7:10]), *row[10:13], row[13] * scale, *row[14:])


def test_a_disqualified_arm_that_is_the_quickest_decides_nothing_in_the_waterfall(runs, log):
    cheat = runs.arm("guests.py:greedy", None, 0.005, status="disqualified", reason="it had 20 in flight")
    scenario = ScenarioEntry(runs.scenario([*runs.four_arms()[:2], cheat]))
    honest = lasting(runs.request_rows(NAMES[:2], batches=4), 2.0, 3)
    # Its own typical batch is another one than that of the others.
    cheats = lasting(lasting(runs.request_rows(["guests.py:greedy"], batches=4), 0.02, 1), 40.0, 2)
    with house_style():
        chart = waterfall_chart(scenario, log([*honest, *cheats]))
    assert chart.takeaway.startswith("With asyncio-aiohttp the first request")
    assert "greedy" not in chart.takeaway
    assert chart.note.startswith("Block 1, warm batch 1:")
    assert "beyond the right edge" not in chart.note
    assert chart.figure.axes[0].get_xlim()[1] > 0.04
    assert "guests.py:greedy (out)" in [label.get_text() for label in chart.figure.axes[0].get_yticklabels()]


def test_where_every_arm_is_disqualified_the_waterfall_compares_nobody(runs, log):
    out = runs.arm("guests.py:greedy", None, 0.005, status="disqualified", reason="it had 20 in flight")
    with house_style():
        chart = waterfall_chart(ScenarioEntry(runs.scenario([out])), log(runs.request_rows(["guests.py:greedy"])))
    assert chart.takeaway.startswith("Every arm that is drawn here is disqualified")


def test_without_a_ranking_no_takeaway_names_an_arm_for_its_time(runs, log):
    scenario, found = unranked(runs), log(runs.request_rows(NAMES))
    with house_style():
        charts = [waterfall_chart(scenario, found), one_shot_chart(scenario), latency_chart(scenario, found),
                  parts_chart(scenario)]  # fmt: skip
    for chart in charts[:3]:
        assert not [name for name in NAMES if name in chart.takeaway], chart.slug
    assert "the fastest" not in charts[3].takeaway
    assert charts[1].takeaway == (
        "A warm batch takes 50.0 ms to 900 ms, one shot 85.0 ms to 1.36 s, with imports on top at least 185 ms to "
        "1.46 s."
    )
    assert charts[2].takeaway == "The median request takes 23.5 ms; 1 in 100 takes 23.5 ms or more."
    assert detectable(scenario) == ""


def test_arms_that_share_the_first_place_stand_in_the_overview_together_with_their_interval(runs):
    scenario = shared(runs, "asyncio-aiohttp", "threads", verdict={"state": "NOISY", "reasons": ["x"]})
    assert _overview(scenario) == (
        "NOISY", "asyncio-aiohttp = threads", "50.0 ms to 70.0 ms?", "12.9× to 18.0×? (12.3–18.7×)", "57 % to 80 %",
    )  # fmt: skip


def test_no_speedup_is_claimed_over_a_baseline_that_shares_the_first_place(runs):
    scenario = shared(runs, "asyncio-aiohttp", "sequential")
    assert _overview(scenario)[1:4] == ("asyncio-aiohttp = sequential", "50.0 ms to 900 ms", "baseline")
    assert not [tile for tile in _tiles(scenario) if "as fast as" in tile.label]


def test_where_all_share_one_place_the_waterfall_sets_nobody_against_another(runs, log):
    with house_style():
        chart = waterfall_chart(shared(runs, *NAMES), log(runs.request_rows(NAMES)))
    assert chart.takeaway.startswith("With several requests in flight the first request is at the server after ")
    assert not [name for name in NAMES if name in chart.takeaway]


def test_without_a_ranking_the_overview_names_nobody(runs):
    assert _overview(unranked(runs))[1:] == ("–",) * 4


def test_an_arm_that_runs_one_warm_batch_a_block_is_not_counted_with_the_others(runs):
    arms = [*runs.four_arms()[:3], {**runs.four_arms()[3], "values": 5}]
    labels = [tile.label for tile in _tiles(ScenarioEntry(runs.scenario(arms)))]
    assert "blocks × warm batches (only one each of sequential)" in labels


def test_whoever_shares_the_first_place_is_named_with_the_others_in_tiles_and_takeaways(runs):
    scenario = shared(runs, "asyncio-aiohttp", "threads")
    with house_style():
        said = [
            one_shot_chart(scenario).takeaway,
            parts_chart(scenario).takeaway,
            *(t.label for t in _tiles(scenario)[:2]),
        ]
    for sentence in said:
        assert "not told from threads" in sentence, sentence


def test_an_arm_that_shares_the_first_place_is_not_called_the_slowest(runs):
    with house_style():
        said = parts_chart(shared(runs, "asyncio-aiohttp", "threads", "trio-httpx", "sequential")).takeaway
    assert "the slowest" not in said


def test_a_sweep_tells_the_reasons_of_its_verdict_at_the_top_and_a_single_scenario_only_with_itself(runs):
    verdict = {"state": "NOISY", "reasons": ["in 2 of 2 scenarios: it was hot"], "sentence": "It was so."}
    one = runs.scenario(runs.four_arms())
    assert run_doubts(RunEntry(runs.run([one, one], verdict=verdict))) == ["In 2 of 2 scenarios: it was hot."]
    assert run_doubts(RunEntry(runs.run([one], verdict=verdict))) == []


def test_what_a_reason_or_a_doubt_tells_is_not_told_again_among_the_facts(runs):
    verdict = {"state": "NOISY", "reasons": ["a", "b"], "causes": ["surroundings", "stopwatch"]}
    moved = {"over_session": 0.2, "p": 0.001}
    scenario = ScenarioEntry(runs.scenario(runs.four_arms(), verdict=verdict, drift=moved))
    assert dict(scenario_facts(scenario)).keys() == {"workers"}
    assert [said for said in scenario_doubts(scenario) if "all arms together moved by +20.0 %" in said]


def test_the_unexplained_part_is_given_no_cause(runs):
    with house_style():
        note = parts_chart(ScenarioEntry(runs.scenario(runs.four_arms()))).note
    assert "what is hatched the least that nothing explains" in note
    assert "hatched is waiting" not in note


def test_an_order_that_the_verdict_speaks_of_gets_no_second_judgement(runs):
    verdict = {"state": "NOISY", "reasons": ["every block ran its arms in one order"], "causes": ["order"]}
    told, silent = (
        scenario_doubts(ScenarioEntry(runs.scenario(runs.four_arms(), order_mode="sequential", verdict=one)))
        for one in (verdict, {"state": "VALID", "reasons": []})
    )
    assert told == ["Every block ran its arms in one order."]
    assert " ".join(silent) == (
        "The arms ran in the same order in every block, so that order is confounded with time. No ranking should be "
        "quoted."
    )
