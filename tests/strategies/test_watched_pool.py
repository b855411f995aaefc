"""A connection that went back to its pool is nobody's to shut, and is read strictly, whoever the pool belongs to."""

import pytest
from urllib3.util import Retry

from strategies.body import Fault
from strategies.deadline import Watchdog
from strategies.gate_server import GateServer
from strategies.watched_pool import pool_classes


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


@pytest.fixture
def watchdog():
    with Watchdog(10) as watchdog:
        yield watchdog


@pytest.fixture
def pool(server, watchdog):
    pool = pool_classes(watchdog)["http"]("127.0.0.1", int(server.origins[0].rpartition(":")[2]), maxsize=1)
    yield pool
    pool.close()


def asked(pool):
    reply = pool.urlopen("GET", "/", retries=Retry(total=False), preload_content=False)
    return b"".join(reply.stream(65536))


@pytest.mark.parametrize("body", [b"12345", b""])
def test_a_deadline_after_the_last_byte_does_not_shut_the_connection_under_its_next_user(server, watchdog, pool, body):
    server.answer = lambda arrival: arrival.reply(body)
    late = watchdog.watch()
    late.begin()
    assert asked(pool) == body
    late.cut(float("inf"))  # it is over its deadline, though it has all it asked for
    assert late.expired
    late.begin()
    assert asked(pool) == body
    assert server.connections == 1


def test_a_request_whose_time_is_over_is_not_sent(server, watchdog, pool):
    watch = watchdog.watch()
    watch.begin()
    watch.cut(float("inf"))
    with pytest.raises(Fault, match="deadline of 10 s"):
        asked(pool)
    assert not server.arrivals


def test_answers_are_read_strictly(server, watchdog, pool):
    server.answer = lambda arrival: arrival.reply(b"", "200 OK", "just words")
    watchdog.watch().begin()
    with pytest.raises(Fault, match="malformed line"):
        asked(pool)
