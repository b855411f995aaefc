"""What the live page and its export must not do: run what a stranger wrote, or ask for anything (``tox -e e2e``)."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

MARKUP = "<img src=x onerror='window.harmed=1'></script><script>window.harmed=1</script><svg onload=window.harmed=1>"


@contextmanager
def speaking(body):
    """The origin of a server that says the same to whatever is asked."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def harm_in(seen):
    """Elements that nobody of ours made, and what they did; the markup itself has to be there, as text."""
    assert "onerror" in seen.page.text_content("body")
    theirs = seen.page.evaluate("document.querySelectorAll('img, iframe, [onerror], [onload]').length")
    return theirs, seen.page.evaluate("window.harmed ?? 0")


def test_the_export_opens_from_a_file_with_the_network_forbidden_and_asks_for_nothing(live, visit, tmp_path):
    seen = visit(accept_downloads=True)
    page = seen.open(live)
    with page.expect_download() as waiting:
        page.click("text=Export this page")
    assert waiting.value.suggested_filename == "fetchrace.html"
    file = tmp_path / "fetchrace.html"
    waiting.value.save_as(file)
    for scheme in ("light", "dark"):
        alone = visit(offline=True, color_scheme=scheme)
        alone.context.route("http*://**", lambda route: route.abort())
        alone.page.goto(file.as_uri())
        assert all(alone.bids())
        assert "nvented prices" in alone.page.inner_text("body")
        assert alone.asked == [file.as_uri()]
        assert alone.objections() == []


def test_names_and_answers_with_markup_in_them_are_shown_and_execute_nothing(start, visit, tmp_path):
    guest = tmp_path / "guest.py"
    guest.write_text(
        "from dataclasses import replace\nimport exchanges\n"
        f"EVIL = replace(exchanges.load('kraken'), name='evil', title={MARKUP!r}, docs={MARKUP!r})\n"
    )
    with speaking(MARKUP.encode()) as origin:
        live = start("-x", f"binance,{guest}:EVIL", "--base-url", f"binance={origin}", "--beat", "200ms")
        seen = visit()
        seen.open(live)
        seen.wait("() => document.body.textContent.includes('onerror')")
        seen.wait("() => document.body.textContent.includes('evil')")
        assert harm_in(seen) == (0, 0)
        exported = seen.context.request.get(f"{live.address}export")
    file = tmp_path / "export.html"
    file.write_bytes(exported.body())
    alone = visit(offline=True)
    alone.page.goto(file.as_uri())
    assert harm_in(alone) == (0, 0)
    assert alone.asked == [file.as_uri()]
