from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges import Response, UnknownPair
from exchanges.plain import PlainExchange
from mock_server.asked import origin_form
from mock_server.fault import Fault
from mock_server.frame import GZIP
from mock_server.market import Market
from mock_server.venue import Venue


class Switched(PlainExchange):
    """An exchange whose only answer is its request, and whose server half counts its work."""

    name, title, origin = "switched", "A & <b>", "https://switched.example"

    def __init__(self):
        self.read = self.rendered = self.padding = 0
        real = exchanges.load("kraken")
        self.instruments, self.taker_fee, self.carries = real.instruments, real.taker_fee, real.carries

    def pairs_from(self, request):
        self.read += 1
        if request.target in ("/", "/time"):
            raise LookupError(request.target)
        if request.target == "/many":
            return tuple(instrument.pair for instrument in self.instruments[:11])
        return (self.instruments[0].pair,)

    def answer(self, request, view):
        if request.target == "/":
            raise LookupError(request.target)
        if request.target == "/unlisted":
            raise UnknownPair(self.name, None, "X")
        if request.target == "/slip":
            raise KeyError("slip")
        if request.target == "/time":
            return Response(200, str(view.time_us).encode(), {})
        self.rendered += 1
        bid = view.quote(self.instruments[0].pair).bid
        return Response(200, repr((request.target, str(bid))).encode() + b" " * self.padding, {})

    def refusal_for(self, kind, request, retry_after=None):
        return Response(404, kind.encode(), {})

    def request_for(self, pair):
        return exchanges.Request(self.name, self.origin, f"/{pair}?a=1&b=2")

    def quotes_from(self, pairs, response):
        raise NotImplementedError

    def response_for_many(self, quotes):
        raise NotImplementedError


@pytest.fixture
def venue():
    return Venue(Switched())


class Thread:
    """A renderer whose work is done when the test says so."""

    def __init__(self):
        self.jobs = {}

    def render(self, key, work, use, then=None):
        self.jobs.setdefault(key, (work, use, []))[2].append(then)

    def run(self):
        """Do all the work; how many that waited were called."""
        jobs, self.jobs = self.jobs, {}
        for work, use, _ in jobs.values():
            use(work())
        waiting = [then for *_, calls in jobs.values() for then in calls if then]
        for then in waiting:
            then()
        return len(waiting)


@pytest.fixture
def slow(venue):
    """``slow(tick)``: what there is of a body of a thousand entries, whose waiting turn does nothing."""
    thread, market = Thread(), Market(7)
    asked = replace(venue.asked("/a"), entries=1000)
    venue._mark_slow(asked.key)

    def ready(tick, market=market, then=lambda: None):
        return venue.ready(asked, market, tick, thread, 0, then)

    ready.thread = thread
    return ready


def test_a_body_that_takes_long_is_waited_for_once_and_then_sent_while_the_next_is_rendered(slow):
    assert (slow(10), slow(20)) == (None, None)
    assert slow.thread.run() == 2
    first = slow(30)
    assert first.reply.priced_at == 0.0
    assert not slow.thread.jobs  # in the first half of a second there is nothing to hurry for
    assert slow(130) is first
    slow.thread.run()
    assert slow(140).reply.priced_at == 1.0


def test_a_body_that_takes_long_is_rendered_ahead_where_somebody_asks_in_the_second_half_of_its_second(slow):
    slow(0)
    slow.thread.run()
    first = slow(60)
    slow.thread.run()
    assert slow(99) is first
    assert slow(100).reply.priced_at == 1.0


def test_a_body_is_never_more_than_a_second_behind_where_its_thread_is_not(slow):
    slow(0)
    slow.thread.run()
    slow(10)
    assert slow(199).reply.priced_at == 0.0
    assert slow(200) is None
    slow.thread.run()
    assert slow(210).reply.priced_at >= 1.0


def test_however_long_it_takes_whoever_waited_gets_what_was_rendered(slow):
    assert slow(0) is None
    slow.thread.run()
    assert slow(900).reply.priced_at == 0.0


def test_a_body_of_the_batch_before_is_neither_sent_nor_kept(slow):
    slow(0)
    other = Market(7, 0, 1)
    assert slow(0, market=other) is None
    slow.thread.run()
    found = slow(0, market=other)
    assert found is None or found.market is other


def test_requests_of_two_batches_that_wait_for_one_body_each_get_that_of_their_own(venue):
    thread, old, new = Thread(), Market(7), Market(7, 0, 1)
    asked = replace(venue.asked("/a"), entries=1000)
    venue._mark_slow(asked.key)
    venue.begin(new)
    found = {}

    def ask(market):
        found[market] = venue.ready(asked, market, 0, thread, 0, lambda: ask(market))

    ask(old)
    ask(new)
    assert thread.run() == 2
    assert [found[market].market for market in (old, new)] == [old, new]
    assert not thread.jobs


def test_what_fails_in_the_thread_is_rendered_where_its_error_is_told(venue):
    thread, asked = Thread(), venue.asked("/slip")
    venue._mark_slow(asked.key)
    assert venue.ready(asked, Market(7), 0, thread, 0, lambda: None) is None
    thread.run()
    with pytest.raises(KeyError):
        venue.ready(asked, Market(7), 0, thread, 0, lambda: None)


def test_many_entries_take_long_before_anybody_has_measured_it(venue):
    venue.exchange.entries_in = lambda request: 3000
    thread = Thread()
    assert venue.ready(venue.asked("/b"), Market(7), 0, thread, 0, lambda: None) is None


def test_a_body_is_rendered_and_framed_once_a_tick(venue):
    market, asked = Market(7), venue.asked("/a")
    first = venue.rendered(asked, market, 3)
    assert venue.rendered(asked, market, 3) is first
    assert first.frame(0) is first.frame(0)
    assert venue.rendered(asked, market, 4).reply.body != first.reply.body
    assert venue.exchange.rendered == 2


def test_a_body_of_one_batch_is_not_served_in_the_next(venue):
    asked = venue.asked("/a")
    first = venue.rendered(asked, Market(7, 0, 0), 3)
    assert venue.rendered(asked, Market(7, 0, 1), 3).reply.body != first.reply.body


def test_a_body_of_more_than_a_hundred_pairs_stands_for_a_second_and_says_when_it_was_priced(venue):
    market = Market(7)
    asked = replace(venue.asked("/a"), entries=101)
    first = venue.rendered(asked, market, 177)
    assert venue.rendered(asked, market, 100) is venue.rendered(asked, market, 199) is first
    assert first.reply.priced_at == 1.0
    assert venue.rendered(asked, market, 200).reply.priced_at == 2.0


def test_large_bodies_are_rendered_again_when_a_batch_begins_in_the_way_they_were_sent(venue):
    venue.exchange.padding = 60_000
    venue.rendered(venue.asked("/a"), Market(7), 3).frame(GZIP)
    market = Market(7, 0, 1)
    venue.begin(market)
    assert venue.exchange.rendered == 2
    assert venue.rendered(venue.asked("/a"), market, 0).wishes == [GZIP]
    assert venue.exchange.rendered == 2


def test_bodies_without_number_do_not_fill_the_memory(venue):
    venue.exchange.padding = 1_000_000
    market = Market(7)
    for number in range(100):
        venue.rendered(venue.asked(f"/{number}"), market, 0)
    kept = sum(len(rendered.reply.body) for rendered in venue._rendered.values())
    assert kept < 34 * 1024**2


def test_what_is_no_price_is_answered_without_a_label_and_without_a_price(venue):
    asked = venue.asked("/time")
    assert (asked.label, venue.rendered(asked, Market(7), 3).reply.priced_at) == ("", None)


def test_more_than_ten_pairs_are_labelled_as_many(venue):
    assert venue.asked("/many").label == "*"


@pytest.mark.parametrize(("target", "kind"), [("/", b"not_found"), ("/unlisted", b"unknown_symbol")])
def test_what_the_exchange_does_not_answer_it_refuses_in_its_own_words(venue, target, kind):
    assert venue.rendered(venue.asked(target), Market(7), 0).reply.body == kind
    assert venue.asked(target).refusal == kind.decode()


def test_a_slip_in_an_exchange_s_code_is_no_refusal(venue):
    with pytest.raises(KeyError):
        venue.rendered(venue.asked("/slip"), Market(7), 0)


def test_a_fault_of_a_quote_changes_the_body_and_is_not_remembered(venue):
    market, asked = Market(7), venue.asked("/a")
    crossed = Fault("x", None, "", "", quote=lambda quote: replace(quote, bid=Decimal(12345)))
    reply, _ = venue.disturbed(asked, market, 3, (crossed,), None)
    assert b"12345" in reply.body
    assert reply.priced_at == 3 * market.tick_s
    assert b"12345" not in venue.rendered(asked, market, 3).reply.body


def test_a_fault_of_a_reply_has_the_last_word(venue):
    market, asked = Market(7), venue.asked("/a")
    fault = Fault("x", None, "", "", reply=lambda reply, context: replace(reply, body=context.request.target.encode()))
    assert venue.disturbed(asked, market, 3, (fault,), None)[0].body == b"/a"


def test_a_target_is_read_once(venue):
    asked, read = venue.asked("/a"), venue.exchange.read
    assert venue.asked("/a") is asked is venue.asked("/a", "HEAD")
    assert venue.exchange.read == read


def test_a_header_that_the_exchange_heeds_makes_another_answer_and_others_do_not():
    venue = Venue(exchanges.load("binance"))
    asked = [
        venue.asked("/api/v3/time", "GET", headers)
        for headers in ({}, {"x-mbx-time-unit": "MICROSECOND"}, {"x-mbx-time-unit": "MILLISECOND"}, {"x-other": "1"})
    ]
    assert asked[3] is asked[0]
    bodies = [venue.rendered(each, Market(7), 3).reply.body for each in asked[:3]]
    assert (bodies[0], bodies[1]) == (bodies[2], bodies[0].replace(b"}", b"000}"))


def test_a_method_that_the_exchange_does_not_take_is_refused_in_its_own_words(venue):
    asked = venue.asked("/a", "DELETE")
    assert (asked.request.method, asked.label) == ("DELETE", "")
    assert venue.rendered(asked, Market(7), 3).reply.body == b"not_found"
    assert venue.rendered(venue.asked("/a"), Market(7), 3).reply.status == 200


def test_targets_without_number_do_not_fill_the_memory(venue):
    for number in range(10_000):
        venue.ordinal(venue.asked(f"/{number}").request.target)
    assert len(venue._asked) <= 4096
    assert len(venue._ordinals) <= 4096


def test_strangers_are_numbered_again_when_a_batch_begins(venue):
    assert [venue.ordinal("a"), venue.ordinal("a"), venue.ordinal("b")] == [0, 1, 0]
    venue.begin(Market(7))
    assert venue.ordinal("a") == 0


@pytest.mark.parametrize(
    ("target", "form"),
    [
        ("/a?b=c", "/a?b=c"),
        ("//a", "//a"),
        ("http://host:1/a?b=c", "/a?b=c"),
        ("http://host", "/"),
        ("*", "*"),
    ],
)
def test_a_target_loses_its_scheme_and_host(target, form):
    assert origin_form(target) == form
