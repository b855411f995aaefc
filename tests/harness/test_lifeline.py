"""A child that holds a lifeline goes when its parent does, and takes its own children along."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import harness

REPO = str(Path(harness.__file__).parent.parent)
CHILD = """
import subprocess, sys, threading
from harness import lifeline

lifeline.hold(int(sys.argv[1]))
if len(sys.argv) > 2:
    # It inherits stdout: whoever reads that to its end has waited for this one too.
    subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
print("ready", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def child():
    """Start a child on a lifeline: (process, the end to hold)."""
    started = []

    def start(*arguments, **options):
        theirs, ours = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(theirs), *arguments], pass_fds=(theirs,), stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": REPO}, **options,
        )  # fmt: skip
        os.close(theirs)
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process, ours

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_child_ends_with_its_whole_group_when_the_lifeline_is_let_go(child):
    process, ours = child("with a child", start_new_session=True)
    assert process.poll() is None
    os.close(ours)
    assert process.stdout.read() == b""  # end of file: the grandchild is gone as well
    assert process.wait(10) == -signal.SIGKILL


def test_a_child_that_leads_no_group_ends_alone(child):
    process, ours = child()
    os.close(ours)
    # Had it killed its group, this test would be dead.
    assert process.wait(10) == 1


def test_a_word_on_the_lifeline_ends_nobody(child):
    process, ours = child(start_new_session=True)
    os.write(ours, b"hello")
    assert process.poll() is None
    os.close(ours)
    assert process.wait(10) == -signal.SIGKILL
