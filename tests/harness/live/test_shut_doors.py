"""Section C of the checks, on a page that is really served: who is let in, with what, and what every answer says."""

import contextlib
import html.parser
import json
import logging
import os
import socket
import time
from dataclasses import replace

import psutil
import pytest

from harness.live.broadcast import MOST_CLIENTS
from harness.report.market_page import export_html

from .conftest import TOKEN, until

pytestmark = pytest.mark.slow

READ = ["/", "/fragment", "/live.css", "/live.js", "/state.json", "/export", "/events"]
CHANGE = ["/strategy", "/mock", "/alerts", "/refresh", "/race"]
NOWHERE = ["/nothing", "/results/latest"]
NASTY = '</script><img src=x onerror=alert(1)>"><svg onload=alert(1)>'


@pytest.fixture
def log(caplog):
    """The lines that the server logs; each test says how many there may be."""
    caplog.set_level(logging.DEBUG, "fetchrace.live")
    caplog.set_level(logging.DEBUG, "asyncio")
    caplog.set_level(logging.DEBUG, "aiohttp")
    return caplog


def lines(log):
    return [record for record in log.records if record.name.startswith(("fetchrace", "aiohttp"))]


def method_of(path):
    return "POST" if path in CHANGE else "GET"


def asked(page, path, **headers):
    body = "{}" if path in CHANGE else None
    return page.ask(method_of(path), path, body, **headers)


@pytest.mark.parametrize("path", [*READ, *CHANGE, *NOWHERE])
def test_a_request_that_does_not_name_this_server_is_refused_on_every_route(page, log, path):
    for host in (
        "evil.example",
        f"localhost.evil.example:{page.port}",
        f"127.0.0.1.evil.example:{page.port}",
        "127.0.0.1:1",
    ):
        status, headers, body = asked(page, path, Host=host, X_Fetchrace_Token=TOKEN)
        assert status == 403
        assert headers["Content-Type"].startswith("text/plain")
        assert b"expected a Host" in body
    assert asked(page, path, Host=[f"127.0.0.1:{page.port}"] * 2)[0] == 400
    assert asked(page, path, Host=None)[0] == 400
    assert not lines(log)


@pytest.mark.parametrize("path", [*READ, *CHANGE, *NOWHERE])
def test_a_page_of_anothers_is_refused_on_every_route_and_never_told_that_it_may(page, log, path):
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{page.port}"):
        status, headers, _ = asked(page, path, Origin=origin, X_Fetchrace_Token=TOKEN)
        assert status == 403
        assert not [name for name in headers if name.lower().startswith("access-control")]
    status, headers, _ = page.ask("OPTIONS", path, Origin="http://evil.example", Access_Control_Request_Method="POST")
    assert status == 403
    status, own, _ = page.ask("OPTIONS", path, Access_Control_Request_Method="POST")
    assert status in (404, 405)
    assert not [name for name in (*headers, *own) if name.lower().startswith("access-control")]
    assert not lines(log)


@pytest.mark.parametrize("path", CHANGE)
def test_what_changes_something_needs_the_token_and_a_post(page, path):
    assert page.ask("POST", path, "{}")[0] == 403
    assert page.ask("POST", path, "{}", X_Fetchrace_Token="wrong")[0] == 403
    assert page.ask("POST", path, "{}", X_Fetchrace_Token="sécret".encode().decode("latin-1"))[0] == 403
    assert page.ask("POST", f"{path}?token={TOKEN}", "{}", Cookie=f"token={TOKEN}")[0] == 403
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        status, headers, _ = page.ask(method, path, X_Fetchrace_Token=TOKEN)
        assert status == 405
        assert headers["Allow"] == "POST"


@pytest.mark.parametrize("path", READ)
def test_what_is_read_is_not_posted_to(page, path):
    assert page.ask("POST", path, "{}", X_Fetchrace_Token=TOKEN)[0] == 405


def test_the_token_is_in_nothing_that_is_served(page):
    for path in READ[:-1]:
        assert TOKEN.encode() not in page.ask("GET", path)[2]


@pytest.mark.parametrize("path", [*READ, *CHANGE, *NOWHERE])
def test_every_answer_is_shut_in_by_its_headers(page, path):
    for status, headers in heads(page, path):
        policy = dict(part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; "))
        assert "unsafe" not in headers["Content-Security-Policy"], status
        assert (
            policy["default-src"]
            == policy["frame-ancestors"]
            == policy["base-uri"]
            == policy["form-action"]
            == "'none'"
        )
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers.get_all("Server") == ["fetchrace"]


def heads(page, path):
    """The headers of whatever this path answers to a good request, a bad one and a strange one."""
    if path == "/events":
        events = page.listen()
        yield events.status, events.headers
        events.close()
    else:
        yield asked(page, path, X_Fetchrace_Token=TOKEN)[:2]
    yield asked(page, path, Host="evil.example")[:2]
    yield page.ask("DELETE", path)[:2]


def test_what_is_no_http_gets_the_same_headers_and_one_sentence(page, log):
    sock = page.raw(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")
    said = sock.makefile("rb").read()
    sock.close()
    assert said.startswith(b"HTTP/1.1 400")
    assert b"nosniff" in said
    assert b"Server: fetchrace\r\n" in said
    assert not lines(log)


def test_a_bug_of_ours_is_one_sentence_to_the_client_and_one_traceback_in_the_log(page, log, monkeypatch):
    def broken(document):
        raise RuntimeError("of the tests")

    monkeypatch.setattr(page.server._page, "fragment_html", broken)
    status, headers, body = page.ask("GET", "/fragment")
    assert (status, body) == (500, b"the live page failed at this; its stderr says why\n")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert len(lines(log)) == 1


def test_only_loopback_is_listened_on(page):
    listening = [one for one in psutil.Process().net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    assert [one.laddr.ip for one in listening if one.laddr.port == page.port] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "path",
    [
        "/results/../x", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
        "/live.js%00",
        "/live.js/", "/./live.js", "//live.js", "//etc/passwd", "/CON", "/static/latest", "/LIVE.JS", "/live%2ejs",
        "/live.css.map", "/results/latest/report.html", "/live.js;x", "/%6cive.js", "/.git/config", "/\\..\\x",
    ],
)  # fmt: skip
def test_a_path_that_is_none_of_the_routes_finds_nothing(page, tmp_path, monkeypatch, path):
    link = tmp_path / "static"
    link.mkdir()
    (link / "latest").symlink_to("/etc/passwd")
    monkeypatch.chdir(tmp_path)
    status, headers, body = page.ask("GET", path)
    assert (status, body) == (404, page.ask("GET", "/there/is/nothing/here")[2])
    assert headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["http://evil.example/", "http://127.0.0.1/state.json", "evil.example:443", "*"])
def test_a_target_that_names_another_server_finds_nothing(page, path):
    method = "CONNECT" if path.endswith(":443") else "GET"
    assert page.ask(method, path)[0] in (400, 404)


def test_a_nul_in_a_path_is_no_request_or_finds_nothing(page):
    sock = page.raw(b"GET /live.js\x00.html HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % page.port)
    said = sock.recv(65536)
    sock.close()
    assert said.split()[1] in (b"400", b"404")


def test_a_body_over_the_limit_is_cut_with_413_before_it_is_read(page, log):
    def said_to(head, chunk, count):
        sock = page.raw(head)
        with contextlib.suppress(ConnectionError):
            for _ in range(count):
                sock.sendall(chunk)
        with contextlib.suppress(ConnectionError):
            said = sock.recv(65536)
            sock.close()
            return said
        return None

    head = f"POST /alerts HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nX-Fetchrace-Token: {TOKEN}\r\n"
    head += "Content-Type: application/json\r\n"
    ten = 10 * 1024 * 1024
    assert said_to(f"{head}Content-Length: {ten}\r\n\r\n".encode(), b"", 0).startswith(b"HTTP/1.1 413")
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()
    assert said_to(chunked, b"4000\r\n" + b"x" * 0x4000 + b"\r\n", 2).startswith(b"HTTP/1.1 413")
    said_to(f"{head}Content-Length: {ten}\r\n\r\n".encode(), b"x" * 65536, 160)
    assert page.ask()[0] == 200
    assert len(lines(log)) <= 3


def test_thousands_of_cookies_or_headers_are_no_request(page, log):
    cookies = "; ".join(f"c{number}=1" for number in range(10_000))
    assert page.ask("GET", "/", Cookie=cookies)[0] == 400
    assert page.ask("GET", "/", Cookie=[f"c{number}=1" for number in range(10_000)])[0] == 400
    assert page.ask("GET", "/" + "x" * 20_000)[0] == 400
    assert len(lines(log)) <= 3


def test_who_sends_its_request_slowly_is_cut_within_ten_seconds(page, log):
    began = time.monotonic()
    slow = [page.raw(start) for start in (f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nX-A: ".encode(), b"G")]
    body = f"POST /alerts HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nX-Fetchrace-Token: {TOKEN}\r\n"
    slow.append(page.raw(f"{body}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n".encode()))
    open_ones = set(slow)
    for sock in slow:
        sock.setblocking(False)
    while open_ones and time.monotonic() - began < 15:
        time.sleep(0.25)
        for sock in list(open_ones):
            try:
                sock.send(b"x")
                if not sock.recv(65536):
                    open_ones.discard(sock)
            except BlockingIOError:
                pass
            except ConnectionError:
                open_ones.discard(sock)
    assert not open_ones
    assert time.monotonic() - began <= 10.5
    assert page.ask()[0] == 200
    assert len(lines(log)) <= 3
    for sock in slow:
        sock.close()


def test_the_thirty_third_client_is_told_to_come_again(page):
    streams = [page.listen() for _ in range(MOST_CLIENTS)]
    assert all(stream.next()[0] == "cells" for stream in streams)
    for _ in range(68):
        crowd = page.listen()
        assert crowd.status == 503
        assert int(crowd.headers["Retry-After"]) >= 1
        crowd.close()
    page.turn()
    assert all(stream.next("cells")[2]["cells"] for stream in streams)
    streams.pop().close()
    assert until(lambda: is_let_in(page)) is not None
    for stream in streams:
        stream.close()


def is_let_in(page):
    stream = page.listen()
    stream.close()
    return stream.status == 200


class Elements(html.parser.HTMLParser):
    """The names of a page's elements, and those of their attributes that run something."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.found += [name for name, _ in attributes if name.startswith("on")]


def elements_of(text):
    return sorted(set(Elements(text).found))


def fill_with(page, text):
    """Put this text wherever there may be one of another's."""
    reading = page.source.reading()
    market = next(iter(reading.known))
    known = {**reading.known, market: replace(reading.known[market], error=text, freshness="dead")}
    states = {
        name: replace(state, last_error=text, why=text, resumes_in_s=1.0) for name, state in reading.exchanges.items()
    }
    page.source._reading = replace(
        reading, known=known, exchanges=states, sentence=text, failures=(text,), notes=(text,), late=(text,),
        strategy=text, version=reading.version + 1,
    )  # fmt: skip
    page.server.publish(page.edition())


def text_at(page, path):
    return page.ask("GET", path)[2].decode()


def test_markup_in_a_name_or_an_error_becomes_no_element(page):
    before = {path: elements_of(text_at(page, path)) for path in ("/", "/fragment", "/export")}
    fill_with(page, NASTY)
    assert until(lambda: json.loads(text_at(page, "/state.json"))["engine"]["strategy"] == NASTY) is not None
    for path in before:
        text = text_at(page, path)
        assert "onerror" in text, path
        # What shows an error may be an element that was not there before; none of them runs anything.
        assert set(elements_of(text)) - set(before[path]) <= {"details", "summary", "ul", "li", "p", "span", "div"}


def test_control_characters_in_a_name_reach_no_log_and_no_event_as_they_are(page, log, capfd):
    fill_with(page, "\x1b[2J\n\nevent: bye\ndata: {}\n\n")
    events = page.listen()
    assert events.next()[0] == "cells"
    events.close()
    page.post("/strategy", {"name": "\x1b[2J\nx"})
    page.ask("GET", "/x%1b[2J%0a", User_Agent="a\tb")
    assert "\x1b" not in text_at(page, "/state.json")
    assert not lines(log)
    said = capfd.readouterr()
    assert "\x1b" not in said.out + said.err


def test_what_is_given_away_says_nothing_of_this_machine_or_its_user(serve, monkeypatch):
    home = "/home/SECRETUSER"
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("API_KEY", "SECRETVAL")
    monkeypatch.setenv("HTTPS_PROXY", "http://u:SECRETPASS@proxy.example:8080")
    monkeypatch.setattr(socket, "gethostname", lambda: "SECRETHOST")
    page = serve(strategies=(f"{home}/SECRETCLIENT/mine.py:honest",))
    fill_with(page, f"FileNotFoundError: no such file: {home}/SECRETCLIENT/key.pem, asked by 192.168.7.9")
    assert until(lambda: "key.pem" in text_at(page, "/state.json")) is not None
    stream = page.listen()
    texts = {path: text_at(page, path) for path in READ[:-1]} | {"/events": json.dumps(stream.next())}
    stream.close()
    texts["live --export"] = export_html(page.edition().document)
    for path, text in texts.items():
        for private in ("SECRET", "192.168.7.9", os.uname().nodename):
            assert private not in text, (path, text[max(0, text.find(private) - 80) :][:200])
    # How long this machine has been up is what the page's own clock would tell; it stays with the page.
    for path in ("/state.json", "/export", "live --export"):
        assert "now_us" not in texts[path]
        assert "data-now" not in texts[path]
    assert "mine.py:honest" in texts["/state.json"]
