import json
import urllib.request

import pytest

import exchanges
from harness.live.dials import Dials
from mock_server.process import Control, running

BINANCE = exchanges.load("binance")
PAIR = BINANCE.instruments[0].pair


class NoControl:
    """A control port that takes everything."""

    def __init__(self):
        self.begun = []

    def begin(self, seed, **settings):
        self.begun.append((seed, settings))

    def end(self):
        return {}


def test_each_turn_leaves_the_market_where_it_was():
    control = NoControl()
    dials = Dials(control, 7, "20ms")
    dials.turn(latency=" 50ms ")
    dials.turn(faults="kraken:reset")
    (_, first), (_, second), (_, third) = control.begun
    assert {seed for seed, _ in control.begun} == {7}
    assert first["began"] == second["began"] == third["began"]
    assert (second["latency"], second["faults"]) == ("50ms", None)
    assert dials.document() == {"latency": "50ms", "faults": "kraken:reset"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"latency": ""}, "expected a latency"),
        ({"latency": "profile:/etc/passwd"}, "named when the program starts"),
        ({"latency": "20ms;kraken=profile:x"}, "named when the program starts"),
        ({"latency": "soon"}, "soon"),
        ({"faults": "x" * 5000}, "at most 2000 characters"),
    ],
)
def test_what_is_no_setting_is_said_and_nothing_is_turned(setting, said):
    control = NoControl()
    dials = Dials(control, 7, "20ms")
    with pytest.raises(ValueError, match=said):
        dials.turn(**setting)
    assert len(control.begun) == 1


def clock_of(mock):
    """What the exchange says that the time is, in milliseconds."""
    with urllib.request.urlopen(mock.origins["binance"] + BINANCE.time_request().target) as answer:
        return json.load(answer)["serverTime"]


@pytest.mark.slow
def test_a_mock_that_serves_changes_its_latency_and_its_faults_while_its_clocks_go_on_and_keeps_no_log():
    with running(["binance"], latency="1ms", seed=7) as mock, Control(mock) as control:
        dials = Dials(control, 7, "1ms")
        before = clock_of(mock)
        dials.turn(latency="2ms")
        # A clock that was set back would make every price look as if it came from the future.
        assert 0 <= clock_of(mock) - before < 10_000
        dials.turn(latency="30ms", faults="binance:reset-before")
        status = control.status()
        assert (status["latency"], status["state"]) == ("30ms", "idle")
        with pytest.raises(ConnectionResetError):
            urllib.request.urlopen(mock.origins["binance"] + BINANCE.request_for(PAIR).target)
        dials.turn(faults="")
        with urllib.request.urlopen(mock.origins["binance"] + BINANCE.request_for(PAIR).target) as answer:
            assert json.load(answer)["symbol"]
        with pytest.raises(ValueError, match=r"^unknown fault"):
            dials.turn(faults="nonsense")
        assert dials.document() == {"latency": "30ms", "faults": ""}
