"""What the prices would let one trade: the same pair bought on one exchange and sold on another, fees paid.

Everything is Decimal, and exact until the one division at the end: intermediate values are kept to 100 digits,
results rounded once, half to even, to 28 significant digits. Nothing is rounded further before it is shown.
Quotes meet only when their ``Pair`` is equal: BTC/USD and BTC/USDT are different markets, and their
difference is not an arbitrage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Final, Literal

from exchanges.pair import Pair
from exchanges.quote import Quote

Verdict = Literal["trade", "no overlap", "fees eat it", "size unknown", "no size"]

_EXACT: Final = Context(prec=100, rounding=ROUND_HALF_EVEN)
_RESULT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)
_ONE: Final = Decimal(1)
_BPS: Final = Decimal(10_000)
# No market is priced outside 1e-30 to 1e30; beyond it a hostile exponent could overflow or fill the memory.
_LARGEST_EXPONENT: Final = 30


@dataclass(frozen=True, slots=True)
class BestPrice:
    """The highest bid and the lowest ask of a pair over all exchanges that quote it.

    ``spread_bps`` is (ask - bid) over their midpoint in basis points; negative where the two exchanges
    overlap. Of equal prices the one of the exchange first in the alphabet is named.
    """

    pair: Pair
    bid: Decimal
    bid_exchange: str
    ask: Decimal
    ask_exchange: str
    spread_bps: Decimal
    exchanges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Buy ``pair`` at ``ask`` on one exchange, sell it at ``bid`` on another, one taker fee on each.

    Per unit of the base currency the purchase costs ask * (1 + fee), the sale brings bid * (1 - fee), in the
    quote currency. ``gross_bps`` is (bid - ask) / ask, ``net_bps`` is (proceeds - cost) / cost, ``fee_bps`` the
    difference between the two, all in basis points. ``size`` is the smaller of the sizes on offer, in the base
    currency, None where an exchange says none that could be one; ``profit`` is size * (proceeds - cost).
    ``reason`` is a sentence for the verdict.
    """

    pair: Pair
    buy_exchange: str
    sell_exchange: str
    ask: Decimal
    bid: Decimal
    gross_bps: Decimal
    fee_bps: Decimal
    net_bps: Decimal
    size: Decimal | None
    profit: Decimal | None
    verdict: Verdict
    reason: str


def why_unusable(quote: Quote) -> str | None:
    """Why a quote can enter neither arbitrage nor valuation, in a sentence; None where it can."""
    for side, price in (("a bid", quote.bid), ("an ask", quote.ask)):
        # Some exchanges say "no offer" with a price of 0.
        if not isinstance(price, Decimal) or not price.is_finite() or price <= 0:
            return f"{quote.exchange} {quote.pair}: expected {side} above zero, found {price}"
        if abs(price.adjusted()) > _LARGEST_EXPONENT:
            return f"{quote.exchange} {quote.pair}: expected {side} between 1e-30 and 1e30, found {price:.3E}"
    if quote.bid > quote.ask:
        return f"{quote.exchange} {quote.pair}: crossed, its bid {quote.bid} is above its ask {quote.ask}"
    return None


def best_prices(quotes: Iterable[Quote]) -> list[BestPrice]:
    """The best prices of every pair that has a usable quote, in the order of the pairs' names.

    Where an exchange quotes a pair more than once, the last quote given counts.
    """
    found = []
    for pair, by_exchange in _by_pair(quotes).items():
        bid = max(by_exchange.values(), key=lambda quote: quote.bid)
        ask = min(by_exchange.values(), key=lambda quote: quote.ask)
        with localcontext(_EXACT):
            above, below = 2 * _BPS * (ask.ask - bid.bid), ask.ask + bid.bid
        spread = _RESULT.divide(above, below)
        found.append(BestPrice(pair, bid.bid, bid.exchange, ask.ask, ask.exchange, spread, tuple(by_exchange)))
    return found


def opportunities(quotes: Iterable[Quote], fees: Mapping[str, Decimal]) -> list[Opportunity]:
    """Every way to buy a pair on one exchange and sell it on another, the best net first, unprofitable ones
    included with the reason. ``fees`` are taker fees by exchange, as fractions of the notional.

    Unusable quotes (see ``why_unusable``) are left out. Where an exchange quotes a pair more than once, the last
    quote given counts.

    Raises:
        ValueError: where an exchange that quotes has no fee, or its fee is not a Decimal between -1 and 1.
    """
    found = [
        _opportunity(buy, sell, _fee(fees, buy.exchange), _fee(fees, sell.exchange))
        for by_exchange in _by_pair(quotes).values()
        for buy in by_exchange.values()
        for sell in by_exchange.values()
        if buy is not sell
    ]
    return sorted(found, key=lambda o: (o.net_bps.copy_negate(), o.pair, o.buy_exchange, o.sell_exchange))


def _by_pair(quotes: Iterable[Quote]) -> dict[Pair, dict[str, Quote]]:
    latest = {(quote.pair, quote.exchange): quote for quote in quotes}
    found: dict[Pair, dict[str, Quote]] = {}
    for (pair, exchange), quote in sorted(latest.items(), key=lambda item: item[0]):
        if why_unusable(quote) is None:
            found.setdefault(pair, {})[exchange] = quote
    return found


def _fee(fees: Mapping[str, Decimal], exchange: str) -> Decimal:
    fee = fees.get(exchange)
    if fee is None:
        raise ValueError(f"expected a taker fee for {exchange}, found fees for {', '.join(sorted(fees)) or 'none'}")
    if not isinstance(fee, Decimal) or not fee.is_finite() or abs(fee) >= 1:
        raise ValueError(f"expected the taker fee of {exchange} as a Decimal fraction such as 0.001, found {fee!r}")
    return fee


def _known(size: Decimal | None) -> Decimal | None:
    return size if size is not None and size.is_finite() and size.adjusted() <= _LARGEST_EXPONENT else None


def _opportunity(buy: Quote, sell: Quote, buy_fee: Decimal, sell_fee: Decimal) -> Opportunity:
    ask, bid = buy.ask, sell.bid
    offered, wanted = _known(buy.ask_size), _known(sell.bid_size)
    size = None if offered is None or wanted is None else min(offered, wanted)
    with localcontext(_EXACT):
        cost, proceeds = ask * (_ONE + buy_fee), bid * (_ONE - sell_fee)
        gain = proceeds - cost
        gross = _RESULT.divide(_BPS * (bid - ask), ask)
        net = _RESULT.divide(_BPS * gain, cost)
        # bid/ask - proceeds/cost, on one denominator so that it is rounded once.
        fee = _RESULT.divide(_BPS * bid * (buy_fee + sell_fee), cost)
        profit = None if size is None else _RESULT.multiply(size, gain)
    verdict, reason = _judged(buy, sell, gross, net, size)
    return Opportunity(
        buy.pair, buy.exchange, sell.exchange, ask, bid, gross, fee, net, size, profit, verdict, reason
    )  # fmt: skip


def _judged(buy: Quote, sell: Quote, gross: Decimal, net: Decimal, size: Decimal | None) -> tuple[Verdict, str]:
    if net <= 0 and gross <= 0:
        return "no overlap", (
            f"no overlap: the bid {sell.bid} on {sell.exchange} is not above the ask {buy.ask} on {buy.exchange}"
        )
    if net <= 0:
        return "fees eat it", f"fees eat it: {gross:.2f} bps before fees are {net:.2f} bps after them"
    if size is None:
        silent = sorted({q.exchange for q, s in ((buy, buy.ask_size), (sell, sell.bid_size)) if _known(s) is None})
        return "size unknown", f"size unknown: {net:.2f} bps after fees, but {' and '.join(silent)} gave no usable size"
    if size <= 0:
        return "no size", f"no size: {net:.2f} bps after fees, but nothing is on offer at these prices"
    return "trade", f"trade: {net:.2f} bps after fees for up to {size} {buy.pair.base}"
