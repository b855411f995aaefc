"""Faults of what is said in every body that a race may fetch: tickers, books, batches, whole markets; and a guest's."""

import functools
import json
from dataclasses import dataclass
from decimal import Decimal

import pytest

import exchanges
from exchanges.decode import decode_books, decode_quotes
from exchanges.errors import Rejected
from exchanges.pair import Pair
from exchanges.plain import PlainExchange
from exchanges.quote import Quote
from exchanges.reading import bid_and_ask, items, quotes_in
from exchanges.wire import Request, Response
from mock_server.fault import Fault, Raw
from mock_server.faults import catalogue, kind_on
from mock_server.market import Market
from mock_server.reply import Reply
from mock_server.venue import Venue

# Compressed bodies are another test's: they are the same whatever was asked.
SAYING = [
    fault for fault in catalogue.values()
    if (fault.quote or fault.reply) and not fault.name.startswith(("gzip", "deflate", "encoding"))
]  # fmt: skip
WORKLOADS = ("ticker", "book", "batch", "market")
BODIES = [
    (name, workload)
    for name in exchanges.GROUP.builtins
    for workload in WORKLOADS
    if workload != "market" or exchanges.load(name).market_request() is not None
]
TICK = 123


@dataclass(frozen=True)
class Guest(PlainExchange):
    """An exchange that answers with two bare numbers, refuses in one word, and knows no word for a ban."""

    name: str = "guest"
    title: str = "Guest"
    origin: str = "https://guest.invalid"
    docs: str = ""
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset()
    instruments: tuple = exchanges.load("kraken").instruments[:2]

    def request_for(self, pair):
        return Request(self.name, self.origin, f"/{pair.base}-{pair.quote}", (pair,))

    def quotes_from(self, pairs, response):
        return quotes_in(response, self.name, pairs, self._refusal, self._quotes)

    def pairs_from(self, request):
        return (Pair.parse(request.target[1:]),)

    def response_for_many(self, quotes):
        return Response(200, b"[%s,%s]" % tuple(f"{price:f}".encode() for price in (quotes[0].bid, quotes[0].ask)), {})

    def refusal_for(self, kind, request, retry_after=None):
        word = "blocked" if kind == "banned" else kind
        return Response(400, json.dumps({"no": word}).encode(), {})

    def _refusal(self, reply, response):
        return Rejected(reply["no"], "said so") if type(reply) is dict and "no" in reply else None

    def _quotes(self, pairs, reply):
        return tuple(Quote(self.name, pair, *bid_and_ask(*items(reply, "prices", 2)[:2])) for pair in pairs)


@pytest.fixture
def guest(monkeypatch):
    """A Guest that is known by its name."""
    load, made = exchanges.load, Guest()
    for place in ("exchanges.load", "exchanges.decode._exchange"):
        monkeypatch.setattr(place, functools.partial(lambda name: made if name == "guest" else load(name)))
    return made


def asked(exchange, workload):
    """A request, and the decoder of its answers."""
    pairs = [instrument.pair for instrument in exchange.instruments[:3]]
    if workload == "book":
        return exchange.book_request_for(pairs[0], 10), decode_books
    made = {
        "ticker": lambda: exchange.request_for(pairs[0]),
        "batch": lambda: exchange.requests_for(pairs)[0],
        "market": exchange.market_request,
    }
    return made[workload](), decode_quotes


class Bench:
    """One request to one exchange."""

    def __init__(self, exchange, workload):
        self.request, self.decode = asked(exchange, workload)
        self.venue, self.market = Venue(exchange), Market(seed=3)
        self.asked = self.venue.asked(self.request.target)

    def struck(self, *names):
        """The answer with these faults, and the names of those that the server says had struck."""
        faults = tuple(catalogue[name] for name in names)
        reply, struck = self.venue.disturbed(self.asked, self.market, TICK, faults, None)
        return reply, [fault.name for fault in struck]

    def judged(self, reply):
        read = self.decode(self.request, Response(reply.status, reply.body, reply.headers))
        return read.kind if isinstance(read, Rejected) else read


@pytest.mark.parametrize(("name", "workload"), BODIES)
def test_a_fault_has_its_kind_in_every_body_and_the_log_names_it_if_it_changed_anything(
    name, workload, nothing_to_change
):
    bench = Bench(exchanges.load(name), workload)
    plain, _ = bench.struck()
    sound = bench.judged(plain)
    for fault in SAYING:
        reply, struck = bench.struck(fault.name)
        assert struck == ([fault.name] if reply != plain else []), fault.name
        idle = not struck and fault.name in nothing_to_change.get(name, ())
        kind, wanted = bench.judged(reply), None if idle else kind_on(name, fault)
        assert (kind if isinstance(kind, str) else None) == wanted, fault.name
        if wanted is not None:
            assert struck == [fault.name]
        elif not fault.name.endswith("-time"):
            assert kind == sound, fault.name


def test_a_fault_of_bare_numbers_in_an_array_has_its_kind_or_does_not_strike(guest):
    bench = Bench(guest, "ticker")
    plain, _ = bench.struck()
    idle = set()
    for fault in SAYING:
        reply, struck = bench.struck(fault.name)
        kind = bench.judged(reply)
        if not struck:
            assert reply == plain, fault.name
            idle.add(fault.name)
        else:
            assert (kind if isinstance(kind, str) else None) == kind_on("guest", fault), fault.name
    # No text, no object, no quotation marks, no time: nothing that these could change.
    assert idle == {"latin-1", "duplicate-keys", "number-for-string", "stale-time", "future-time"}


def test_a_price_of_zero_is_written_as_the_exchange_writes_its_numbers(guest):
    assert Bench(guest, "ticker").struck("zero-price")[0].body.startswith(b"[0.0,")
    assert b'"bidPrice":"0.00000000"' in Bench(exchanges.load("binance"), "ticker").struck("zero-price")[0].body


def test_of_two_faults_only_the_one_that_changed_something_struck():
    bench = Bench(exchanges.load("kraken"), "ticker")
    assert bench.struck("stale-time", "crossed", "string-for-number", "bom")[1] == ["crossed", "bom"]
    assert bench.struck("500", "nan")[1] == ["500"]


def test_a_fault_of_the_quote_does_not_strike_an_answer_without_a_price():
    bench = Bench(exchanges.load("binance"), "ticker")
    there, _ = bench.struck("500")
    found = bench.venue.disturbed(
        bench.asked, bench.market, TICK, (catalogue["crossed"], catalogue["close-body"]), there
    )
    assert found == (there, (catalogue["close-body"],))


@pytest.mark.parametrize("name", ["close-body", "reset-body", "length-short"])
@pytest.mark.parametrize("body", [b"[1,2]", b"[91000.5,91000.6]\r\n"])
def test_a_body_that_is_cut_lacks_its_end_however_short_it_is(name, body):
    raw = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body, Reply.of(Response(200, body)))
    sent = b"".join(step for step in catalogue[name].wire(raw) if isinstance(step, bytes))
    head, _, rest = sent.partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2])
    assert b"]" not in rest[:length]


def test_the_kind_of_a_refusal_is_what_the_exchanges_own_reader_says_of_its_own_words(guest):
    assert kind_on("guest", catalogue["banned"]) == "blocked"
    assert kind_on("guest", catalogue["rate-limited"]) == "rate_limited"
    assert kind_on("coinbase", catalogue["banned"]) == "blocked"
    assert kind_on("binance", catalogue["banned"]) == "banned"


def test_the_kind_of_any_other_fault_is_its_own_at_every_exchange():
    assert kind_on("nobody", catalogue["418"]) == "banned"
    assert kind_on("nobody", Fault("new", "reset", "something new", "B03")) == "reset"
