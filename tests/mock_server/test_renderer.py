import asyncio
import threading

from mock_server.renderer import Renderer


def test_work_of_one_key_is_done_once_in_another_thread_and_everybody_who_waits_is_called():
    async def scene():
        renderer, gate, done = Renderer(), threading.Event(), asyncio.Event()
        threads, used, called = [], [], []

        def work():
            assert gate.wait(10)  # the loop opens it: it is not kept from its work
            threads.append(threading.current_thread())
            return 7

        renderer.render("a", work, used.append)
        renderer.render("a", work, used.append, lambda: called.append(1))
        renderer.render("a", work, used.append, lambda: (called.append(2), done.set()))
        gate.set()
        await asyncio.wait_for(done.wait(), 10)
        renderer.close()
        return threads, used, called

    threads, used, called = asyncio.run(scene())
    assert (len(threads), used, called) == (1, [7], [1, 2])
    assert threads[0] is not threading.current_thread()


def test_who_waits_is_called_where_the_work_fails_as_well():
    async def scene():
        renderer, used, called = Renderer(), [], asyncio.Event()
        renderer.render("a", lambda: 1 / 0, used.append, called.set)
        await asyncio.wait_for(called.wait(), 10)
        renderer.close()
        return used

    assert asyncio.run(scene()) == []
