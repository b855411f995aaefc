"""What a strategy costs: CPU, memory, threads and files of this process and of those below it."""

import subprocess
import sys
import threading

import pytest

from harness import cost

BURNER = """
import sys, time
held = bytearray(int(sys.argv[1]))
while time.process_time() < 0.08:
    pass
print("burnt", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def burner():
    """A living child that has used at least 80 ms of CPU and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", BURNER, str(32 * 2**20)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"burnt\n"
        yield process
        process.stdin.close()
        process.wait()


def burn(seconds):
    import time

    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_cpu_of_this_process_is_counted():
    meter = cost.CpuMeter()
    burn(0.03)
    assert meter.read() >= 0.03


def test_cpu_of_a_living_child_is_counted(request):
    meter = cost.CpuMeter()
    request.getfixturevalue("burner")
    assert meter.read() >= 0.08


def test_cpu_of_a_child_stays_counted_when_it_is_gone():
    meter = cost.CpuMeter()
    subprocess.run([sys.executable, "-c", BURNER, "0"], input=b"", capture_output=True, check=True)
    assert meter.read() >= 0.08


def test_what_a_child_used_before_is_not_counted_when_it_ends(burner):
    meter = cost.CpuMeter()
    burner.stdin.close()
    burner.wait()
    # Its own end costs something; the 80 ms from before must not come back.
    assert 0 <= meter.read() < 0.07


def test_the_search_for_children_is_not_on_the_bill(monkeypatch):
    def slow_search(*found):
        burn(0.05)
        return list(found)

    monkeypatch.setattr(cost, "_descendants", slow_search)
    assert cost.CpuMeter().read() < 0.04


@pytest.mark.slow
def test_a_small_process_below_a_large_one_is_small():
    held = bytearray(b"x") * (200 * 2**20)
    script = "from harness import cost; print(cost.tree_peak_bytes())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000_000 < len(held)


def test_a_child_that_is_gone_between_listing_and_reading_is_left_out(monkeypatch):
    class Gone:
        pid = 2**22 + 1  # above the largest process id of Linux

        def num_threads(self):
            raise cost.psutil.NoSuchProcess(self.pid)

        def memory_info(self):
            raise cost.psutil.NoSuchProcess(self.pid)

    monkeypatch.setattr(cost, "_descendants", lambda: [Gone()])
    assert cost.CpuMeter().read() >= 0
    assert cost.tree_peak_bytes() > 0
    assert cost.threads_and_files() > (0, 0)


def test_memory_of_a_living_child_is_added(request):
    before = cost.tree_peak_bytes()
    assert before > 5_000_000
    request.getfixturevalue("burner")
    assert cost.tree_peak_bytes() - before > 30_000_000


def test_threads_and_files_below_are_counted(burner):
    threads, files = cost.threads_and_files()
    release = threading.Event()
    extra = threading.Thread(target=release.wait)
    extra.start()
    with open(__file__, encoding="utf-8"):
        more_threads, more_files = cost.threads_and_files()
    release.set()
    extra.join()
    assert (more_threads, more_files) == (threads + 1, files + 1)
    assert threads >= 2  # this one and the child's
