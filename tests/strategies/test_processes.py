"""Processes: killed workers, values that cannot cross, plugins from files, and nothing left behind."""

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

import pytest

import strategies
from exchanges.wire import Request
from strategies import Fetched, Limits
from strategies.gate_server import GateServer
from strategies.leftovers import Leftovers
from strategies.processes import processes
from strategies.worker_process import Worker

# Every test starts a fork server and workers of its own.
pytestmark = pytest.mark.slow


def pid_of_worker(request, response):
    if request.target == "/lambda":
        return lambda: None
    if request.target == "/trap":
        return Trap()
    if request.target == "/exit":
        os._exit(7)
    while request.target == "/loop":
        pass
    return os.getpid()


def target_of(request, response):
    return request.target


class Trap:
    """Pickles well and cannot be read again."""

    def __reduce__(self):
        return int, ("no number",)


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


@pytest.fixture
def asked(server):
    return lambda *targets: [Request("test", server.origins[0], target) for target in targets]


def test_a_killed_worker_fails_its_own_request_and_the_batch_goes_on(server, asked):
    held = threading.Event()

    def hold_one(arrival):
        if arrival.target == "/victim":
            held.set()
            arrival.connection.recv(1)  # until the worker is gone
        else:
            arrival.reply()

    def kill(pid):
        held.wait()
        os.kill(pid, signal.SIGKILL)

    server.answer = hold_one
    with processes(Limits(2), pid_of_worker) as fetch:
        (first,) = fetch(asked("/"))  # a batch of one goes to the first worker, as the victim will
        killer = threading.Thread(target=kill, args=(first.value,))
        killer.start()
        victim, *others = fetch(asked("/victim", "/2", "/3", "/4"))
        killer.join()
        pids = {outcome.value for outcome in fetch(asked("/5", "/6"))}
    assert (victim.kind, victim.detail) == (
        "worker_died",
        "its worker process ended with signal 9 before the answer",
    )
    assert [type(outcome) for outcome in others] == [Fetched] * 3
    assert first.value not in pids
    assert len(pids) == 2, "the dead worker was not replaced"


def test_a_worker_that_died_while_idle_costs_no_request(asked):
    with processes(Limits(1), pid_of_worker) as fetch:
        (first,) = fetch(asked("/"))
        watched = os.pidfd_open(first.value)
        os.kill(first.value, signal.SIGKILL)
        select.select(
            [watched], [], []
        )  # its pipes are closed before it counts as ended; multiprocessing looks earlier
        os.close(watched)
        (second,) = fetch(asked("/"))
    assert isinstance(second, Fetched)
    assert second.value != first.value


def test_a_decode_that_ends_its_process_fails_its_own_request(asked):
    with processes(Limits(1), pid_of_worker) as fetch:
        died, fine = fetch(asked("/exit", "/"))
    assert (died.kind, isinstance(fine, Fetched)) == ("worker_died", True)
    assert "exit code 7" in died.detail


@pytest.mark.parametrize("how", ["stopped", pytest.param("looping", marks=pytest.mark.slow)])
def test_a_worker_that_is_stuck_is_left_at_the_deadline_and_replaced(asked, monkeypatch, how):
    monkeypatch.setattr("strategies.processes.GRACE_S", 0.05)
    with processes(Limits(1, deadline_s=0.1), pid_of_worker) as fetch:
        (first,) = fetch(asked("/"))
        if how == "stopped":
            os.kill(first.value, signal.SIGSTOP)
        stuck, fine = fetch(asked("/" if how == "stopped" else "/loop", "/"))
    assert (stuck.kind, isinstance(fine, Fetched)) == ("deadline", True)
    assert fine.value != first.value
    assert stuck.ended - stuck.started >= 0.15


def test_the_way_to_the_worker_is_part_of_the_time(asked, monkeypatch):
    sent, send = [], Worker.send

    def timed(worker, request):
        sent.append(time.monotonic())
        return send(worker, request)

    monkeypatch.setattr(Worker, "send", timed)
    with processes(Limits(1), pid_of_worker) as fetch:
        outcomes = fetch(asked("/1", "/2"))
    assert [outcome.started <= when for outcome, when in zip(outcomes, sent, strict=True)] == [True, True]
    assert outcomes[1].started >= outcomes[0].ended


@pytest.mark.parametrize("moment", ["send", "receive"])
def test_ctrl_c_at_any_moment_lets_no_answer_slip_into_the_next_batch(asked, monkeypatch, moment):
    original = getattr(Worker, moment)

    def interrupted(worker, *args):
        monkeypatch.setattr(Worker, moment, original)
        if moment == "send":
            original(worker, *args)
        raise KeyboardInterrupt

    with processes(Limits(1), target_of) as fetch:
        monkeypatch.setattr(Worker, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(asked("/first"))
        assert [outcome.value for outcome in fetch(asked("/second", "/third"))] == ["/second", "/third"]


def test_a_worker_that_cannot_be_replaced_now_is_replaced_later(asked, monkeypatch):
    def no_room(worker):
        raise OSError("no room for another process")

    with processes(Limits(1), pid_of_worker) as fetch:
        for _ in range(2):  # leaving is sound, too, with a worker that is gone
            (first,) = fetch(asked("/"))
            assert isinstance(first, Fetched)
            os.kill(first.value, signal.SIGKILL)
            with monkeypatch.context() as patch:
                patch.setattr(Worker, "wait_until_ready", no_room)
                with pytest.raises(OSError, match="no room"):
                    fetch(asked("/exit"))
            assert multiprocessing.active_children() == []


@pytest.mark.parametrize("target", ["/lambda", pytest.param("/trap", marks=pytest.mark.slow)])
def test_a_value_that_cannot_cross_fails_its_own_request(asked, target):
    with processes(Limits(1), pid_of_worker) as fetch:
        odd, fine = fetch(asked(target, "/"))
    assert (odd.kind, isinstance(fine, Fetched)) == ("bad_value", True)
    assert "plain data" in odd.detail


def test_a_decode_that_is_no_module_level_function_is_refused_on_opening():
    with pytest.raises(TypeError, match="expected a module-level function"), processes(Limits(1), lambda q, r: 1):
        pass


def test_a_decode_from_a_file_of_its_own_is_found_by_the_workers(asked, tmp_path):
    file = tmp_path / "guest.py"
    file.write_text("def decode(request, response):\n    return 'read by a guest'\n")
    decode = strategies.GROUP.load(f"{file}:decode")
    with processes(Limits(1), decode) as fetch:
        assert [outcome.value for outcome in fetch(asked("/"))] == ["read by a guest"]


@pytest.mark.slow
def test_at_most_64_workers_are_started():
    started = []

    class Counted:
        def __init__(self, context, job):
            started.append(self)

        def wait_until_ready(self):
            pass

        end = join = wait_until_ready

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("strategies.processes.Worker", Counted)
        with processes(Limits(1000), pid_of_worker):
            pass
    assert len(started) == 64


def test_leaving_stops_the_fork_server_and_the_resource_tracker_that_it_started():
    if resource_tracker._resource_tracker._fd is not None or forkserver._forkserver._forkserver_pid is not None:
        pytest.skip("they were running before")
    left = Leftovers()
    with processes(Limits(1), pid_of_worker):
        assert forkserver._forkserver._forkserver_pid is not None
    assert forkserver._forkserver._forkserver_pid is None
    assert resource_tracker._resource_tracker._fd is None
    assert left.found() == ""


@pytest.mark.slow
def test_a_fork_server_of_somebody_else_is_left_running():
    forkserver.ensure_running()
    theirs = forkserver._forkserver._forkserver_pid
    try:
        with processes(Limits(1), pid_of_worker):
            pass
        assert forkserver._forkserver._forkserver_pid == theirs
        os.kill(theirs, 0)
    finally:
        forkserver._forkserver._stop()
        resource_tracker._resource_tracker._stop()


@pytest.mark.slow
@pytest.mark.parametrize("busy", [False, True])
def test_no_worker_outlives_a_parent_that_was_killed(server, tmp_path, busy):
    arrived = threading.Event()

    def hold(arrival):
        if arrival.target == "/hold":
            arrived.set()
            arrival.connection.recv(1)
        else:
            arrival.reply()

    server.answer = hold
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, sys
        from exchanges.wire import Request
        from strategies import Limits
        from strategies.processes import processes

        def pid_of_worker(request, response):
            return os.getpid()

        if __name__ == "__main__":
            with processes(Limits(3), pid_of_worker) as fetch:
                outcomes = fetch([Request("test", {server.origins[0]!r}, "/")] * 3)
                print(*{{o.value for o in outcomes}}, flush=True)
                if {busy}:
                    fetch([Request("test", {server.origins[0]!r}, "/hold")] * 3)
                sys.stdin.read()
        """)
    )
    root = str(Path(strategies.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    ) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        if busy:
            assert arrived.wait(5)
        watched = [os.pidfd_open(pid) for pid in workers]
        parent.kill()
    try:
        assert workers
        for descriptor in watched:
            assert select.select([descriptor], [], [], 2)[0], "a worker outlived its parent by 2 s"
    finally:
        for descriptor in watched:
            os.close(descriptor)
