"""What httpx does not do by itself when a blocking request is given up."""

import gc

import pytest

from exchanges.wire import Request
from strategies.body import Fault
from strategies.deadline import Watchdog
from strategies.gate_server import GateServer
from strategies.terms import Trust
from strategies.threads_httpx import _Line


def test_a_connection_that_comes_about_after_the_interrupt_is_closed():
    with GateServer() as server, Watchdog(10) as watchdog:
        line = _Line(server.origins[0], Trust(None))
        watch = watchdog.watch()
        watch.begin()
        watchdog.cancel()
        with pytest.raises(Fault, match="interrupted"):
            line.send(Request("test", server.origins[0], "/"), watch)
        assert server.still_open() == 0
        assert not server.arrivals
        line.close()
    gc.collect()  # a socket that was lost instead of closed would warn here
