"""Reckoning: one opportunity in exact fractions, before anything is rounded or judged.

Per purchase of ``amount`` of the base currency: it costs ``cost``, the sale brings ``raw`` in its own money, which the
conversion turns into ``brought``; with fees it is ``cost * (1 + fee)`` against ``brought_net``. Where nobody says how
much is on offer, one unit at the best prices stands for any amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from harness.allowance import Allowance
from harness.conversion import Conversion
from harness.fill import Fill, affordable, filled, on_grid
from harness.sides import Side, side_of
from harness.usable import Usable

_MICRO = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``gross``, ``at_size`` (after depth), ``after_fees`` and ``net`` are fractions of what is spent; ``amount`` is
    None where no size is told; ``gain`` is in the money of the purchase. ``thin`` names what the levels were not enough
    for."""

    gross: Fraction
    at_size: Fraction
    after_fees: Fraction
    net: Fraction
    amount: Fraction | None
    bought: Fill
    sold: Fill
    gain: Fraction
    thin: tuple[str, ...]


def reckoned(
    buy: Usable, sell: Usable, conversion: Conversion | None, fees: tuple[Fraction, Fraction], allowance: Allowance,
    age_us: int,
) -> Reckoning:  # fmt: skip
    """Reckon one way. ``fees`` are those of the purchase and of the sale; ``age_us`` is that of the older price."""
    asks, bids = side_of(buy, "ask"), side_of(sell, "bid")
    rate = conversion.rate if conversion is not None else Fraction(1)
    ask, bid = Fraction(asks.best), Fraction(bids.best)
    amount, thin = _amount(buy, sell, asks, bids, allowance)
    if amount:
        bought, sold = filled(asks.levels, amount), filled(bids.levels, amount)
    else:
        bought, sold = Fill(Fraction(1), ask, 1, True), Fill(Fraction(1), bid, 1, True)
    buy_fee, sell_fee = fees
    raw, paid = sold.money, bought.money
    brought, brought_net, enough = raw, raw * (1 - sell_fee), True
    if conversion is not None and amount:
        brought, _ = conversion.of(raw)
        brought_net, enough = conversion.of(raw * (1 - sell_fee))
    elif conversion is not None:
        brought, brought_net = raw * rate, raw * (1 - sell_fee) * rate
    if conversion is not None:
        brought_net *= 1 - Fraction(conversion.fee)
        thin = thin if enough else (*thin, f"{conversion}")
    cost = paid * (1 + buy_fee)
    after_fees = (brought_net - cost) / cost
    drift = Fraction(allowance.drift_bps_per_s) / 10_000 * age_us * _MICRO
    net = after_fees - drift
    return Reckoning(
        (bid * rate - ask) / ask, (brought - paid) / paid, after_fees, net, amount, bought, sold, net * cost, thin
    )  # fmt: skip


def _amount(
    buy: Usable, sell: Usable, asks: Side, bids: Side, allowance: Allowance
) -> tuple[Fraction | None, tuple[str, ...]]:
    """How much can be bought here and sold there: what the notional buys, or what the best prices are good for."""
    if not asks.levels or not bids.levels:
        return None, ()
    if allowance.notional is None:
        wanted, enough = Fraction(min(asks.levels[0][1], bids.levels[0][1])), True
    else:
        wanted, enough = affordable(asks.levels, Fraction(allowance.notional))
    most = sum((Fraction(size) for _, size in bids.levels), Fraction(0))
    thin = [
        f"{one.quote.pair} on {one.quote.exchange}"
        for one, short in ((buy, not enough), (sell, wanted > most))
        if short
    ]
    return on_grid(min(wanted, most), buy.size_step, sell.size_step), tuple(thin)
