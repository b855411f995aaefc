"""Gates on the terminal."""

from harness import gate
from harness.gate import Gate
from harness.gate_table import print_gates


def shown(capsys, run, *texts):
    print_gates(gate.judged([Gate.parse(text) for text in texts], run["scenarios"]))
    return capsys.readouterr().out


def test_each_gate_is_a_line_with_what_was_found(run_of, capsys):
    out = shown(capsys, run_of(), "fast.rank>1", "slow.rank<=2")
    assert [line.split() for line in out.splitlines() if "rank" in line] == [
        ["fast.rank>1", "1", "passed"],
        ["slow.rank<=2", "2", "failed"],
    ]


def test_why_a_gate_cannot_be_judged_is_said_below(run_of, capsys):
    out = shown(capsys, run_of(breaches={"fast": ["it fetched half"]}), "fast.rank>1")
    assert "cannot be judged" in out
    assert "fast.rank>1: fast is disqualified: it fetched half" in out


def test_in_a_noisy_run_it_says_provisionally(run_of, capsys):
    assert "passed, provisionally" in shown(capsys, run_of(twin_off=1.5), "fast.rank>1")


def test_with_several_scenarios_each_has_a_table_under_its_name(run_of, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run = run_of()
    names = [
        f"concurrency=16 latency=lognormal:20ms,200ms requests=40 workload={what}" for what in ("books", "tickers")
    ]
    run["scenarios"] = [{**run["scenarios"][0], "name": name} for name in names]
    lines = [line.strip() for line in shown(capsys, run, "fast.rank>1", "slow.rank<=2").splitlines() if line.strip()]
    assert [line for line in lines if line.startswith("gates")] == [f"gates, {name}" for name in names]
    assert [line.split() for line in lines if line.startswith("slow")] == [["slow.rank<=2", "2", "failed"]] * 2


def test_without_gates_nothing_is_printed(capsys):
    print_gates([])
    assert capsys.readouterr().out == ""
