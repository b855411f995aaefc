"""One timer for the deadlines of all tasks: it ends what is due, nothing else, and lets others' cancelling through."""

import asyncio
import types

import pytest

from strategies import task_deadline
from strategies.task_deadline import TaskDeadline


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is told to go on."""
    clock = types.SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(task_deadline, "time", clock)
    return clock


async def request(deadline, answer):
    """How a strategy uses it: ``late``, or what the future gives."""
    deadline.begin()
    try:
        value = await answer
    except BaseException:
        if deadline.over():
            return "late"
        raise
    return "late" if deadline.over() else value


def scene(clock, play):
    """Run ``play`` with a deadline of 5 s by the clock, and a function that makes a request of a future a task."""

    async def main():
        deadline = TaskDeadline(5.0)
        with deadline.kept():
            return await play(deadline, lambda answer: asyncio.ensure_future(request(deadline, answer)))

    return asyncio.run(main())


async def rest():
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_is_due_is_ended_and_what_began_later_is_not(clock):
    async def play(deadline, start):
        first, second = asyncio.Future(), asyncio.Future()
        early = start(first)
        await rest()
        clock.now += 4.0
        late = start(second)
        await rest()
        clock.now += 1.0
        deadline._look()
        await rest()
        assert not late.done()
        second.set_result("here")
        return await early, await late, first.cancelled()

    assert scene(clock, play) == ("late", "here", True)


def test_a_task_goes_on_with_its_next_request_after_one_that_was_ended(clock):
    async def play(deadline, start):
        async def worker():
            return [await request(deadline, answer) for answer in answers]

        answers = [asyncio.Future(), asyncio.Future()]
        task = asyncio.ensure_future(worker())
        await rest()
        clock.now += 5.0
        deadline._look()
        await rest()
        deadline._look()
        answers[1].set_result("here")
        return await task, task.cancelling()

    assert scene(clock, play) == (["late", "here"], 0)


def test_an_answer_that_comes_together_with_the_deadline_is_late(clock):
    async def play(deadline, start):
        answer = asyncio.Future()
        task = start(answer)
        await rest()
        clock.now += 5.0
        answer.set_result("here")
        deadline._look()
        return await task

    assert scene(clock, play) == "late"


@pytest.mark.parametrize("due", [False, True])
def test_whoever_cancels_the_task_itself_is_heard_even_at_the_deadline(clock, due):
    async def play(deadline, start):
        task = start(asyncio.Future())
        await rest()
        clock.now += 5.0
        if due:
            deadline._look()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert scene(clock, play)


def test_the_timer_looks_by_itself_and_leaves_nothing_behind():
    async def main():
        deadline = TaskDeadline(0.01)
        with deadline.kept():
            found = await request(deadline, asyncio.Future())
            timer = deadline._timer
        return found, timer.cancelled()

    assert asyncio.run(main()) == ("late", True)
