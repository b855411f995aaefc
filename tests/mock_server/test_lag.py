import asyncio
import contextlib

import pytest

from mock_server import lag
from mock_server.lag import LagProbe
from mock_server.log import Record
from mock_server.market import Market
from mock_server.timer import Timer


@pytest.fixture
def measuring():
    """Plays a scene with a timer and a record inside an event loop."""

    def play(scene):
        async def played():
            timer, record = Timer(asyncio.get_running_loop()), Record(Market(7), kept=True)
            with contextlib.closing(timer):
                await scene(timer, record)
            return record

        return asyncio.run(played())

    return play


def test_the_lag_is_not_measured_for_ever(monkeypatch, measuring):
    monkeypatch.setattr(lag, "MOST_ROWS", 3)
    record = measuring(lag.measure)
    assert len(record.lags) == 3
    assert min(record.lags) >= 0


def test_a_new_batch_ends_the_measuring_of_the_one_before(monkeypatch, measuring):
    monkeypatch.setattr(lag, "MOST_ROWS", 2)
    before = Record(Market(7), kept=True)

    async def scene(timer, record):
        probe = LagProbe()
        probe.start(timer, before)
        probe.start(timer, record)
        while len(record.lags) < 2:
            await asyncio.sleep(0)
        probe.stop()

    assert len(measuring(scene).lags) == 2
    assert before.lags == []
