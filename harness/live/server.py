"""The server of the live page: fixed routes on loopback, each request through the doors first.

No route has a part that is chosen by the client, and none leads to a file: a path is one of these, letter by letter, or
it is the one answer 404. Whatever takes long is done on a thread aside, so that the loop is there for everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from harness.live.answer import Answer, refusal
from harness.live.broadcast import Broadcast
from harness.live.connection import LiveListener
from harness.live.doors import Doors
from harness.live.publisher import Edition
from harness.live.stream import stream
from mock_server.complaints import Complaints
from mock_server.sockets import BACKLOG, Listening

_T = TypeVar("_T")
_HTML: Final = "text/html; charset=utf-8"
_MOST_BODY: Final = 16 * 1024
_SLOW_BODY_S: Final = 7.0
_SWEEP_S: Final = 1.0
_STOP_S: Final = 0.2
_NOT_FOUND: Final = refusal(404, "there is nothing here; the page is at /")


class Page(Protocol):
    """What the page is drawn by: each a function of the document, or a constant."""

    def page_html(self, document: Mapping[str, Any]) -> str: ...
    def fragment_html(self, document: Mapping[str, Any]) -> str: ...
    def export_html(self, document: Mapping[str, Any]) -> str: ...
    def style(self) -> str: ...
    def script(self) -> str: ...


class Doing(Protocol):
    """What POSTs are for."""

    @property
    def paths(self) -> tuple[str, ...]: ...

    def do(self, path: str, body: bytes) -> Answer: ...


class LiveServer:
    """Serves one page on a socket, with a loop and a thread of its own. ``first`` is the edition that it begins with;
    ``publish`` and ``tell`` may be called from any thread, and ``failed`` is told of a bug which ends it."""

    def __init__(
        self, listening: Listening, token: str, page: Page, doing: Doing, first: Edition, run: str,
        failed: Callable[[BaseException], None],
    ) -> None:  # fmt: skip
        self._listening, self._page, self._doing = listening, page, doing
        self._doors = Doors(listening.port, token)
        self._broadcast = Broadcast(run)
        self._broadcast.publish(first)
        self._edition = first
        self._drawn: dict[tuple[str, int], bytes] = {}
        self._aside = asyncio.Semaphore(4)
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="live server", daemon=True)
        self._failed = failed
        self._routes: dict[str, Callable[[], Any]] = {
            "/": lambda: self._drawn_by(self._page.page_html),
            "/fragment": lambda: self._drawn_by(self._page.fragment_html),
            "/export": lambda: self._drawn_by(
                self._page.export_html, **{"Content-Disposition": 'attachment; filename="fetchrace.html"'}
            ),
            "/live.css": lambda: self._constant(self._page.style, "text/css; charset=utf-8"),
            "/live.js": lambda: self._constant(self._page.script, "text/javascript; charset=utf-8"),
            "/state.json": self._state,
        }

    # from other threads

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to everybody and end, in a fraction of a second."""
        self._from_aside(self._stopped.set)
        self._thread.join(2 * _STOP_S + 1)

    def publish(self, edition: Edition) -> None:
        """Another edition."""
        self._from_aside(self._take, edition)

    def tell(self, lap: Mapping[str, Any]) -> None:
        """A line of a race."""
        self._from_aside(self._broadcast.tell, lap)

    def _from_aside(self, function: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self._loop.call_soon_threadsafe(function, *arguments)

    # the loop's thread

    def _serve(self) -> None:
        try:
            asyncio.set_event_loop(self._loop)
            self._loop.set_exception_handler(Complaints().hear)
            self._loop.run_until_complete(self._run())
        except BaseException as error:  # told at the door
            self._failed(error)
        finally:
            self._loop.close()
            self._listening.socket.close()

    async def _run(self) -> None:
        listener = self.listener = LiveListener(self._handle)
        runner = web.ServerRunner(listener, shutdown_timeout=_STOP_S)
        await runner.setup()
        await web.SockSite(runner, self._listening.socket, backlog=BACKLOG).start()
        try:
            while not self._stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), _SWEEP_S)
                listener.sweep()
        finally:
            self._broadcast.farewell()
            # One turn of the loop for each to say so.
            await asyncio.sleep(0.02)
            await runner.cleanup()

    def _take(self, edition: Edition) -> None:
        self._edition = edition
        self._drawn.clear()
        self._broadcast.publish(edition)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        refused = self._doors.refused(request.headers)
        if refused is not None:
            return refused.response()
        # As it was sent: nothing is decoded, joined or resolved, so there is nothing to be got around.
        path = request.raw_path.partition("?")[0]
        if path == "/events":
            if request.method != "GET":
                return _method("GET").response()
            return await stream(request, self._broadcast)
        if path in self._doing.paths:
            return (await self._change(request, path)).response()
        route = self._routes.get(path)
        if route is None:
            return _NOT_FOUND.response()
        if request.method not in ("GET", "HEAD"):
            return _method("GET, HEAD").response()
        answer: Answer = await route()
        return answer.response()

    async def _change(self, request: web.BaseRequest, path: str) -> Answer:
        if request.method != "POST":
            return _method("POST")
        barred = self._doors.without_token(request.headers)
        if barred is not None:
            return barred
        if request.content_type != "application/json":
            return Answer.error(415, "expected Content-Type: application/json")
        body = await _body_of(request)
        if isinstance(body, Answer):
            return body
        return await self._to_thread(lambda: self._doing.do(path, body))

    async def _drawn_by(self, draw: Callable[[Mapping[str, Any]], str], **headers: str) -> Answer:
        edition = self._edition
        return Answer(200, await self._once(draw.__name__, edition, lambda: draw(edition.document)), _HTML, headers)

    async def _state(self) -> Answer:
        edition = self._edition
        text = await self._once("state", edition, lambda: _public(edition.document))
        return Answer(200, text, "application/json")

    async def _constant(self, text: Callable[[], str], content_type: str) -> Answer:
        return Answer.of(text(), content_type)

    async def _once(self, name: str, edition: Edition, draw: Callable[[], str]) -> bytes:
        """What was drawn of an edition, drawn once for whoever asks for it."""
        key = (name, edition.version)
        if key not in self._drawn:
            drawn = (await self._to_thread(draw)).encode("utf-8", "backslashreplace")
            if edition is not self._edition:
                return drawn
            self._drawn[key] = drawn
        return self._drawn[key]

    async def _to_thread(self, work: Callable[[], _T]) -> _T:
        """Do it on a thread that nobody waits for at the end, unlike those of the loop's own pool."""
        async with self._aside:
            done: asyncio.Future[_T] = self._loop.create_future()

            def settle(value: _T | None, error: BaseException | None) -> None:
                if not done.done():
                    done.set_exception(error) if error is not None else done.set_result(value)  # type: ignore[arg-type]

            def run() -> None:
                try:
                    value, error = work(), None
                except BaseException as raised:  # raised again where it is waited for
                    value, error = None, raised
                self._from_aside(settle, value, error)

            threading.Thread(target=run, name="aside", daemon=True).start()
            return await done


async def _body_of(request: web.BaseRequest) -> bytes | Answer:
    too_large = Answer.error(413, f"expected a body of at most {_MOST_BODY // 1024} KiB")
    closing = Answer(too_large.status, too_large.body, too_large.content_type, closes=True)
    if (request.content_length or 0) > _MOST_BODY:
        return closing
    found = b""
    try:
        async with asyncio.timeout(_SLOW_BODY_S):
            while chunk := await request.content.readany():
                found += chunk
                if len(found) > _MOST_BODY:
                    return closing
    except TimeoutError:
        return refusal(408, f"expected the whole body within {_SLOW_BODY_S:.0f} s")
    except RequestPayloadError:
        return refusal(400, "expected a body as its own headers announce it")
    return found


def _public(document: Mapping[str, Any]) -> str:
    # The moment by CLOCK_MONOTONIC would tell how long this machine has been up; the page needs it, and nobody else.
    def without(part: Any) -> Any:
        return {key: one for key, one in part.items() if key != "now_us"} if isinstance(part, Mapping) else part

    return json.dumps({name: without(part) for name, part in without(document).items()}, allow_nan=False)


def _method(expected: str) -> Answer:
    return Answer(405, f"expected {expected} here\n".encode(), headers={"Allow": expected})
