"""How a run ends for its user: the numbers, then the page, then one line that says why the exit code is not 0."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import telling
from harness.exits import EnvironmentGap, Stop


class Session:
    """A session that ended with these rows."""

    def __init__(self, *statuses, state="VALID"):
        rows = [{"name": f"arm{place}", "status": status} for place, status in enumerate(statuses)]
        self.result = {"scenarios": [{"strategies": rows}], "verdict": {"state": state}}

    def kept(self):
        return "kept: 5 of 5 blocks, in results/x"


@pytest.mark.parametrize(
    ("session", "strict", "code"),
    [
        (Session("ranked", "tied", "skipped"), True, 0),
        (Session("ranked", state="NOISY"), False, 0),
        (Session("ranked", state="NOISY"), True, 5),
        (Session("unranked", state="SERVER-BOUND"), False, 0),
        (Session("unranked", state="SERVER-BOUND"), True, 5),
        (Session("ranked", "disqualified"), False, 1),
        (Session("ranked", "failed"), True, 1),
    ],
)
def test_the_exit_code_tells_how_the_race_ended(capsys, session, strict, code):
    assert telling.exit_code_of(session, strict) == code
    err = capsys.readouterr().err
    assert err.count("\n") == (1 if code else 0)
    assert ("kept: 5 of 5 blocks, in results/x" in err) is bool(code)


def test_those_that_are_out_are_named_on_the_way_out(capsys):
    telling.exit_code_of(Session("ranked", "disqualified", "failed"), strict=False)
    assert capsys.readouterr().err == ("fetchrace: arm1 disqualified, arm2 failed; kept: 5 of 5 blocks, in results/x\n")


class Swept(Session):
    """A session of as many scenarios as arguments: by arm, its status, or how many of its 100 requests failed."""

    def __init__(self, *scenarios):
        super().__init__()
        self.result["scenarios"] = [
            {
                "name": f"concurrency={place}",
                "strategies": [
                    {"name": name, **({"status": "ranked", "failed": is_so, "requests": 100} if isinstance(is_so, int)
                                      else {"status": is_so})}
                    for name, is_so in rows.items()
                ],
            }
            for place, rows in enumerate(scenarios)
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        (({"a": "disqualified"}, {"a": "disqualified"}), "a disqualified in 2 of 2 scenarios; "),
        (({"a": "ranked", "b": "failed"}, {"a": "disqualified", "b": "tied"}),
         "b failed in concurrency=0, a disqualified in concurrency=1; "),
        (({"a": "failed"}, {"a": "disqualified"}, {"a": "failed"}),
         "a failed in 2 of 3 scenarios and disqualified in concurrency=1; "),
        (({"a": 3}, {"a": 5}, {"a": 0}),
         "8 of 200 requests of a failed in 2 of 3 scenarios (--max-error-rate is 0); "),
    ],
)  # fmt: skip
def test_of_several_scenarios_each_arm_is_named_once_with_where_it_is_out(capsys, scenarios, said):
    assert telling.exit_code_of(Swept(*scenarios), strict=False) == 1
    assert capsys.readouterr().err == f"fetchrace: {said}kept: 5 of 5 blocks, in results/x\n"


class Drawn(Session):
    """A session whose run.json is on the disk and whose report can be drawn, or fails with ``error``."""

    def __init__(self, folder, error=None):
        super().__init__("ranked")
        self.folder = SimpleNamespace(path=folder)
        self.error = error
        self.page = None
        (folder / "run.json").write_text('{"schema": 1}\n')

    def draw(self):
        if self.error is not None:
            raise self.error
        self.page = self.folder.path / "report.html"

    def report_command(self):
        return "python -m harness report results/x"


@pytest.fixture
def printed(monkeypatch):
    """Print a word in the place of a run, and one in the place of its report's path."""
    monkeypatch.setattr("harness.console.print_run", lambda result: print("the numbers"))
    monkeypatch.setattr("harness.console.print_page", lambda page: print("report ", page.name))


def test_the_numbers_are_printed_before_the_report_is_drawn(capsys, printed, tmp_path):
    assert telling.tell(Drawn(tmp_path), False, False) == 0
    assert capsys.readouterr() == ("the numbers\nreport  report.html\n", "")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            ModuleNotFoundError("No module named 'matplotlib.pyplot'", name="matplotlib.pyplot"),
            0,
            "it needs the library 'matplotlib', which cannot be imported: pip install matplotlib, then ",
        ),
        (
            KeyError("a\n"),
            1,
            "the report could not be drawn (KeyError: 'a\\n'); the numbers are kept; try ",
        ),
    ],
)
def test_a_report_that_cannot_be_drawn_hides_no_number(capsys, printed, tmp_path, error, code, said):
    assert telling.tell(Drawn(tmp_path, error), False, False) == code
    out, err = capsys.readouterr()
    assert out == "the numbers\n"
    assert err.startswith("fetchrace: ")
    assert err.endswith(f"{said}python -m harness report results/x\n")
    assert err.count("\n") == 1


def test_a_report_that_finds_no_room_says_so_itself(printed, tmp_path):
    with pytest.raises(EnvironmentGap, match="no room"):
        telling.tell(Drawn(tmp_path, EnvironmentGap("no room")), False, False)


def test_json_prints_what_was_written_to_the_letter(capsys, printed, tmp_path):
    assert telling.tell(Drawn(tmp_path), True, False) == 0
    assert capsys.readouterr().out == (tmp_path / "run.json").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("as_json", [True, False])
def test_when_the_result_cannot_be_printed_what_was_kept_is_told(monkeypatch, printed, tmp_path, as_json):
    with open("/dev/full", "wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full, write_through=True))
        with pytest.raises(EnvironmentGap, match="No space left on device; kept: 5 of 5 blocks, in results/x"):
            telling.tell(Drawn(tmp_path), as_json, False)


def test_when_nobody_reads_the_result_what_was_kept_is_told(monkeypatch, tmp_path):
    def gone(result):
        raise BrokenPipeError

    monkeypatch.setattr("harness.console.print_run", gone)
    with pytest.raises(Stop, match="nobody reads the output any more; kept: 5 of 5 blocks, in results/x") as caught:
        telling.tell(Drawn(tmp_path), False, False)
    assert caught.value.code == 1


class Failing(Session):
    """A session whose only arm lost some of its requests."""

    def __init__(self, failed):
        super().__init__("ranked")
        self.result["scenarios"][0]["strategies"][0].update(failed=failed, requests=100)


@pytest.mark.parametrize(
    ("failed", "allowed", "code"), [(0, 0.0, 0), (1, 0.0, 1), (5, 0.05, 0), (6, 0.05, 1), (100, 1.0, 0)]
)
def test_more_failures_than_allowed_are_exit_code_1_with_the_numbers(capsys, failed, allowed, code):
    assert telling.exit_code_of(Failing(failed), False, allowed) == code
    said = f"fetchrace: {failed} of 100 requests of arm0 failed (--max-error-rate is {allowed:g}); kept: 5 of 5 blocks"
    assert capsys.readouterr().err.startswith(said if code else "")


class Gated(Session):
    """A session of which one gate failed."""

    def __init__(self, *statuses, state="VALID"):
        super().__init__(*statuses, state=state)
        self.result["gates"] = [
            {"gate": "arm0.speedup<5", "scenario": "quick", "value": 4.5, "outcome": "failed", "reason": None},
            {"gate": "arm0.reuse<0.5", "scenario": "quick", "value": 1.0, "outcome": "passed", "reason": None},
        ]


@pytest.mark.parametrize(
    ("session", "strict", "code"),
    [
        (Gated("ranked"), False, 4),
        (Gated("ranked", state="NOISY"), False, 4),
        (Gated("ranked", state="NOISY"), True, 5),
        (Gated("ranked", "disqualified"), True, 1),
    ],
)
def test_a_failed_gate_is_exit_code_4_unless_the_measurement_itself_is_in_doubt(capsys, session, strict, code):
    assert telling.exit_code_of(session, strict) == code
    assert capsys.readouterr().err.startswith(
        "fetchrace: 1 of 2 gates failed: arm0.speedup<5 (4.5); kept: 5 of 5 blocks, in results/x\n"
    )


def test_gates_are_printed_after_the_numbers(capsys, printed, monkeypatch, tmp_path):
    monkeypatch.setattr("harness.gate_table.print_gates", lambda gates: print("the gates"))
    telling.tell(Drawn(tmp_path), False, False)
    assert capsys.readouterr().out == "the numbers\nthe gates\nreport  report.html\n"
