"""An opportunity: one way to buy here and sell there, from what it seems to bring to what is left of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal, TypeAlias

from harness.conversion import Conversion
from harness.usable import Usable

Verdict: TypeAlias = Literal[
    "trade",
    "no overlap",
    "depth eats it",
    "fees eat it",
    "drift eats it",
    "unbelievable",
    "apart",
    "size unknown",
    "no size",
    "too thin",
]


Judgement: TypeAlias = tuple[Verdict, str, tuple[str, ...]]
"""The verdict, the reason in one sentence, and a line for each thing that stands against it."""


@dataclass(frozen=True)
class Opportunity:
    """Buy at the asks of ``buy``, sell at the bids of ``sell``, and turn what the sale brings into the money that the
    purchase was paid in by ``conversion`` (None: it is the same money). One taker fee is paid on each of them.

    In basis points, ``net_bps`` being what the others leave; gross is of the price, net of the price and its fee:

        gross_bps        the best bid over the best ask, at the conversion's best rate, before everything
      - depth_bps        what the levels behind the best ones take, at this size
      - fee_bps          the taker fees
      - allowance_bps    what prices may have drifted since they were told
      = net_bps

    ``size`` is in the base currency and on the grids of both exchanges, None where nobody says how much is on offer;
    ``whole`` says that the known levels had all that was wanted. ``spent`` (before the fee) and ``profit`` (after all
    of the above) are in the quote currency of ``buy``; ``buy_price`` and ``sell_price`` are the averages at that size,
    or the best ones where there is none. ``skew_us`` is how far apart the moments of the prices may be, ``age_us`` how
    old the oldest may be. ``judge`` judges it when somebody asks: of thousands of ways most are never looked at.
    """

    buy: Usable
    sell: Usable
    conversion: Conversion | None
    gross_bps: Decimal
    depth_bps: Decimal
    fee_bps: Decimal
    allowance_bps: Decimal
    net_bps: Decimal
    size: Decimal | None
    spent: Decimal | None
    profit: Decimal | None
    buy_price: Decimal
    sell_price: Decimal
    whole: bool
    skew_us: int
    age_us: int
    judge: Callable[[], Judgement] = field(repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        return self._judgement[0]

    @property
    def reason(self) -> str:
        """The verdict's reason in one sentence."""
        return self._judgement[1]

    @property
    def why(self) -> tuple[str, ...]:
        """A line for each thing that stands against it; empty for a trade."""
        return self._judgement[2]

    @property
    def pays(self) -> bool:
        """Whether something is left after everything that is counted in basis points, whatever else stands against
        it."""
        return self.net_bps > 0

    @cached_property
    def _judgement(self) -> Judgement:
        return self.judge()
