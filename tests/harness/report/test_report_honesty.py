"""What the report must not say: more than was measured, or less than the reader needs in order to doubt it."""

import re

import pytest

from harness.report import draw
from harness.report.doubts import detectable, scenario_doubts
from harness.report.entries import ScenarioEntry
from harness.report.glossary import GLOSSARY, method
from harness.report.latency_chart import latency_chart
from harness.report.market_cells import cells_of
from harness.report.one_shot_chart import one_shot_chart
from harness.report.prices import prices_of
from harness.report.request_log import RequestLog
from harness.report.story import mood_of
from harness.report.twin_chart import why_no_twin
from harness.report.waterfall_chart import waterfall_chart
from harness.store import csv_text

ASYNCIO = {"time_s": 0.05, "one_shot_s": 0.06}
THREADS = {"time_s": 0.07, "one_shot_s": 0.08}


def scenario_of(runs, *starts, **changes):
    names = ("asyncio-aiohttp", "threads")
    arms = [{**runs.arm(names[place], place + 1, start["time_s"]), **start} for place, start in enumerate(starts)]
    return ScenarioEntry(runs.scenario(arms, **changes))


def table_cells(page, name):
    """An arm's cells by column."""
    page = page.replace("\N{NO-BREAK SPACE}", " ")
    table = re.search(r'<table class="sortable">(.*?)</table>', page, re.DOTALL)[1]
    headers = re.findall(r'<th scope="col"><button type="button">([^<]+)', table)
    row = next(row for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", table) if f"<bdi>{name}</bdi>" in row)
    return dict(zip(headers[1:], re.findall(r"<td[^>]*>([^<]*)", row), strict=True))


def routes(*verdicts_and_nets):
    return [
        {"pair": "BTC/USD", "buy": "a", "sell": "b", "ask": "1", "bid": "2", "gross_bps": "5.00", "fee_bps": "1.00",
         "net_bps": net, "verdict": verdict, "reason": verdict}
        for verdict, net in verdicts_and_nets
    ]  # fmt: skip


def shown(runs, ways, more=None, **price):
    """The cells of a run's prices: one pair, and these routes."""
    best = {"pair": "BTC/USD", "bid": "1", "bid_exchange": "a", "ask": "2", "ask_exchange": "b", "spread_bps": "1",
            "exchanges": ["a", "b"], **price}  # fmt: skip
    readout = {"arm": "x", "prices": [best], "arbitrage": ways, **(more or {})}
    return cells_of(prices_of(ScenarioEntry(runs.scenario([], readout=readout))))


def test_the_table_has_the_import_beside_the_one_shot(good_run):
    cells = table_cells((good_run / "report.html").read_text(encoding="utf-8"), "asyncio-aiohttp")
    assert (cells["one shot"], cells["import"]) == ("85.0 ms", "100 ms")


@pytest.mark.slow
def test_nobody_is_the_quickest_in_all_who_is_not_so_with_imports(runs):
    said = one_shot_chart(scenario_of(runs, {**ASYNCIO, "import_s": 0.2}, {**THREADS, "import_s": 0.05})).takeaway
    assert said.startswith(
        "The shortest times: asyncio-aiohttp warm (50.0 ms), asyncio-aiohttp for one shot (60.0 ms) "
        "and threads with imports on top (at least 130 ms). "
    )


@pytest.mark.slow
def test_who_is_the_quickest_with_imports_too_is_said_to_be_so(runs):
    said = one_shot_chart(scenario_of(runs, {**ASYNCIO, "import_s": 0.04}, {**THREADS, "import_s": 0.05})).takeaway
    assert said.startswith(
        "asyncio-aiohttp has the shortest time warm (50.0 ms), for one shot (60.0 ms) and with imports on top "
        "(at least 100 ms)."
    )


def test_where_an_import_was_not_timed_no_time_with_imports_is_compared(runs):
    chart = one_shot_chart(scenario_of(runs, {**ASYNCIO, "import_s": None}, {**THREADS, "import_s": 0.001}))
    assert "with imports on top" not in chart.takeaway
    assert "imports, which come on top, were not timed for every arm" in chart.takeaway


def test_the_one_shot_chart_draws_each_start_with_imports_apart(runs):
    chart = one_shot_chart(scenario_of(runs, {**ASYNCIO, "import_s": 0.2}, {**THREADS, "import_s": 0.05}))
    drawn = {round(float(x), 6) for line in chart.figure.axes[0].lines for x in line.get_xdata()}
    assert {0.05, 0.06, 0.26, 0.07, 0.08, 0.13} <= drawn
    assert "asyncio-aiohttp: warm 50.0 ms, one shot 60.0 ms, with imports 260 ms" in chart.description
    assert "imports come on top" in chart.note


def test_the_glossary_says_that_imports_come_on_top_and_are_a_lower_bound():
    terms = dict(GLOSSARY)
    assert "imports come on top" in terms["one shot"]
    assert "lower bound" in terms["import"]


@pytest.mark.parametrize("mode", [{}, {"order_mode": "shuffled"}, {"order_mode": None}])
def test_a_run_that_does_not_say_otherwise_shuffled_its_arms(runs, mode):
    scenario = ScenarioEntry(runs.scenario(runs.four_arms(), **mode))
    assert not scenario.is_sequential
    assert scenario_doubts(scenario) == []
    said = " ".join(method({scenario.is_sequential}))
    assert "in an order shuffled for the block" in said
    assert "confounded" not in said


@pytest.mark.slow
def test_a_run_in_one_order_says_that_time_and_order_are_confounded_and_that_no_ranking_should_be_quoted(
    tmp_path, runs
):
    folder = runs.write(tmp_path / "run", runs.run([runs.scenario(runs.four_arms(), order_mode="sequential")]))
    page = draw(folder).read_text(encoding="utf-8")
    assert "shuffled" not in page
    assert page.count("order is confounded with time") == 2
    assert "No ranking should be quoted" in (folder / "summary.md").read_text(encoding="utf-8")


def test_a_run_of_both_orders_is_told_as_both():
    said = " ".join(method({True, False}))
    assert "shuffled for the block, or" in said
    assert "confounded with time" in said
    assert "{" not in said


def test_a_verdict_that_speaks_of_the_order_is_not_repeated(runs):
    reason = "the order of the arms was sequential, so that it is confounded with time"
    found = scenario_doubts(
        ScenarioEntry(
            runs.scenario(
                runs.four_arms(), order_mode="sequential", verdict={"state": "NOISY", "reasons": [reason, "too wide"]}
            )
        )
    )
    assert found == [f"The{reason[3:]}.", "Too wide."]


def test_speedups_are_worded_times_as_fast_and_nowhere_times_faster(good_run):
    for name in ("report.html", "summary.md"):
        assert not re.search(r"× faster|times faster|best speedup", (good_run / name).read_text(encoding="utf-8"))
    page = (good_run / "report.html").read_text(encoding="utf-8")
    assert "as fast as sequential: asyncio-aiohttp (95\N{NO-BREAK SPACE}% CI" in page


def test_a_route_of_unknown_size_that_leaves_something_is_counted_and_named(runs):
    ways = routes(("size unknown", "4.00"), ("trade", "3.00"), ("no size", "2.00"), ("fees eat it", "-1.00"))
    assert shown(runs, ways)["t-said"].text.startswith(
        "3 of 4 routes leave something after taker fees, 1 of them of unknown size, 1 of them with nothing on offer; "
    )


def test_a_trade_whose_net_is_printed_as_zero_still_leaves_something(runs):
    ways = routes(("trade", "0.00"), ("no overlap", "0.00"))
    assert shown(runs, ways)["t-said"].text.startswith("1 of 2 routes leaves ")


def test_a_market_without_a_profitable_route_says_that_none_is(runs):
    assert shown(runs, routes(("fees eat it", "-1.00")))["t-said"].text.startswith(
        "0 of 1 route leave something after taker fees; 1 would without fees."
    )


@pytest.mark.parametrize(("written", "expected"), [
    ("91191.50000000", "91191.50"), ("91191.5", "91191.50"), ("0.00001234", "0.00001234"), ("7", "7.00"),
    ("1E-7", "0.0000001"), ("1E+5", "100000.00"), ("1E+999999", "1E+999999"), ("NaN", "NaN"), ("soon", "soon"),
])  # fmt: skip
def test_a_price_is_shown_as_the_console_shows_it(runs, written, expected):
    assert shown(runs, [], bid=written)["b-0-bid"].text == expected


def test_the_reason_of_a_route_has_no_padding_either(runs):
    ways = routes(("no overlap", "-1.00"))
    ways[0]["reason"] = "no overlap: the bid 3148.46000 on v1.2000x is not above the ask 3148.86000000 on binance."
    said = "the bid 3148.46 on v1.2000x is not above the ask 3148.86 on binance."
    assert shown(runs, ways)["s-0-why"].text == said


def test_the_smallest_difference_is_said_to_be_after_correction_for_all_pairs(good_run, runs):
    assert "(80 % power, after correction for all pairs)" in detectable(scenario_of(runs, ASYNCIO, THREADS))
    assert "are after correction for all pairs" in (good_run / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_where_the_twin_is_missing_the_page_and_the_summary_say_why(tmp_path, runs):
    why = "the twin failed in every block: worker_died"
    verdict = {"state": "NOISY", "reasons": ["the machine was hot", why]}
    folder = runs.write(tmp_path / "run", runs.run([runs.scenario(runs.four_arms(), twin=None, verdict=verdict)]))
    said = f"No arm was measured twice, so that the noise of the apparatus is unknown: {why}."
    page = draw(folder).read_text(encoding="utf-8")
    section = re.search(r"<h3>How well could the ruler be read\?</h3>\s*<p class=\"takeaway\">(.*?)</p>", page)
    assert section[1] == said
    assert said in (folder / "summary.md").read_text(encoding="utf-8").replace("\\", "")


@pytest.mark.slow
def test_a_twin_that_was_measured_has_no_excuse_and_a_silent_run_is_said_to_be_silent(runs):
    assert why_no_twin(scenario_of(runs, ASYNCIO)) == ""
    assert why_no_twin(scenario_of(runs, ASYNCIO, twin=None)).endswith("is unknown: the run does not say why.")


@pytest.mark.slow
def test_a_twin_whose_interval_excludes_one_is_nowhere_dressed_as_fine(tmp_path, runs):
    twin = {"of": "asyncio-aiohttp", "ratio": 1.04, "low": 1.02, "high": 1.06, "blocks": 5}
    folder = runs.write(tmp_path / "run", runs.run([runs.scenario(runs.four_arms(), twin=twin)]))
    page = draw(folder).read_text(encoding="utf-8")
    assert "the interval excludes 1, although it is one and the same arm" in page
    assert "distrust differences below 6.0\N{NO-BREAK SPACE}%" in page
    assert "The same arm raced twice differs from itself (ratio 1.040)" in page
    assert '<div class="doubtful"><dt>same arm twice, should be 1 and is not' in page
    assert '<p class="verdict doubtful">' in page
    assert '"verdict good"' not in page


@pytest.mark.slow
def test_a_valid_verdict_is_good_only_while_the_twin_is_its_own_equal():
    assert [mood_of("VALID", off) for off in (False, True)] == ["good", "doubtful"]
    assert mood_of("SERVER-BOUND", True) == "bad"


@pytest.mark.parametrize("name", ["=1+1", "+fast", "-fast", "@home", "-1"])
def test_an_arm_that_a_spreadsheet_would_run_as_a_formula_keeps_its_waterfall_and_its_latencies(tmp_path, runs, name):
    (tmp_path / "requests.csv").write_text(csv_text([runs.header, *runs.request_rows([name], name)]), encoding="utf-8")
    scenario = ScenarioEntry(runs.scenario([runs.arm(name, 1, 0.05)], name=name))
    log = RequestLog.read(tmp_path)
    assert waterfall_chart(scenario, log) is not None
    assert latency_chart(scenario, log) is not None


def test_no_rule_stands_twice_in_the_style_sheet():
    from importlib.resources import files

    rules = (files("harness.report") / "page.css").read_text(encoding="utf-8").splitlines()
    selectors = [rule.partition("{")[0] for rule in rules if not rule.startswith("@")]
    assert len(set(selectors)) == len(selectors)


def test_quotes_that_were_not_used_are_counted_beside_the_prices_with_the_first_reason(runs):
    left_out = [{"exchange": "b", "pair": "ETH/USD", "kind": "stale", "reason": f"b ETH/USD: {n}"} for n in "12"]
    said = shown(runs, [], {"left_out": left_out})["t-said"].text
    assert said.endswith(" 2 quotes are not used; the first: b ETH/USD: 1.")
