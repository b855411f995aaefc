"""A venue: one exchange behind its own port. It reads targets and renders bodies, and knows no exchange by name.

Reading a target and rendering a body are remembered (a body for as long as its prices stand still), so that the
server's own work stays small beside the delay that it injects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from exchanges.errors import UnknownPair
from exchanges.exchange import Exchange
from exchanges.pair import Pair
from exchanges.wire import Request
from mock_server.fault import Context, Fault
from mock_server.frame import Frame, frame
from mock_server.market import Market
from mock_server.moment import Moment
from mock_server.reply import Reply

INDEX_HEADER = "X-Fetchrace-Request"
_REMEMBERED = 4096
_REMEMBERED_BYTES = 32 * 1024**2
_MOST_LABELLED = 10
# A body of this size is rendered again when a batch begins, and stands for a second where nothing in it is priced.
_LARGE_BODY = 50_000
_MOST_LARGE = 8


def origin_form(target: str) -> str:
    """A request target without scheme and host, which a client that takes us for a proxy sends as well
    (RFC 9112, section 3.2.2)."""
    if target.startswith("/"):
        return target
    return "/" + target.partition("://")[2].partition("/")[2]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: pairs, or the kind of refusal it deserves. ``label`` names the pairs in the log."""

    request: Request
    pairs: tuple[Pair, ...]
    refusal: str | None
    label: str


class Rendered:
    """A reply and its frames, good from ``first_tick`` up to but not including ``end_tick`` of one market."""

    __slots__ = ("_frames", "end_tick", "first_tick", "market", "reply")

    def __init__(self, reply: Reply, market: Market | None = None, first_tick: int = 0, end_tick: int = 0) -> None:
        self.reply = reply
        self.market = market
        self.first_tick = first_tick
        self.end_tick = end_tick
        self._frames: dict[int, Frame] = {}

    def frame(self, wishes: int) -> Frame:
        found = self._frames.get(wishes)
        if found is None:
            found = self._frames[wishes] = frame(self.reply, wishes)
        return found

    @property
    def wishes(self) -> list[int]:
        """How it has been sent."""
        return list(self._frames)


class Venue:
    """One exchange: what was asked, and the answer at a tick."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.name = exchange.name
        self._asked: dict[str, Asked] = {}
        self._rendered: dict[str, Rendered] = {}
        self._rendered_bytes = 0
        self._ordinals: dict[str, int] = {}
        self.nothing = Asked(Request(exchange.name, exchange.origin, ""), (), None, "")

    def asked(self, target: str) -> Asked:
        """Read the target. Headers play no part: no exchange here answers differently for one."""
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

    def begin(self, market: Market) -> None:
        """A batch begins: strangers are numbered from 0 again, and the large bodies that were asked for lately are
        rendered now, so that the batch need not wait for them."""
        self._ordinals.clear()
        large = [(target, old) for target, old in self._rendered.items() if len(old.reply.body) >= _LARGE_BODY]
        self._rendered.clear()
        self._rendered_bytes = 0
        for target, old in large[-_MOST_LARGE:]:
            rendered = self.rendered(self.asked(target), market, 0)
            for wishes in old.wishes:
                rendered.frame(wishes)

    def rendered(self, asked: Asked, market: Market, tick: int) -> Rendered:
        """The answer at a tick of the market, in the exchange's own shape."""
        target = asked.request.target
        found = self._rendered.get(target)
        if found is not None and found.market is market and found.first_tick <= tick < found.end_tick:
            return found
        if found is not None:
            self._rendered_bytes -= len(found.reply.body)
            # So that what was asked for last stands last.
            del self._rendered[target]
        elif len(self._rendered) >= _REMEMBERED or self._rendered_bytes > _REMEMBERED_BYTES:
            self._rendered.clear()
            self._rendered_bytes = 0
        found = self._rendered[target] = self._render(asked, market, tick)
        self._rendered_bytes += len(found.reply.body)
        return found

    def disturbed(
        self, asked: Asked, market: Market, tick: int, faults: tuple[Fault, ...], reply: Reply | None
    ) -> Reply:
        """The answer at a tick with the faults that strike it before it is framed; ``reply`` is one that was there
        already, whatever the time."""
        changes = tuple(fault.quote for fault in faults if fault.quote is not None)
        if reply is None and changes:
            reply = self._answered(asked, Moment(self.exchange, market, tick, len(asked.pairs), changes))
        elif reply is None:
            reply = self.rendered(asked, market, tick).reply
        context = Context(self.exchange, asked.request)
        for fault in faults:
            # Of the three places a fault takes hold at the first that it defines.
            if fault.quote is None and fault.reply is not None:
                reply = fault.reply(reply, context)
        return reply

    def refusal(self, kind: str, asked: Asked, retry_after: float | None = None) -> Reply:
        """How this exchange says no."""
        return Reply.of(self.exchange.refusal_for(kind, asked.request, retry_after))

    def _render(self, asked: Asked, market: Market, tick: int) -> Rendered:
        moment = Moment(self.exchange, market, tick, len(asked.pairs))
        reply = self._answered(asked, moment)
        first, ticks = moment.first_tick, moment.grain_ticks
        if reply.priced_at is None and len(reply.body) >= _LARGE_BODY:
            ticks = max(1, round(1 / market.tick_s))
            first = tick - tick % ticks
        return Rendered(reply, market, first, first + ticks)

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
        target = asked.request.target
        self._asked[target] = replace(asked, refusal=refusal)
        return self.refusal(refusal, asked)

    def _read(self, target: str) -> Asked:
        request = Request(self.name, self.exchange.origin, target)
        pairs: tuple[Pair, ...] = ()
        refusal = None
        try:
            pairs = self.exchange.pairs_from(request)
        except UnknownPair:
            refusal = "unknown_symbol"
        except LookupError:
            # No price request: the time, the instruments, or nothing that the exchange has.
            refusal = None
        label = ",".join(map(str, pairs)) if len(pairs) <= _MOST_LABELLED else "*"
        return Asked(request, pairs, refusal, label)
