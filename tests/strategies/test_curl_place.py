"""An easy handle sends a Request as it is, and is made once for all of them."""

import pytest

from exchanges.wire import Request
from strategies import Fetched, Limits
from strategies.gate_server import GateServer

pycurl = pytest.importorskip("pycurl", reason="the extra pycurl is not installed")
from strategies.multi_pycurl import multi_pycurl  # noqa: E402 (after importorskip)


def test_methods_and_empty_headers_arrive_as_they_are():
    with GateServer() as server, multi_pycurl(Limits(1), lambda request, response: response.body) as fetch:
        server.answer = lambda arrival: arrival.reply(b"" if arrival.method == "HEAD" else b"ok")
        headers = (("X-Empty", ""), ("X-Full", "1"))
        for method in ("HEAD", "POST", "GET", "DELETE"):
            (outcome,) = fetch([Request("test", server.origins[0], "/", method=method, headers=headers)])
            assert isinstance(outcome, Fetched), outcome
    assert [arrival.method for arrival in server.arrivals] == ["HEAD", "POST", "GET", "DELETE"]
    assert [(a.headers["x-empty"], a.headers["x-full"]) for a in server.arrivals] == [("", "1")] * 4
    assert [a.headers.get("content-length") for a in server.arrivals] == [None, "0", None, None]


def test_a_libcurl_without_the_option_that_forbids_it_repeats_nothing_either(monkeypatch):
    monkeypatch.setattr("pycurl.RTSPREQ_RECEIVE", pycurl.RTSPREQ_OPTIONS)
    with GateServer() as server, multi_pycurl(Limits(1), lambda request, response: response.body) as fetch:
        server.answer = lambda arrival: None if arrival.target == "/end" else arrival.reply(b"ok")
        outcomes = [fetch([Request("test", server.origins[0], target)])[0] for target in ("/", "/end", "/")]
    assert [getattr(outcome, "kind", None) for outcome in outcomes] == [None, "disconnected", None]
    assert [arrival.target for arrival in server.arrivals] == ["/", "/end", "/"]
