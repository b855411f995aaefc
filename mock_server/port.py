"""A port: one exchange's venue with everything that stands between a request and its answer.

Laws: an answer is never sent before ``arrived + asked``; it is priced at the moment it is sent; its row is in the log,
and the counter of requests in flight is down, before its first byte leaves. A request is in flight from the moment its
own bytes were read, and belongs to the batch of that moment.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING

from aiohttp import web

from exchanges.errors import safe
from mock_server.asked import origin_form
from mock_server.body import form_of, unreadable_body
from mock_server.fault import Raw
from mock_server.frame import CHUNKED, GZIP, accepts_gzip, date_line, frame, lines_of
from mock_server.lane import Lane
from mock_server.lateness import Lateness
from mock_server.reply import Reply
from mock_server.turn import Heard, HeardWhole, Turn
from mock_server.venue import INDEX_HEADER, Venue

if TYPE_CHECKING:
    from exchanges.exchange import Exchange
    from mock_server.app import Mock
    from mock_server.conditions import Conditions
    from mock_server.limits import Limiter
    from mock_server.log import Record
    from mock_server.timer import Timer

CHUNKED_HEADER = "X-Fetchrace-Chunked"
_CLOSE, _KEEP_ALIVE = b"Connection: close\r\n", b"Connection: keep-alive\r\n"
_LOGGER = logging.getLogger("fetchrace.mock_server")


class Port:
    """Takes up the requests to one exchange, and answers them when their Lane says so. ``record`` is the batch that a
    request which arrives now belongs to."""

    record: Record
    timer: Timer

    def __init__(self, mock: Mock, exchange: Exchange, limiter: Limiter) -> None:
        self._mock = mock
        self.venue = Venue(exchange)
        self.name = exchange.name
        self.exchange = exchange
        self._limiter = limiter
        self.tune(mock.conditions)

    def tune(self, conditions: Conditions) -> None:
        """New conditions hold from the next request on."""
        self._delay = conditions.latency.of(self.name)
        self._faults = conditions.faults or None
        self._refuse = conditions.refuse.get(self.name)
        self._lateness = Lateness(conditions.late, conditions.ramp, self._mock.since) or None

    def _callers(self) -> int:
        return self._mock.open(self.name)

    def take(self, turn: Turn, heard: Heard, refused: Reply | None = None) -> None:
        """Take up a request whose turn has begun: see what it asks for, and when it is due. ``refused`` is the answer
        to one whose body could not be read."""
        turn.closes = heard.should_close
        headers, method, path = heard.headers, heard.method, heard.path
        if not path.startswith("/"):
            path = origin_form(path)
        turn.head_only = method == "HEAD"
        accepted = headers.get("Accept-Encoding")
        if accepted is not None and accepts_gzip(accepted):
            turn.wishes = GZIP
        if headers.get(CHUNKED_HEADER) == "1" and heard.version >= (1, 1):
            turn.wishes |= CHUNKED
        manner = _CLOSE if turn.closes else _KEEP_ALIVE if heard.version < (1, 1) else b""
        turn.extra = manner
        try:
            if path == "/" and refused is None and method in ("GET", "HEAD"):
                turn.forget()
                turn.reply = self._mock.page(self.name)
                turn.ready = True
                return
            turn.index, turn.attempt = _index_from(headers.get(INDEX_HEADER))
            asked = turn.asked = self.venue.asked(path, method, headers)
            if refused is None and not path.startswith("/"):
                # CONNECT, and OPTIONS *: what is asked of a proxy or a whole server.
                refused = Reply.text(405, f"expected GET or HEAD, found {safe(method, 20)}", Allow="GET, HEAD")
            assert turn.record is not None  # only a page has none
            key: int | str | None = turn.index
            if key is None:
                key = f"{self.name} {asked.label} {self.venue.ordinal(asked.label)}"
            if self._refuse is not None and refused is None:
                refused = self.venue.refusal(self._refuse, asked)
            if refused is None:
                judgement = self._limiter.judge(turn.connection.address, asked.request, turn.arrived, self._callers)
                if judgement.headers:
                    turn.extra += lines_of(judgement.headers)
                if judgement.kind is not None:
                    refused = self.venue.refusal(judgement.kind, asked, judgement.retry_after)
            if refused is not None:
                turn.reply = refused
                turn.ready = True
                if refused.headers.get("Connection") == "close":
                    # It says so itself, and nothing else may be said beside it.
                    turn.closes = True
                    turn.extra = turn.extra.removeprefix(manner)
                return
            dice = turn.record.dice
            turn.asked_s = held_s = self._delay.draw(*dice, key, turn.attempt)
            if self._lateness is not None:
                held_s = self._lateness.held_s(held_s, turn.arrived)
            if self._faults is not None:
                turn.faults = self._faults.struck(self.name, *turn.record.fault_dice, key, turn.attempt)
        except Exception as error:
            turn.asked = turn.asked or self.venue.nothing
            turn.reply, turn.ready = _bug(turn, error), True
            return
        crowd = self._mock.crowd
        if crowd is not None:
            crowd.enter(turn, turn.arrived + held_s)
        elif held_s > 0:
            # One step up, or rounding the sum could let "held" come out a hair below "asked".
            turn.call = self.timer.call(math.nextafter(turn.arrived + held_s, math.inf), turn.due)
        else:
            turn.ready = True

    def answer(self, turn: Turn) -> None:
        """Answer a turn that is due and the first of its connection, or put it back until its body is rendered."""
        record, asked, reply, fault = turn.record, turn.asked, turn.reply, None
        try:
            if asked is None or record is None:
                assert reply is not None  # what is no price request was answered when it was taken up
                framed = frame(reply, turn.wishes)
            elif reply is None and not turn.faults:
                tick = record.tick()
                renderer = self._mock.renderer
                rendered = self.venue.ready(asked, record.market, tick, renderer, turn.wishes, turn.due)
                if rendered is None:
                    turn.connection.put_back(turn)
                    return
                reply, framed = rendered.reply, rendered.frame(turn.wishes)
            else:
                if turn.faults:
                    tick = record.tick()
                    reply, turn.faults = self.venue.disturbed(asked, record.market, tick, turn.faults, reply)
                    if not reply.body:
                        turn.faults = tuple(fault for fault in turn.faults if fault.wire is None)
                    fault = next((fault for fault in turn.faults if fault.wire is not None), None)
                assert reply is not None  # set when it was taken up, or just now
                framed = frame(reply, turn.wishes)
        except Exception as error:
            reply = _bug(turn, error)
            framed, fault = frame(reply, 0), None
        head = framed.head + date_line() + turn.extra + b"\r\n"
        body = b"" if turn.head_only else framed.body
        size = 0 if turn.head_only else len(reply.body)
        struck = "+".join(each.name for each in turn.faults) if turn.faults else ""
        replied = time.monotonic()
        turn.leave(replied, reply.status, size, reply.priced_at, struck)
        if fault is not None and fault.wire is not None:
            turn.connection.perform(turn, fault.wire(Raw(head, body, reply)))
        else:
            turn.connection.send(turn, head, body, replied)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The long way round, for a request with a body: read it, then take up its turn like any other."""
        connection = request.protocol
        assert isinstance(connection, Lane)  # the Listener of a Port makes no others
        turn = connection.take_long_way()
        await connection.until_first(turn)
        refused = await unreadable_body(request) if request.body_exists else None
        path = request.raw_path
        if refused is None and request.method == "POST" and self.exchange.accepts_post:
            try:
                if fields := await form_of(request):
                    path += ("&" if "?" in path else "?") + fields
            except LookupError:
                refused = self.venue.refusal("not_found", self.venue.asked(origin_form(path), "POST"))
        turn.over = asyncio.get_running_loop().create_future()
        heard = HeardWhole(request.method, path, request.headers, request.version, not request.keep_alive)
        self.take(turn, heard, refused)
        connection.go_on()
        await turn.over
        return _Sent(turn.closes)


class _Sent(web.StreamResponse):
    """Tells aiohttp's task that the answer has left already."""

    def __init__(self, closes: bool) -> None:
        super().__init__()
        self._closes = closes

    @property
    def keep_alive(self) -> bool:
        return not self._closes

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


def _bug(turn: Turn, error: Exception) -> Reply:
    """A bug of an exchange or of ours: its traceback goes into our log, and one sentence to the client."""
    _LOGGER.error("a bug of the mock server", exc_info=error)
    turn.closes = True
    turn.extra = _CLOSE
    return Reply.text(500, "the mock server failed; its stderr says why")


def _index_from(header: str | None) -> tuple[int | None, int]:
    """The index and the attempt of ``<index>[.<attempt>]``; (None, 0) for anything else, as for a stranger."""
    if header is None:
        return None, 0
    index, dot, attempt = header.partition(".")
    if not (index.isascii() and index.isdecimal() and len(index) <= 18):
        return None, 0
    if not dot:
        return int(index), 0
    if not (attempt.isascii() and attempt.isdecimal() and len(attempt) <= 18):
        return None, 0
    return int(index), int(attempt)
