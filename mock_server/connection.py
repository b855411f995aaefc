"""A connection of the mock server: aiohttp's protocol and parser, with a number, the time at which bytes came, and
patience that ends.

Laws: a request whose bytes are whole is answered, whatever comes behind it, be it in the same read; bytes that are no
HTTP are answered once, after everything before them. Nobody is promised anything by asking for an Upgrade: such a
request is an ordinary one, and what follows it as well.

Here alone aiohttp's names with an underscore are used, because it has no public ones (a test in
tests/mock_server/test_connection.py fails where one is missing): ``_parser`` (its parser), ``_messages`` and
``_waiter`` (the queue to its task), ``_reading_paused`` (a body waits for its reader), ``_force_close`` and ``_close``
(whether it is over).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from typing import TYPE_CHECKING, Any

from aiohttp import EMPTY_PAYLOAD, StreamReader, web
from aiohttp.http import HttpProcessingError, RawRequestMessage
from aiohttp.web_protocol import RequestPayloadError

from mock_server.frame import whole
from mock_server.patience import BLANK_LINE, Patience
from mock_server.reply import SERVER, Reply

if TYPE_CHECKING:
    from mock_server.listener import Listener

# As many requests of one connection are under way before it is read no further; aiohttp's parser has the same limit.
MOST_WAITING = 32
_READ_ON_AT = 16
_LINGER_0 = struct.pack("ii", 1, 0)
NO_HTTP = Reply.text(400, "expected an HTTP/1.1 request", Connection="close")
THEIRS = (HttpProcessingError, RequestPayloadError, ConnectionError)
"""What a client does and no bug of ours can be."""


class Connection(web.RequestHandler):
    """One accepted TCP connection, whose requests all go through aiohttp's task: the control port's. ``number`` is
    unique among the server's workers; ``read_at`` is when the last bytes came (CLOCK_MONOTONIC seconds), and
    ``address`` is the peer's."""

    __slots__ = (
        "_body", "_held_back", "_rest", "_wire", "address", "deaf", "handed_over", "number", "patience", "read_at",
    )  # fmt: skip

    _accepted = 0
    _step = 1

    def __init__(self, listener: Listener, **options: Any) -> None:
        super().__init__(listener, **options)
        self.handed_over = 0
        self.deaf = self._held_back = False
        self.read_at = 0.0
        self.patience = Patience()
        # What was read and is not parsed yet, because too much is under way.
        self._rest = b""
        # The last one: of all there are it alone can be incomplete.
        self._body: StreamReader = EMPTY_PAYLOAD

    @classmethod
    def count(cls, worker: int, workers: int) -> None:
        """Let the numbers of this process's connections differ from those of the other workers' connections."""
        Connection._accepted, Connection._step = worker, workers

    # what a subclass does otherwise

    def heard(self, message: RawRequestMessage, payload: StreamReader) -> None:
        """A request was parsed; its body may be under way."""
        self.hand_over(message, payload)

    def no_http(self) -> None:
        """The bytes are no HTTP."""
        self.write(whole(NO_HTTP))
        self.force_close()

    def waiting(self) -> int:
        """How many requests have been parsed and not been answered."""
        return self.handed_over

    # bytes come

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Connection._accepted += Connection._step
        self.number = Connection._accepted
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        self.patience.silent_since = time.monotonic()
        self._wire: asyncio.BaseTransport | None = transport
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._wire = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.deaf or self._force_close or self._close or self._parser is None:
            return
        fresh = data
        if data:
            # No data: what had been read, and put aside, is parsed on.
            self.read_at = time.monotonic()
        if self._rest:
            data, self._rest = self._rest + data, b""
        heard, at = False, 0
        while True:
            # Head by head: what the parser has found in what it is fed is lost where a fault follows.
            end = data.find(BLANK_LINE, at) + 4
            # In a body blank lines mean nothing, and could be very many.
            if end == 3 or (end < len(data) and not self.is_direct and data.count(BLANK_LINE, end) > MOST_WAITING):
                end = len(data)
            try:
                messages, upgraded, tail = self._parser.feed_data(data[at:end])
            except HttpProcessingError as error:
                self._broken(error)
                return
            for message, payload in messages:
                heard = True
                self.heard(message, payload)
                if self.deaf:
                    return
            if upgraded:
                self._parser.set_upgraded(False)
                data, end = tail + data[end:], 0
            at = end
            if at >= len(data):
                break
            if self.waiting() >= MOST_WAITING or self._reading_paused:
                self._rest = data[at:]
                break
        if fresh:
            self.patience.read(self.read_at, heard, fresh.endswith(BLANK_LINE), self.is_direct)
        if not self._held_back and self.waiting() >= MOST_WAITING:
            self._hold_back(True)

    def _broken(self, error: HttpProcessingError) -> None:
        self.deaf = True
        if self._body.is_eof():
            self.no_http()
        else:
            # Whoever reads it says so, in its request's turn.
            self._body.set_exception(RequestPayloadError(str(error)))

    def hand_over(self, message: RawRequestMessage, payload: StreamReader) -> None:
        """Give a request to aiohttp's task."""
        self.handed_over += 1
        self._body = payload
        self._messages.append((message, payload))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def handled(self) -> None:
        """aiohttp's task is done with a request."""
        self.handed_over -= 1
        self.patience.idle_since = time.monotonic()
        self.read_on()

    def answered(self, now: float) -> None:
        """A request that never reached aiohttp's task was answered: the parser may go on to another."""
        self.patience.idle_since = now
        if self._parser is not None:
            self._parser.message_consumed()

    @property
    def is_direct(self) -> bool:
        """Whether nothing is under way in aiohttp's task, so that a request may go past it."""
        return not self.handed_over and not self._messages

    def read_on(self) -> None:
        """Read and parse on, if that was stopped and enough has been answered since."""
        if self._held_back and self.waiting() <= _READ_ON_AT:
            # Held back meanwhile, so that it is not stopped twice.
            self.data_received(b"")
            self._hold_back(self.waiting() >= MOST_WAITING)

    def _hold_back(self, held_back: bool) -> None:
        self._held_back = held_back
        if self.transport is not None and not self.transport.is_closing():
            if held_back:
                self.transport.pause_reading()
            elif not self._reading_paused:
                self.transport.resume_reading()

    # bytes go, and the end

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def only_listen(self) -> None:
        """Nothing more will be sent; whatever comes is read and dropped, so that the client's leaving is noticed."""
        self.deaf = True
        self._hold_back(False)

    def reset(self) -> None:
        """End it with an RST, whatever has not been sent."""
        wire = self._wire
        if wire is not None:
            sock = wire.get_extra_info("socket")
            # Through a socket of our own for the same file description: uvloop's lets nobody set options.
            with socket.socket(fileno=os.dup(sock.fileno())) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self._abort()
        self.force_close()

    def force_close(self) -> None:
        if self.transport is not None:
            self.patience.closing_since = time.monotonic()
        super().force_close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """A bug of ours: its traceback goes into our log, and one sentence to the client. What the client did itself
        is no bug."""
        if isinstance(exc, THEIRS):
            response = NO_HTTP.response()
        else:
            self.logger.error("a bug of the mock server", exc_info=exc)
            text = "the mock server failed; its stderr says why\n"
            response = web.Response(status=500, text=text, headers={"Server": SERVER})
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        # aiohttp's task also reads on in a body that nobody wants, until its end or a fault in it.
        if not isinstance(kw.get("exc_info"), THEIRS):
            super().log_exception(*args, **kw)

    def sweep(self, now: float) -> None:
        """Close it, or cut it, if its client has tried our patience."""
        if self._wire is None:
            return
        # mypy: it is kept as the base of all transports, and every stream transport has this.
        unsent = self._wire.get_write_buffer_size() if self.writing_paused else 0  # type: ignore[attr-defined]
        if self.patience.is_unread(now, unsent):
            self._abort()
        elif not self.waiting() and self.patience.is_over(now, self._parser):
            self.force_close()

    def _abort(self) -> None:
        if self._wire is not None:
            self._wire.abort()  # type: ignore[attr-defined]  # every stream transport has it
