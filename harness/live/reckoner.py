"""The reckoner: what takes long to work out of prices, the routes of arbitrage and a portfolio's worth, on a thread of
its own.

Routes grow with the square of the markets: those of eleven exchanges take a tenth of a second, in which prices would
stand still if both were worked out together. So they follow at a rate of their own: never more than a fortieth of a
core.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from exchanges.pair import Pair
from harness.allowance import Allowance
from harness.live.alerts import Alerts
from harness.live.background import Background
from harness.live.document import moment_text
from harness.portfolio import Portfolio
from harness.portfolio_rows import portfolio_document
from harness.readout import routes_readout
from harness.tracker.reading import Reading
from harness.usable import known_clocks, sorted_out
from harness.valuation import valuation_of

_ROUTES: Final = 12
"""As many as are shown."""
_HEARD: Final = 50
"""As many as alerts look at, the best first: of those with the best net not all can be traded."""
_EACH_S: Final = 0.5
"""At least so long between two."""
_REST: Final = 39
"""Times as long as it takes, it rests."""

NO_ROUTES: Final[Mapping[str, Any]] = {
    "arbitrage": [], "routes": {"all": 0, "gross": 0, "net": 0, "trade": 0}, "not_compared": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """What prices are judged by: what is allowed, ``fees`` by exchange, a portfolio (None: there is none) and the
    pairs that each exchange lists."""

    allowance: Allowance
    fees: Mapping[str, Decimal]
    portfolio: Portfolio | None = None
    listed: Mapping[str, Collection[Pair]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``routes`` is the part of a readout, ``heard`` the routes that alerts look at; ``portfolio`` is
    ``harness.portfolio_rows``'s document, or None."""

    routes: Mapping[str, Any] = field(default_factory=lambda: NO_ROUTES)
    heard: Sequence[Mapping[str, Any]] = ()
    portfolio: dict[str, Any] | None = None


def reckoned(reading: Reading, judgement: Judgement) -> Reckoning:
    """Work it out, of one reading. Its moment, as ``now_us``, goes with it: what is shown of it later, beside newer
    prices, is not to look as young as they are."""
    seen, allowance, portfolio = reading.seen, judgement.allowance, judgement.portfolio
    routes = {**routes_readout(seen, judgement.fees, allowance, _HEARD), "now_us": seen.now_us}
    heard = routes["arbitrage"]
    routes["arbitrage"] = heard[:_ROUTES]
    if portfolio is None:
        return Reckoning(routes, heard)
    clocks = known_clocks(seen.sightings, seen.clocks, allowance.most_age_us)
    usable, left_out = sorted_out(seen.sightings, clocks, seen.halted, seen.now_us, allowance)
    worth = valuation_of(portfolio, usable.values(), left_out, judgement.listed)
    return Reckoning(routes, heard, {**portfolio_document(worth, left_out), "now_us": seen.now_us})


class Reckoner(Background):
    """``latest`` is what is known, which is ``first`` to begin with."""

    def __init__(
        self, read: Callable[[], Reading], judgement: Judgement, alerts: Alerts, failed: Callable[[Exception], None],
        first: Reckoning | None = None,
    ) -> None:  # fmt: skip
        super().__init__("reckoner", failed)
        self.latest = first or Reckoning()
        self._read, self._judgement, self._alerts = read, judgement, alerts

    def _work(self) -> None:
        rest_s = 0.0
        while not self._stopped.wait(rest_s):
            # Of this thread alone: what others take of the processor makes it no more work.
            began, reading = time.thread_time(), self._read()
            # Again even if nothing came: prices grow too old to be acted on by themselves.
            self.latest = reckoned(reading, self._judgement)
            self._alerts.hear(self.latest.heard, moment_text(reading.at))
            rest_s = max(_EACH_S, _REST * (time.thread_time() - began))
