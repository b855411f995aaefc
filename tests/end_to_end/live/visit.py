"""Debian's Chromium, driven by Playwright, and a visit in it: one page, with all that it says and asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.end_to_end.live.served import Live

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_CHROMIUM: Final = "there is no Chromium here (Debian: apt-get install chromium)"
PATIENCE_S: Final = 20
_BIDS = "() => [...document.querySelectorAll('td .bid > span:last-child')].map((each) => each.textContent)"
_MOODS = """(name) => [...document.querySelectorAll('td.square')]
    .filter((each) => each.querySelector('.on')?.textContent === name).map((each) => each.dataset.mood)"""


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: run tox -e e2e")
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    # Its sandbox cannot be had by root; only pages of ours are opened.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One page in a browser of its own: what it said, threw and asked for is kept. Of what it says, lines with one of
    the ``expected`` texts in them are allowed."""

    def __init__(self, context: Any) -> None:
        context.set_default_timeout(1000 * PATIENCE_S)
        self.context, self.page = context, context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.expected: tuple[str, ...] = ()
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"thrown: {error}"))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, live: Live) -> Any:
        """The page with its controls, once it is live."""
        self.page.goto(live.url)
        self.until_live()
        return self.page

    def until_live(self) -> None:
        """Until it hears from its server."""
        self.wait("() => document.body.dataset.link === 'live'")

    def wait(self, condition: str, of: Any = None, patience_s: float = PATIENCE_S) -> None:
        """Until a function in JavaScript gives something true."""
        # Playwright's own waiting builds functions out of text in the page, which the page's policy forbids.
        held = self.page.evaluate(
            f"""({{of, patience}}) => new Promise((resolve) => {{
                const condition = {condition};
                const until = performance.now() + patience;
                const look = () => {{
                    const held = Boolean(condition(of));
                    if (held || performance.now() > until) resolve(held);
                    else setTimeout(look, 20);
                }};
                look();
            }})""",
            {"of": of, "patience": 1000 * patience_s},
        )
        assert held, f"this did not come within {patience_s} s: {condition}"

    def shows(self, name: str, text: str) -> None:
        """Until the element with this id begins with a text."""
        self.wait("([name, text]) => document.getElementById(name).textContent.startsWith(text)", [name, text])

    def bids(self) -> list[str]:
        """The bids on the page, in order."""
        return list(self.page.evaluate(_BIDS))

    def moves(self, many: int = 1) -> None:
        """Until so many bids are others than now."""
        now = f"({_BIDS})().filter((bid, at) => bid !== before[at]).length >= many"
        self.wait(f"({{before, many}}) => {now}", {"before": self.bids(), "many": many})

    def moods(self, exchange: str) -> set[str]:
        """Of an exchange's prices: fresh, stale, dead or waiting."""
        return set(self.page.evaluate(_MOODS, exchange))

    def all_are(self, exchange: str, *moods: str) -> None:
        """Until an exchange's prices are that."""
        self.wait(f"([name, moods]) => ({_MOODS})(name).every((mood) => moods.includes(mood))", [exchange, list(moods)])

    def set(self, name: str, value: str) -> None:
        """Set a dial of the mock as a user does, until it is set."""
        self.page.fill(f"#{name}-text", value)
        self.page.click(f"#{name} button")
        self.wait("([id, text]) => document.getElementById(id).textContent === text", [f"c-{name}", value])

    def width(self) -> float:
        """Of all that can be scrolled to, in CSS pixels."""
        return float(self.page.evaluate("document.scrollingElement.scrollWidth"))

    def objections(self) -> list[str]:
        """What axe-core finds wrong for people who cannot see, hear or point well: a line for each."""
        axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed: run tox -e e2e")
        # By the debugger's door, which no page's policy guards.
        self.page.evaluate(axe.AXE_FILE_PATH.read_text(encoding="utf-8"))
        found = self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
        ]

    def unexpected(self) -> list[str]:
        """What it said that has nothing of what is expected in it."""
        return [line for line in self.said if not any(part in line for part in self.expected)]
