import json

import pytest

from harness.exits import UsageError
from harness.live.alerts import Alerts
from harness.live.controls import Controls
from harness.live.race import Busy
from mock_server.process import MockFailed


class Fakes:
    """A tracker, dials and races that write down what is done with them."""

    def __init__(self, error=None):
        self.done = []
        self.error = error

    def _do(self, *what):
        self.done.append(what)
        if self.error is not None:
            raise self.error

    def switch(self, name, in_flight=None):
        self._do("switch", name, in_flight)

    def refresh(self):
        self._do("refresh")

    def turn(self, **settings):
        self._do("turn", settings)

    def start(self):
        self._do("race")

    def document(self):
        return {"latency": "20ms", "faults": ""}


def controls_of(fakes, with_mock=True):
    names = ["threads", "/home/me/clients/mine.py:honest"]
    mock = fakes if with_mock else None
    return Controls(fakes, Alerts(), lambda: names, mock, mock)


def asked(controls, path, body):
    answer = controls.do(path, body if isinstance(body, bytes) else json.dumps(body).encode())
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(
    ("path", "body", "done"),
    [
        ("/strategy", {"name": "threads"}, ("switch", "threads", None)),
        ("/strategy", {"name": "threads", "in_flight": 8}, ("switch", "threads", 8)),
        ("/mock", {"latency": "50ms"}, ("turn", {"latency": "50ms"})),
        ("/mock", {"latency": None, "faults": ""}, ("turn", {"faults": ""})),
        ("/refresh", {}, ("refresh",)),
        ("/refresh", b"", ("refresh",)),
        ("/race", {}, ("race",)),
    ],
)
def test_each_control_does_its_one_thing(path, body, done):
    fakes = Fakes()
    assert asked(controls_of(fakes), path, body) == (200, {"ok": True})
    assert fakes.done == [done]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/strategy", {"name": "thread"}, "did you mean threads"),
        ("/strategy", {"name": "os:system"}, "expected the name of an installed strategy"),
        ("/strategy", {"name": "/tmp/evil.py:run"}, "expected the name of an installed strategy"),
        ("/strategy", {"name": "/home/me/clients/mine.py:honest"}, "expected the name of an installed strategy"),
        ("/strategy", {"name": ["threads"]}, "expected the name"),
        ("/strategy", {}, "expected the name"),
        ("/strategy", {"name": "threads", "in_flight": True}, "expected in_flight from 1"),
        ("/strategy", {"name": "threads", "in_flight": 0}, "expected in_flight from 1"),
        ("/strategy", {"name": "threads", "in_flight": 10**9}, "expected in_flight from 1"),
        ("/strategy", {"name": "threads", "nam": 1}, "unknown field 'nam'; did you mean name?"),
        ("/mock", {}, "expected a latency or faults"),
        ("/mock", {"latency": 5}, "expected text as latency"),
        ("/alerts", {"at_bps": "-1"}, "expected basis points"),
        ("/alerts", {"at_bps": True}, "expected a number"),
        ("/refresh", {"now": 1}, "there are no fields"),
        ("/race", [], "expected a JSON object"),
        ("/race", b"{", "expected a JSON object"),
        ("/race", b"\xff\xfe", "expected a JSON object"),
        ("/race", b"[" * 100_000, "expected a JSON object"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_done(path, body, said):
    fakes = Fakes()
    status, answer = asked(controls_of(fakes), path, body)
    assert status == 400
    assert said in answer["error"]
    assert fakes.done == []


def test_a_strategy_from_a_file_is_shown_and_chosen_without_its_folders():
    fakes = Fakes()
    controls = controls_of(fakes)
    assert controls.document()["strategies"] == ["threads", "mine.py:honest"]
    assert asked(controls, "/strategy", {"name": "mine.py:honest"})[0] == 200
    assert fakes.done == [("switch", "/home/me/clients/mine.py:honest", None)]


def test_an_alert_may_be_a_number_a_text_or_nothing():
    controls = Controls(Fakes(), alerts := Alerts(), list, None, None)
    for given, kept in ((10, "10"), ("2.5", "2.5"), (None, None), ("", None)):
        assert asked(controls, "/alerts", {"at_bps": given}) == (200, {"ok": True})
        assert alerts.document()["at_bps"] == kept


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no such delay"), 400),
        (MockFailed("no such fault", 2), 400),
        (MockFailed("it does not answer", 3), 502),
        (Busy("a race is under way"), 409),
        (UsageError("it cannot be opened"), 422),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_a_status_that_says_whose_fault_it_is(error, status):
    assert asked(controls_of(Fakes(error)), "/mock", {"faults": "x"}) == (status, {"error": str(error)})


def test_without_a_mock_of_ours_there_is_nothing_to_turn_and_no_race():
    controls = controls_of(Fakes(), with_mock=False)
    assert controls.document() | {"strategies": None} == {"strategies": None, "latency": None, "faults": None}
    assert asked(controls, "/mock", {"latency": "1ms"})[0] == 409
    status, answer = asked(controls, "/race", {})
    assert status == 409
    assert "no real exchange should be asked" in answer["error"]
