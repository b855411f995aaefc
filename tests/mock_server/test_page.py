"""The page at "/": what it says, that its links lead somewhere, and that nothing in it can run."""

import ast
import base64
import dataclasses
import hashlib
import html.parser
import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

import exchanges
from exchanges.wire import Request, Response
from mock_server.conditions import Latency
from mock_server.faults import Faults
from mock_server.market import Market
from mock_server.page import Served, page_of
from mock_server.page_examples import examples_for
from mock_server.page_routes import routes_of
from mock_server.process import running
from mock_server.venue import Venue

ALL = [exchanges.load(name) for name in exchanges.names()]
NAMES = [exchange.name for exchange in ALL]
ORIGINS = {name: f"http://127.0.0.1:{43101 + place}" for place, name in enumerate(NAMES)}
EVIL = "</style><script>alert(1)</script><img src=x onerror=alert(1)> \"'&"


def served(**changes):
    faults = Faults.parse(f"{NAMES[0]}:429@0.02,bom@0.5", NAMES)
    latency = Latency.parse(f"lognormal:20ms,200ms;{NAMES[1]}=7ms", NAMES)
    return dataclasses.replace(Served(ALL, ORIGINS, "http://127.0.0.1:43199", latency, faults), **changes)


class Tags(html.parser.HTMLParser):
    """The elements of a page, and its words."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def values(self, tag, attribute):
        return [attributes.get(attribute) for name, attributes in self.elements if name == tag]


def opened(name, **changes):
    reply = page_of(served(**changes), name)
    assert reply.status == 200
    return reply, Tags(reply.body.decode())


@pytest.mark.parametrize("exchange", ALL, ids=NAMES)
def test_every_route_that_the_page_shows_is_answered(exchange):
    venue, market = Venue(exchange), Market(7)
    for what, target in routes_of(exchange):
        assert venue.rendered(venue.asked(target), market, 0).reply.status == 200, what
    assert len(routes_of(exchange)) >= 4


@pytest.mark.parametrize(
    ("most_levels", "books"),
    [(0, []), (1, ["1 level of"]), (3, ["3 levels of"]), (7, ["5 levels of", "7 levels, the"])],
)
def test_a_page_shows_as_many_levels_of_a_book_as_there_are_and_none_where_there_is_no_book(most_levels, books):
    kraken = dataclasses.replace(exchanges.load("kraken"), most_levels=most_levels)
    shown = [what for what, target in routes_of(kraken) if "Depth" in target]
    assert [what.startswith(f"BTC/USD: {begin} ") for what, begin in zip(shown, books, strict=True)] == [True] * len(
        books
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_page_links_to_each_route_and_to_each_other_port(name):
    _, page = opened(name)
    links = page.values("a", "href")
    assert {target for _, target in routes_of(exchanges.load(name))} <= set(links)
    assert {f"{origin}/" for other, origin in ORIGINS.items() if other != name} <= set(links)
    assert "http://127.0.0.1:43199/" in links


def test_the_page_tells_the_latency_and_the_faults_of_its_own_exchange():
    _, first = opened(NAMES[0])
    _, second = opened(NAMES[1])
    assert "lognormal:20ms,200ms" in first.words
    assert f"{NAMES[0]}:429@0.02" in first.words
    assert "7ms" in second.words
    assert "429" not in second.words.partition("Ask it")[0]


@pytest.mark.parametrize("name", [*NAMES, None])
def test_the_policy_lets_in_one_style_and_nothing_else(name):
    reply, page = opened(name)
    policy = dict(part.split(" ", 1) for part in reply.headers["Content-Security-Policy"].split("; "))
    style = re.search(r"<style>(.*?)</style>", reply.body.decode(), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert policy["frame-ancestors"] == "'none'"
    assert not {"script", "img", "iframe", "form", "object"} & {tag for tag, _ in page.elements}
    assert not [attributes for _, attributes in page.elements if "style" in attributes]
    assert page.values("link", "href") == ["data:,"]  # or the browser would ask the exchange for an icon


def test_nothing_that_an_exchange_or_an_option_says_becomes_markup():
    base = ALL[0]

    class Evil:
        name, title, origin, docs = base.name, EVIL, EVIL, "javascript:alert(1)"
        instruments, most_levels = base.instruments, 5
        examples = ((EVIL, "/" + EVIL),)

        def __getattr__(self, attribute):
            return getattr(base, attribute)

        def request_for(self, pair):
            return Request(self.name, EVIL, f"/{EVIL}", (pair,))

        def requests_for(self, pairs):
            return [self.request_for(pairs[0])]

    reply, page = opened(base.name, exchanges=[Evil()], origins={base.name: EVIL}, control=EVIL, ca_file=EVIL)
    assert EVIL in page.words
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert "javascript:" not in reply.body.decode()


def test_the_control_page_never_needs_to_know_the_token():
    _, page = opened(None)
    assert "/status" in page.values("a", "href")
    assert "X-Fetchrace-Token: ..." in page.words


def test_a_long_latency_is_cut_short():
    quantiles = ",".join(f"{place}={place}ms" for place in range(101))
    latency = Latency.parse(f"quantiles:{quantiles}")
    _, page = opened(NAMES[0], latency=latency)
    assert str(latency)[:300] in page.words
    assert str(latency) not in page.words


@pytest.mark.parametrize("ca_file", [None, "/tmp/with 'quotes\"/ca.pem"])
@pytest.mark.parametrize("exchange", ALL, ids=NAMES)
def test_every_example_is_valid_in_its_language(exchange, ca_file):
    for how, code in examples_for(exchange, "http://127.0.0.1:1", ca_file):
        if how == "curl":
            assert subprocess.run(["bash", "-nc", code], check=False).returncode == 0
        else:
            compile(code, how, "exec")
        assert ca_file is None or "ca.pem" in code


@pytest.fixture(scope="module", params=[[], ["--tls"]], ids=["http", "https"])
def served_with(request):
    with running(latency="0", arguments=request.param) as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("library", ["requests", "aiohttp", "ccxt"])
def test_every_example_prints_a_price(served_with, library):
    pytest.importorskip(library)
    for name, origin in served_with.origins.items():
        exchange = exchanges.load(name)
        examples = examples_for(exchange, origin, served_with.ca_file)
        code = next(code for how, code in examples if how.startswith(library))
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        shown = ast.literal_eval(said.stdout)
        if library != "ccxt":
            answer = Response(200, json.dumps(shown).encode())
            shown = {"bid": exchange.quote_from(exchange.instruments[0].pair, answer).bid}
        assert shown["bid"] > 0


def test_the_page_is_served_on_every_port_and_leaves_no_row(mock, control):
    import http.client

    for origin in [*mock.origins.values(), mock.control]:
        connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
        assert "mocked by fetchrace" in answer.read().decode()
        connection.close()
    assert control.end()["rows"] == []
