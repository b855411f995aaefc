"""Starting workers: a clean environment, a limit, and nobody left behind."""

import os
import random
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import harness
from harness import orphans, spawn
from harness.exits import EnvironmentGap
from harness.influences import is_withheld
from harness.job import Job

REPO = str(Path(harness.__file__).parent.parent)


@pytest.fixture
def run(scenario, monkeypatch, tmp_path):
    """Run a stub in the worker's place; ``pipe`` is where it sends its result."""

    def start(code, limit_s=30.0, affinity="free"):
        stub = tmp_path / "stub.py"
        stub.write_text(f"import os, sys\npipe = int(sys.argv[sys.argv.index('--pipe') + 1])\n{code}\n")
        monkeypatch.setattr(spawn, "python", lambda module: [sys.executable, str(stub)])
        job = Job(
            "threads",
            replace(scenario, affinity=affinity),
            0,
            2,
            {},
            "http://127.0.0.1:1",
            "token",
            str(tmp_path / "side.json"),
        )
        return spawn.run_worker(job, 2, limit_s, random.Random(1))

    return start


def test_a_workers_result_code_and_last_words_are_brought_back(run):
    found = run(
        "print('first', flush=True); print('last words', file=sys.stderr); os.write(pipe, b'{}' * 100_000); sys.exit(3)"
    )
    assert (found.pyperf, found.exit_code, found.said, found.left_behind) == ("{}" * 100_000, 3, "last words", 0)


def test_a_worker_is_told_its_job_its_lifeline_and_the_number_of_values(run, tmp_path):
    found = run(
        f"sys.path.insert(0, {REPO!r})\n"
        "from pathlib import Path\n"
        "from harness.job import Job\n"
        "job = Job.read(Path(sys.argv[sys.argv.index('--job') + 1]))\n"
        "os.fstat(int(sys.argv[sys.argv.index('--lifeline') + 1]))\n"
        "assert sys.stdin.read() == ''\n"
        "assert os.getpid() == os.getpgrp() == os.getsid(0)\n"
        "os.write(pipe, ' '.join([job.strategy, *sys.argv[5:-1]]).encode())"
    )
    assert found.said == ""
    assert found.pyperf == "threads --worker --loops 1 --warmups 1 --values 2 --pipe"


def test_a_worker_that_sleeps_for_ever_is_ended_at_its_limit(run):
    found = run("import threading; threading.Event().wait()", limit_s=0.05)
    assert found.exit_code is None
    assert found.pyperf == ""
    assert found.left_behind == 0  # it was cut off in the middle of its work


@pytest.mark.slow
def test_a_worker_that_closes_its_pipe_and_sleeps_on_is_ended_too(run):
    found = run("os.write(pipe, b'{}'); os.close(pipe); import threading; threading.Event().wait()", limit_s=0.3)
    assert (found.pyperf, found.exit_code) == ("{}", None)


@pytest.fixture
def held(tmp_path, monkeypatch):
    """The reading end of a pipe, of which the name is ``held`` in the test's folder; and nobody has long to end."""
    monkeypatch.setattr(orphans, "GRACE_S", 0.1)
    os.mkfifo(tmp_path / "held")
    fd = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    yield fd
    os.close(fd)


@pytest.mark.slow
def test_a_process_that_a_worker_leaves_behind_is_ended_and_told(run, held, tmp_path):
    found = run(
        "import subprocess\n"
        f"held = os.open({str(tmp_path / 'held')!r}, os.O_WRONLY)\n"
        "command = [sys.executable, '-c', 'import threading; threading.Event().wait()']\n"
        "subprocess.Popen(command, pass_fds=(held,))"
    )
    assert (found.exit_code, found.left_behind) == (0, 1)
    os.set_blocking(held, True)
    assert os.read(held, 1) == b""  # end of file: the only other one who could write is gone


ESCAPES = """
os.write(pipe, b'{{}}')
held = os.open({held!r}, os.O_WRONLY)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    import threading
    threading.Event().wait()
os.wait()
"""


@pytest.mark.slow
@pytest.mark.timeout(30)  # sooner than the limit of its worker, at which its pipe would be given up
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux hands orphans to whom asks for them")
def test_a_process_that_left_its_workers_session_is_ended_and_told_and_nobody_waits_for_its_end_of_the_pipe(
    run, held, tmp_path
):
    with orphans.adopting():
        found = run(ESCAPES.format(held=str(tmp_path / "held")), limit_s=60.0)
        assert (found.pyperf, found.exit_code, found.left_behind) == ("{}", 0, 1)
        assert os.read(held, 1) == b""  # and no BlockingIOError: nobody has the other end any more


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux hands orphans to whom asks for them")
def test_after_an_interrupt_an_escaped_process_is_gone_as_well(run, held, tmp_path, monkeypatch):
    def interrupt(process, until):
        process.wait()
        raise KeyboardInterrupt

    monkeypatch.setattr(spawn, "_ended", interrupt)
    with orphans.adopting():
        with pytest.raises(KeyboardInterrupt):
            run(ESCAPES.format(held=str(tmp_path / "held")))
        assert os.read(held, 1) == b""  # and no BlockingIOError: nobody has the other end any more


def test_a_group_is_killed_while_its_leader_is_still_a_zombie_and_its_id_nobody_elses(run, monkeypatch):
    seen = []

    def killpg(group, number):
        seen.append(psutil.Process(group).status())

    monkeypatch.setattr(spawn.os, "killpg", killpg)
    assert run("os.write(pipe, b'{}')").exit_code == 0
    assert seen == [psutil.STATUS_ZOMBIE]


def test_where_there_are_no_process_descriptors_a_worker_ends_in_the_same_way(run, monkeypatch):
    monkeypatch.delattr(spawn.os, "pidfd_open")
    assert run("os.write(pipe, b'{}'); sys.exit(3)").exit_code == 3
    assert run("import threading; threading.Event().wait()", limit_s=0.05).exit_code is None


def test_a_worker_killed_by_a_signal_has_its_number(run):
    assert run("os.kill(os.getpid(), 9)").exit_code == -9


def test_no_file_descriptor_and_no_folder_is_left_over(run, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    run("pass")
    before = sorted(os.listdir("/proc/self/fd"))
    run("os.write(pipe, b'{}')")
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert os.listdir(tmp_path / "tmp") == []


def test_when_the_worker_cannot_be_started_nothing_is_left_over(run, monkeypatch):
    run("pass")
    before = sorted(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(
        spawn.subprocess, "Popen", lambda *args, **kwargs: (_ for _ in ()).throw(OSError(11, "no more"))
    )
    with pytest.raises(OSError, match="no more"):
        run("pass")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_only_the_end_of_what_a_worker_printed_is_read(run, monkeypatch):
    monkeypatch.setattr(spawn, "_TAIL", 100)
    assert run("print('x' * 100_000); print('the end')").said == "the end"


def test_what_would_send_or_slow_one_client_does_not_reach_a_child(monkeypatch):
    for name in ("http_proxy", "HTTPS_PROXY", "No_Proxy", "NETRC", "REQUESTS_CA_BUNDLE", "PYTHONASYNCIODEBUG"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("KEPT", "y")
    found = spawn.environment()
    assert [name for name in found if is_withheld(name)] == []
    assert found["KEPT"] == "y"


def test_a_worker_starts_on_the_cores_of_its_scenario_and_this_process_stays_where_it_was(run):
    before = os.sched_getaffinity(0)
    first = min(before)
    found = run("os.write(pipe, f'{os.sched_getaffinity(0)} {sys.argv[-2:]}'.encode())", affinity="shared")
    assert found.pyperf == f"{{{first}}} ['--affinity', '{first}']"
    assert os.sched_getaffinity(0) == before


def test_a_worker_that_cannot_have_its_cores_is_not_started(run, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3})
    monkeypatch.setattr(spawn.subprocess, "Popen", None)
    with pytest.raises(EnvironmentGap, match="--affinity split needs two cores"):
        run("pass", affinity="split")


def test_our_packages_come_first_and_the_callers_relative_paths_stay_true(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["lib", "", "/abs", REPO, "lib"]))
    assert spawn.environment()["PYTHONPATH"].split(os.pathsep) == [REPO, str(tmp_path.resolve() / "lib"), "/abs"]


def test_without_a_python_path_there_is_ours_alone(monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert spawn.environment()["PYTHONPATH"] == REPO


def test_each_worker_has_padding_and_a_hash_seed_drawn_from_the_dice(monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    drawn = [spawn.environment(random.Random(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 1 <= int(drawn[0]["PYTHONHASHSEED"]) < 2**32
    assert set(drawn[0]["FETCHRACE_PADDING"]) <= {"x"}
    assert "FETCHRACE_PADDING" not in spawn.environment()


def test_our_modules_start_without_the_working_folder_on_the_import_path():
    assert spawn.python("harness.worker") == [sys.executable, "-P", "-m", "harness.worker"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("\n \n", ""),
        ("a\nb\n\n", "b"),
        ("Traceback\n  x\nValueError: y", "ValueError: y"),
        ("z" * 999, "z" * 300),
    ],
)
def test_the_last_line_is_the_last_that_says_something(text, line):
    assert spawn.last_line(text) == line
