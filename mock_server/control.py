"""The control port: ``begin`` and ``end`` bracket a batch outside the timed region, ``status`` tells what is there,
``seals`` what batches there were.

``begin`` takes ``seed``, ``block`` and ``batch`` (whole numbers, 0 where left out), which the market's prices are keyed
by; ``draws`` (a whole number, the batch's where left out or null), which stands for the batch in the key of the delays:
the draws are those of (seed, block, draws, index, attempt), so batches of one ``draws`` have the same delays and other
prices. Faults strike by (seed, draws, index, attempt) alone, so that they are the same in every block: one that costs a
deadline would otherwise be all the difference between two blocks. Without ``draws`` they strike by (seed, block,
batch);
``began`` (CLOCK_MONOTONIC seconds), when the market's clock was at zero (left out or null: now);
``epoch`` ("now" or an RFC 3339 time), the exchanges' own time then (left out or null: 2026-01-01T00:00:00Z); ``hold``,
the second at which the market's clock stands, so that every price and the exchanges' own time are those of that moment
for the whole batch (left out or null: it runs); and
``latency``, ``motion`` (``mock_server.motion``), ``faults`` ("" or null: none), ``one_at_a_time`` and ``refuse``, which
stay as they are where left out.

What changes the server is a POST with the token in ``X-Fetchrace-Token``; ``seals`` (see ``mock_server.seals``) are for
whoever sends the witness there instead, and are given once. Every request must name a loopback host, so that a web
page which resolves its own name to this machine (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import hmac
import json
import math
import time
from typing import Any

from aiohttp import web

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.reading import time_text_for
from mock_server.app import Mock
from mock_server.body import unreadable_body
from mock_server.conditions import Latency
from mock_server.faults import Faults
from mock_server.levers import one_at_a_time_from, refuse_from
from mock_server.market import EPOCH_US
from mock_server.motion import Motion, hold_from
from mock_server.options import epoch_us_from
from mock_server.process import MockFailed
from mock_server.reply import Reply
from mock_server.seals import Seals
from mock_server.workers import Crew, merged

TOKEN_HEADER = "X-Fetchrace-Token"  # noqa: S105  the name of a header is no secret
_NUMBERS = ("seed", "block", "batch")
_DAY_S = 86_400.0
_ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Where an answer does not say it itself: the page has a policy of its own."""
_FIELDS = (
    *_NUMBERS, "draws", "began", "epoch", "hold", "latency", "motion", "faults", "one_at_a_time", "refuse",
)  # fmt: skip


class ControlPort:
    """Answers the control port of one Mock, and of the other workers where there is a ``crew``; ``handle`` is its
    handler. ``token`` begins and ends batches, ``witness`` reads their seals: neither does for the other."""

    def __init__(self, mock: Mock, token: str, witness: str, port: int, crew: Crew | None = None) -> None:
        self._mock = mock
        self._crew = crew
        self._secrets = {"/begin": token, "/end": token, "/seals": witness}
        self._seals = Seals()
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        reply = await self._reply(request)
        for name, value in _ALWAYS.items():
            reply.headers.setdefault(name, value)
        return reply.response()

    async def _reply(self, request: web.BaseRequest) -> Reply:
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            found = safe(", ".join(hosts)) or "none"
            return _error(403, f"expected one Host header that names this server on loopback, found {found}")
        # A page of somebody else's, in a browser on this machine.
        for origin in request.headers.getall("Origin", []):
            if origin.lower() not in self._origins:
                return _error(403, f"expected no Origin but this server's own, found {safe(origin)}")
        mode = request.headers.get("Sec-Fetch-Mode")
        if request.headers.get("Sec-Fetch-Site", "").lower() in ("cross-site", "same-site") and mode != "navigate":
            return _error(403, "expected a request of this server's own page, found one of another page's")
        refused = await unreadable_body(request)
        if refused is not None:
            return refused
        if request.path == "/status":
            return Reply.json(200, await self._status()) if request.method in ("GET", "HEAD") else _method("GET")
        if request.path == "/":
            return self._mock.page(None) if request.method in ("GET", "HEAD") else _method("GET")
        if request.path not in self._secrets:
            return _error(404, f"expected {', '.join(self._secrets)} or /status")
        if request.method != "POST":
            return _method("POST")
        # As bytes: compare_digest takes text only if it is ASCII, and a stranger's header need not be.
        tokens = request.headers.getall(TOKEN_HEADER, [])
        given = tokens[0].encode("utf-8", "surrogateescape") if len(tokens) == 1 else b""
        if not hmac.compare_digest(given, self._secrets[request.path].encode()):
            which = "witness" if request.path == "/seals" else "token"
            return _error(403, f"expected the header {TOKEN_HEADER} with the {which} that the server printed first")
        if request.path == "/seals":
            return Reply.json(200, {"seals": self._seals.take()})
        try:
            return await self._begin(request) if request.path == "/begin" else await self._end()
        except MockFailed as error:
            return _error(500, f"a worker failed: {error}")

    async def _begin(self, request: web.BaseRequest) -> Reply:
        try:
            wanted = _object_from(await request.read())
            seed, block, batch = (_number_from(wanted, name) for name in _NUMBERS)
            draws = None if wanted.get("draws") is None else _number_from(wanted, "draws")
            began = _time_from(wanted.get("began"))
            epoch_us = EPOCH_US if wanted.get("epoch") is None else epoch_us_from(str(wanted["epoch"]))
            hold_s = None if wanted.get("hold") is None else hold_from(wanted["hold"])
            conditions = self._mock.conditions
            names = tuple(self._mock.ports)
            if wanted.get("latency") is not None:
                conditions = conditions.but(latency=Latency.parse(str(wanted["latency"]), names))
            if wanted.get("motion") is not None:
                conditions = conditions.but(motion=Motion.parse(str(wanted["motion"])))
            if "faults" in wanted:
                conditions = conditions.but(faults=Faults.parse(str(wanted["faults"] or ""), names))
                self._mock.check(conditions.faults)
            if "one_at_a_time" in wanted:
                conditions = conditions.but(one_at_a_time=one_at_a_time_from(wanted["one_at_a_time"]))
                if conditions.one_at_a_time is not None and self._crew is not None:
                    raise ValueError("one_at_a_time needs a server with one process; start it with --workers 1")
            if "refuse" in wanted:
                conditions = conditions.but(refuse=refuse_from(wanted["refuse"], names))
        except ValueError as error:
            return _error(400, str(error))
        if self._crew is not None:
            # One clock for all the markets, and what is set here is set everywhere.
            began = time.monotonic() if began is None else began
            texts = {name: str(getattr(conditions, name)) for name in ("latency", "motion", "faults")}
            numbers = {"seed": seed, "block": block, "batch": batch, "draws": draws}
            await self._crew.begin(
                **numbers, **texts, refuse=conditions.refuse, began=began, epoch=time_text_for(epoch_us), hold=hold_s
            )
        self._mock.conditions = conditions
        await self._mock.show_certificates()
        self._mock.begin(seed, block, batch, draws, began, epoch_us, hold_s)
        self._seals.begin(wanted)
        return Reply.json(200, {})

    async def _end(self) -> Reply:
        if not self._mock.record.kept:
            return _error(409, "expected /begin before /end, found no batch under way")
        log = self._mock.end()
        reply = Reply.json(200, log if self._crew is None else merged([log, *await self._crew.end()]))
        self._seals.end(reply.body)
        return reply

    async def _status(self) -> dict[str, Any]:
        mock = self._mock
        elsewhere = 0 if self._crew is None else await self._crew.in_flight()
        return {
            "state": "logging" if mock.record.kept else "idle",
            "origins": mock.origins,
            "in_flight": mock.record.in_flight + elsewhere,
            **mock.census(),
            "latency": str(mock.conditions.latency),
            "motion": str(mock.conditions.motion),
            "faults": str(mock.conditions.faults),
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


def _time_from(given: Any) -> float | None:
    if given is None:
        return None
    # A day: a clock further off is none of this machine's, and ticks beyond it have no number.
    try:
        began = math.nan if isinstance(given, bool) or not isinstance(given, int | float) else float(given)
    except OverflowError:
        began = math.inf
    if not abs(began - time.monotonic()) < _DAY_S:
        raise ValueError(f"expected CLOCK_MONOTONIC seconds within a day as began, found {safe(repr(given))}")
    return began


def _error(status: int, sentence: str, **headers: str) -> Reply:
    reply = Reply.json(status, {"error": sentence})
    reply.headers.update(headers)
    return reply


def _method(expected: str) -> Reply:
    return _error(405, f"expected {expected} for this path", Allow=expected)
