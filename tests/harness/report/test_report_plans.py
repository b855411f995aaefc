"""The batch plan in the report: beside the others, in numbers and words that claim no more than is known."""

import pytest

from harness.console import print_run
from harness.report import draw
from harness.report.entries import ScenarioEntry
from harness.report.plans import plans_of

SPENT = {"requests": 5, "weight": 10, "refill_s": 10.0, "untold": []}
PLANS = {
    "single": {"requests": 8, "quotes": 8, "by_exchange": {"kraken": SPENT, "gate": SPENT}},
    "batch": {"requests": 2, "quotes": 8, "by_exchange": {
        "kraken": {"requests": 1, "weight": 1, "refill_s": 1.0, "untold": []},
        "gate": {**SPENT, "untold": ["bid_size", "time_us"]},
    }},
}  # fmt: skip


@pytest.fixture
def batched(runs):
    def make(**changes):
        row = runs.arm(
            "threads+batch", None, 0.02, status="unranked", reason="another plan: fewer requests", plan="batch",
            speedup=None, speedup_low=None, speedup_high=None, over_single=3.5, over_single_low=3.4,
            over_single_high=3.6, age_s=0.01, skew_s=0.002, cpu_s_per_request=0.002, **changes,
        )  # fmt: skip
        arms = [{**arm, "age_s": 0.03, "skew_s": 0.04} for arm in runs.four_arms()]
        return runs.scenario([*arms, row], plans=PLANS)

    return make


def test_an_arm_of_another_plan_is_neither_among_the_ranked_nor_out(batched):
    entry = ScenarioEntry(batched())
    assert [arm.name for arm in entry.other_plans] == ["threads+batch"]
    assert "threads+batch" not in {arm.name for arm in [*entry.measured, *entry.out]}
    assert entry.has_ranking


def test_its_row_says_what_changed_from_the_same_strategy_request_by_request(batched):
    plans = plans_of(ScenarioEntry(batched()))
    (row,) = plans.arms.rows
    cells = dict(zip(plans.arms.columns, [cell.text for cell in row.cells], strict=True))
    assert row.name == "threads"
    assert cells == {
        "time": "70.0 ms → 20.0 ms", "as fast": "3.50×", "95 % CI": "3.40–3.60×", "CPU a batch": "2.80 ms → 4.00 ms",
        "mean age": "30.0 ms → 10.0 ms", "skew": "40.0 ms → 2.00 ms",
    }  # fmt: skip
    assert plans.takeaway.startswith(
        "2 requests bring the same 8 quotes that 8 single ones do: with threads in 20.0 ms in place of 70.0 ms, 3.50× "
        "as fast (95 % CI 3.40–3.60×)"
    )
    assert "nobody is ranked across plans" in plans.takeaway


def test_what_is_spent_is_told_by_exchange_with_what_a_batch_leaves_out(batched):
    kraken, gate = plans_of(ScenarioEntry(batched())).spent.rows
    assert [cell.text for cell in kraken.cells] == ["5 → 1", "10 → 1", "10.0 s → 1.00 s", "–"]
    assert [cell.text for cell in gate.cells] == ["5", "10", "10.0 s", "bid size and time"]


def test_markets_that_repeat_are_said_to(runs, batched):
    notes = plans_of(ScenarioEntry(batched())).notes
    assert "8 requests go round 2 markets" in notes[-1]
    once = {**batched(), "markets": [["kraken", f"A{n}/USD"] for n in range(8)]}
    assert len(plans_of(ScenarioEntry(once)).notes) == 1


def test_without_a_comparison_no_speedup_is_claimed(batched):
    scenario = batched()
    scenario["strategies"][-1]["over_single"] = None
    plans = plans_of(ScenarioEntry(scenario))
    assert "as fast" not in plans.takeaway
    assert plans_of(ScenarioEntry({**scenario, "strategies": scenario["strategies"][:-1]})) is None


@pytest.mark.slow
def test_it_is_in_the_page_and_in_the_summary(runs, batched, tmp_path):
    run = runs.run([batched()])
    folder = runs.write(tmp_path / run["id"], run, runs.request_rows(["asyncio-aiohttp", "threads", "threads+batch"]))
    draw(folder)
    page, summary = ((folder / name).read_text() for name in ("report.html", "summary.md"))
    assert "What if one request brings many markets?" in page
    assert "### Many markets in one request" in summary
    assert "| threads | 70.0 ms → 20.0 ms | 3.50× |" in summary
    assert "| threads+batch | – | 20.0 ms |" in summary


def test_it_is_on_the_terminal_and_no_wider_than_that(runs, batched, capsys, monkeypatch):
    run = runs.run([{**batched(), "readout": None}])
    for columns in ("80", "100"):
        monkeypatch.setenv("COLUMNS", columns)
        print_run(run)
        out = capsys.readouterr().out
        assert "many markets in one request" in out
        assert "70.0 ms → 20.0 ms" in out
        assert max(map(len, out.splitlines())) <= int(columns)
