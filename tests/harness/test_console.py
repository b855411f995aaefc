"""The readout on a terminal: what it says, how wide it is, and no escape codes where nobody asked for them."""

import os
import pty
import re
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from harness.console import _STATE_STYLE, console, print_page, print_run

NAME = "asyncio-aiohttp-with-a-very-long-name-indeed"


def row(name, status="ranked", rank=1, **more):
    plain = {
        "reason": None, "time_s": 0.0612, "speedup": 17.12, "speedup_low": 16.6, "speedup_high": 17.5,
        "efficiency": 0.901, "one_shot_s": 0.1, "cpu_s_per_request": 0.00041, "peak_rss_bytes": 45_000_000,
    }  # fmt: skip
    return {"name": name, "status": status, "rank": rank, **plain, **more}


def out(name, status, reason):
    return {"name": name, "status": status, "reason": reason, "rank": None, "efficiency": None}


@pytest.fixture
def run():
    prices = [
        {
            "pair": pair, "bid": "91191.50000", "bid_exchange": "coinbase", "ask": "91200.10000",
            "ask_exchange": "kraken", "spread_bps": "0.94", "exchanges": exchanges, "age_us": [0, 38_000],
        }
        for pair, exchanges in (("BTC/USD", ["coinbase", "kraken"]), ("BTC/USDT", ["binance"]))
    ]  # fmt: skip
    routes = [
        {
            "pair": "BTC/USD", "buy": "kraken", "sell": "coinbase", "sell_pair": "BTC/USD", "ask": "1", "bid": "2",
            "through": None, "gross_bps": "12.00", "net_bps": f"-{148 + n}.00", "size": None, "profit": None,
            "verdict": "fees eat it", "reason": "fees eat it " * 20, "why": [],
        }
        for n in range(9)
    ]  # fmt: skip
    rows = [
        row(NAME, "tied"),
        row("threads", "tied", efficiency=None, speedup_high=None, time_s=0.07),
        row("sequential", rank=3, speedup=1.0, speedup_low=1.0, speedup_high=1.0, time_s=1.05),
        row("cheat.py:fast", "disqualified", None, reason="the server saw 0 of 40 requests", time_s=0.0001),
        out("broken.py:x", "failed", "ZeroDivisionError: division by zero"),
        out("trio-httpx", "skipped", "needs the library 'trio', which is not installed: pip install trio"),
    ]
    return {
        "verdict": {"state": "NOISY", "reasons": ["the machine was noisy " * 8], "sentence": "It was so. " * 20},
        "scenarios": [{
            "requests": 40, "concurrency": 20, "latency": "lognormal:20ms,200ms", "finished_blocks": 5,
            "bound_s": 0.055, "strategies": rows,
            "readout": {
                "arm": NAME, "prices": prices, "arbitrage": routes, "quotes": [],
                "routes": {"all": 9, "gross": 9, "net": 0, "trade": 0}, "not_compared": [],
                "allowance": {"notional": None},
            },
        }],
    }  # fmt: skip


def shown(run, capsys):
    print_run(run)
    return capsys.readouterr().out


@pytest.mark.parametrize(("columns", "width"), [("40", 80), ("80", 80), ("99", 80), ("100", 100), ("300", 100)])
def test_nothing_is_wider_than_100_columns_or_80_on_a_narrow_terminal(run, capsys, monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    text = shown(run, capsys)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    for name in ("opening", "import"):
        assert any(re.search(rf"CPU .* {name}( |$)", line) for line in text.splitlines()) is (width == 100)


@pytest.mark.parametrize("columns", ["80", "100"])
def test_where_it_gets_narrow_a_name_is_cut_and_never_a_number(run, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    run["scenarios"][0]["strategies"] = [
        row("x" * 31, time_s=0.999, speedup=117.1, speedup_low=116.6, speedup_high=117.5, one_shot_s=0.999),
        row("asyncio-aiohttp", "tied"),
    ]
    text = shown(run, capsys)
    assert re.search(r"xxx… +1 +999 ms +117\.1× +116\.6 to 117\.5 +90 % +999 ms", text)
    assert re.search(r"asyncio-aio.* +1= +61\.2 ms", text)


def test_wide_characters_and_long_names_keep_to_the_width(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run["scenarios"][0]["strategies"].append(row("日本" * 100))
    run["scenarios"][0]["strategies"].append(out("x" * 5000, "failed", "y" * 5000))
    assert max(cell_len(line) for line in shown(run, capsys).splitlines()) <= 80


def test_a_piped_readout_has_no_escape_codes(run, capsys, monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in shown(run, capsys)


@pytest.mark.parametrize(("no_color", "escapes"), [("1", False), ("", True)])
def test_on_a_terminal_no_color_takes_every_escape_code_away(run, monkeypatch, no_color, escapes):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", no_color)
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal, open(ours, "rb", buffering=0) as screen:
        monkeypatch.setattr(sys, "stdout", terminal)
        run["scenarios"][0]["readout"] = None  # so that all of it fits into the terminal's buffer
        print_run(run)
        terminal.flush()
        text = screen.read(65536)
    assert b"NOISY" in text
    assert (b"\x1b" in text) is escapes


def test_the_verdict_comes_first_then_its_reasons_with_every_line_of_them_indented(run, capsys):
    lines = shown(run, capsys).splitlines()
    assert lines[0] == ""
    assert lines[1].startswith("NOISY  It was so.")
    reason = [line for line in lines if "the machine was noisy" in line]
    assert len(reason) > 1
    assert all(line.startswith("  the machine") or re.match(r"  \w", line) for line in reason)


def test_no_line_breaks_between_a_number_and_its_unit(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run["verdict"]["sentence"] = " ".join(f"{'x' * length} 40.0 ms 81 % CI" for length in range(1, 60))
    text = shown(run, capsys)
    assert not re.search(r"\d\n *(?:ms|%)", text)
    assert "40.0 ms" in text
    assert "\N{NO-BREAK SPACE}" not in text


def test_where_no_arm_has_numbers_there_is_no_table_and_no_note_on_its_columns(run, capsys):
    run["scenarios"][0]["strategies"] = [out("cheat.py:x", "disqualified", "it served from a cache")]
    text = shown(run, capsys)
    assert "strategy" not in text
    assert "one shot" not in text
    assert "disqualified cheat.py:x: it served from a cache" in text


def test_why_blocks_were_spoilt_is_not_repeated_where_the_verdict_tells_it(run, capsys):
    run["scenarios"][0].update(
        spoilt=[{"block": 0, "reasons": ["others worked"]}], verdict={"state": "NOISY", "causes": ["surroundings"]}
    )
    said = " ".join(shown(run, capsys).split())
    assert "1 block was spoilt and played again. What was measured then is kept, not counted." in said
    assert "others worked" not in said


def test_the_table_has_ranks_ties_and_numbers_in_words(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    text = shown(run, capsys)
    assert re.search(r"asyncio-a[\w-]*… +1= +61\.2 ms +17\.1× +16\.6 to 17\.5 +90 % +100 ms\n", text)
    assert re.search(r"threads +1= +70\.0 ms +17\.1× +- +- ", text)
    assert re.search(r"sequential +3 +1\.05 s +1\.00× +- ", text)


def test_an_arm_that_is_out_is_told_with_its_reason_and_never_in_the_table(run, capsys):
    text = shown(run, capsys)
    assert "disqualified cheat.py:fast: the server saw 0 of 40 requests" in text
    assert "failed broken.py:x: ZeroDivisionError" in text
    assert "skipped trio-httpx: needs the library 'trio'" in text
    assert "0.10 ms" not in text
    assert "100 µs" not in text


def test_what_plugins_say_is_escaped_and_not_read_as_markup(run, capsys):
    run["scenarios"][0]["strategies"] = [
        out("\x1b[2J[bold]x", "failed", "[/nonsense]\nline \x1b]0;owned\x07"), row("[red]\x1b[31m", rank=1),
    ]  # fmt: skip
    text = shown(run, capsys)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert r"failed \x1b[2J[bold]x: [/nonsense]\nline" in text


def test_a_run_without_a_readout_or_a_bound_is_shown(run, capsys):
    run["scenarios"][0].update(readout=None, bound_s=None, strategies=[])
    text = shown(run, capsys)
    assert "physical limit -" in text
    assert "arbitrage" not in text


def test_the_last_line_is_the_page_uncut(capsys):
    print_page(Path("results") / ("x" * 120) / "report.html")
    assert capsys.readouterr().out == f"report  results/{'x' * 120}/report.html\n"


def test_a_reader_that_goes_away_is_an_error_and_not_a_silent_end():
    with pytest.raises(BrokenPipeError):
        console().on_broken_pipe()


def test_the_console_writes_to_the_stdout_of_the_moment(capsys):
    console().print("here")
    assert capsys.readouterr().out == "here" + os.linesep


def test_faults_are_in_the_scenario_line_and_what_they_cost_is_told(run, capsys):
    scenario = run["scenarios"][0]
    scenario["faults"], scenario["tls"] = "kraken:429@0.1", True
    scenario["strategies"][0].update(failed=4, requests=40)
    print_run(run)
    said = " ".join(capsys.readouterr().out.split())
    assert "over TLS, faults kraken:429@0.1" in said
    assert "10.0 % of all requests failed by plan, struck by faults" in said


def test_where_nothing_is_ranked_no_ratio_is_printed_and_no_order_by_time(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    run["scenarios"][0]["strategies"] = [row("b", "unranked", None, time_s=0.01), row("a", "unranked", None)]
    text = shown(run, capsys)
    assert not {"speedup", "95", "×"} & set(text.split())
    assert "17.1" not in text
    assert "a rank" not in text
    assert text.index("\na ") < text.index("\nb ")


def test_what_limits_the_arms_is_told_in_one_line_for_each_limit(run, capsys):
    rows = run["scenarios"][0]["strategies"]
    for found, limit in zip(rows, ("its own CPU", "the server", "its own CPU", "the server"), strict=False):
        found["limited_by"] = limit
    rows[0]["name"] = "asyncio-aiohttp"
    text = shown(run, capsys)
    assert "limited by its own CPU: asyncio-aiohttp, sequential\n" in text
    assert "limited by the server: threads\n" in text


def test_spoilt_blocks_drift_and_clock_are_told_and_the_stopwatch_is_left_to_the_page(run, capsys):
    run["clock"] = {"stepped_s": 5.0, "said": "the wall clock was put forward by 5.00 s"}
    run["scenarios"][0].update(
        spoilt=[{"block": 0, "reasons": ["others worked"]}], stopwatch={"cost_s": 4e-7, "share": 1e-5},
        drift={"over_session": 0.1, "p": 0.001},
    )  # fmt: skip
    said = " ".join(shown(run, capsys).split())
    assert "The wall clock was put forward by 5.00 s." in said
    assert "1 block was spoilt and played again: block 1, since others worked." in said
    assert "all arms together moved by +10.0 %: more than chance explains" in said
    assert "stopwatch" not in said


def test_prices_are_printed_once_from_the_first_scenario_that_has_any(run, capsys):
    first = run["scenarios"][0]
    run["scenarios"] = [{**first, "readout": None}, first, first]
    assert shown(run, capsys).count("arbitrage:") == 1


@pytest.mark.parametrize("state", ["DRIFTED", "SERVER-BOUND", "NETWORK-INVALID"])
def test_a_verdict_without_a_ranking_is_red(state):
    assert _STATE_STYLE[state] == "bold red"
