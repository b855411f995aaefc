from types import SimpleNamespace

import pytest

import exchanges
from exchanges import Response
from mock_server.market import Market
from mock_server.venue import Venue, origin_form


class Switched:
    """An exchange whose only answer is its request, and whose server half counts its work."""

    name, title, origin = "switched", "A & <b>", "https://switched.example"

    def __init__(self):
        self.read = 0
        real = exchanges.load("kraken")
        self.instruments, self.taker_fee, self.carries = real.instruments, real.taker_fee, real.carries

    def pairs_from(self, request):
        self.read += 1
        if request.target == "/":
            raise LookupError(request.target)
        return (self.instruments[0].pair,)

    def answer(self, request, quotes):
        return Response(200, repr((request.target, request.headers, str(quotes[0].bid))).encode(), {})

    def request_for(self, pair):
        return exchanges.Request(self.name, self.origin, f"/{pair}?a=1&b=2")


def heard(target, *headers):
    return SimpleNamespace(raw_path=target, raw_headers=((b"Host", b"x"), *headers))


@pytest.fixture
def venue():
    return Venue(Switched())


def test_a_body_is_rendered_once_a_tick(venue):
    market, asked = Market(7), venue.asked(heard("/a"))
    first = venue.reply(asked, market, 3)
    assert venue.reply(asked, market, 3) is first
    assert venue.reply(asked, market, 4).body != first.body


def test_a_body_of_one_batch_is_not_served_in_the_next(venue):
    asked = venue.asked(heard("/a"))
    assert venue.reply(asked, Market(7, 0, 0), 3).body != venue.reply(asked, Market(7, 0, 1), 3).body


def test_a_target_is_read_once(venue):
    assert venue.asked(heard("/a")) is venue.asked(heard("/a"))
    assert venue.exchange.read == 1


def test_targets_without_number_do_not_fill_the_memory(venue):
    for number in range(10_000):
        venue.ordinal(venue.asked(heard(f"/{number}")).request.target)
    assert len(venue._asked) <= 4096
    assert len(venue._ordinals) <= 4096


def test_headers_that_differ_from_request_to_request_do_not_make_the_target_be_read_again(venue):
    asked = {id(venue.asked(heard("/a", (b"X-Request-Id", b"%d" % number)))) for number in range(10)}
    assert len(asked) == 1
    assert venue.exchange.read == 1


def test_what_is_asked_for_has_no_label_where_it_is_no_price(venue):
    assert (venue.asked(heard("/")).label, venue.asked(heard("/")).refusal) == ("", "not_found")


def test_strangers_are_numbered_again_when_a_batch_begins(venue):
    assert [venue.ordinal("a"), venue.ordinal("a"), venue.ordinal("b")] == [0, 1, 0]
    venue.begin()
    assert venue.ordinal("a") == 0


def test_the_page_escapes_what_an_exchange_calls_itself(venue):
    page = venue.page("http://127.0.0.1:1", "20ms").body.decode()
    assert "A &amp; &lt;b&gt;" in page
    assert "<b>" not in page
    assert "a=1&amp;b=2" in page


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
