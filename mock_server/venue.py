"""A venue: one exchange behind its own port. It reads targets and renders bodies, and knows no exchange by name.

Reading a target and rendering a body are remembered (a body for as long as its prices stand still), so that the
server's own work stays small beside the delay that it injects. Bodies that take long are rendered in a thread: the one
of the second before is sent meanwhile, and the next one is begun ahead of its time where somebody asks in the second
half of a second. Only where there is none yet does an answer wait, and no other with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from exchanges.errors import UnknownPair
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.wire import Request
from mock_server.asked import NO_HEADERS, Asked
from mock_server.fault import Context, Fault
from mock_server.market import Market
from mock_server.moment import Change, Moment
from mock_server.rendered import Rendered
from mock_server.renderer import Renderer
from mock_server.reply import Reply

INDEX_HEADER = "X-Fetchrace-Request"
_REMEMBERED = 4096
_REMEMBERED_BYTES = 32 * 1024**2
_MOST_LABELLED = 10
# A body of this size is rendered again when a batch begins, and stands for a second where nothing in it is priced.
_LARGE_BODY = 50_000
_MOST_LARGE = 8
# So many entries take long to render, whoever else takes so many seconds in the event loop once.
_MANY = 300
_LONG_S = 0.003
_MOST_AHEAD = 16


class Venue:
    """One exchange: what was asked, and the answer at a tick."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.name = exchange.name
        self._asked: dict[str, Asked] = {}
        self._rendered: dict[str, Rendered] = {}
        self._rendered_bytes = 0
        self._slow: set[str] = set()
        # By market as well: a request of the batch before may wait beside one of this batch.
        self._ahead: dict[tuple[str, Market], Rendered] = {}
        self._market: Market | None = None
        self._twins: dict[Market, Market] = {}
        self._ordinals: dict[str, int] = {}
        self.nothing = Asked(Request(exchange.name, exchange.origin, ""), (), None, "", 0, "")
        self._heeds = sorted(exchange.heeds)
        self._methods = ("GET", "POST") if exchange.accepts_post else ("GET",)

    def asked(self, target: str, method: str = "GET", headers: Mapping[str, str] = NO_HEADERS) -> Asked:
        """Read a request: its target, its method (HEAD is asked like GET), and of its headers those that the exchange
        heeds. ``headers`` is looked up by lower-case names."""
        key = target
        heeded: tuple[tuple[str, str], ...] = ()
        if self._heeds and (found := [(name, headers[name]) for name in self._heeds if name in headers]):
            heeded = tuple(found)
            # No target has a blank in it.
            key = f"{target} {heeded}"
        if method not in ("GET", "HEAD"):
            key = f"{method} {key}"
        asked = self._asked.get(key)
        if asked is None:
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            method = "GET" if method == "HEAD" else method
            request = Request(self.name, self.exchange.origin, target, headers=heeded, method=method)
            asked = self._asked[key] = self._read(request, key)
        return asked

    def ordinal(self, label: str) -> int:
        """How many of this label came before: what a request without an index is numbered by."""
        if len(self._ordinals) >= _REMEMBERED:
            self._ordinals.clear()
        ordinal = self._ordinals.get(label, 0)
        self._ordinals[label] = ordinal + 1
        return ordinal

    def begin(self, market: Market) -> None:
        """A batch begins: strangers are numbered from 0 again, and the large bodies that were asked for lately are
        rendered now, so that the batch need not wait for them."""
        self._ordinals.clear()
        large = [old for old in self._rendered.values() if len(old.reply.body) >= _LARGE_BODY]
        self._rendered.clear()
        self._rendered_bytes = 0
        self._ahead.clear()
        self._twins.clear()
        self._market = market
        for old in large[-_MOST_LARGE:]:
            rendered = self.rendered(old.asked, market, 0)
            for wishes in old.wishes:
                rendered.frame(wishes)

    def rendered(self, asked: Asked, market: Market, tick: int) -> Rendered:
        """The answer at a tick of the market, in the exchange's own shape."""
        found = self._rendered.get(asked.key)
        if found is not None and found.market is market and found.first_tick <= tick < found.end_tick:
            return found
        began = time.perf_counter()
        found = self._render(asked, market, tick)
        # What is priced anew each tick would be old when the thread has rendered it.
        if time.perf_counter() - began > _LONG_S and found.end_tick - found.first_tick > 1:
            self._mark_slow(asked.key)
        return self._keep(found)

    def ready(
        self, asked: Asked, market: Market, tick: int, renderer: Renderer, wishes: int, then: Callable[[], None]
    ) -> Rendered | None:
        """The answer at a tick, without keeping the event loop: where it takes long to render, that of the second
        before, or None where there is none; ``then`` is called when there is."""
        key = asked.key
        if key not in self._slow:
            return self.rendered(asked, market, tick)
        ahead = self._ahead.get((key, market))
        if ahead is not None and ahead.first_tick <= tick:
            del self._ahead[key, market]
            if self._market is not None and market is not self._market:
                return ahead
            self._keep(ahead)
        found = self._rendered.get(key)
        if found is not None and found.market is market:
            span = found.end_tick - found.first_tick
            if found.sent_until is None:
                found.sent_until = max(found.end_tick, tick) + span
            if tick < found.sent_until:
                late = max(tick, found.end_tick)
                if tick >= found.end_tick - span // 2 and (key, market) not in self._ahead:
                    work = self._work(asked, market, late, wishes)
                    renderer.render((self.name, key, market, late // span), work, self._take)
                return found
        grain = max(1, round(market.grain_s(asked.entries) / market.tick_s))
        work = self._work(asked, market, tick, wishes)
        renderer.render((self.name, key, market, tick // grain), work, self._take, then)
        return None

    def _work(self, asked: Asked, market: Market, tick: int, wishes: int) -> Callable[[], Rendered | str]:
        """Render in another thread, from a market of its own; the key of what was asked stands for a failure."""
        twin = self._twins.setdefault(market, market.twin())

        def work() -> Rendered | str:
            try:
                made = self._render(asked, twin, tick)
                made.market = market
                made.frame(wishes)
            except Exception:
                return asked.key
            return made

        return work

    def _take(self, made: Rendered | str) -> None:
        if isinstance(made, str):
            # The next one renders it where the error is told.
            self._slow.discard(made)
            return
        assert made.market is not None  # the thread was given one
        place = made.asked.key, made.market
        self._ahead.pop(place, None)
        if len(self._ahead) >= _MOST_AHEAD:
            del self._ahead[next(iter(self._ahead))]
        self._ahead[place] = made

    def _keep(self, rendered: Rendered) -> Rendered:
        # So that what was asked for last stands last.
        key = rendered.asked.key
        old = self._rendered.pop(key, None)
        if old is not None:
            self._rendered_bytes -= len(old.reply.body)
        elif len(self._rendered) >= _REMEMBERED or self._rendered_bytes > _REMEMBERED_BYTES:
            self._rendered.clear()
            self._rendered_bytes = 0
        self._rendered[key] = rendered
        self._rendered_bytes += len(rendered.reply.body)
        return rendered

    def _mark_slow(self, key: str) -> None:
        if len(self._slow) >= _REMEMBERED:
            self._slow.clear()
        self._slow.add(key)

    def disturbed(
        self, asked: Asked, market: Market, tick: int, faults: tuple[Fault, ...], reply: Reply | None
    ) -> tuple[Reply, tuple[Fault, ...]]:
        """The answer at a tick with the faults that strike it before it is framed, and those of ``faults`` that struck:
        one that changed nothing did not. ``reply`` is an answer that was there already, whatever the time."""
        idle: set[str] = set()
        changes: tuple[Change, ...] = ()
        # What was there already holds no price of the market.
        priced = reply is None
        found = self.rendered(asked, market, tick).reply if reply is None else reply
        # Of the three places a fault takes hold at the first that it defines.
        for fault in faults:
            if fault.quote is not None:
                changes = (*changes, fault.quote)
                moment = Moment(self.exchange, market, tick, asked.entries, changes)
                changed = self._answered(asked, moment) if priced else found
                if changed == found:
                    idle.add(fault.name)
                found = changed
        context = Context(self.exchange, asked.request)
        for fault in faults:
            if fault.quote is None and fault.reply is not None:
                changed = fault.reply(found, context)
                if changed == found:
                    idle.add(fault.name)
                found = changed
        return found, tuple(fault for fault in faults if fault.name not in idle)

    def refusal(self, kind: str, asked: Asked, retry_after: float | None = None) -> Reply:
        """How this exchange says no."""
        return Reply.of(self.exchange.refusal_for(kind, asked.request, retry_after))

    def _render(self, asked: Asked, market: Market, tick: int) -> Rendered:
        moment = Moment(self.exchange, market, tick, asked.entries)
        reply = self._answered(asked, moment)
        first, ticks = moment.first_tick, moment.grain_ticks
        if reply.priced_at is None and len(reply.body) >= _LARGE_BODY:
            ticks = max(1, round(1 / market.tick_s))
            first = tick - tick % ticks
        return Rendered(asked, reply, market, first, first + ticks)

    def _answered(self, asked: Asked, moment: Moment) -> Reply:
        if asked.refusal is not None:
            return self.refusal(asked.refusal, asked)
        try:
            return Reply.of(self.exchange.answer(asked.request, moment), moment.priced_at)
        except (KeyError, IndexError):
            raise  # the exchange says LookupError itself; these two are slips in its code
        except UnknownPair:
            refusal = "unknown_symbol"
        except LookupError:
            refusal = "not_found"
        self._asked[asked.key] = replace(asked, refusal=refusal)
        return self.refusal(refusal, asked)

    def _read(self, request: Request, key: str) -> Asked:
        pairs: tuple[Pair, ...] = ()
        if request.method not in self._methods:
            return Asked(request, pairs, "not_found", "", 0, key)
        refusal = None
        try:
            pairs = self.exchange.pairs_from(request)
        except UnknownPair:
            refusal = "unknown_symbol"
        except LookupError:
            pass  # no price request: the time, the instruments, or nothing that the exchange has
        label = ",".join(map(str, pairs)) if len(pairs) <= _MOST_LABELLED else "*"
        entries = self.exchange.entries_in(request)
        if entries >= _MANY:
            self._mark_slow(key)
        return Asked(request, pairs, refusal, label, entries, key)
