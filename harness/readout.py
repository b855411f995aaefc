"""What the fetched prices say: the best of each pair across exchanges, and what arbitrage would leave."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import exchanges
from exchanges.quote import Quote
from harness.arbitrage import BestPrice, Opportunity, best_prices, opportunities, why_unusable
from harness.freshness import why_stale


def readout(quotes: Sequence[Quote], now_us: int) -> dict[str, Any]:
    """Prices and arbitrage as run.json keeps them: decimals in text, exact; basis points rounded for show.

    ``now_us`` is what the exchanges' clocks say when the prices are used, in whole microseconds since 1970 (UTC).
    Opportunities come best net first, those that the fees eat included, so that the reader sees why. Quotes of which
    no use is made are in ``left_out``, with their kind of failure and the reason in a sentence.
    """
    fees = {name: exchanges.load(name).taker_fee for name in {quote.exchange for quote in quotes}}
    left_out = [row for quote in quotes if (row := _left_out(quote, now_us)) is not None]
    usable = [quote for quote in quotes if _left_out(quote, now_us) is None]
    found = opportunities(usable, fees)
    return {
        "quotes": [_quote(quote) for quote in quotes],
        "prices": [_price(best) for best in best_prices(usable)],
        "arbitrage": [_opportunity(opportunity) for opportunity in found],
        "left_out": left_out,
        "taker_fees": {name: str(fee) for name, fee in sorted(fees.items())},
    }


def _left_out(quote: Quote, now_us: int) -> dict[str, Any] | None:
    stale = why_stale(quote, now_us)
    reason = stale or why_unusable(quote)
    if reason is None:
        return None
    kind = "stale" if stale else "bad_value"
    return {"exchange": quote.exchange, "pair": str(quote.pair), "kind": kind, "reason": reason}


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "exchange": quote.exchange, "pair": str(quote.pair), "bid": str(quote.bid), "ask": str(quote.ask),
        "last": None if quote.last is None else str(quote.last),
    }  # fmt: skip


def _price(best: BestPrice) -> dict[str, Any]:
    return {
        "pair": str(best.pair), "bid": str(best.bid), "bid_exchange": best.bid_exchange, "ask": str(best.ask),
        "ask_exchange": best.ask_exchange, "spread_bps": _bps(best.spread_bps), "exchanges": list(best.exchanges),
    }  # fmt: skip


def _opportunity(o: Opportunity) -> dict[str, Any]:
    return {
        "pair": str(o.pair), "buy": o.buy_exchange, "sell": o.sell_exchange, "ask": str(o.ask), "bid": str(o.bid),
        "gross_bps": _bps(o.gross_bps), "fee_bps": _bps(o.fee_bps), "net_bps": _bps(o.net_bps),
        "size": None if o.size is None else str(o.size), "profit": None if o.profit is None else str(o.profit),
        "verdict": o.verdict, "reason": o.reason,
    }  # fmt: skip


def _bps(value: Decimal) -> str:
    return f"{value:.2f}"
