"""A connection that went back to its pool is nobody's to shut."""

import pytest
import requests

from strategies.deadline import Watchdog
from strategies.gate_server import GateServer
from strategies.requests_session import open_session
from strategies.terms import Trust


@pytest.mark.parametrize("body", [b"12345", b""])
def test_a_deadline_after_the_last_byte_does_not_shut_the_connection_under_its_next_user(body):
    with GateServer() as server, Watchdog(10) as watchdog, open_session(watchdog, Trust(None), 1) as session:
        server.answer = lambda arrival: arrival.reply(body)

        def ask():
            message = session.prepare_request(requests.Request("GET", server.origins[0]))
            with session.send(message, stream=True) as reply:
                return b"".join(reply.raw.stream(65536))

        late = watchdog.watch()
        late.begin()
        assert ask() == body
        late.cut(float("inf"))  # it is over its deadline, though it has all it asked for
        assert late.expired
        late.begin()
        assert ask() == body
        assert server.connections == 1
