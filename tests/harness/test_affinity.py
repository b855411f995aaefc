"""On which cores the mock server and the workers run."""

import argparse
import contextlib
import os

import pytest

from harness import affinity
from harness.affinity import Cores, cores_for, on_cores
from harness.exits import EnvironmentGap
from harness.scenario import Scenario


@pytest.fixture
def allowed(monkeypatch):
    """Pretend that this process may use these cores."""
    return lambda *cores: monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(cores))


def test_free_binds_nobody_wherever_it_is(allowed, monkeypatch):
    allowed(5)
    assert cores_for("free") == Cores(None, None)
    monkeypatch.delattr(os, "sched_setaffinity")
    assert cores_for("free") == Cores(None, None)


def test_split_keeps_the_first_allowed_core_for_the_mock_server(allowed):
    allowed(7, 3, 5)
    assert cores_for("split") == Cores((3,), (5, 7))


def test_shared_puts_both_on_the_first_allowed_core(allowed):
    allowed(7, 3)
    assert cores_for("shared") == Cores((3,), (3,))


def test_one_core_cannot_be_split(allowed):
    allowed(3)
    with pytest.raises(EnvironmentGap, match="--affinity split needs two cores, and this process may use one"):
        cores_for("split")
    assert cores_for("shared").mock == (3,)


@pytest.mark.parametrize("mode", ["split", "shared"])
def test_a_system_that_cannot_bind_says_so(monkeypatch, mode):
    monkeypatch.delattr(os, "sched_setaffinity")
    with pytest.raises(EnvironmentGap, match=f"--affinity {mode} needs a system that binds processes to cores"):
        cores_for(mode)


def test_an_unknown_mode_is_an_error():
    with pytest.raises(ValueError, match="expected an affinity of free, split, shared, found 'numa'"):
        cores_for("numa")


def test_the_option_takes_the_modes_and_leaves_it_to_the_scheduler_by_default(scenario):
    parser = argparse.ArgumentParser()
    affinity.add_argument(parser)
    assert parser.parse_args([]).affinity == "free" == scenario.affinity
    assert parser.parse_args(["--affinity", "split"]).affinity == "split"


def test_a_scenario_of_an_older_file_was_left_to_the_scheduler(scenario):
    older = {key: value for key, value in scenario.to_json().items() if key != "affinity"}
    assert Scenario.from_json(older).affinity == "free"


def test_only_what_is_started_meanwhile_is_bound():
    before = os.sched_getaffinity(0)
    with on_cores([min(before)]):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before
    with on_cores(None):
        assert os.sched_getaffinity(0) == before


def test_what_cannot_be_started_leaves_this_process_where_it_was():
    before = os.sched_getaffinity(0)
    with contextlib.suppress(OSError), on_cores([min(before)]):
        raise OSError
    assert os.sched_getaffinity(0) == before
