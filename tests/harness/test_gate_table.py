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


def test_with_several_scenarios_each_is_named(run_of, capsys):
    run = run_of()
    run["scenarios"].append({**run["scenarios"][0], "name": "second"})
    out = shown(capsys, run, "fast.rank>1")
    assert "quick" in out
    assert "second" in out


def test_without_gates_nothing_is_printed(capsys):
    print_gates([])
    assert capsys.readouterr().out == ""
