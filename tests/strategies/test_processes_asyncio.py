"""Processes with asyncio: workers that are killed or stopped, work that finds whoever is free, and nothing left."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

import strategies
from exchanges.wire import Request
from strategies import Failed, Fetched, Limits, loop_crew, processes_asyncio
from strategies.gate_server import GateServer
from strategies.leftovers import Leftovers
from strategies.loop_crew import Desk
from strategies.processes_asyncio import processes_asyncio as strategy

# Every test starts a fork server and workers of its own.
pytestmark = pytest.mark.slow


def pid_of_worker(request, response):
    if request.target == "/lambda":
        return lambda: None
    if request.target.startswith("/trap"):
        return Trap()
    if request.target.startswith("/sometimes"):
        return Sometimes(int(request.target[10:]))
    if request.target.startswith("/heavy"):
        return Heavy(os.getpid())
    if request.target == "/exit":
        os._exit(7)
    if request.target == "/bug":
        raise ValueError("a bug")
    while request.target == "/loop":
        pass
    return os.getpid()


class Trap:
    """Pickles well and cannot be read again."""

    def __reduce__(self):
        return int, ("no number",)


class Sometimes:
    """Cannot be read again where its number is odd."""

    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        return (int, ("no number",)) if self.number % 2 else (Sometimes, (self.number,))


class Heavy:
    """Takes the caller far longer to read than the worker to make."""

    def __init__(self, worker):
        self.worker = worker

    def __setstate__(self, state):
        self.__dict__.update(state)
        if os.getpid() != self.worker:
            time.sleep(0.2)


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


@pytest.fixture
def asked(server):
    return lambda *targets: [Request("test", server.origins[0], target) for target in targets]


@pytest.fixture(autouse=True)
def two_workers(monkeypatch):
    monkeypatch.setattr(processes_asyncio, "usable_cores", lambda: 2)


def pids_at(server, asked, fetch, number):
    """The workers, by a batch of which each must take a part: no request is answered before all have come."""
    all_here = threading.Barrier(number)
    server.answer = lambda arrival: (all_here.wait(5), arrival.reply())[1]
    found = Counter(outcome.value for outcome in fetch(asked(*["/"] * number)))
    server.answer = lambda arrival: arrival.reply()
    return found


def test_the_places_in_flight_are_shared_out_evenly(server, asked):
    with strategy(Limits(5), pid_of_worker) as fetch:
        assert sorted(pids_at(server, asked, fetch, 5).values()) == [2, 3]
        assert sorted(pids_at(server, asked, fetch, 2).values()) == [1, 1], "of few requests, one worker took all"


def test_whoever_is_free_takes_what_is_left(server, asked):
    """One worker's only place is held until the other one has fetched all the rest."""
    rest = threading.Semaphore(0)

    def answer(arrival):
        if arrival.target == "/held":
            for _ in range(9):
                assert rest.acquire(timeout=5)
        arrival.reply()
        if arrival.target != "/held":
            rest.release()

    server.answer = answer
    with strategy(Limits(2), pid_of_worker) as fetch:
        held, *others = fetch(asked("/held", *["/"] * 9))
    assert {outcome.value for outcome in others} & {held.value} == set()


def test_a_killed_worker_fails_what_it_was_at_and_the_batch_goes_on(server, asked):
    arrived, done = threading.Semaphore(0), threading.Event()

    def answer(arrival):
        if arrival.target == "/held":
            arrived.release()
            arrival.connection.recv(1) if not done.is_set() else arrival.reply()
        else:
            arrival.reply()

    with strategy(Limits(4, deadline_s=60.0), pid_of_worker) as fetch:
        first, second = pids_at(server, asked, fetch, 4)
        server.answer = answer

        def kill():
            for _ in range(4):
                arrived.acquire()
            os.kill(first, signal.SIGKILL)
            os.kill(second, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        outcomes = fetch(asked(*["/held"] * 4, *[f"/{n}" for n in range(30)]))
        killer.join()
        after = pids_at(server, asked, fetch, 4)
    assert [outcome.kind for outcome in outcomes[:4]] == ["worker_died"] * 4
    assert {outcome.detail for outcome in outcomes[:4]} == {"its worker process ended with signal 9 before the answer"}
    assert [type(outcome) for outcome in outcomes[4:]] == [Fetched] * 30
    assert all(outcome.ended - outcome.started < 2 for outcome in outcomes)
    assert set(after).isdisjoint({first, second}), "the dead workers were not replaced"


def test_what_a_killed_worker_has_told_before_is_kept(server, asked, monkeypatch):
    told, original = threading.Event(), loop_crew.Batch._heard

    def heard(batch, *args):
        original(batch, *args)
        if {0, 1} <= batch._outcomes.keys():
            told.set()

    monkeypatch.setattr(loop_crew.Batch, "_heard", heard)
    with strategy(Limits(1, deadline_s=60.0), pid_of_worker) as fetch:
        (pid,) = pids_at(server, asked, fetch, 1)

        def answer(arrival):
            if arrival.target == "/third":
                told.wait(5)
                os.kill(pid, signal.SIGKILL)
                arrival.connection.recv(1)
            else:
                arrival.reply()

        server.answer = answer
        *before, third, fourth = fetch(asked("/first", "/second", "/third", "/fourth"))
    assert [type(outcome) for outcome in (*before, fourth)] == [Fetched] * 3
    assert third.kind == "worker_died"


def test_a_worker_that_died_while_idle_costs_no_request(server, asked):
    with strategy(Limits(4), pid_of_worker) as fetch:
        first, _ = pids_at(server, asked, fetch, 4)
        watched = os.pidfd_open(first)
        os.kill(first, signal.SIGKILL)
        select.select([watched], [], [])
        os.close(watched)
        outcomes = fetch(asked(*["/"] * 8))
    assert [type(outcome) for outcome in outcomes] == [Fetched] * 8


def test_a_decode_that_ends_its_process_fails_its_own_request(asked):
    with strategy(Limits(1), pid_of_worker) as fetch:
        died, fine = fetch(asked("/exit", "/"))
    assert (died.kind, isinstance(fine, Fetched)) == ("worker_died", True)
    assert "exit code 7" in died.detail


@pytest.mark.parametrize("how", ["stopped", "looping"])
def test_a_stuck_worker_is_left_at_the_deadline_and_the_rest_goes_on(server, asked, monkeypatch, how):
    monkeypatch.setattr(loop_crew, "GRACE_S", 0.05)
    with strategy(Limits(2, deadline_s=0.3), pid_of_worker) as fetch:
        first, _ = pids_at(server, asked, fetch, 2)
        if how == "stopped":
            os.kill(first, signal.SIGSTOP)
            outcomes = fetch(asked(*["/"] * 6))
            assert [type(outcome) for outcome in outcomes] == [Fetched] * 6, "nobody was at a stopped worker yet"
        else:
            stuck, *outcomes = fetch(asked("/loop", *["/"] * 6))
            assert stuck.kind == "deadline"
            assert 0.3 <= stuck.ended - stuck.started < 2
            assert [type(outcome) for outcome in outcomes] == [Fetched] * 6
        assert len(pids_at(server, asked, fetch, 2)) == 2


def test_a_worker_that_is_stopped_at_its_requests_fails_them_at_the_deadline(server, asked):
    arrived = threading.Semaphore(0)
    with strategy(Limits(2, deadline_s=0.3), pid_of_worker) as fetch:
        first, _ = pids_at(server, asked, fetch, 2)
        server.answer = lambda arrival: (arrived.release(), arrival.connection.recv(1))[1]

        def stop():
            arrived.acquire()
            arrived.acquire()
            os.kill(first, signal.SIGSTOP)

        stopper = threading.Thread(target=stop)
        stopper.start()
        outcomes = fetch(asked("/", "/"))
        stopper.join()
    assert [outcome.kind for outcome in outcomes] == ["deadline"] * 2
    assert all(0.25 <= outcome.ended - outcome.started <= 0.3 + loop_crew.GRACE_S + 0.5 for outcome in outcomes)


def test_a_caller_that_is_slower_than_its_workers_takes_none_of_them_for_stuck(server, asked, monkeypatch):
    monkeypatch.setattr(loop_crew, "GRACE_S", 0.1)
    with strategy(Limits(2, deadline_s=0.1), pid_of_worker) as fetch:
        before = pids_at(server, asked, fetch, 2)
        outcomes = fetch(asked(*[f"/heavy{n}" for n in range(8)]))
        assert [type(outcome) for outcome in outcomes] == [Fetched] * 8, outcomes
        assert pids_at(server, asked, fetch, 2) == before, "a worker that was well was ended"


def test_a_bug_in_decode_is_raised_with_its_traceback(asked):
    with strategy(Limits(2), pid_of_worker) as fetch:
        with pytest.raises(RuntimeError, match=r"(?s)must never raise.*ValueError: a bug"):
            fetch(asked("/", "/bug", "/", "/"))
        assert [type(outcome) for outcome in fetch(asked("/", "/"))] == [Fetched] * 2


@pytest.mark.parametrize("moment", ["sent", "heard"])
def test_ctrl_c_at_any_moment_lets_no_answer_slip_into_the_next_batch(server, asked, monkeypatch, moment):
    name = {"sent": "_give", "heard": "_heard"}[moment]
    original = getattr(loop_crew.Batch, name)

    def interrupted(batch, *args):
        monkeypatch.setattr(loop_crew.Batch, name, original)
        original(batch, *args)
        raise KeyboardInterrupt

    with strategy(Limits(2), target_of) as fetch:
        monkeypatch.setattr(loop_crew.Batch, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(asked("/first", "/other", "/more"))
        targets = [f"/{n}" for n in range(6)]
        assert [outcome.value for outcome in fetch(asked(*targets))] == targets


def target_of(request, response):
    return request.target


def test_a_worker_that_cannot_be_replaced_now_is_replaced_later(asked, monkeypatch):
    def no_room(worker):
        raise OSError("no room for another process")

    with strategy(Limits(1), pid_of_worker) as fetch:
        with monkeypatch.context() as patch:
            patch.setattr("strategies.worker_process.Worker.wait_until_ready", no_room)
            with pytest.raises(OSError, match="no room"):
                fetch(asked("/exit", "/"))
        assert [type(outcome) for outcome in fetch(asked("/"))] == [Fetched]


def test_a_value_that_cannot_cross_fails_its_own_request(asked):
    with strategy(Limits(8), pid_of_worker) as fetch:
        one, two, three, *fine = fetch(asked("/lambda", "/trap", "/trap2", *["/"] * 5))
    assert [odd.kind for odd in (one, two, three)] == ["bad_value"] * 3
    assert "plain data" in one.detail
    assert [type(outcome) for outcome in fine] == [Fetched] * 5


def test_a_value_of_a_type_that_crossed_before_is_never_a_bug_of_ours(asked):
    with strategy(Limits(1), pid_of_worker) as fetch:
        even, odd, plain = fetch(asked("/sometimes2", "/sometimes3", "/"))
    assert even.value.number == 2
    assert odd.kind == "bad_value"
    assert isinstance(plain, (Fetched, Failed))


def test_large_batches_and_large_values_cross_whole(asked):
    with strategy(Limits(50), target_of) as fetch:
        targets = [f"/{n}" for n in range(3000)]
        assert [outcome.value for outcome in fetch(asked(*targets))] == targets
    with strategy(Limits(2), megabyte) as fetch:
        assert [len(outcome.value) for outcome in fetch(asked(*["/"] * 6))] == [1_000_000] * 6


def megabyte(request, response):
    return bytes(1_000_000)


def test_a_decode_that_is_no_module_level_function_is_refused_on_opening():
    with pytest.raises(TypeError, match="expected a module-level function"), strategy(Limits(1), lambda q, r: 1):
        pass


def test_leaving_after_a_worker_was_killed_leaves_nothing_behind(server, asked):
    left = Leftovers()
    for _ in range(2):
        with left.watched(), strategy(Limits(4), pid_of_worker) as fetch:
            first, second = pids_at(server, asked, fetch, 4)
            os.kill(first, signal.SIGKILL)
            os.kill(second, signal.SIGSTOP)
    assert left.found() == ""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True])
def test_no_worker_outlives_its_parent(server, tmp_path, how, busy):
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
        from strategies.processes_asyncio import processes_asyncio

        def pid_of_worker(request, response):
            return os.getpid()

        if __name__ == "__main__":
            with processes_asyncio(Limits(3), pid_of_worker) as fetch:
                outcomes = fetch([Request("test", {server.origins[0]!r}, "/")] * 9)
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
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
        start_new_session=True,
    ) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        if busy:
            assert arrived.wait(5)
        watched = [os.pidfd_open(pid) for pid in workers]
        # Ctrl-C goes to the whole group, SIGTERM and SIGKILL to the parent alone.
        os.killpg(parent.pid, how) if how == signal.SIGINT else parent.send_signal(how)
    try:
        assert workers
        until = time.monotonic() + 2
        for descriptor in watched:
            assert select.select([descriptor], [], [], max(0, until - time.monotonic()))[0], "a worker outlived it"
    finally:
        for descriptor in watched:
            os.close(descriptor)


def test_a_desk_that_was_never_ready_can_be_ended(tmp_path):
    class Unborn:
        def end(self):
            tmp_path.joinpath("ended").touch()

    Desk(Unborn()).end()
    assert tmp_path.joinpath("ended").exists()
