"""Orphans come home: what a worker started is found and ended, wherever it went, and what it used is ours."""

import contextlib
import os
import resource
import subprocess
import sys

import psutil
import pytest

from harness import orphans
from harness.orphans import Bystanders

on_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux hands orphans to whom asks for them"
)

# A worker, which leads a group of its own, ends when a helper has worked for 0.3 s. The helper has a child, and neither
# of them ends within a minute.
WORKER = """
import os, sys, time
ready, told = os.pipe()
if os.fork() == 0:
    {escape}
    os.fork() or (time.sleep(60), os._exit(0))
    while time.process_time() < 0.3:
        pass
    os.write(told, b"ready")
    time.sleep(60)
    os._exit(0)
os.read(ready, 5)
"""
ESCAPES = {
    "in the worker's group": "pass",
    "a leader": "os.setsid()",
    "a daemon": "os.setsid(); os.fork() and os._exit(0)",
}
SLEEPS = "import time; time.sleep(60)"


@contextlib.contextmanager
def bystander():
    """A process of ours that has a child: (both of them)."""
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]); print(flush=True); {SLEEPS}"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        both = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        try:
            yield both
        finally:
            for one in both:
                one.kill()


def used_s():
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return reaped.ru_utime + reaped.ru_stime


def running(code):
    return subprocess.Popen([sys.executable, "-c", code], start_new_session=True)


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_what_a_worker_left_is_ended_and_its_time_is_ours_wherever_it_went(monkeypatch, escape):
    monkeypatch.setattr(orphans, "GRACE_S", 0.05)
    with bystander() as others, orphans.adopting():
        found, before = Bystanders.now(), used_s()
        worker = running(WORKER.format(escape=escape))
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        left = found.left_running(worker.pid)
        worker.wait()
        of_worker = used_s() - before
        found.end_others()
        assert left == 2
        assert used_s() - before - of_worker >= 0.29
        # Not even a zombie: who has been reaped is nobody's child.
        assert {*psutil.Process().children(recursive=True)} == found.processes >= {*others}
        assert all(one.is_running() for one in others)


@pytest.mark.slow
@on_linux
def test_what_ends_by_itself_within_a_moment_was_not_left():
    with orphans.adopting():
        found = Bystanders.now()
        # It ends when the worker does, and takes as long as a new interpreter takes.
        worker = running(f"import os, sys\nif os.fork() == 0: os.execv({sys.executable!r}, ['python', '-c', 'pass'])")
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        assert found.left_running(worker.pid) == 0
        worker.wait()


@pytest.mark.slow
@on_linux
def test_at_the_end_of_the_adoption_nobody_is_left_whatever_ends_it():
    def interrupted():
        with orphans.adopting():
            running(WORKER.format(escape=ESCAPES["a daemon"])).wait()
            assert {*psutil.Process().children(recursive=True)} > before
            raise KeyboardInterrupt

    before = {*psutil.Process().children(recursive=True)}
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert {*psutil.Process().children(recursive=True)} == before


def test_where_the_system_has_no_such_thing_nothing_is_asked_of_it_and_nobody_is_ended(monkeypatch):
    asked = []
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(orphans.ctypes, "CDLL", asked.append)
    monkeypatch.setattr(Bystanders, "end_others", lambda self: asked.append(self))
    with orphans.adopting():
        asked.append("the body")
    assert asked == ["the body"]


def test_where_the_kernel_refuses_nobody_is_ended(monkeypatch):
    class Library:
        @staticmethod
        def prctl(*arguments):
            asked.append(arguments)
            return -1

    asked = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(orphans.ctypes, "CDLL", lambda name: Library)
    monkeypatch.setattr(Bystanders, "end_others", lambda self: asked.append(self))
    with orphans.adopting():
        pass
    assert asked == [(36, 1, 0, 0, 0)]
