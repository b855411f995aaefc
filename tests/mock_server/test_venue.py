from dataclasses import replace
from decimal import Decimal

import pytest

import exchanges
from exchanges import Response, UnknownPair
from mock_server.fault import Fault
from mock_server.frame import GZIP
from mock_server.market import Market
from mock_server.venue import Venue, origin_form


class Switched:
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


@pytest.fixture
def venue():
    return Venue(Switched())


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
    asked = replace(venue.asked("/a"), pairs=(venue.exchange.instruments[0].pair,) * 101)
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
    reply = venue.disturbed(asked, market, 3, (crossed,), None)
    assert b"12345" in reply.body
    assert reply.priced_at == 3 * market.tick_s
    assert b"12345" not in venue.rendered(asked, market, 3).reply.body


def test_a_fault_of_a_reply_has_the_last_word(venue):
    market, asked = Market(7), venue.asked("/a")
    fault = Fault("x", None, "", "", reply=lambda reply, context: replace(reply, body=context.request.target.encode()))
    assert venue.disturbed(asked, market, 3, (fault,), None).body == b"/a"


def test_a_target_is_read_once(venue):
    assert venue.asked("/a") is venue.asked("/a")
    assert venue.exchange.read == 1


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
        ("*", "/"),
    ],
)
def test_a_target_loses_its_scheme_and_host(target, form):
    assert origin_form(target) == form
