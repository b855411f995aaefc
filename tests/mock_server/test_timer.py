import asyncio
import functools
import os
import time

import pytest

from mock_server import timer as module
from mock_server.timer import Timer


@pytest.fixture(params=["timerfd", "call_at", "uvloop timerfd", "uvloop call_at"])
def kind(request, monkeypatch):
    if request.param.endswith("call_at"):
        monkeypatch.setattr(module.ctypes, "CDLL", lambda *_, **__: (_ for _ in ()).throw(OSError("no C library")))
    if request.param.startswith("uvloop"):
        monkeypatch.setitem(LOOP, "factory", pytest.importorskip("uvloop", reason="no uvloop").new_event_loop)
    return request.param


LOOP = {"factory": None}


def run(scene):
    async def main():
        timer = Timer(asyncio.get_running_loop())
        try:
            return await scene(timer)
        finally:
            timer.close()

    with asyncio.Runner(loop_factory=LOOP["factory"]) as runner:
        return runner.run(main())


def test_nobody_is_woken_early(kind):
    async def scene(timer):
        async def one(after):
            deadline = time.monotonic() + after
            await timer.until(deadline)
            return time.monotonic() - deadline

        return await asyncio.gather(*(one(n % 40 * 0.0003) for n in range(200)))

    assert min(run(scene)) >= 0


def test_an_earlier_deadline_overtakes_a_later_one(kind):
    async def scene(timer):
        woken, start = [], time.monotonic()

        async def one(name, after):
            await timer.until(start + after)
            woken.append(name)

        await asyncio.gather(one("late", 0.05), one("early", 0.01))
        return woken

    assert run(scene) == ["early", "late"]


def test_a_deadline_in_the_past_does_not_wait(kind):
    async def scene(timer):
        task = asyncio.create_task(timer.until(time.monotonic() - 1))
        await asyncio.sleep(0)
        return task.done()

    assert run(scene)


def test_who_is_cancelled_does_not_disturb_the_others(kind):
    async def scene(timer):
        deadline = time.monotonic() + 0.01
        tasks = [asyncio.create_task(timer.until(deadline)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = run(scene)
    assert isinstance(first, asyncio.CancelledError)
    assert others == [None, None]


def test_a_call_is_made_once_and_never_early(kind):
    async def scene(timer):
        late, done = [], asyncio.Event()

        def call(deadline):
            late.append(time.monotonic() - deadline)
            if len(late) == 200:
                done.set()

        now = time.monotonic()
        for n in range(200):
            deadline = now + n % 40 * 0.0003
            timer.call(deadline, functools.partial(call, deadline))
        await done.wait()
        await timer.until(time.monotonic() + 0.01)
        return late

    late = run(scene)
    assert len(late) == 200
    assert min(late) >= 0


def test_a_call_that_is_cancelled_is_not_made(kind):
    async def scene(timer):
        made, now = [], time.monotonic()
        calls = [timer.call(now + 0.001, functools.partial(made.append, n)) for n in range(3)]
        calls[1].cancel()
        calls[1].cancel()
        await timer.until(now + 0.005)
        return made

    assert run(scene) == [0, 2]


def test_who_polls_has_what_is_due_done_at_once_and_nothing_else():
    async def scene(timer):
        made, now = [], time.monotonic()
        timer.call(now, functools.partial(made.append, "due"))
        timer.call(now + 3600, functools.partial(made.append, "later"))
        timer.poll(now)
        return made

    assert run(scene) == ["due"]


def test_a_bug_in_one_call_does_not_stop_the_others(kind):
    async def scene(timer):
        said, made = [], asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: said.append(context["message"]))
        now = time.monotonic()
        timer.call(now, lambda: 1 / 0)
        timer.call(now, made.set)
        await made.wait()
        return said

    assert run(scene) == ["a bug in a timer's call"]


def test_calls_that_are_cancelled_long_before_their_time_do_not_pile_up():
    async def scene(timer):
        for _ in range(10_000):
            timer.call(time.monotonic() + 3600, print).cancel()
        return len(timer._heap)

    assert run(scene) < 2500


def test_closing_gives_the_file_descriptor_back():
    async def scene(timer):
        opened = set(os.listdir("/proc/self/fd"))
        timer.close()
        return len(opened - set(os.listdir("/proc/self/fd")))

    assert run(scene) == 1


def test_its_length_is_the_number_of_calls_that_wait():
    async def scene(timer):
        for _ in range(3):
            timer.call(time.monotonic() + 3600, print)
        return len(timer)

    assert run(scene) == 3
