"""Strategies on a dask cluster: the same outcomes, lost workers, schedulers that are not there or not fit."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import strategies
from exchanges.plugins import UnknownName
from exchanges.wire import Request
from strategies import Fetched, Limits, Rejected
from strategies.conformance import check
from strategies.gate_server import GateServer
from strategies.strategy import declares_of

distributed = pytest.importorskip("distributed")

from strategies import dask_cluster, dask_scheduler, dask_worker  # noqa: E402  they need it

# Every test starts a cluster.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
ROOT = str(Path(strategies.__file__).parents[1])


def told(request, response):
    if request.target.startswith("/418"):
        return Rejected("banned", "a teapot", 7.0)
    if request.target == "/bug":
        raise ValueError("a bug")
    return request.target, os.getpid()


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


@pytest.fixture
def asked(server):
    return lambda *targets: [Request("test", server.origins[n % 2], t) for n, t in enumerate(targets)]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    """As many workers as the machine of the test has cores, but two at least."""
    monkeypatch.setattr(dask_cluster, "usable_cores", lambda: 2)
    monkeypatch.delenv(strategies.SCHEDULER, raising=False)


@pytest.mark.parametrize("promise", range(1, 8))
def test_asyncio_aiohttp_keeps_every_promise_on_a_cluster(promise):
    assert check(strategies.load("dask+asyncio-aiohttp"), [promise]) == []


@pytest.mark.parametrize("inner", ["sequential", "threads", "processes", "trio-httpx", "processes-asyncio"])
def test_every_kind_of_strategy_runs_on_a_cluster_and_declares_what_it_does_alone(server, asked, inner):
    targets = ["/418", *[f"/{n}" for n in range(12)]]
    strategy, alone = strategies.load(f"dask+{inner}"), strategies.load(inner)
    assert declares_of(strategy) == declares_of(alone)
    with alone(Limits(4), told) as fetch:
        expected = fetch(asked(*targets))
    with strategy(Limits(4), told) as fetch:
        found = fetch(asked(*targets))
        assert fetch.notes == []
    for one, other in zip(expected, found, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Fetched):
            assert (one.value[0], one.status, one.size) == (other.value[0], other.status, other.size)
        else:
            assert (one.kind, one.detail, one.status, one.retry_after) == (
                other.kind, other.detail, other.status, other.retry_after,
            )  # fmt: skip


def test_a_strategy_from_a_file_runs_on_a_cluster(asked, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("from strategies.threads import threads as mine\n")
    with strategies.load(f"dask+{file}:mine")(Limits(2), told) as fetch:
        assert [outcome.value[0] for outcome in fetch(asked("/1", "/2"))] == ["/1", "/2"]


def test_a_name_that_nobody_has_is_unknown_on_a_cluster_too():
    with pytest.raises(UnknownName, match="did you mean threads"):
        strategies.load("dask+treads")


def test_a_bug_in_decode_is_raised_and_the_next_batch_is_sound(asked):
    with strategies.load("dask+asyncio-aiohttp")(Limits(2), told) as fetch:
        with pytest.raises(RuntimeError, match="ValueError: a bug"):
            fetch(asked("/", "/bug", "/", "/"))
        assert [outcome.value[0] for outcome in fetch(asked("/1", "/2"))] == ["/1", "/2"]
        assert fetch([]) == []


def test_a_lost_workers_shard_is_fetched_again_and_that_is_said(server, asked):
    with strategies.load("dask+asyncio-aiohttp")(Limits(2), told) as fetch:
        (first, second) = (outcome.value[1] for outcome in fetch(asked("/a", "/b")))
        arrived, killed = threading.Semaphore(0), threading.Event()

        def answer(arrival):
            if arrival.target.startswith("/held") and not killed.is_set():
                arrived.release()
                killed.wait(10)
            with contextlib.suppress(OSError):
                arrival.reply()

        def kill():
            arrived.acquire()
            arrived.acquire()
            os.kill(first, signal.SIGKILL)
            killed.set()

        server.answer = answer
        killer = threading.Thread(target=kill)
        killer.start()
        outcomes = fetch(asked("/held0", "/held1", "/2", "/3"))
        killer.join()
        assert [outcome.value for outcome in outcomes] == [(t, second) for t in ("/held0", "/held1", "/2", "/3")]
        (note,) = fetch.notes
        assert re.fullmatch(r"the dask worker tcp://\S+ was lost; its 2 requests were made again by another one", note)
        after = {outcome.value[1] for outcome in fetch(asked(*[f"/{n}" for n in range(8)]))}
        assert len(fetch.notes) == 1
    assert first not in after
    assert len(after) == 2, "nobody came in the place of the lost worker"


def test_a_stopped_workers_shard_is_fetched_again_after_its_deadlines(asked, monkeypatch):
    monkeypatch.setattr(dask_cluster, "GRACE_S", 0.5)
    with strategies.load("dask+asyncio-aiohttp")(Limits(2, deadline_s=0.5), told) as fetch:
        (first, second) = (outcome.value[1] for outcome in fetch(asked("/a", "/b")))
        os.kill(first, signal.SIGSTOP)
        outcomes = fetch(asked("/1", "/2"))
        assert [outcome.value for outcome in outcomes] == [("/1", second), ("/2", second)]
        assert len(fetch.notes) == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_parent(server, tmp_path, how):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, sys
        import strategies
        from exchanges.wire import Request
        from strategies import Limits

        def pid_of_worker(request, response):
            return os.getpid()

        if __name__ == "__main__":
            with strategies.load("dask+asyncio-aiohttp")(Limits(2), pid_of_worker) as fetch:
                outcomes = fetch([Request("test", {server.origins[0]!r}, "/")] * 4)
                print(*{{o.value for o in outcomes}}, flush=True)
                sys.stdin.read()
        """)
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": ROOT}, start_new_session=True,
    ) as parent:  # fmt: skip
        watched = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
        os.killpg(parent.pid, how) if how == signal.SIGINT else parent.send_signal(how)
    try:
        assert watched
        until = time.monotonic() + 5
        for descriptor in watched:
            assert select.select([descriptor], [], [], max(0, until - time.monotonic()))[0], "a worker outlived it"
    finally:
        for descriptor in watched:
            os.close(descriptor)


# --- a cluster of somebody else's


@pytest.fixture
def workers_path():
    """Where the workers of ``cluster`` find what they import: a test may put another place before it."""
    return [ROOT]


@pytest.fixture
def cluster(monkeypatch, workers_path):
    """A scheduler and two workers that somebody else started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    tool = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with contextlib.ExitStack() as left:

        def started(command, *places):
            env = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
            process = subprocess.Popen(command, cwd=places[0], env=env, **quiet, start_new_session=True)
            left.enter_context(process)
            left.callback(lambda: os.killpg(process.pid, signal.SIGKILL))

        started([*tool, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], ROOT)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--no-dashboard"]
        started([*worker, "--nworkers", "2", "--nthreads", "2"], *workers_path)
        monkeypatch.setenv(strategies.SCHEDULER, address)
        yield address


def test_a_scheduler_that_is_named_is_used_and_left_running(cluster, asked):
    assert dask_scheduler.lacking() is None
    for _ in range(2):
        with strategies.load("dask+threads")(Limits(4), told) as fetch:
            outcomes = fetch(asked(*[f"/{n}" for n in range(8)]))
            assert [outcome.value[0] for outcome in outcomes] == [f"/{n}" for n in range(8)]
            assert fetch.notes == []


def test_other_versions_there_are_one_sentence(cluster, monkeypatch):
    monkeypatch.setattr(dask_worker.platform, "python_version_tuple", lambda: ("3", "99", "0"))
    said = dask_scheduler.lacking()
    assert re.fullmatch(r"the scheduler tcp://\S+ has python 3\.\d+ where it is 3\.99 here; install the same .*", said)


@pytest.fixture(params=["source", "dask", "nothing"])
def other(request, tmp_path, workers_path):
    """Workers that have another version: of our own source, of dask as its metadata tell it, or nothing of ours."""
    workers_path.insert(0, str(tmp_path))
    if request.param == "source":
        for package in ("exchanges", "strategies"):
            shutil.copytree(Path(ROOT, package), tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        with (tmp_path / "strategies" / "body.py").open("a") as file:
            file.write("# changed\n")
        return r"fetchrace source \w+ where it is source \w+ here"
    if request.param == "dask":
        (tmp_path / "dask-2020.1.0.dist-info").mkdir()
        (tmp_path / "dask-2020.1.0.dist-info" / "METADATA").write_text("Name: dask\nVersion: 2020.1.0\n")
        return r"dask 2020\.1\.0 where it is \S+ here"
    (tmp_path / "strategies.py").write_text("raise ModuleNotFoundError(\"No module named 'strategies'\")\n")
    return None


def test_workers_with_another_version_are_one_sentence_before_anything_is_raced(other, cluster):
    said = dask_scheduler.lacking()
    if other is None:
        assert re.fullmatch(r"the worker tcp://\S+ cannot import 'strategies': install fetchrace there, .*", said)
    else:
        assert re.fullmatch(rf"the worker tcp://\S+ has {other}; install the same versions in both places", said)
    with (
        pytest.raises(dask_scheduler.ClusterGap, match=re.escape(said[-30:])),
        strategies.load("dask+threads")(Limits(2), told),
    ):
        pytest.fail("a cluster that is not fit was used")


def open_sessions():
    return len(dask_worker._open)


def test_after_a_worker_was_lost_nothing_stays_open_on_a_cluster_that_lives_on(cluster, server, asked):
    """Neither with those that took its requests over, nor with whoever came in its place."""
    with strategies.load("dask+asyncio-aiohttp")(Limits(2), told) as fetch:
        first = fetch(asked("/a", "/b"))[0].value[1]
        arrived = threading.Semaphore(0)

        def answer(arrival):
            arrived.release()
            if not gone.wait(10):
                return
            with contextlib.suppress(OSError):
                arrival.reply()

        gone, server.answer = threading.Event(), answer

        def kill():
            arrived.acquire()
            arrived.acquire()
            os.kill(first, signal.SIGKILL)
            gone.set()

        killer = threading.Thread(target=kill)
        killer.start()
        outcomes = fetch(asked("/1", "/2"))
        killer.join()
        assert [outcome.value[0] for outcome in outcomes] == ["/1", "/2"]
        assert len(fetch.notes) == 1
        assert [outcome.value[0] for outcome in fetch(asked("/3", "/4"))] == ["/3", "/4"]
    with distributed.Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=10)
        assert set(client.run(open_sessions).values()) == {0}


def test_a_worker_that_never_opens_its_strategy_is_an_error_in_time(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "OPENING_S", 0.5)
    (tmp_path / "mine.py").write_text(
        "import contextlib, threading\n\n\n@contextlib.contextmanager\ndef mine(limits, decode):\n"
        "    threading.Event().wait(60)\n    yield\n"
    )
    strategy = strategies.load(f"dask+{tmp_path / 'mine.py'}:mine")
    with pytest.raises(RuntimeError, match=r"did not open \S+mine.py:mine within 0.5 s"), strategy(Limits(1), told):
        pytest.fail("it never opened")


def test_times_of_another_machine_are_told_by_our_clock(cluster, asked, monkeypatch):
    """The machine is the same one, so the truth is known: what is translated must be close to it."""
    monkeypatch.setattr(dask_cluster, "machine_id", lambda: "another machine")
    monkeypatch.setattr(dask_cluster, "_LOOPBACK", ())
    with strategies.load("dask+asyncio-aiohttp")(Limits(4), told) as fetch:
        before = time.monotonic()
        outcomes = fetch(asked(*[f"/{n}" for n in range(8)]))
        after = time.monotonic()
        errors = [member.clock.error_s for member in fetch._members]
        offsets = [member.clock.offset_s for member in fetch._members]
    assert all(before <= outcome.started <= outcome.ended <= after for outcome in outcomes)
    assert all(abs(offset) <= error for offset, error in zip(offsets, errors, strict=True))


def test_a_worker_elsewhere_that_could_not_reach_the_server_is_told_of(cluster, asked, monkeypatch):
    monkeypatch.setattr(dask_cluster, "machine_id", lambda: "another machine")
    with (
        strategies.load("dask+asyncio-aiohttp")(Limits(4), told) as fetch,
        pytest.raises(RuntimeError, match=r"is on another machine and cannot reach http://127\.0\.0\.1"),
    ):
        fetch(asked("/"))


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv(strategies.SCHEDULER, f"tcp://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setattr(dask_scheduler, "PATIENCE_S", 0.5)
        said = dask_scheduler.lacking()
    assert said.startswith("there is no dask scheduler at tcp://127.0.0.1:")
    assert "\n" not in said
