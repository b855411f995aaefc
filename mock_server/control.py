"""The control port: ``begin`` and ``end`` bracket a batch outside the timed region, ``status`` tells what is there.

``begin`` takes ``seed``, ``block`` and ``batch`` (whole numbers, 0 where left out), which the market's prices are keyed
by; ``draws`` (a whole number, the batch's where left out or null), which stands for the batch in the key of the delays:
the draws are those of (seed, block, draws, index, attempt), so batches of one ``draws`` have the same delays and other
prices; and ``latency``, ``one_at_a_time`` and ``refuse``, which stay as they are where left out.

What changes the server is a POST with the token in ``X-Fetchrace-Token``; every request must name a loopback
host, so that a web page which resolves its own name to this machine (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from aiohttp import web

from exchanges.errors import safe
from exchanges.plugins import nearest
from mock_server.app import Mock
from mock_server.conditions import Delay
from mock_server.connection import Connection
from mock_server.levers import one_at_a_time_from, refuse_from
from mock_server.reply import Reply, unreadable_body

TOKEN_HEADER = "X-Fetchrace-Token"  # noqa: S105  the name of a header is no secret
_NUMBERS = ("seed", "block", "batch")
_FIELDS = (*_NUMBERS, "draws", "latency", "one_at_a_time", "refuse")


class ControlPort:
    """Answers the control port of one Mock; ``handle`` is its handler."""

    def __init__(self, mock: Mock, token: str, port: int) -> None:
        self._mock = mock
        self._token = token
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = Connection.taken_from(request)
        try:
            return (await self._reply(request)).response()
        finally:
            connection.busy = False

    async def _reply(self, request: web.BaseRequest) -> Reply:
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            found = safe(", ".join(hosts)) or "none"
            return _error(403, f"expected one Host header that names this server on loopback, found {found}")
        refused = await unreadable_body(request)
        if refused is not None:
            return refused
        if request.path == "/status":
            return Reply.json(200, self._status()) if request.method in ("GET", "HEAD") else _method("GET")
        if request.path not in ("/begin", "/end"):
            return _error(404, "expected /begin, /end or /status")
        if request.method != "POST":
            return _method("POST")
        # As bytes: compare_digest takes text only if it is ASCII, and a stranger's header need not be.
        given = request.headers.get(TOKEN_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._token.encode()):
            return _error(403, f"expected the header {TOKEN_HEADER} with the token that the server printed first")
        return await self._begin(request) if request.path == "/begin" else self._end()

    async def _begin(self, request: web.BaseRequest) -> Reply:
        try:
            wanted = _object_from(await request.read())
            seed, block, batch = (_number_from(wanted, name) for name in _NUMBERS)
            draws = None if wanted.get("draws") is None else _number_from(wanted, "draws")
            conditions = self._mock.conditions
            if wanted.get("latency") is not None:
                conditions = conditions.but(delay=Delay.parse(str(wanted["latency"])))
            if "one_at_a_time" in wanted:
                conditions = conditions.but(one_at_a_time=one_at_a_time_from(wanted["one_at_a_time"]))
            if "refuse" in wanted:
                conditions = conditions.but(refuse=refuse_from(wanted["refuse"], self._mock.venues))
        except ValueError as error:
            return _error(400, str(error))
        self._mock.conditions = conditions
        self._mock.begin(seed, block, batch, draws)
        return Reply.json(200, {})

    def _end(self) -> Reply:
        if not self._mock.record.kept:
            return _error(409, "expected /begin before /end, found no batch under way")
        return Reply.json(200, self._mock.end())

    def _status(self) -> dict[str, Any]:
        mock = self._mock
        return {
            "state": "logging" if mock.record.kept else "idle",
            "origins": mock.origins,
            "in_flight": mock.record.in_flight,
            "latency": str(mock.conditions.delay),
        }


def _object_from(body: bytes) -> dict[str, Any]:
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, dict):
        raise ValueError(f'expected JSON such as {{"seed": 7, "block": 0, "batch": 0}}, found {safe(body)!r}')
    for name in wanted:
        if name not in _FIELDS:
            raise ValueError(f"unknown field {safe(name)!r}{nearest(name, _FIELDS)}; the fields: {', '.join(_FIELDS)}")
    return wanted


def _number_from(wanted: dict[str, Any], name: str) -> int:
    number = wanted.get(name, 0)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"expected a whole number as {name}, found {safe(repr(number))}")
    return number


def _error(status: int, sentence: str, **headers: str) -> Reply:
    reply = Reply.json(status, {"error": sentence})
    reply.headers.update(headers)
    return reply


def _method(expected: str) -> Reply:
    return _error(405, f"expected {expected} for this path", Allow=expected)
