"""A venue: one exchange behind its own port. It reads targets and renders bodies, and knows no exchange by name.

Reading a target and rendering a body are remembered (a body for as long as its tick lasts), so that the server's
own work stays small beside the delay that it injects.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

from aiohttp import web

from exchanges.errors import UnknownPair
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.wire import Request, Response
from mock_server.market import Market
from mock_server.reply import Reply

INDEX_HEADER = "X-Fetchrace-Request"
_REMEMBERED = 4096
_PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def origin_form(target: str) -> str:
    """A request target without scheme and host, which a client that takes us for a proxy sends as well
    (RFC 9112, section 3.2.2)."""
    if target.startswith("/"):
        return target
    return "/" + target.partition("://")[2].partition("/")[2]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: pairs, or the kind of refusal it deserves. ``label`` names it in the log."""

    request: Request
    pairs: tuple[Pair, ...]
    refusal: str | None
    label: str


class Venue:
    """One exchange: what was asked, and the answer at a tick."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.name = exchange.name
        self._asked: dict[str, Asked] = {}
        self._rendered: dict[str, Reply] = {}
        self._rendered_at: tuple[Market | None, int] = (None, -1)
        self._ordinals: dict[str, int] = {}

    def asked(self, request: web.BaseRequest) -> Asked:
        """Read the target. Headers play no part: no exchange here answers differently for one."""
        target = origin_form(request.raw_path)
        found = self._asked.get(target)
        if found is None:
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            found = self._asked[target] = self._read(target)
        return found

    def ordinal(self, label: str) -> int:
        """How many of this label came before: what a request without an index is numbered by."""
        if len(self._ordinals) >= _REMEMBERED:
            self._ordinals.clear()
        ordinal = self._ordinals.get(label, 0)
        self._ordinals[label] = ordinal + 1
        return ordinal

    def begin(self) -> None:
        """A batch begins: strangers are numbered from 0 again."""
        self._ordinals.clear()

    def reply(self, asked: Asked, market: Market, tick: int) -> Reply:
        """The answer at a tick of the market, in the exchange's own shape."""
        if self._rendered_at != (market, tick):
            self._rendered.clear()
            self._rendered_at = (market, tick)
        target = asked.request.target
        reply = self._rendered.get(target)
        if reply is None:
            at_s = tick * market.tick_s
            quotes = [market.quote(self.exchange, pair, at_s) for pair in asked.pairs]
            reply = self._rendered[target] = Reply.of(self.exchange.answer(asked.request, quotes), at_s)
        return reply

    def refusal(self, kind: str, asked: Asked) -> Reply:
        """How this exchange says no."""
        return Reply.of(self.exchange.refusal_for(kind, asked.request))

    def page(self, origin: str, latency: str) -> Reply:
        """A page for a person who opens the port in a browser."""
        targets = [self.exchange.request_for(instrument.pair).target for instrument in self.exchange.instruments[:4]]
        links = "\n".join(f'<li><a href="{html.escape(t)}">{html.escape(t)}</a></li>' for t in targets)
        title = html.escape(f"{self.exchange.title}, mocked by fetchrace")
        text = (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
            f"<body><h1>{title}</h1>\n"
            f"<p>Invented prices in the real shape; every answer is held for {html.escape(latency)}.</p>\n"
            f"<ul>\n{links}\n</ul>\n<pre>curl -i '{html.escape(origin + targets[0])}'</pre>\n</body></html>\n"
        )
        return Reply.of(Response(200, text.encode(), _PAGE_HEADERS))

    def _read(self, target: str) -> Asked:
        request = Request(self.name, self.exchange.origin, target)
        pairs: tuple[Pair, ...] = ()
        refusal = None
        try:
            pairs = self.exchange.pairs_from(request)
        except UnknownPair:
            refusal = "unknown_symbol"
        except LookupError:
            refusal = "not_found"
        label = ",".join(map(str, pairs)) or target[:200]
        return Asked(request, pairs, refusal, label if pairs else "")
