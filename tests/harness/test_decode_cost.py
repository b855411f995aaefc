"""What decoding costs, on a network that is made of plain functions; and once on a real mock server."""

import itertools
from dataclasses import replace

import pytest

from exchanges.decode import decode_books, decode_quotes
from exchanges.errors import Rejected
from harness import decode_cost
from harness.job import Job
from harness.scenario import requests_for
from mock_server.process import Control, MockFailed, running

ORIGINS = {"binance": "http://one", "coinbase": "http://two", "kraken": "http://three"}


@pytest.fixture
def job(scenario):
    return Job("x", scenario, 0, 1, ORIGINS, "http://control", "token", "side.json")


@pytest.fixture
def wire(monkeypatch):
    """What goes over the wire: ``asked`` on it, ``told`` to the control port, the CPU clock that decoding moves."""

    class Wire:
        def __init__(self):
            self.asked, self.told, self.closed, self.cpu_s, self.now_s = [], [], 0, 0.0, 0.0
            self.reading_s = 0.001

        def connection(self, origin, ca_file):
            return Connection(self, origin)

        def begin(self, **wanted):
            self.told.append(wanted)

        def end(self):
            self.told.append("end")

    class Connection:
        status = 200

        def __init__(self, wire, origin):
            self.wire, self.origin = wire, origin

        def request(self, method, target, headers):
            self.wire.asked.append((self.origin, target, headers["X-Fetchrace-Request"]))

        def getresponse(self):
            return self

        def getheaders(self):
            return [("Content-Type", "application/json")]

        def read(self):
            self.wire.now_s += self.wire.reading_s
            return b"{}"

        def close(self):
            self.wire.closed += 1

    found = Wire()
    monkeypatch.setattr(decode_cost, "_connection", found.connection)
    monkeypatch.setattr(decode_cost, "_cpu_s", lambda: found.cpu_s)
    return found


def decoder(wire, costs, value="a value"):
    """A decode that costs CPU time by the exchange; a list is taken from call by call."""
    turns = {exchange: itertools.cycle(cost if isinstance(cost, list) else [cost]) for exchange, cost in costs.items()}

    def decode(request, response):
        spent = next(turns[request.exchange])
        wire.cpu_s += spent
        wire.now_s += spent
        return value

    return decode


def cost_of(wire, job, decode):
    requests = requests_for(job.scenario, job.origins)
    return decode_cost.decode_s(requests, decode, job, wire, now=lambda: wire.now_s)


def test_each_distinct_request_is_asked_once_and_counts_as_often_as_it_comes(wire, job):
    decode = decoder(wire, {"binance": 0.0001, "coinbase": 0.0002, "kraken": 0.0004})
    assert cost_of(wire, job, decode) == pytest.approx(2 * 0.0007)
    assert [origin for origin, _, _ in wire.asked] == list(ORIGINS.values())
    assert wire.closed == 3


def test_the_mock_is_told_to_hold_nothing_and_to_strike_nobody(wire, job):
    cost_of(wire, job, decoder(wire, dict.fromkeys(ORIGINS, 0.0001)))
    told = {"seed": 7, "block": 0, "batch": 0, "latency": "0ms", "draws": 0, "faults": "", "motion": "waves"}
    assert wire.told == [told, "end"]


def test_the_cost_of_an_answer_is_the_median_of_several(wire, job):
    decode = decoder(wire, {"binance": [0.001, 0.0001, 0.0001, 0.0001, 0.0002], "coinbase": 0.0, "kraken": 0.0})
    assert cost_of(wire, job, decode) == pytest.approx(2 * 0.0001)


def test_answers_that_are_dear_to_decode_are_decoded_once(wire, job):
    calls = []
    plain = decoder(wire, dict.fromkeys(ORIGINS, 0.03))
    assert cost_of(wire, job, lambda *answer: (calls.append(answer), plain(*answer))) == pytest.approx(0.18)
    assert len(calls) == 3


def test_answers_for_which_there_is_no_time_cost_what_others_of_their_exchange_do(wire, job):
    pairs = tuple(("binance", f"{base}/USDT") for base in ("BTC", "ETH", "SOL"))
    many = replace(job, scenario=replace(job.scenario, markets=pairs))
    wire.reading_s = 0.02
    assert cost_of(wire, many, decoder(wire, {"binance": 0.0003})) == pytest.approx(6 * 0.0003)
    assert len(wire.asked) == 2


def test_an_answer_without_a_value_makes_it_unknown(wire, job):
    assert cost_of(wire, job, decoder(wire, dict.fromkeys(ORIGINS, 0.0), Rejected("server", "HTTP 500"))) is None


@pytest.mark.parametrize("error", [MockFailed("gone"), OSError("gone"), RuntimeError("a guest has been here")])
def test_a_server_that_cannot_be_asked_makes_it_unknown(wire, job, error, monkeypatch):
    def fails(**wanted):
        raise error

    monkeypatch.setattr(wire, "begin", fails)
    assert cost_of(wire, job, decoder(wire, dict.fromkeys(ORIGINS, 0.0))) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "decode", "more"),
    [
        (["--faults=kraken:reset-before"], decode_quotes, {}),
        (["--tls"], decode_books, {"tls": True, "workload": "books", "levels": 10}),
    ],
)
def test_on_a_real_server_it_costs_neither_delays_nor_faults_and_leaves_no_trace_in_the_log(
    scenario, options, decode, more
):
    raced = replace(scenario, latency="1ms", **more)
    with running(raced.exchanges, "5s", 7, options) as mock, Control(mock) as control:
        job = Job("x", raced, 0, 1, mock.origins, mock.control, mock.token, "side.json", mock.ca_file)
        requests = requests_for(raced, mock.origins)
        found = decode_cost.decode_s(requests, decode, job, control)
        control.begin(seed=7, latency="1ms")
        log = control.end()
    assert found is not None
    assert 0 < found < 1
    assert (log["rows"], log["batch"]["accepted"]) == ([], 0)
