"""The live page in a real browser, against pages that we start ourselves.

A page that says anything on the console, or throws, fails its test, unless the test expects that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.end_to_end.live.served import Live
from tests.end_to_end.live.visit import CHROMIUM, NO_CHROMIUM, Visit, chromium

MOVES = (
    "-x", "binance,coinbase,kraken", "--pairs", "BTC/USD,ETH/USD,BTC/USDT,ETH/USDT", "--beat", "250ms",
    "--ttl", "2500ms", "--deadline", "1s",
)  # fmt: skip
"""Three exchanges whose prices move four times a second (Kraken's limit: once), and are stale after two and a half."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line(f"e2e did not run: {NO_CHROMIUM}", yellow=True)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Live]]:
    """``start(*arguments)`` starts a live page, which ends with the module."""
    folder = tmp_path_factory.mktemp("live")
    with ExitStack() as stack:

        def make(*arguments: str) -> Live:
            live = Live(folder, *arguments)
            stack.callback(live.close)
            return live

        yield make


@pytest.fixture(scope="session")
def moving() -> tuple[str, ...]:
    """The arguments of a page whose prices move at once."""
    return MOVES


@pytest.fixture(scope="module")
def live(start: Callable[..., Live]) -> Live:
    """One page for all tests that leave its controls as they found them."""
    return start(*MOVES)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """``visit(**options of a browser context)``; what its page says on the console fails the test."""
    made: list[Visit] = []

    def make(**options: Any) -> Visit:
        made.append(Visit(browser.new_context(**options)))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
    assert [line for one in made for line in one.unexpected()] == []
