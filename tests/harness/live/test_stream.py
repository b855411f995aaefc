"""One client of the page, over a socket."""

import threading
import time

import psutil
import pytest

from harness.live import stream as stream_module
from harness.live.invented import grid

from .conftest import until

pytestmark = pytest.mark.slow


def test_a_change_reaches_who_listens_and_only_what_changed(page):
    events = page.listen()
    first = events.next("cells")[2]
    page.turn()
    then = events.next("cells")[2]
    assert first["version"] < then["version"]
    changed = {row[0] for row in then["cells"]}
    assert changed < {row[0] for row in first["cells"]}
    assert any(name.endswith("-bid") for name in changed)


def test_who_names_the_last_event_it_heard_gets_what_it_missed(page):
    events = page.listen()
    _, last, first = events.next("cells")
    events.close()
    page.turn()
    missed = page.listen(Last_Event_ID=last).next("cells")[2]
    assert 0 < len(missed["cells"]) < len(first["cells"])


def test_a_page_that_was_drawn_in_another_shape_is_told_and_the_stream_ends(page):
    events = page.listen("?shape=000000000000")
    assert events.next()[0] == "shape"
    assert events.next() is None
    shape = page.edition().shape
    assert page.listen(f"?shape={shape}").next()[0] == "cells"


@pytest.mark.parametrize("query", ["?", "?shape", "?shape=%ff%00", "?%ZZ=1", "?shape=1&shape=2", "?" + "x" * 2000])
def test_a_strange_query_is_no_bug(page, query):
    assert page.listen(query).status in (200, 400)


def test_while_nothing_happens_a_beat_says_that_the_server_is_there(page, monkeypatch):
    monkeypatch.setattr(stream_module, "_BEAT_S", 0.05)
    events = page.listen()
    events.next("cells")
    assert [events.next()[0] for _ in range(3)] == ["beat"] * 3


def test_at_the_end_everybody_is_told_and_let_go_at_once(serve):
    page = serve()
    streams = [page.listen() for _ in range(8)]
    for events in streams:
        events.next("cells")
    began = time.monotonic()
    page.server.stop()
    assert time.monotonic() - began < 1.0
    assert [(events.next("bye") or [None])[0] for events in streams] == ["bye"] * 8
    assert all(events.next() is None for events in streams)


def test_a_client_that_never_reads_is_cut_even_where_nothing_happens_and_our_kernel_would_take_all(page, monkeypatch):
    monkeypatch.setattr(stream_module, "_STALL_S", 0.5)
    monkeypatch.setattr(stream_module, "_BEAT_S", 0.5)
    healthy = page.listen()
    stalled = page.raw(page.head("/events"), buffer=1024)
    broadcast = page.server._broadcast
    assert until(lambda: broadcast.clients == 2) is not None
    assert until(lambda: broadcast.clients == 1) is not None
    assert is_gone(stalled)
    assert healthy.next("beat") is not None


@pytest.mark.parametrize("buffer", [4096, None], ids=["a small window", "the system's window"])
def test_a_client_that_never_reads_is_cut_within_ten_seconds_and_holds_up_nobody(serve, buffer):
    """At four changes a second; with a window of the system's, what the client's kernel takes on its behalf is not
    counted: until it is full, nobody here can know that nobody reads."""
    page = serve(grid())
    healthy = page.listen()
    rss = psutil.Process().memory_info().rss
    stalled = page.raw(page.head("/events"), buffer=buffer)
    broadcast = page.server._broadcast
    assert until(lambda: broadcast.clients == 2) is not None
    done = threading.Event()
    moments = []

    def count():
        while not done.is_set() and (event := healthy.next("cells")):
            moments.append((time.monotonic(), event[2]["version"]))

    reader = threading.Thread(target=count)
    reader.start()
    began, full_at = time.monotonic(), None
    published = 0
    while broadcast.clients == 2 and time.monotonic() - began < 60:
        page.turn()
        published += 1
        if full_at is None and is_full(page):
            full_at = time.monotonic()
        time.sleep(0.25)
    cut_at = time.monotonic()
    done.set()
    page.turn()
    reader.join(5)
    assert broadcast.clients == 1
    assert cut_at - (began if buffer else full_at or began) <= 10
    assert len(moments) >= 0.95 * published
    assert psutil.Process().memory_info().rss - rss < 8 * 1024**2
    assert is_gone(stalled)


def is_full(page):
    """Whether something waits here for one of its clients."""
    found = threading.Event()
    answer = []

    def look():
        listener = page.server.listener
        answer.append(any(one.transport.get_write_buffer_size() for one in listener.connections if one.transport))
        found.set()

    page.server._loop.call_soon_threadsafe(look)
    found.wait(5)
    return answer[0]


def is_gone(sock):
    """Whether the other side has reset it, be it behind data that were never read."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return False
