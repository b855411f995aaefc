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
from harness.money import MONEY
from harness.sides import Sides

_MICRO = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``gross`` and ``at_size`` (after depth) are fractions of what the purchase costs before its fee, ``after_fees``
    and ``net`` of what it costs with it. ``wanted`` is how much could be traded if exchanges took any amount, and
    ``amount`` how much they take; both are None where no size is told. ``gain`` is in the money of the purchase.
    ``thin`` names what the levels were not enough for."""

    gross: Fraction
    at_size: Fraction
    after_fees: Fraction
    net: Fraction
    wanted: Fraction | None
    amount: Fraction | None
    bought: Fill
    sold: Fill
    gain: Fraction
    thin: tuple[str, ...]


def reckoned(
    buy: Sides, sell: Sides, conversion: Conversion | None, fees: tuple[Fraction, Fraction], allowance: Allowance,
    age_us: int,
) -> Reckoning:  # fmt: skip
    """Reckon one way. ``fees`` are those of the purchase and of the sale; ``age_us`` is that of the older price."""
    rate = conversion.rate if conversion is not None else Fraction(1)
    ask, bid = Fraction(buy.asks.best), Fraction(sell.bids.best)
    wanted, thin = _wanted(buy, sell, allowance)
    amount = None if wanted is None else on_grid(wanted, buy.of.size_step, sell.of.size_step)
    if amount:
        bought, sold = filled(buy.asks.levels, amount), filled(sell.bids.levels, amount)
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
        (bid * rate - ask) / ask, (brought - paid) / paid, after_fees, net, wanted, amount, bought, sold, net * cost,
        thin,
    )  # fmt: skip


def _wanted(buy: Sides, sell: Sides, allowance: Allowance) -> tuple[Fraction | None, tuple[str, ...]]:
    """How much can be bought here and sold there: what the notional buys, or what the best prices are good for."""
    asks, bids = buy.asks, sell.bids
    if not asks.levels or not bids.levels:
        return None, ()
    # So many BTC would be another matter than so many dollars.
    if allowance.notional is None or buy.of.quote.pair.quote not in MONEY:
        wanted, enough = min(asks.levels[0][1], bids.levels[0][1]), True
    else:
        wanted, enough = affordable(asks.levels, Fraction(allowance.notional))
    short = [one.of.quote for one, lacks in ((buy, not enough), (sell, wanted > bids.held)) if lacks]
    return min(wanted, bids.held), tuple(f"{quote.pair} on {quote.exchange}" for quote in short)
