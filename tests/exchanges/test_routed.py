"""An exchange from its table of routes: what follows from which routes it has."""

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.admission import admitted
from exchanges.book import Book, Level
from exchanges.instruments import instruments_from
from exchanges.levels import book_of
from exchanges.limit import Charge, RateLimit
from exchanges.reading import Unreadable, decimal, integer, member
from exchanges.route import Route
from exchanges.routed import RoutedExchange

TABLE = instruments_from("""
    BTC/USD  btcusd  0.01  0.0001
    ETH/USD  ethusd  0.01  0.0001
    SOL/USD  solusd  0.01  0.0001
""")
BTC, ETH, SOL = (one.pair for one in TABLE)
LIMIT = RateLimit(10, 1.0)
ONE, SOME, ALL = (
    Route("one", "/one", symbol="id", limit=LIMIT),
    Route("some", "/some", symbol="ids"),
    Route("all", "/all"),
)
BOOKS = (
    Route("book", "/best", symbol="id", usual=1),
    Route("book", "/top", symbol="id", usual=20, limit=LIMIT),
    Route("book", "/book", symbol="id", depth="n", usual=50, most=100, weight=5, limit=LIMIT),
)
REST = (Route("time", "/time"), Route("instruments", "/list"), Route("status", "/status"))


@dataclass(frozen=True, eq=False)
class Toy(RoutedExchange):
    """Quotes as {"btcusd": [bid, ask]}; it says no with {"no": kind}, and "go away" to those whom it bans."""

    name: str = "toy"
    title: str = "Toy"
    origin: str = "https://toy.invalid"
    docs: str = "https://toy.invalid/docs"
    taker_fee: Decimal = Decimal("0.001")
    carries: frozenset[str] = frozenset()
    instruments: tuple = TABLE
    most_levels: int = 100
    routes: ClassVar = (ONE, SOME, ALL, *BOOKS, *REST)

    def refusal_of_its_own(self, response):
        return Rejected("banned", "go away") if response.body == b"go away" else None

    def refusal_in(self, reply, response):
        return Rejected(reply["no"], "said so") if type(reply) is dict and "no" in reply else None

    def quotes_of(self, pairs, reply):
        symbols = [self.listing.of(pair).symbol for pair in pairs]
        sides = [[decimal(price, "a price") for price in member(reply, symbol)] for symbol in symbols]
        return tuple(Quote(self.name, pair, *prices) for pair, prices in zip(pairs, sides, strict=True))

    def book_of(self, pair, reply):
        return book_of(self.name, pair, member(reply, "b"), member(reply, "a"))

    def instruments_of(self, reply):
        return tuple(one for one in self.instruments if one.symbol in member(reply, "listed"))

    def time_of(self, reply):
        return integer(member(reply, "now"), "now")

    def quotes_text(self, quotes, single):
        entries = {self.listing.of(quote.pair).symbol: [f"{quote.bid}", f"{quote.ask}"] for quote in quotes}
        return json.dumps(entries | ({"single": True} if single else {}))

    def book_text(self, book, asked):
        bids, asks = ([[f"{price}", f"{size}"] for price, size in side] for side in (book.bids, book.asks))
        return json.dumps({"b": bids, "a": asks, "path": asked.route.path})

    def instruments_text(self, instruments):
        return json.dumps({"listed": [one.symbol for one in instruments]})

    def time_text(self, time_us):
        return json.dumps({"now": time_us})

    def refusal_for(self, kind, request, retry_after=None):
        known = bool(self.routes_at(request))
        return self.refused(400 if known else 404, {"no": "protocol" if kind == "not_found" else kind}, retry_after)


class Bare(Toy):
    """One market at a time, and its book."""

    routes: ClassVar = (ONE, BOOKS[0])


class Mute(Toy):
    """Routes whose answers nobody wrote."""

    time_of, time_text = RoutedExchange.time_of, RoutedExchange.time_text


TOY = Toy()


def quote(pair):
    return Quote("toy", pair, Decimal("99.99"), Decimal("100.01"))


def book(levels):
    side = [Level(Decimal(100 + n), Decimal(1)) for n in range(levels)]
    return Book("toy", BTC, tuple(Level(Decimal(50 - n), Decimal(1)) for n in range(levels)), tuple(side))


def asking(target, **more):
    return Request("toy", "http://127.0.0.1:1", target, **more)


def answered(exchange, target, view):
    return json.loads(exchange.answer(asking(target), view).body)


@pytest.fixture
def view(still):
    return still({pair: quote(pair) for pair in (BTC, ETH, SOL)}, {BTC: book(30)}, time_us=1_700_000_000_000_001)


def test_an_exchange_of_routes_is_admitted_as_one():
    assert admitted(f"{__file__}:TOY").instruments == TABLE


def test_markets_that_are_not_in_the_table_are_served_as_well():
    one = replace(TABLE[0], pair=Pair("FOO", "USD"), symbol="foousd")
    other = replace(TOY, instruments=(one,))
    assert other.request_for(one.pair).target == "/one?id=foousd"
    with pytest.raises(UnknownPair):
        other.request_for(BTC)


def test_a_batch_is_a_list_where_there_is_one_then_everything_then_one_request_a_pair():
    class Whole(Toy):
        routes = (ONE, ALL)

    def targets(exchange, pairs):
        return [request.target for request in exchange.requests_for(pairs)]

    assert targets(TOY, [SOL, BTC, SOL]) == ["/some?ids=solusd,btcusd"]
    assert targets(Whole(), [SOL, BTC]) == ["/all"]
    assert targets(Bare(), [SOL, BTC]) == ["/one?id=solusd", "/one?id=btcusd"]
    assert {tuple(targets(exchange, [SOL, SOL])) for exchange in (TOY, Whole(), Bare())} == {("/one?id=solusd",)}


def test_where_only_a_list_names_its_markets_one_is_asked_for_by_a_list_of_one():
    class Listed(Toy):
        one_by = "some"

    listed = Listed()
    assert listed.request_for(BTC).target == listed.requests_for([BTC])[0].target == "/some?ids=btcusd"
    assert "single" not in json.loads(listed.response_for(quote(BTC)).body)


def test_the_whole_market_the_clock_and_the_list_are_asked_for_where_there_are_routes():
    wanted = [(TOY.market_request(), "/all"), (TOY.time_request(), "/time"), (TOY.instruments_request(), "/list")]
    assert [request.target for request, _ in wanted] == [target for _, target in wanted]
    assert [request.about for request, _ in wanted] == ["quotes", "time", "instruments"]
    bare = Bare()
    assert (bare.market_request(), bare.time_request(), bare.instruments_request()) == (None, None, None)
    with pytest.raises(BadReply, match="this adapter reads none"):
        bare.time_from(Response(200, b"{}"))
    with pytest.raises(LookupError, match="Toy has no public request about all"):
        bare.route("all")


@pytest.mark.parametrize(
    ("levels", "target"), [(1, "/best?id=btcusd"), (2, "/top?id=btcusd"), (21, "/book?id=btcusd&n=21")]
)
def test_a_book_is_asked_for_by_the_first_route_that_is_deep_enough(levels, target, view):
    request = TOY.book_request_for(BTC, levels)
    assert request.target == target
    assert TOY.entries_in(asking(target)) == TOY.book_route(levels).levels_for(levels) >= levels
    read = TOY.book_from(BTC, TOY.answer(asking(target), view))
    assert len(read.bids) == TOY.entries_in(asking(target))
    assert answered(TOY, target, view)["path"] == target.partition("?")[0]


def test_a_book_without_a_request_is_written_by_the_route_that_would_have_brought_it():
    paths = [json.loads(TOY.book_response_for(book(levels)).body)["path"] for levels in (0, 1, 20, 21)]
    assert paths == ["/best", "/best", "/top", "/book"]


def test_a_request_for_a_price_tells_its_pairs_and_any_other_is_none():
    assert TOY.pairs_from(asking("/some?ids=ethusd,btcusd")) == (ETH, BTC)
    assert TOY.pairs_from(asking("/book?id=ethusd")) == (ETH,)
    for target in ("/time", "/list", "/status"):
        with pytest.raises(LookupError, match="asks Toy for no price"):
            TOY.pairs_from(asking(target))


def test_entries_are_pairs_or_levels_and_none_where_nothing_is_priced():
    targets = ("/one?id=btcusd", "/some?ids=btcusd,solusd", "/all", "/book?id=btcusd", "/list", "/one?id=x", "/nothing")
    assert [TOY.entries_in(asking(target)) for target in targets] == [1, 2, 3, 50, 0, 0, 0]


def test_a_request_that_breaks_the_rules_costs_as_much_as_one_that_keeps_them():
    for target in ("/one?id=btcusd", "/one?id=nothing", "/one"):
        assert TOY.charge_for(asking(target)) == Charge("/one", 1, LIMIT)
    assert TOY.charge_for(asking("/book?id=btcusd&n=0")) == Charge("/book", 5, LIMIT)
    assert TOY.charge_for(asking("/time")) is TOY.charge_for(asking("/nothing")) is None


def test_one_market_is_written_as_one_and_a_list_of_one_as_a_list(view):
    assert "single" in answered(TOY, "/one?id=btcusd", view)
    assert "single" not in answered(TOY, "/some?ids=btcusd", view)
    assert "single" in json.loads(TOY.response_for_many([quote(BTC)]).body)
    assert "single" not in json.loads(TOY.response_for_many([quote(BTC), quote(ETH)]).body)


def test_the_clock_and_the_list_are_answered_from_the_view(view):
    assert answered(TOY, "/time", view) == {"now": 1_700_000_000_000_001}
    assert answered(TOY, "/list", view) == {"listed": ["btcusd", "ethusd", "solusd"]}


@pytest.mark.parametrize("target", ["/time", "/status"])
def test_a_route_whose_answer_nobody_wrote_says_so(target, view):
    with pytest.raises(NotImplementedError, match="toy has a route"):
        Mute().answer(asking(target), view)


def test_a_refusal_of_its_own_is_asked_before_the_status_and_the_body():
    for status in (200, 403, 503):
        gone = Response(status, b"go away")
        read = [TOY.quotes_from([BTC, ETH], gone), TOY.quote_from(BTC, gone), TOY.book_from(BTC, gone)]
        read += [TOY.time_from(gone), TOY.instruments_from(gone)]
        assert read == [Rejected("banned", "go away")] * 5


def test_a_bad_reply_names_the_pair_that_was_asked_for_and_none_of_several():
    pairs = []
    for wanted in ([BTC], [BTC, ETH]):
        with pytest.raises(BadReply) as caught:
            TOY.quotes_from(wanted, Response(200, b"{}"))
        pairs.append(caught.value.pair)
    assert pairs == [BTC, None]


def test_a_refusal_waits_whole_seconds_and_is_read_as_it_was_meant():
    refusal = TOY.refusal_for("rate_limited", asking("/one?id=btcusd"), 1.2)
    assert dict(refusal.headers) == {"content-type": "application/json", "retry-after": "2"}
    assert TOY.quote_from(BTC, refusal).kind == "rate_limited"
    assert "retry-after" not in TOY.refusal_for("rate_limited", asking("/one")).headers
    assert [TOY.refusal_for("not_found", asking(target)).status for target in ("/one", "/nothing")] == [400, 404]


def test_what_reads_may_call_an_answer_unreadable():
    class Strict(Toy):
        def time_of(self, reply):
            raise Unreadable("stale", "too old")

    with pytest.raises(BadReply, match="too old") as caught:
        Strict().time_from(Response(200, b"{}"))
    assert caught.value.kind == "stale"
