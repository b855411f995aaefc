import asyncio
import os
import time

import pytest

from mock_server import timer as module
from mock_server.timer import Timer


@pytest.fixture(params=["timerfd", "call_at"])
def kind(request, monkeypatch):
    if request.param == "call_at":
        monkeypatch.setattr(module.ctypes, "CDLL", lambda *_, **__: (_ for _ in ()).throw(OSError("no C library")))
    return request.param


def run(scene):
    async def main():
        timer = Timer(asyncio.get_running_loop())
        try:
            return await scene(timer)
        finally:
            timer.close()

    return asyncio.run(main())


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


def test_closing_gives_the_file_descriptor_back():
    async def scene(timer):
        opened = set(os.listdir("/proc/self/fd"))
        timer.close()
        return len(opened - set(os.listdir("/proc/self/fd")))

    assert run(scene) == 1
