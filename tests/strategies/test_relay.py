"""Who begins when: a worker for each that has reached the network."""

import asyncio

import pytest

from exchanges.wire import Request
from strategies.relay import _TOGETHER, Relay


class Course:
    """A relay of ``size`` over ``number`` requests whose call waits until it is let on; ``workers`` counts tasks, and
    ``begun`` calls."""

    def __init__(self, size, number):
        self.relay = Relay(size)
        self.requests = [Request("test", "http://a.invalid", f"/{n}") for n in range(number)]
        self.begun = self.workers = 0
        self.free = asyncio.Event()

    async def call(self, request):
        self.begun += 1
        await self.free.wait()
        return request.target

    def begin(self, group, call=None):
        def start(worker):
            self.workers += 1
            group.create_task(worker())

        return self.relay.begin(call or self.call, self.requests, start)


async def settle():
    """Let every task go as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_few_begin_together_and_each_that_reaches_the_network_lets_one_more_begin():
    async def scene():
        course = Course(size=30, number=40)
        async with asyncio.TaskGroup() as group:
            outcomes = course.begin(group)
            await settle()
            seen = [course.begun]
            for _ in range(3):
                course.relay.hand_on()
                await settle()
                seen.append(course.begun)
            course.free.set()
        return seen, outcomes

    seen, outcomes = asyncio.run(scene())
    assert seen == [_TOGETHER, _TOGETHER + 1, _TOGETHER + 2, _TOGETHER + 3]
    assert outcomes == {n: f"/{n}" for n in range(40)}


@pytest.mark.parametrize(("size", "number"), [(30, 40), (40, 30), (3, 40)])
def test_no_more_begin_than_there_may_be_at_once_or_than_there_are_requests(size, number):
    async def scene():
        course = Course(size, number)
        async with asyncio.TaskGroup() as group:
            course.begin(group)
            for _ in range(100):
                course.relay.hand_on()
            await settle()
            begun = course.begun
            course.free.set()
        return begun, course.workers

    assert asyncio.run(scene()) == (min(size, number),) * 2


def test_requests_that_end_without_the_network_are_all_made_by_as_many_as_may_be():
    async def scene():
        course, now, most = Course(size=20, number=200), 0, 0

        async def fail(request):
            nonlocal now, most
            now += 1
            most = max(most, now)
            for _ in range(50):
                await asyncio.sleep(0)
            now -= 1
            return request.target

        async with asyncio.TaskGroup() as group:
            outcomes = course.begin(group, fail)
        return len(outcomes), most

    assert asyncio.run(scene()) == (200, 20)


def test_after_an_exception_nobody_begins():
    async def scene():
        course, begun = Course(size=30, number=40), 0

        async def fail(request):
            nonlocal begun
            begun += 1
            raise ZeroDivisionError("a bug")

        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                course.begin(group, fail)
        course.relay.hand_on()
        return begun, caught.value.exceptions

    begun, errors = asyncio.run(scene())
    assert begun <= _TOGETHER
    assert {str(error) for error in errors} == {"a bug"}
