"""draw: whatever state a run was left in, its folder can be drawn, and drawn again to the same bytes."""

import json
import re
import struct
import subprocess
import sys

import pytest

from harness.exits import EnvironmentGap, UsageError
from harness.report import draw

CHARTS = {"speedup", "parts", "waterfall", "one_shot", "cost", "latency", "blocks", "twin"}


def drawn_files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("run.json", "requests.csv")
    }


def test_a_run_becomes_a_page_a_summary_and_an_svg_and_a_png_of_every_chart(good_run):
    expected = {f"charts/{name}.{kind}" for name in CHARTS for kind in ("svg", "png")}
    assert set(drawn_files(good_run)) == expected | {"report.html", "summary.md"}


def test_every_png_is_wide_enough_to_read(good_run):
    for path in (good_run / "charts").glob("*.png"):
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", data[16:24])
        assert (width, height > 100) == (1185, True), path.name


def test_every_svg_keeps_its_text_has_a_title_and_names_no_date(good_run):
    for path in (good_run / "charts").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "<title>" in text
        assert "<desc>" in text
        assert re.search(r"<text[^>]*>asyncio-aiohttp", text)
        assert "<metadata>" not in text
        assert "DOCTYPE" not in text
        assert not re.search(r"\b20\d\d-\d\d-\d\d", text)


@pytest.mark.slow
def test_drawing_twice_gives_the_same_bytes(good_run):
    before = drawn_files(good_run)
    draw(good_run)
    assert drawn_files(good_run) == before


@pytest.mark.slow
def test_another_process_with_another_hash_seed_gives_the_same_bytes(good_run):
    before = drawn_files(good_run)
    script = "import sys; from pathlib import Path; from harness.report import draw; draw(Path(sys.argv[1]))"
    environment = {"PYTHONHASHSEED": "12345", "PYTHONPATH": ".", "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-W", "error", "-c", script, str(good_run)], check=True, env=environment)
    assert drawn_files(good_run) == before


def test_no_drawing_is_left_half_written(good_run):
    assert not list(good_run.rglob("*.tmp"))


def test_a_run_without_a_finished_block_is_drawn_and_says_so(tmp_path, runs):
    arms = [{"name": "threads", "status": "failed", "reason": "interrupted before its first block", "rank": None}]
    nothing = {"bound_s": None, "twin": None, "finished_blocks": 0, "pairings": [], "readout": None, "fastest": None}
    content = runs.run(
        [runs.scenario(arms, verdict={"state": "NOISY", "reasons": ["no arm finished"]}, **nothing)],
        state="interrupted", finished=None,
    )  # fmt: skip
    page = draw(runs.write(tmp_path / "run", content, rows=None)).read_text(encoding="utf-8")
    assert "This run is interrupted" in page
    assert "0 of 5 blocks" in page
    assert "interrupted before its first block" in page
    assert "<svg" not in page


@pytest.mark.slow
def test_a_run_of_one_block_has_no_intervals_and_is_drawn(tmp_path, runs):
    nulls = dict.fromkeys(("low_s", "high_s", "speedup_low", "speedup_high", "p_adjusted", "smallest_detectable"))
    arms = [{**row, **nulls, "block_medians_s": {"0": row["time_s"]}} for row in runs.four_arms()]
    twin = {"of": "asyncio-aiohttp", "ratio": 1.0, "low": None, "high": None, "blocks": 1}
    content = runs.run([runs.scenario(arms, twin=twin, finished_blocks=1, blocks=1)])
    page = draw(runs.write(tmp_path / "run", content)).read_text(encoding="utf-8")
    assert "Only 1 block:" in page
    assert "too few blocks for an interval" in page


@pytest.mark.slow
@pytest.mark.parametrize("gone", ["strategies", "verdict", "twin", "readout", "order", "bound_s", "markets", "name"])
def test_a_scenario_may_lack_a_key_or_have_it_null(tmp_path, runs, gone):
    full = runs.scenario([], twin=None)
    lacking = {key: value for key, value in full.items() if key != gone}
    content = runs.run([{**full, gone: None}, lacking])
    assert draw(runs.write(tmp_path / "run", content)).exists()


def test_an_arm_with_nothing_but_a_time_is_drawn(tmp_path, runs):
    arms = [{"name": "threads", "status": "ranked", "rank": 1, "time_s": 0.05}]
    page = draw(runs.write(tmp_path / "run", runs.run([runs.scenario(arms)]))).read_text(encoding="utf-8")
    assert "threads fetched 8 prices in 50.0\N{NO-BREAK SPACE}ms." in page


def test_a_run_of_nothing_but_its_schema_is_drawn(tmp_path, runs):
    page = draw(runs.write(tmp_path / "run", {"schema": 1}, rows=None)).read_text(encoding="utf-8")
    assert "no scenario yet" in page


@pytest.mark.slow
def test_where_all_arms_are_disqualified_their_reasons_and_their_waterfall_are_shown(tmp_path, runs):
    arms = [
        {**row, "status": "disqualified", "rank": None, "reason": "served from a cache"} for row in runs.four_arms()
    ]
    verdict = {"state": "NOISY", "reasons": ["all 4 arms are disqualified"]}
    folder = runs.write(
        tmp_path / "run", runs.run([runs.scenario(arms, verdict=verdict, fastest=None, twin=None, pairings=[])]),
        runs.request_rows([row["name"] for row in arms]),
    )  # fmt: skip
    page = draw(folder).read_text(encoding="utf-8")
    assert page.count("served from a cache") == 4
    assert "<li>All 4 arms are disqualified.</li>" in page
    assert "No arm has numbers" not in page
    assert "Every arm that is drawn here is disqualified" in page
    assert "No arm was measured twice" not in page
    assert [path.stem for path in (folder / "charts").glob("*.svg")] == ["waterfall"]


@pytest.mark.slow
def test_a_server_bound_run_shows_why_there_is_no_ranking_and_ranks_nobody(tmp_path, runs):
    arms = [{**row, "status": "unranked", "rank": None} for row in runs.four_arms()]
    verdict = {"state": "SERVER-BOUND", "reasons": ["the mock server used 95% of a core"]}
    folder = runs.write(
        tmp_path / "run", runs.run([runs.scenario(arms, verdict=verdict, fastest=None)], verdict=verdict)
    )
    page = draw(folder).read_text(encoding="utf-8")
    assert "There is no ranking: the mock server used 95% of a core." in page
    assert "Who is fastest" not in page
    assert "as fast as" not in page
    assert ">rank</button>" not in page
    assert "speedup" not in (folder / "summary.md").read_text(encoding="utf-8")
    table = re.search(r'<table class="sortable">(.*?)</table>', page, re.DOTALL)[1]
    rows = re.findall(r'<th scope="row"><i class="swatch \w+"></i><bdi>([^<]+)', table)
    assert rows == sorted(row["name"] for row in arms)


@pytest.mark.slow
def test_scenarios_of_one_run_have_charts_of_their_own_and_an_overview(tmp_path, runs):
    few = [runs.arm("threads", 1, 0.05)]
    content = runs.run([runs.scenario(few, name="one"), runs.scenario(few, name="two", concurrency=8)])
    folder = runs.write(tmp_path / "run", content)
    page = draw(folder).read_text(encoding="utf-8")
    assert {"1-cost.svg", "2-cost.svg"} <= {path.name for path in (folder / "charts").iterdir()}
    assert 'href="#scenario-2"' in page
    assert 'id="scenario-2"' in page
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.slow
def test_a_sweep_has_a_chart_and_its_numbers_for_each_axis_before_its_scenarios_and_is_drawn_twice_alike(
    tmp_path, runs
):
    scenarios = [runs.scenario([runs.arm("threads", 1, 0.05)], name=f"concurrency={n}", concurrency=n) for n in (4, 8)]
    points = [runs.point(n, f"concurrency={n}", 2.0 + n) for n in (4, 8)]
    content = runs.run(scenarios, curves=[runs.curve({"threads": points})])
    folder = runs.write(tmp_path / "run", content)
    page = draw(folder).read_text(encoding="utf-8")
    assert {"curves-concurrency.svg", "curves-concurrency.png"} <= {path.name for path in (folder / "charts").iterdir()}
    question = "What do more requests in flight bring?"
    assert page.index(f"<h3>{question}</h3>") < page.index('id="scenario-1"')
    assert "<td>10.0× (9.60–10.4×)</td>" in page
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert summary.index(f"## {question}") < summary.index("## concurrency=4")
    assert "| threads | 6.00× (5.76–6.24×) | 10.0× (9.60–10.4×) |" in summary
    before = drawn_files(folder)
    draw(folder)
    assert drawn_files(folder) == before


@pytest.mark.slow
def test_a_cut_line_and_foreign_cells_in_requests_csv_do_no_harm(tmp_path, runs):
    folder = runs.write(tmp_path / "run", runs.run([runs.scenario(runs.four_arms())]), runs.request_rows(["threads"]))
    path = folder / "requests.csv"
    path.write_text(
        path.read_text(encoding="utf-8")
        + "quick,threads,x,1,0,binance,BTC/USDT,nan,inf,-1e400,,,,,200,,1,2\nquick,threads,1,1\nquick,thre",
        encoding="utf-8",
    )
    assert "What does one request take?" in draw(folder).read_text(encoding="utf-8")


def test_no_nan_and_no_none_reaches_the_reader(good_run):
    for name in ("report.html", "summary.md"):
        text = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", (good_run / name).read_text(), flags=re.DOTALL)
        assert not re.search(r"\b(nan|NaN|None|inf|Infinity|undefined)\b", re.sub(r'"none"', "", text))


def test_a_folder_without_a_run_is_the_users_slip(tmp_path):
    with pytest.raises(UsageError, match="no run at"):
        draw(tmp_path)


def test_a_folder_that_cannot_be_written_to_says_that_the_measurements_are_unharmed(tmp_path, runs):
    folder = runs.write(tmp_path / "run", runs.run([]))
    (folder / "charts").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(EnvironmentGap, match="what was measured is unharmed"):
        draw(folder)
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["schema"] == 1


def test_importing_the_report_imports_neither_matplotlib_nor_pandas():
    script = "import sys, harness.report; print(sorted({'matplotlib', 'pandas', 'jinja2', 'numpy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
