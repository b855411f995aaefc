"""What urllib3 needs to be told where there is no requests to tell it."""

import pytest

from exchanges.wire import Request
from strategies import Failed, Limits
from strategies.gate_server import GateServer
from strategies.terms import HEADERS
from strategies.threads_urllib3 import threads_urllib3


def target_of(request, response):
    return request.target, response.body


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


def test_a_header_of_a_request_is_sent_once_in_place_of_the_one_of_all(server):
    own = (("user-agent", "mine"), ("X-Number", "7"))
    server.answer = lambda arrival: arrival.reply(b"ok")
    with threads_urllib3(Limits(1), target_of) as fetch:
        fetch([Request("test", server.origins[0], "/", headers=own)])
    sent = server.arrivals[0].headers
    assert (sent["user-agent"], sent["x-number"], sent["accept"]) == ("mine", "7", HEADERS["Accept"])


def test_what_was_left_of_a_refused_answer_never_answers_the_next_request(server):
    def answer(arrival):
        encoding = ["Content-Encoding: br"] if arrival.target == "/refused" else []
        arrival.reply(arrival.target.encode(), "200 OK", *encoding)

    server.answer = answer
    with threads_urllib3(Limits(1), target_of) as fetch:
        refused, sound = fetch([Request("test", server.origins[0], target) for target in ("/refused", "/sound")])
    assert isinstance(refused, Failed)
    assert sound.value == ("/sound", b"/sound")
    assert server.connections == 2


def test_each_host_has_connections_of_its_own(server):
    server.answer = lambda arrival: arrival.reply(arrival.origin.encode())
    with threads_urllib3(Limits(1), target_of) as fetch:
        outcomes = fetch([Request("test", server.origins[n % 2], f"/{n}") for n in range(6)])
    assert [outcome.value[1].decode() for outcome in outcomes] == [server.origins[n % 2] for n in range(6)]
    assert server.connections == 2
