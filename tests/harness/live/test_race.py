import json

import psutil
import pytest

from harness.live import race, sprint
from harness.live.race import Busy, Course, Races
from mock_server.process import running

from .conftest import until

MARKETS = (("binance", "BTC/USDT"), ("kraken", "BTC/USD"))


GUESTS = """
import os, time

def dies(limits, decode):
    os._exit(3)

def raises(limits, decode):
    raise OSError("no")

def hangs(limits, decode):
    time.sleep(600)
"""


def sprints():
    return [one for one in psutil.Process().children() if "harness.live.sprint" in one.cmdline()]


def is_over(told):
    return bool(told) and told[-1]["state"] in ("ended", "failed")


def test_the_requests_go_round_the_markets_and_carry_their_numbers():
    course = Course(MARKETS, {"binance": "http://127.0.0.1:1", "kraken": "http://127.0.0.1:2"}, 5.0, requests=5)
    requests = sprint._requests(course)
    assert [request.exchange for request in requests] == ["binance", "kraken", "binance", "kraken", "binance"]
    assert [dict(request.headers)["X-Fetchrace-Request"] for request in requests] == ["0", "1", "2", "3", "4"]
    assert all(request.url.startswith(course.origins[request.exchange]) for request in requests)


def test_a_strategy_that_is_not_there_is_a_lane_with_a_sentence():
    course = Course(MARKETS, {"binance": "", "kraken": ""}, 5.0)
    assert "unknown strategy 'nobody'" in sprint.sprint(course, "nobody")["error"]


@pytest.mark.parametrize("line", [
    "", "7", "{", '{"seconds": NaN, "spans": [], "failed": 0}',
    '{"seconds": 1, "spans": [[0, 1e999, "a"]], "failed": 0}',
    '{"seconds": 1, "spans": [[0, "1", "a"]], "failed": 0}', '{"seconds": 1, "spans": 7, "failed": 0}',
    '{"seconds": true, "spans": [], "failed": 0}', '{"seconds": 1, "spans": [], "failed": "0"}',
])  # fmt: skip
def test_a_line_that_is_no_lane_is_told_as_one_and_drawn_by_nobody(line):
    assert race.lane_from(line.encode(), "mine") == {"error": "mine told no times"}


def test_a_lane_has_nothing_else_in_it():
    line = {"seconds": 1.5, "spans": [[0, 1.25, "kraken"]], "failed": 0}
    assert race.lane_from(json.dumps({**line, "state": "ended", "strategy": "best"}).encode(), "mine") == line
    assert race.lane_from(b'{"error": "it\\u001b broke", "state": "ended"}', "mine") == {"error": "it\\x1b broke"}


@pytest.mark.slow
def test_every_strategy_races_once_and_whoever_breaks_is_a_lane_with_a_sentence(tmp_path):
    guest = tmp_path / "guest.py"
    guest.write_text(GUESTS)
    names = [f"{guest}:dies", f"{guest}:raises", "asyncio-aiohttp", "sequential"]
    told = []
    with running(["binance", "kraken"], latency="20ms", seed=7) as mock:
        races = Races(Course(MARKETS, dict(mock.origins), 5.0), lambda: names, told.append)
        races.start()
        with pytest.raises(Busy, match="under way"):
            races.start()
        assert until(lambda: is_over(told), 60) is not None
    began, first, dead, raised, last, ended = told
    assert (began["state"], began["requests"], began["strategies"][1]) == ("began", 40, "guest.py:dies")
    assert "run measures" in began["sentence"]
    # What the others are compared with is there before them.
    assert (began["baseline"], first["strategy"]) == ("sequential", "sequential")
    assert ended == {"state": "ended"}
    assert "ended without a result" in dead["error"]
    assert "OSError: no" in raised["error"]
    assert str(tmp_path) not in json.dumps(told)
    assert (first["strategy"], first["model"], last["model"]) == ("sequential", "sequential", "asyncio")
    for lane in (first, last):
        assert lane["failed"] == 0
        assert len(lane["spans"]) == 40
        assert all(0 <= start < end <= lane["seconds"] + 0.001 for start, end, _ in lane["spans"])
        assert {name for _, _, name in lane["spans"]} == {"binance", "kraken"}
    assert first["seconds"] > 40 * 0.02
    assert last["seconds"] < first["seconds"]


@pytest.mark.slow
def test_a_race_that_is_stopped_leaves_no_process(tmp_path):
    guest = tmp_path / "guest.py"
    guest.write_text(GUESTS)
    told = []
    course = Course(MARKETS, {"binance": "http://127.0.0.1:1", "kraken": "http://127.0.0.1:1"}, 5.0)
    races = Races(course, lambda: [f"{guest}:hangs"], told.append)
    races.start()
    assert until(sprints) is not None
    races.stop(5.0)
    assert not sprints()
    assert [one["state"] for one in told] == ["began"]
