"""A sweep on the terminal: one table for each curve, no number cut, and nothing said twice."""

import pytest
from rich.cells import cell_len

from harness.console import print_run


def point(x, speedup, **more):
    return {
        "x": x, "label": str(x), "scenario": f"concurrency={x}", "provisional": False, "time_s": 0.8 / speedup,
        "speedup": speedup, "speedup_low": speedup * 0.96, "speedup_high": speedup * 1.04, **more,
    }  # fmt: skip


def curve(arms, axis="concurrency", **more):
    rows = [{"name": name, "points": points} for name, points in arms.items()]
    return {"axis": axis, "fixed": {}, "held": [], "baseline": "sequential", "arms": rows, "left_out": [], **more}


def scenario(value, *rows, **more):
    return {
        "name": f"concurrency={value}", "concurrency": value, "requests": 40, "latency": "20ms", "bound_s": 0.04,
        "finished_blocks": 5, "strategies": list(rows), "readout": None, **more,
    }  # fmt: skip


def run_of(curves, *scenarios):
    verdict = {"state": "VALID", "reasons": [], "sentence": "It was so."}
    return {"verdict": verdict, "scenarios": list(scenarios), "curves": curves}


def shown(run, capsys, monkeypatch, columns=100):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_run(run)
    return capsys.readouterr().out


def test_a_curve_is_a_table_of_speedups_with_intervals_doubts_and_gaps(capsys, monkeypatch):
    told = {"threads": [point(1, 1.0), point(32, 10.0, provisional=True)]}
    gap = ["nobody has a point at 8: the verdict there is SERVER-BOUND"]
    run = run_of([curve(told, held=["latency=20ms"], nobody=gap)], scenario(1), scenario(8), scenario(32))
    text = shown(run, capsys, monkeypatch)
    assert "times as fast as sequential, by requests in flight (latency=20ms)" in text
    assert "threads   1.00× (0.96–1.04×)  –  10.0×? (9.60–10.4×)" in text
    assert "? provisional" in text
    assert "nobody has a point at 8: the verdict there is SERVER-BOUND" in text
    assert "of limit" not in text


@pytest.mark.parametrize("columns", [80, 100])
def test_a_table_that_is_too_wide_comes_in_pieces_and_no_speedup_without_its_interval(capsys, monkeypatch, columns):
    told = {"asyncio-aiohttp": [point(x, 100.0 + x) for x in range(1, 25)]}
    text = shown(run_of([curve(told)], *(scenario(x) for x in range(1, 25))), capsys, monkeypatch, columns)
    assert max(cell_len(line) for line in text.splitlines()) <= columns
    assert text.count("strategy") > 1
    assert all(f"{100.0 + x:.1f}× (" in text for x in range(1, 25))


def test_what_speed_costs_is_told_of_the_last_scenario_by_its_name(capsys, monkeypatch):
    def arm(cpu_s):
        return {"name": "threads", "status": "ranked", "rank": 1, "time_s": 0.1, "cpu_s_per_request": cpu_s}

    run = run_of([curve({"threads": [point(1, 1.0), point(32, 9.0)]})], scenario(1, arm(0.1)), scenario(32, arm(0.2)))
    text = shown(run, capsys, monkeypatch)
    assert text.count("what it costs") == 1
    assert "what it costs in concurrency=32 (in the others: on the page)" in text
    assert [line.split()[1:3] for line in text.splitlines() if line.startswith("threads")][-1] == ["200", "ms"]


def test_of_two_axes_the_one_with_the_longer_curves_is_printed_and_the_other_named(capsys, monkeypatch):
    along = curve({"threads": [point(x, 2.0) for x in (1, 8, 32)]})
    across = curve({"threads": [point(0.02, 2.0), point(0.1, 3.0)]}, "latency")
    text = shown(run_of([across, along], scenario(1), scenario(8)), capsys, monkeypatch)
    assert text.count("times as fast as") == 1
    assert "the same numbers by delay: on the page" in text


def test_an_arm_that_is_out_is_told_once_for_each_reason_with_the_scenarios(capsys, monkeypatch):
    out = {"name": "cheat.py:x", "status": "disqualified", "reason": "the server saw 0 of 40 requests"}
    other = {**out, "reason": "it altered a price"}
    scenarios = scenario(1, out), scenario(8, out), scenario(32, other)
    left_out = ["cheat.py:x has no point: it is disqualified"]
    text = shown(run_of([curve({"threads": [point(1, 2.0)]}, left_out=left_out)], *scenarios), capsys, monkeypatch)
    assert text.count("disqualified") == 2
    assert "cheat.py:x in concurrency=1 and concurrency=8: the server saw 0 of 40 requests\n" in text
    assert "cheat.py:x in concurrency=32: it altered a price\n" in text


def test_spoilt_blocks_of_all_scenarios_are_one_line(capsys, monkeypatch):
    scenarios = scenario(1, spoilt=[{"block": 0}]), scenario(8, spoilt=[{"block": 0}, {"block": 1}])
    text = shown(run_of([curve({"threads": [point(1, 2.0)]})], *scenarios), capsys, monkeypatch)
    assert "3 blocks spoilt by other work and played again (1 of concurrency=1 and 2 of concurrency=8)" in text


def test_several_scenarios_without_curves_are_shown_one_by_one(capsys, monkeypatch):
    text = shown(run_of(None, scenario(1), scenario(8)), capsys, monkeypatch)
    assert "1 in flight, 20ms" in text
    assert "8 in flight, 20ms" in text


def test_every_reason_of_a_sweep_is_told_for_each_cause_is_there_once(capsys, monkeypatch):
    run = run_of([curve({"threads": [point(1, 2.0)]})], scenario(1), scenario(8))
    run["verdict"]["reasons"] = [
        f"in 5 of 6 scenarios (a, b and 3 more): reason number {number}" for number in range(6)
    ]
    assert shown(run, capsys, monkeypatch).count("reason number") == 6
