"""The choice of markets: what a page shows where nobody says what, and what is asked for besides so that it can be
compared and valued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import exchanges
from exchanges.pair import Pair
from harness import options
from harness.money import MONEY
from harness.needed_pairs import needed_pairs
from harness.portfolio import Portfolio
from harness.scenario import markets_for
from harness.usable import Market

ASSETS: Final = ("BTC", "ETH", "SOL")
"""Everybody lists them, and no more of them would be fresh within the rate limits of the exchanges that have no request
for several markets."""
_MONEYS: Final = ("USD", "USDT")
_FEW: Final = 6


def markets_from(text: str | None, names: Sequence[str], portfolio: Portfolio | None) -> tuple[Market, ...]:
    """The markets of ``--pairs`` (None: a few coins that everybody lists, in dollars of both kinds) on these exchanges,
    and those between the moneys involved and those that a portfolio is valued by; a pair's markets stand side by side.

    Raises:
        UsageError: as ``options.pairs`` does.
    """
    listed = {name: [one.pair for one in exchanges.load(name).instruments] for name in names}
    every = [pair for pairs in listed.values() for pair in pairs]
    chosen: Sequence[Pair] | int
    if text is not None:
        chosen = options.pairs(text, list(names))
    else:
        usual = [Pair(asset, money) for asset in ASSETS for money in _MONEYS]
        chosen = [pair for pair in usual if pair in every] or _FEW
    markets = [(name, Pair.parse(pair)) for name, pair in markets_for(names, chosen)]
    moneys = {pair.quote for _, pair in markets} & MONEY
    more = {pair for pair in every if {pair.base, pair.quote} <= moneys}
    if portfolio is not None:
        more.update(needed_pairs(portfolio.codes, portfolio.currency, every))
    markets += [(name, Pair.parse(pair)) for name, pair in markets_for(names, sorted(more))]
    by_pair: dict[Pair, dict[Market, None]] = {} if isinstance(chosen, int) else {pair: {} for pair in chosen}
    for market in markets:
        by_pair.setdefault(market[1], {})[market] = None
    return tuple(market for several in by_pair.values() for market in several)
