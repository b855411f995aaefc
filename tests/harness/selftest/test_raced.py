"""A race as a child process: what is read of it when it has ended, however it has ended."""

import contextlib
import json
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from harness import spawn
from harness.exits import EnvironmentGap
from harness.selftest.beside import Beside
from harness.selftest.raced import raced


@pytest.fixture
def child(monkeypatch):
    """A child that has ended already; what it was started with is kept."""
    started = {}

    def ends(code, state=None, said="", **more):
        @contextlib.contextmanager
        def ended(module, arguments, folder, variables, output):
            started.update(module=module, arguments=arguments, variables=variables)
            output.write(said.encode())
            if state is not None:
                run = Path(folder, "20261123T000000Z-0000")
                run.mkdir()
                (run / "run.json").write_text(json.dumps({"schema": 1, "state": state}))
                Path(folder, "latest").symlink_to(run.name)
            yield SimpleNamespace(poll=lambda: code, returncode=code)

        monkeypatch.setattr(spawn, "child", ended)
        return started

    return ends


def test_a_race_is_run_as_a_user_runs_it_with_its_results_in_the_folder(tmp_path, child):
    started = child(0, "complete")
    race = raced(tmp_path, ["-s", "threads"], {"A": "1"}, Beside({"B": "2"}, ("--clock", "file"), by="by hand"))
    assert started["module"] == "harness.selftest.launch"
    assert started["arguments"] == [
        "--clock", "file", "run", "-s", "threads", "--json", "--results-dir", str(tmp_path),
    ]  # fmt: skip
    assert (started["variables"]["A"], started["variables"]["B"]) == ("1", "2")
    assert (race.problem, race.by, race.folder.name) == (None, "by hand", "20261123T000000Z-0000")
    assert race.run["state"] == "complete"


def test_a_race_with_disqualified_arms_has_ended_well(tmp_path, child):
    child(1, "complete", "fetchrace: a disqualified")
    assert raced(tmp_path, []).problem is None


@pytest.mark.parametrize("state", [None, "partial", "interrupted"])
def test_a_race_that_left_no_complete_run_is_a_problem_with_its_last_words(tmp_path, child, state):
    child(1, state, "fetchrace: it broke\n")
    assert raced(tmp_path, []).problem == "the race ended with code 1: fetchrace: it broke"


def test_a_race_that_the_machine_cannot_run_is_a_gap_in_the_environment(tmp_path, child):
    child(3, None, "fetchrace: too few file descriptors\n")
    with pytest.raises(EnvironmentGap, match="a race of the selftest could not be run: too few file descriptors"):
        raced(tmp_path, [])


@pytest.mark.slow
def test_a_race_that_does_not_end_is_ended_and_leaves_nothing_running(tmp_path):
    race = raced(tmp_path, ["-s", "asyncio-aiohttp", "--blocks", "50"], limit_s=2.0)
    assert race.problem is not None
    assert "did not finish within 2" in race.problem
    assert psutil.wait_procs(psutil.Process().children(recursive=True), timeout=2)[1] == []
