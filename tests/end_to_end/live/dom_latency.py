"""How long a price that changes at a server takes to the page, measured in a real browser.

    python -m tests.end_to_end.live.dom_latency [CHANGES]

A mock server's market stands still, and is set to another second of its path at a moment that is known by
CLOCK_MONOTONIC; the page (``harness live``, beat 1 s) is watched by a MutationObserver, and the change has come when
the bid in its cell is the one that the market has at that second. From the moment just before the server was told, so
that what it took to be told counts as ours. The moments of the changes are spread over the beat by dice with a seed.

The browser's performance.now() is asked for again and again between two readings of CLOCK_MONOTONIC; the quickest such
round trip says how the two clocks differ, to within half of what it took. It is asked before and after, and the error
that is told is the larger half with what the two disagree by.
"""

from __future__ import annotations

import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import exchanges
from mock_server.market import Market
from mock_server.process import Control, running
from tests.end_to_end.live.served import Live
from tests.end_to_end.live.visit import Visit, chromium

SEED: Final = 7
EXCHANGE: Final = "binance"
BEAT_S: Final = 1.0
LIMIT_S: Final = BEAT_S + 0.1
"""The target: the 95th percentile is no more."""
_CELL: Final = "m-0-0-bid"


@dataclass(frozen=True)
class Measured:
    """Seconds of each change, in order of time, and by how much each may be wrong."""

    took_s: list[float]
    error_s: float

    def quantile(self, share: float) -> float:
        """By nearest rank: one that was measured."""
        return sorted(self.took_s)[max(0, -int(-share * len(self.took_s) // 1) - 1)]

    def sentence(self) -> str:
        told = ", ".join(f"{name} {1000 * self.quantile(share):.0f}" for name, share in
                         (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("max", 1.0)))  # fmt: skip
        return (
            f"{len(self.took_s)} changes of price, from the server to the DOM, beat {BEAT_S:g} s: {told} ms, "
            f"each to within {1000 * self.error_s:.1f} ms"
        )


def _offset(page: Any) -> tuple[float, float]:
    """(CLOCK_MONOTONIC less performance.now(), seconds; by how much that may be wrong)."""
    best = (0.0, 1e9)
    for _ in range(60):
        before = time.monotonic()
        browser_s = page.evaluate("performance.now()") / 1000
        after = time.monotonic()
        best = min(best, ((before + after) / 2 - browser_s, (after - before) / 2), key=lambda one: one[1])
    return best


_WATCH: Final = """([id, wanted]) => {
    window.came = new Promise((resolve, reject) => {
        const watcher = new MutationObserver(() => {
            if (document.getElementById(id).textContent !== wanted) return;
            watcher.disconnect();
            resolve(performance.now() / 1000);
        });
        watcher.observe(document.body, {subtree: true, childList: true, characterData: true});
        setTimeout(() => reject(new Error(`${wanted} did not come within 20 s`)), 20000);
    });
}"""


def measure(start: Callable[..., Live], visit: Visit, changes: int) -> Measured:
    """``start`` starts a live page with arguments, which is opened in ``visit``."""
    exchange = exchanges.load(EXCHANGE)
    pair = exchange.instruments[0].pair
    market, dice = Market(SEED), random.Random(SEED)
    with running([EXCHANGE], "1ms", SEED) as mock, Control(mock) as control:
        control.begin(SEED, hold=0.0)
        live = start("-x", EXCHANGE, "--pairs", str(pair), "--beat", f"{BEAT_S:g}s",
                     "--base-url", f"{EXCHANGE}={mock.origins[EXCHANGE]}")  # fmt: skip
        page = visit.open(live)
        shown = str(market.quote(exchange, pair, 0.0).bid)
        visit.shows(_CELL, shown)
        first, error_s = _offset(page)
        took, at_s = [], 0.0
        while len(took) < changes:
            at_s += 0.5
            wanted = str(market.quote(exchange, pair, at_s).bid)
            if wanted == shown:
                continue
            # A beat comes every second: changes come at any moment between two.
            page.wait_for_timeout(1000 * BEAT_S * dice.random())
            page.evaluate(_WATCH, [_CELL, wanted])
            told = time.monotonic()
            control.begin(SEED, hold=at_s)
            took.append(page.evaluate("() => window.came") + first - told)
            control.end()
            shown = wanted
        last, another_s = _offset(page)
    return Measured(took, max(error_s, another_s) + abs(last - first))


def main(changes: int) -> None:
    """Measure so many changes and say how long they took."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, contextlib.ExitStack() as stack:

        def start(*arguments: str) -> Live:
            live = Live(Path(folder), *arguments)
            stack.callback(live.close)
            return live

        found = measure(start, Visit(browser.new_context()), changes)
        print(" ".join(f"{1000 * took:.0f}" for took in found.took_s))
        print(found.sentence())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
