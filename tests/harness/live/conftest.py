"""A live page with invented prices, served in this process: no tracker, no mock, no child."""

import http.client
import json
import socket
import time
from decimal import Decimal

import pytest

import exchanges
from harness.allowance import Allowance
from harness.live.alerts import Alerts
from harness.live.controls import Controls
from harness.live.document import Setting
from harness.live.invented import InventedSource
from harness.live.publisher import Editor
from harness.live.reckoner import Judgement, reckoned
from harness.live.server import LiveServer
from harness.live.session import Drawing
from mock_server.sockets import Listening

TOKEN = "the-token-of-the-tests"
MARKETS = [("binance", "BTC/USDT"), ("kraken", "BTC/USD"), ("kraken", "BTC/USDT")]


class Served:
    """One page: ``source`` has its prices, and ``turn`` publishes the next ones."""

    def __init__(self, markets=MARKETS, strategies=("invented", "threads"), dials=None, races=None):
        names = list(dict.fromkeys(name for name, _ in markets))
        fees = {name: exchanges.load(name).taker_fee for name in names}
        self.judgement = Judgement(Allowance(Decimal(1000)), fees)
        self.source = InventedSource(markets)
        self.alerts = Alerts()
        self.controls = Controls(self.source, self.alerts, lambda: strategies, dials, races)
        setting = Setting(False, "invented for the tests", 3.0)
        self.editor = Editor(setting, self.judgement, self.alerts, self.controls.document)
        self.failures = []
        self.opened = []
        listening = Listening.on(0)
        self.port = listening.port
        self.server = LiveServer(listening, TOKEN, Drawing, self.controls, self.edition(), "abc", self.failures.append)
        self.server.start()

    def edition(self):
        reading = self.source.reading()
        return self.editor.edition(reading, reckoned(reading, self.judgement))

    def turn(self):
        self.source.turn()
        edition = self.edition()
        self.server.publish(edition)
        return edition

    def ask(self, method="GET", path="/", body=None, **headers):
        """``(status, headers, body)`` of one request as our own page would send it; a header None is left out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            if isinstance(body, dict):
                body = json.dumps(body)
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            sent = {
                "Host": f"127.0.0.1:{self.port}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            }
            if body is not None:
                sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), **sent}
            for name, value in sent.items():
                for each in value if isinstance(value, list) else [value]:
                    if each is not None:
                        connection.putheader(name, each)
            connection.endheaders(body.encode() if isinstance(body, str) else body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, path, body, **headers):
        """The same with the token; the answer as JSON."""
        status, _, text = self.ask("POST", path, body, **{"X_Fetchrace_Token": TOKEN, **headers})
        return status, json.loads(text)

    def raw(self, data, timeout_s=15.0, buffer=None):
        """A socket over which ``data`` was sent; closed at the end at the latest."""
        sock = socket.socket()
        self.opened.append(sock)
        if buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.settimeout(timeout_s)
        sock.connect(("127.0.0.1", self.port))
        sock.sendall(data)
        return sock

    def listen(self, query="", **headers):
        """A stream of events, as an iterator of (name, id, data)."""
        events = Events(self.raw(self.head("/events" + query, **headers)))
        self.opened.append(events)
        return events

    def head(self, path, **headers):
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{lines}\r\n".encode()

    def close(self):
        self.server.stop()
        for one in reversed(self.opened):
            one.close()


class Events:
    """What an EventSource would hear. ``status`` is the answer's."""

    def __init__(self, sock):
        self.socket = sock
        self._answer = http.client.HTTPResponse(sock)
        self._answer.begin()
        self.status, self.headers = self._answer.status, self._answer.headers

    def next(self, *names):
        """The next event, or the next of these names."""
        while True:
            fields = {}
            while (line := self._answer.readline()) != b"\n":
                if not line:
                    return None
                name, _, value = line.decode().rstrip("\n").partition(": ")
                fields[name] = value
            if not names or fields["event"] in names:
                return fields["event"], fields.get("id"), json.loads(fields["data"])

    def close(self):
        self._answer.close()
        self.socket.close()


@pytest.fixture
def serve():
    """``serve(...)`` starts a page that ends with the test, without a failure of the server's."""
    pages = []

    def start(*args, **more):
        pages.append(Served(*args, **more))
        return pages[-1]

    yield start
    for page in pages:
        page.close()
        assert not page.failures


@pytest.fixture
def page(serve):
    return serve()


def until(is_so, timeout_s=15.0):
    """Wait for something that another thread or process does; whether it came to be so, and after how long."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > timeout_s:
            return None
        time.sleep(0.01)
    return time.monotonic() - began
