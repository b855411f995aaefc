"""pyperf's own files: merged run by run, readable by pyperf, private to the last key."""

import io
import json
import os
import platform

import pyperf
import pytest

from harness.pyperf_files import merged
from harness.store import replace_file


def worker_json(*values, name="quick", **metadata):
    """What a worker sends down its pipe."""
    run = pyperf.Run(values, warmups=[(1, 0.5)], metadata={"name": name, **metadata}, collect_metadata=True)
    buffer = io.StringIO()
    pyperf.BenchmarkSuite([pyperf.Benchmark([run])]).dump(buffer)
    return buffer.getvalue()


def merge(path, text):
    """What the race does at the end of a block."""
    replace_file(path, merged(path, text))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "threads.json"


def test_the_first_workers_run_makes_the_file(file):
    merge(file, worker_json(0.1, 0.2))
    assert pyperf.Benchmark.load(str(file)).get_values() == (0.1, 0.2)


def test_later_runs_of_a_scenario_are_added_to_its_benchmark(file):
    merge(file, worker_json(0.1, 0.2))
    merge(file, worker_json(0.3, 0.4))
    (bench,) = pyperf.BenchmarkSuite.load(str(file)).get_benchmarks()
    assert bench.get_values() == (0.1, 0.2, 0.3, 0.4)
    assert bench.get_nrun() == 2


def test_each_scenario_is_a_benchmark_of_its_own(file):
    merge(file, worker_json(0.1, name="quick"))
    merge(file, worker_json(0.2, name="slow"))
    merge(file, worker_json(0.3, name="quick"))
    suite = pyperf.BenchmarkSuite.load(str(file))
    assert sorted(suite.get_benchmark_names()) == ["quick", "slow"]
    assert suite.get_benchmark("quick").get_values() == (0.1, 0.3)


def test_nothing_in_the_file_tells_whose_machine_it_was(file, monkeypatch):
    private = {
        "hostname": "SECRETHOST", "python_executable": "/home/SECRETUSER/bin/python", "command": "SECRETCOMMAND",
        "python_config_args": "--prefix=/home/SECRETUSER", "python_cflags": "-I/home/SECRETUSER",
    }  # fmt: skip
    for _ in range(2):
        merge(file, worker_json(0.1, **private))
    text = file.read_text()
    assert "SECRET" not in text
    for key in ("boot_time", "uptime", "load_avg_1min", "runnable_threads"):
        assert key not in text
    assert json.loads(text)["benchmarks"]


def test_this_machines_own_name_and_home_folder_are_not_in_the_file(file):
    merge(file, worker_json(0.1))
    values = json.dumps(list(json.loads(file.read_text()).get("metadata", {}).items()))
    assert f'"{platform.node()}"' not in values
    assert os.path.expanduser("~") + "/" not in values


GARBAGE = [
    "", "x", "null", "1", "[]", "{}", '{"version": "1.0"}', '{"version": "1.0", "benchmarks": []}',
    '{"version": "99.0", "benchmarks": [{"runs": []}]}', '{"version": "1.0", "benchmarks": [{"runs": [{}]}]}',
    '{"version": "1.0", "benchmarks": [{"runs": [{"values": [-1.0]}]}], "metadata": {"name": "x"}}',
    '{"version": "1.0", "benchmarks": [{"runs": "x"}]}', '{"version": "1.0", "benchmarks": [7]}', "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_benchmark_is_refused_and_the_file_stays_as_it_was(file, text):
    merge(file, worker_json(0.1))
    before = file.read_bytes()
    with pytest.raises(ValueError):  # noqa: PT011 (pyperf's own sentences differ from version to version)
        merge(file, text)
    assert file.read_bytes() == before


def test_a_result_that_was_cut_off_is_refused(file):
    whole = worker_json(0.1)
    with pytest.raises(ValueError):  # noqa: PT011
        merge(file, whole[: len(whole) // 2])
    assert not file.exists()


def test_when_the_rename_fails_the_old_file_stays(file, monkeypatch):
    merge(file, worker_json(0.1))
    before = file.read_bytes()

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        merge(file, worker_json(0.2))
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == ["threads.json"]
