"""Promises 4 to 6: what a strategy makes of servers that break, drip, flood, tempt and hang up.

The only clock here is the deadline's. Not checked, for want of certificates: that TLS is verified.
"""

from __future__ import annotations

import gzip
import pickle
import socket

from exchanges.errors import KINDS, safe
from exchanges.wire import Request
from strategies.gate_server import Arrival, GateServer
from strategies.promise import IN_FLIGHT, LIMITS, Broken, read, value_of
from strategies.strategy import Failed, Limits, Strategy

DEADLINE_S = 0.2
SLACK_S = 0.25
MAX_BODY = 100_000
SHORT_LIMITS = Limits(IN_FLIGHT, deadline_s=DEADLINE_S, max_body=MAX_BODY)


def failures(strategy: Strategy, server: GateServer) -> None:
    """4. No answer is a Failed of the right kind; any status is an answer; outcomes are plain data."""

    def fail(arrival: Arrival) -> None:
        if arrival.target == "/truncated":
            arrival.reply(b'{"price": 1}', length=100)
            arrival.replied = None
        elif arrival.target == "/protocol":
            arrival.connection.sendall(b"nonsense\r\n\r\n")
        elif arrival.target == "/protocol-lengths":
            arrival.reply(b"12345", "200 OK", "Content-Length: 6", "Connection: close")
            arrival.replied = None
        elif arrival.target == "/protocol-chunk":
            arrival.reply_in_chunks(b"12345", end=b"-5\r\n12345\r\n0\r\n\r\n")
            arrival.replied = None
        elif arrival.target == "/truncated-chunks":
            arrival.reply_in_chunks(b"12345", end=b"")
            arrival.replied = None
        elif arrival.target == "/200-chunks":
            arrival.reply_in_chunks(b"/200", b"-chunks")
        elif arrival.target == "/200-interim":
            arrival.connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
            arrival.reply(arrival.target.encode())
        elif arrival.target == "/encoding":
            arrival.reply(b"no gzip", "200 OK", "Content-Encoding: gzip")
        elif arrival.target != "/disconnected":
            status = {"/503": "503 Busy", "/banned": "418 Teapot"}.get(arrival.target, "200 OK")
            arrival.reply(arrival.target.encode(), status)

    server.answer = fail
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    wanted = [
        "refused", "truncated", "truncated-chunks", "protocol", "protocol-lengths", "protocol-chunk", "encoding",
        "disconnected", "banned", "503", "200-interim", "200-chunks", "200",
    ]  # fmt: skip
    requests = [Request("test", nobody if w == "refused" else server.origins[0], "/" + w) for w in wanted]
    with strategy(LIMITS, read) as fetch:
        outcomes = fetch(requests)
    for want, outcome in zip(wanted, outcomes, strict=True):
        if want[0].isdigit() and value_of(4, outcome)[1] != f"/{want}".encode():
            raise Broken(4, f"the body of /{want} is not what was sent: {safe(repr(outcome), 160)}")
        got = outcome.kind if isinstance(outcome, Failed) else str(outcome.status)
        if got != want.partition("-")[0]:
            raise Broken(4, f"expected {want.partition('-')[0]} for /{want}, found {safe(repr(outcome), 160)}")
        if isinstance(outcome, Failed) and outcome.kind not in KINDS:
            raise Broken(4, f"{outcome.kind!r} is none of exchanges.errors.KINDS")
        try:
            pickle.dumps(outcome)
        except Exception as error:
            raise Broken(4, f"the outcome of /{want} is no plain data: {error}") from error
    teapot = outcomes[wanted.index("banned")]
    if isinstance(teapot, Failed) and (teapot.status, teapot.retry_after) != (418, 7.0):
        raise Broken(4, "a Rejected lost its status or its retry_after on the way to a Failed")


def limits(strategy: Strategy, server: GateServer) -> None:
    """5. The deadline holds against a drip in head and body; large bodies are cut; redirects not followed."""
    bomb = gzip.compress(bytes(50 * MAX_BODY))

    def tempt(arrival: Arrival) -> None:
        if arrival.target == "/drip-head":
            arrival.drip(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 200)
        elif arrival.target == "/drip-body":
            arrival.reply(b"{", length=500)
            arrival.drip(b"x" * 200)
        elif arrival.target == "/interim":
            interim = b"HTTP/1.1 102 Processing\r\n\r\n"
            arrival.drip(interim * 99, len(interim))
        elif arrival.target == "/silence":
            arrival.drip()
        elif arrival.target == "/large":
            arrival.reply(bytes(MAX_BODY + 1))
        elif arrival.target == "/large-chunks":
            arrival.reply_in_chunks(*[bytes(MAX_BODY // 2 + 1)] * 2)
        elif arrival.target == "/bomb":
            arrival.reply(bomb, "200 OK", "Content-Encoding: gzip")
        elif arrival.target == "/redirect":
            arrival.reply(b"", "302 Found", f"Location: {server.origins[1]}/second")
        else:
            arrival.reply(bytes(MAX_BODY))

    server.answer = tempt
    wanted = {
        "/drip-head": "deadline", "/drip-body": "deadline", "/interim": "deadline",
        "/silence": "deadline", "/large": "too_large", "/large-chunks": "too_large", "/bomb": "too_large",
        "/redirect": "redirect", "/full": None,
    }  # fmt: skip
    with strategy(SHORT_LIMITS, read) as fetch:
        outcomes = fetch([Request("test", server.origins[0], target) for target in wanted])
    for (target, kind), outcome in zip(wanted.items(), outcomes, strict=True):
        if (outcome.kind if isinstance(outcome, Failed) else None) != kind:
            raise Broken(5, f"expected {kind or 'a value'} for {target}, found {safe(repr(outcome), 160)}")
        took = outcome.ended - outcome.started
        if kind == "deadline" and not DEADLINE_S - 0.05 <= took <= DEADLINE_S + SLACK_S:
            raise Broken(5, f"{target} took {took:.2f} s; the deadline is {DEADLINE_S} s")
    if any(a.target == "/second" for a in server.arrivals):
        raise Broken(5, "the redirect was followed")


def no_retry(strategy: Strategy, server: GateServer) -> None:
    """6. A request is sent once, even if the re-used connection breaks under it."""
    server.answer = lambda arrival: None if arrival.target == "/break" else arrival.reply()
    with strategy(LIMITS, read) as fetch:
        value_of(6, fetch([Request("test", server.origins[0], "/open")])[0])
        (outcome,) = fetch([Request("test", server.origins[0], "/break")])
    times = sum(a.target == "/break" for a in server.arrivals)
    if times != 1:
        raise Broken(6, f"a request whose connection broke arrived {times} times")
    if not isinstance(outcome, Failed):
        raise Broken(6, "a request that nobody answered was not reported as Failed")
