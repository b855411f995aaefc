import asyncio
import errno
import gc
import socket
import ssl

import pytest
import uvloop

from harness.kernel_counters import counters, growth
from mock_server.narrow_door import NarrowDoor, backlog_from
from mock_server.sockets import BACKLOG

BOTH_LOOPS = pytest.mark.parametrize("loop", [None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


class Greeter(asyncio.Protocol):
    """Answers whoever speaks first: of a silent client the kernel may forget that it ever turned it away."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(b"welcome")
        self.transport.close()


class Refusing:
    """A listening socket whose connections the system refuses at first."""

    def __init__(self, sock, refusals):
        self._sock, self.refusals = sock, refusals

    def __getattr__(self, name):
        return getattr(self._sock, name)

    def accept(self):
        if self.refusals:
            raise OSError(self.refusals.pop(), "refused")
        return self._sock.accept()


@pytest.fixture
def bound():
    sock = socket.create_server(("127.0.0.1", 0))
    yield sock
    sock.close()


async def greeted(address, **options):
    reader, writer = await asyncio.open_connection(*address, **options)
    try:
        writer.write(b"hello")
        return await reader.read()
    finally:
        writer.close()


def run(test, loop=None):
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(test())


@BOTH_LOOPS
def test_one_after_the_other_everyone_is_let_in(bound, loop):
    async def test():
        door = NarrowDoor(bound, 5, Greeter)
        address = bound.getsockname()
        found = await asyncio.gather(*(greeted(address) for _ in range(4)))
        door.close()
        door.close()
        return found

    assert run(test, loop) == [b"welcome"] * 4


@BOTH_LOOPS
def test_who_does_not_speak_tls_is_dropped_without_a_word_of_ours(bound, loop, caplog):
    async def test():
        door = NarrowDoor(bound, 5, Greeter, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), 5.0)
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        found = await reader.read()
        writer.close()
        door.close()
        return found

    assert b"welcome" not in run(test, loop)
    gc.collect()  # a task whose exception nobody took would complain now
    assert not caplog.records


def test_a_system_that_refuses_is_asked_again_and_it_is_told(bound, monkeypatch):
    monkeypatch.setattr("mock_server.narrow_door._REFUSED_S", 0.0)
    told = []

    async def test():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"].errno))
        refusing = Refusing(bound, [errno.EMFILE, errno.ECONNABORTED])
        door = NarrowDoor(refusing, 5, Greeter)
        found = await greeted(bound.getsockname())
        door.close()
        return found

    assert run(test) == b"welcome"
    assert told == [errno.EMFILE]


def test_a_door_that_is_closed_while_it_rests_stays_closed(bound, monkeypatch):
    monkeypatch.setattr("mock_server.narrow_door._EACH_S", 0.0)

    async def test():
        door = NarrowDoor(bound, 5, Greeter)
        await greeted(bound.getsockname())
        door.close()
        await asyncio.sleep(0)

    run(test)
    assert bound.fileno() == -1


@pytest.mark.slow
def test_the_kernel_turns_away_whom_the_backlog_does_not_hold(bound):
    async def test():
        door = NarrowDoor(bound, 2, Greeter)
        found = await asyncio.gather(*(greeted(bound.getsockname()) for _ in range(12)))
        door.close()
        return found

    before = counters()
    if "ListenOverflows" not in before:
        pytest.skip("this kernel does not count whom it turns away")
    assert run(test) == [b"welcome"] * 12  # they try again, a second later
    assert growth(before, counters())["ListenOverflows"] > 0


def test_a_backlog_is_a_number_of_connections():
    assert [backlog_from("5"), backlog_from(str(BACKLOG))] == [5, BACKLOG]


@pytest.mark.parametrize("text", ["", "0", "-1", "5.0", "five", "1025", "9" * 5000, "٥"])
def test_what_is_no_backlog_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=f"expected a backlog of 1 to {BACKLOG} connections, found '"):
        backlog_from(text)
