"""A crew of threads shares the work of a batch and outlives it."""

import threading
import weakref
from queue import SimpleQueue

import pytest

from exchanges.wire import Request
from strategies.crew import crew
from strategies.deadline import Watchdog
from strategies.strategy import Fetched


def numbered(count):
    return [Request("test", "http://a.invalid", f"/{n}") for n in range(count)]


def target_of(request):
    return Fetched(request.target, 0.0, 0.0, 200, 0)


def opened(size, call):
    return crew(size, call, Watchdog(10))


def test_outcomes_come_in_the_order_of_the_requests():
    with opened(3, target_of) as fetch:
        assert [outcome.value for outcome in fetch(numbered(50))] == [f"/{n}" for n in range(50)]


def test_all_threads_work_at_once_and_the_same_ones_again_in_the_next_batch():
    together = threading.Barrier(4, timeout=5)
    seen = []

    def call(request):
        together.wait()
        seen.append(threading.current_thread().name)
        return target_of(request)

    with opened(4, call) as fetch:
        fetch(numbered(4))
        fetch(numbered(4))
    assert sorted(seen) == sorted([f"fetchrace-{n}" for n in range(4)] * 2)


def test_an_empty_batch_is_an_empty_list():
    with opened(2, target_of) as fetch:
        assert fetch([]) == []


def test_an_exception_is_raised_where_fetch_was_called_and_ends_the_batch():
    made = []

    def call(request):
        made.append(request.target)
        raise ZeroDivisionError(request.target)

    with opened(1, call) as fetch:
        with pytest.raises(ZeroDivisionError, match="/0"):
            fetch(numbered(10))
        assert made == ["/0"]


def test_leaving_ends_every_thread():
    before = set(threading.enumerate())
    with opened(5, target_of) as fetch:
        fetch(numbered(5))
        assert len(set(threading.enumerate()) - before) == 5
    assert set(threading.enumerate()) == before


def test_ctrl_c_while_the_threads_are_called_leaves_none_at_work(monkeypatch):
    class Interrupted:
        """A queue whose second put is interrupted, once."""

        def __init__(self):
            self.queue, self.puts = SimpleQueue(), 0
            self.get = self.queue.get

        def put(self, item):
            self.puts += 1
            if self.puts == 2:
                assert begun.wait(5)
                raise KeyboardInterrupt
            self.queue.put(item)

    begun, cancelled = threading.Event(), threading.Event()
    made, watchdog = [], Watchdog(10)
    monkeypatch.setattr("strategies.crew.SimpleQueue", Interrupted)
    monkeypatch.setattr(watchdog, "cancel", cancelled.set)

    def call(request):
        made.append(request.target)
        begun.set()
        cancelled.wait(5)
        return target_of(request)

    with crew(2, call, watchdog) as fetch:
        with pytest.raises(KeyboardInterrupt):
            fetch(numbered(5))
        assert cancelled.is_set()
        assert made == ["/0"]
        assert len(fetch(numbered(3))) == 3


class Value:
    """Something large that a batch returned."""


def test_idle_threads_do_not_keep_the_values_of_the_last_batch():
    with opened(2, lambda request: Fetched(Value(), 0.0, 0.0, 200, 0)) as fetch:
        (outcome,) = fetch(numbered(1))
        value = weakref.ref(outcome.value)
        del outcome
        fetch([])
        for _ in range(100):
            if value() is None:
                break
            threading.Event().wait(0.001)  # the thread that answered may be a moment behind its answer
        assert value() is None
