"""What the tests of faults share: an exchange's sound answer, and a strict reader's judgement of any answer."""

import http.client
import io

import pytest
from multidict import CIMultiDict

import exchanges
from exchanges.errors import BadReply, Rejected
from exchanges.quote import Quote
from exchanges.wire import Response
from mock_server.fault import Context, Raw
from mock_server.faults import catalogue
from mock_server.market import Market
from mock_server.moment import Moment
from mock_server.process import Control, running
from mock_server.reply import Reply
from strategies.body import Body
from strategies.body import Fault as Refused

MAX_BODY = 4 * 1024 * 1024

# Bodies without an object, without a number in quotation marks, and mostly without text: these find nothing to change,
# and so do not strike.
NOTHING_TO_CHANGE = {"bitfinex": {"latin-1", "duplicate-keys", "number-for-string"}}


class Bench:
    """One exchange, one pair, one moment: ``struck(name)`` is its answer with a fault in it."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.pair = exchange.instruments[0].pair
        self.request = exchange.request_for(self.pair)
        self.context = Context(exchange, self.request)

    def moment(self, *changes):
        return Moment(self.exchange, Market(seed=7), 5, changes=changes)

    def answer(self, *changes):
        moment = self.moment(*changes)
        return Reply.of(self.exchange.answer(self.request, moment), moment.priced_at)

    def struck(self, *names):
        faults = [catalogue[name] for name in names]
        reply = self.answer(*(fault.quote for fault in faults if fault.quote))
        for fault in faults:
            if fault.reply is not None:
                reply = fault.reply(reply, self.context)
        return reply

    def judged(self, reply):
        """The kind of a reply, or its Quote: through the same two readers as every strategy's answers."""
        try:
            body = Body(reply.status, CIMultiDict(reply.headers.items()), MAX_BODY)
            body.add(reply.body)
            return self.read(Response(reply.status, body.whole(), reply.headers))
        except Refused as refused:
            return refused.kind

    def judged_bytes(self, status, headers, body):
        """The same of an answer that came over a wire: its kind, or None for a quote."""
        judged = self.judged(Reply(status, body, headers))
        return None if isinstance(judged, Quote) else judged

    def read(self, response):
        try:
            read = self.exchange.quote_from(self.pair, response)
        except BadReply as error:
            return error.kind
        return read.kind if isinstance(read, Rejected) else read

    def raw(self):
        reply = self.answer()
        head = [f"HTTP/1.1 {reply.status} OK", *(f"{n}: {v}" for n, v in reply.headers.items())]
        head += [f"Content-Length: {len(reply.body)}", "", ""]
        return Raw("\r\n".join(head).encode(), reply.body, reply)


@pytest.fixture(scope="package")
def mock():
    # A server of our own: faults that one test sets stay until another takes them away.
    with running(latency="0", seed=7) as started:
        yield started


@pytest.fixture
def control(mock):
    with Control(mock) as opened:
        opened.begin(seed=7, faults="")
        yield opened


@pytest.fixture(params=exchanges.names())
def bench(request):
    return Bench(exchanges.load(request.param))


@pytest.fixture
def nothing_to_change():
    """By exchange, the names of such faults."""
    return NOTHING_TO_CHANGE


@pytest.fixture
def binance():
    return Bench(exchanges.load("binance"))


@pytest.fixture
def parsed():
    """What the standard library's client makes of bytes: status, headers and body."""

    class Bytes(io.BytesIO):
        def makefile(self, mode):
            return self

    def parse(data):
        response = http.client.HTTPResponse(Bytes(data))
        response.begin()
        return Response(response.status, response.read(), response.headers)

    return parse
