"""The live page as its reader sees it, in headless Chromium (``tox -e e2e``).

Nothing here sleeps: each test waits until the page shows what it should, and fails where that does not come.
"""

import re
import signal
import time

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

LOST = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")
"""What the browser itself says on the console when a server is gone."""


def test_prices_move_without_a_reload(live, visit):
    seen = visit()
    page = seen.open(live)
    page.evaluate("() => { window.isThePageThatWasOpened = true }")
    first = seen.bids()
    assert len(first) >= 6
    assert all(first)
    seen.moves(len(first))
    seen.wait("() => [...document.querySelectorAll('.spark polyline')].every((line) => line.points.length > 3)")
    assert page.evaluate("window.isThePageThatWasOpened")


def test_an_exchange_that_stalls_goes_stale_while_the_others_go_on(live, visit):
    seen = visit()
    seen.open(live)
    seen.all_are("kraken", "fresh")
    seen.set("faults", "kraken:stall-before")
    seen.all_are("kraken", "stale", "dead")
    for other in ("binance", "coinbase"):
        seen.all_are(other, "fresh")
    seen.moves(3)
    seen.shows("h-said", "2 of 3 exchanges answered")
    assert seen.moods("kraken") <= {"stale", "dead"}
    seen.set("faults", "")
    seen.all_are("kraken", "fresh")


def test_the_latency_control_changes_what_is_seen(live, visit):
    seen = visit()
    seen.open(live)
    # The 95th percentile of the first exchange's latencies, in milliseconds.
    told = "(text) => parseFloat(text) * (text.endsWith(' ms') ? 1 : 1000)"
    slow = f"(ms) => ({told})(document.getElementById('e-0-p95').textContent) >= ms"
    seen.wait(f"(ms) => !({slow})(ms)", 400)
    seen.set("latency", "400ms")
    seen.wait(slow, 400)
    seen.set("latency", "20ms")


def test_what_a_control_refuses_is_said_beside_it(live, visit):
    seen = visit()
    seen.expected = ("status of 400",)
    page = seen.open(live)
    page.fill("#faults-text", "truncatd")
    page.click("#faults button")
    seen.wait("() => document.getElementById('answer').dataset.mood === 'bad'")
    assert "did you mean truncated" in page.inner_text("#answer")
    assert page.text_content("#c-faults") == ""


def test_the_strategy_is_switched_while_prices_go_on(live, visit):
    seen = visit()
    page = seen.open(live)
    for name in ("threads", "asyncio-aiohttp"):
        page.select_option("#strategy-name", name)
        page.click("#strategy button")
        seen.shows("e-strategy", name)
        seen.moves()


def test_a_reload_resumes_with_prices_controls_and_no_token_in_the_address(live, visit):
    seen = visit()
    page = seen.open(live)
    assert page.url == live.address
    assert 'data-mood="fresh"' in page.reload().text()
    seen.until_live()
    assert page.url == live.address
    assert page.is_enabled("#strategy-name")
    seen.moves()


def test_without_the_token_the_page_is_read_only_and_says_how_to_get_it(live, visit):
    seen = visit()
    page = seen.page
    page.goto(live.address)
    seen.until_live()
    assert page.is_disabled("#strategy-name")
    assert page.is_disabled("#race-all")
    assert "#token=" in page.inner_text("#read-only")
    seen.moves()


def test_a_page_whose_server_is_killed_says_so_and_connects_again_by_itself(start, moving, visit):
    first = start(*moving)
    seen = visit()
    seen.expected = LOST
    seen.open(first)
    first.end(signal.SIGKILL)
    seen.wait("() => document.body.dataset.link === 'lost'")
    seen.shows("link-said", "connection lost")
    assert all(seen.bids())
    start(*moving, "--port", str(first.port))
    seen.until_live()
    seen.moves()


def test_ctrl_c_with_a_browser_connected_ends_at_once_and_the_page_says_so(start, moving, visit):
    live = start(*moving)
    seen = visit()
    seen.expected = LOST
    seen.open(live)
    pressed = time.monotonic()
    assert live.end(signal.SIGINT) == 130
    assert time.monotonic() - pressed < 2
    assert live.said().splitlines()[-1] == "fetchrace: interrupted; the page has ended"
    seen.shows("link-said", "the program ended")


def test_strategies_that_are_found_after_the_start_are_offered_without_another_page(start, visit, tmp_path):
    holdings = tmp_path / "portfolio.toml"
    holdings.write_text('currency = "USD"\n[[holding]]\nasset = "BTC"\namount = "1"\n')
    seen = visit()
    seen.open(start("-x", "kraken,binance", "--portfolio", str(holdings)))
    seen.wait("() => document.getElementById('strategy-name').options.length > 3", patience_s=60)
    assert not [url for url in seen.asked if url.endswith("/fragment")]


def test_a_race_of_all_draws_a_bar_for_every_request(live, visit):
    seen = visit(reduced_motion="reduce")
    page = seen.open(live)
    page.click("#race-all")
    seen.wait("() => document.getElementById('race-end').textContent", patience_s=90)
    lanes = page.evaluate(
        """() => [...document.querySelectorAll('#lanes tr')].map((lane) => [
            lane.querySelector('th').textContent,
            (lane.querySelector('path')?.getAttribute('d') ?? '').split('M').length - 1,
            lane.querySelectorAll('td')[1].textContent,
        ])"""
    )
    drawn = [lane for lane in lanes if lane[1]]
    assert {"sequential", "threads", "asyncio-aiohttp", "trio-httpx"} <= {name for name, _, _ in drawn}
    assert len({bars for _, bars, _ in drawn}) == 1
    assert all(re.match(r"\d[\d.]* m?s", took) for _, _, took in drawn)
    assert seen.objections() == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert seen.width() <= 390
