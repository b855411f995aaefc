"""libcurl's multi handles on one selector: nothing is lost between them, nor by a clock that differs a little."""

import socket

import pytest

from strategies.conformance import check

pycurl = pytest.importorskip("pycurl", reason="the extra pycurl is not installed")
from strategies import curl_loop, multi_pycurl  # noqa: E402 (after importorskip)


@pytest.mark.slow
def test_several_multi_handles_keep_number_and_connections(monkeypatch):
    monkeypatch.setattr(curl_loop, "TOGETHER", 2)
    assert check(multi_pycurl.multi_pycurl, [2, 7]) == []


def test_a_handle_called_too_early_is_asked_for_its_time_again():
    class Early:
        def socket_action(self, *_):
            """Its own clock says that it is too early, and it names no other time."""

        def timeout(self):
            return 3

    loop = curl_loop.Loop([], set())
    multi = curl_loop._Multi(loop._selector, {}, set())
    multi.handle.close()
    multi.handle = Early()
    multi.timed_out()
    assert multi.due is not None
    loop.close()


@pytest.fixture
def watched():
    """A multi handle that watches one end of a pair of sockets, and the other end."""
    dead = set()
    loop = curl_loop.Loop([], dead)
    multi = curl_loop._Multi(loop._selector, {}, dead)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as ours,
        listener.accept()[0] as theirs,
    ):
        yield loop, multi, ours, theirs, dead
    multi.handle.close()
    loop.close()


def test_an_idle_connection_that_could_be_written_to_is_not_dead(watched):
    loop, multi, ours, theirs, dead = watched
    multi._watch(pycurl.POLL_OUT, ours.fileno(), None, None)
    multi._watch(pycurl.POLL_REMOVE, ours.fileno(), None, None)
    loop.look()
    assert dead == set()
    theirs.close()
    loop.look()
    assert dead == {ours.getsockname()}


def test_a_number_that_another_connection_has_got_is_watched_anew(watched):
    _, multi, ours, _, dead = watched
    number = ours.fileno()
    multi._watch(pycurl.POLL_IN, number, None, None)
    multi._watch(pycurl.POLL_REMOVE, number, None, None)
    ours.close()  # libcurl closes it, and connects again: the system gives the lowest number that is free
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert listener.fileno() == number
        multi._watch(pycurl.POLL_IN, number, None, None)
        with socket.create_connection(listener.getsockname()):
            assert [key.fd for key, _ in multi._selector.select(1)] == [number]
    assert dead == set()
