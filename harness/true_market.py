"""The true market of a batch: what the mock server's was, computed here from what the batch was begun with."""

from __future__ import annotations

import functools

from harness.scenario import Scenario
from mock_server.market import Market
from mock_server.motion import Motion


def true_market(scenario: Scenario, block: int, number: int) -> Market:
    """The market of one batch of a scenario. The same object for all arms, which meet the same market in a block: what
    it has computed once it knows."""
    return market_of(scenario.seed, block, number, scenario.motion)


@functools.lru_cache(maxsize=8)
def market_of(seed: int, block: int, number: int, motion: str) -> Market:
    """The same by what it is keyed by; ``motion`` as ``Motion.parse`` reads it."""
    return Market(seed, block, number, motion=Motion.parse(motion))
