"""Context switches of this process and of those below it."""

import subprocess
import sys
import threading

import pytest

from harness.switches import Switches, SwitchMeter

WAITER = """
import sys, threading
event = threading.Event()
for _ in range(200):
    event.wait(0.0001)
print("waited", flush=True)
sys.stdin.read()
"""


def waits(times):
    event = threading.Event()
    for _ in range(times):
        event.wait(0.0001)


@pytest.fixture
def waiter():
    process = subprocess.Popen([sys.executable, "-c", WAITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == b"waited\n"
        yield process
        process.stdin.close()
        process.wait()


def test_waiting_is_counted_whichever_thread_does_it():
    meter = SwitchMeter()
    thread = threading.Thread(target=waits, args=(50,))
    thread.start()
    thread.join()
    assert meter.read().voluntary >= 50


def test_what_a_child_did_is_counted_when_it_is_gone():
    meter = SwitchMeter()
    subprocess.run([sys.executable, "-c", WAITER], input=b"", capture_output=True, check=True)
    assert meter.read().voluntary >= 200


def test_what_a_child_did_before_is_not_counted_when_it_ends(waiter):
    meter = SwitchMeter()
    waiter.stdin.close()
    waiter.wait()
    assert meter.read().voluntary < 200


@pytest.mark.skipif(sys.platform != "linux", reason="/proc has the threads of other processes")
def test_all_threads_of_a_living_child_are_counted(request):
    code = (
        "import threading, sys; e = threading.Event(); f = lambda: [e.wait(0.0001) for _ in range(100)] and go.wait()"
    )
    code += "\ngo = threading.Event(); t = threading.Thread(target=f, daemon=True); t.start()"
    code += "\nimport time\nwhile t.is_alive() and not sys.stdin.readline(): pass\n"
    meter = SwitchMeter()
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        while meter.read().voluntary < 100:
            pass  # the test's own time limit ends it
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.kill()


def test_counts_are_never_below_nothing_and_a_difference_is_by_kind():
    assert SwitchMeter().read() >= (0, 0)
    assert Switches(5, 3) - Switches(2, 1) == Switches(3, 2)
