"""What the fetched prices say, as run.json and ``--json`` keep it: the best of each pair, and what arbitrage leaves.

Decimals are text, exact; basis points are rounded to two places for show; ages and skews are whole microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from exchanges.quote import Quote
from harness.age import Age
from harness.allowance import Allowance
from harness.arbitrage import opportunities
from harness.best_price import BestPrice, best_prices
from harness.exact_text import rounded_text
from harness.exchange_clock import ExchangeClock
from harness.opportunity import Opportunity
from harness.seen import Seen
from harness.usable import LeftOut, Market, Usable, age_at, known_clocks, sorted_out

_Clocks: TypeAlias = Mapping[str, ExchangeClock]


def readout(
    seen: Seen, fees: Mapping[str, Decimal], allowance: Allowance, most_routes: int | None = None
) -> dict[str, Any]:
    """Prices and arbitrage of what was seen, at the moment of use.

    Opportunities come best net first, those that leave nothing included, so that the reader sees why: all of them, or
    the best ``most_routes`` (``routes`` has the number of all). Quotes of which no use is made are in ``left_out``,
    with their kind of failure and the reason in a sentence.
    """
    clocks, usable, left_out = _judged(seen, allowance)
    return {**_prices(seen, fees, allowance, clocks, usable, left_out), **_routes(usable, fees, allowance, most_routes)}


def prices_readout(seen: Seen, fees: Mapping[str, Decimal], allowance: Allowance) -> dict[str, Any]:
    """What ``readout`` gives without the routes, which take most of its time: they grow with the square of the
    markets."""
    return _prices(seen, fees, allowance, *_judged(seen, allowance))


def routes_readout(
    seen: Seen, fees: Mapping[str, Decimal], allowance: Allowance, most_routes: int | None = None
) -> dict[str, Any]:
    """What ``readout`` gives besides: the routes."""
    return _routes(_judged(seen, allowance)[1], fees, allowance, most_routes)


def _judged(seen: Seen, allowance: Allowance) -> tuple[_Clocks, dict[Market, Usable], list[LeftOut]]:
    clocks = known_clocks(seen.sightings, seen.clocks, allowance.most_age_us)
    return clocks, *sorted_out(seen.sightings, clocks, seen.halted, seen.now_us, allowance)


def _prices(
    seen: Seen, fees: Mapping[str, Decimal], allowance: Allowance,
    clocks: _Clocks, usable: Mapping[Market, Usable], left_out: Sequence[LeftOut],
) -> dict[str, Any]:  # fmt: skip
    names = {one.quote.exchange for one in seen.sightings}
    return {
        "quotes": [
            _quote(one.quote, age_at(one, clocks, seen.now_us, allowance.most_age_us)) for one in seen.sightings
        ],
        "prices": [_price(best, usable) for best in best_prices(usable.values())],
        "left_out": [
            {"exchange": one.market[0], "pair": str(one.market[1]), "kind": one.kind, "reason": one.reason}
            for one in left_out
        ],
        "taker_fees": {name: str(fees[name]) for name in sorted(names)},
        "clocks": {
            name: {"offset_us": clock.offset_us, "error_us": clock.error_us}
            for name, clock in sorted(seen.clocks.items()) if name in names
        },
        "allowance": _allowance(allowance),
    }  # fmt: skip


def _routes(
    usable: Mapping[Market, Usable], fees: Mapping[str, Decimal], allowance: Allowance, most: int | None
) -> dict[str, Any]:
    found, not_compared = opportunities(usable.values(), fees, allowance)
    return {
        "arbitrage": [_opportunity(one) for one in found[:most]],
        "routes": {
            "all": len(found), "gross": sum(one.gross_bps > 0 for one in found),
            "net": sum(one.pays for one in found), "trade": sum(one.pays and one.verdict == "trade" for one in found),
        },
        "not_compared": not_compared,
    }  # fmt: skip


def _allowance(allowance: Allowance) -> dict[str, Any]:
    notional = allowance.notional
    return {
        "notional": None if notional is None else f"{notional:f}", "most_age_us": allowance.most_age_us,
        "most_skew_us": allowance.most_skew_us, "drift_bps_per_s": f"{allowance.drift_bps_per_s:f}",
    }  # fmt: skip


def _quote(quote: Quote, age: Age) -> dict[str, Any]:
    optional = {name: getattr(quote, name) for name in ("last", "bid_size", "ask_size")}
    return {
        "exchange": quote.exchange, "pair": str(quote.pair), "bid": str(quote.bid), "ask": str(quote.ask),
        **{name: None if value is None else str(value) for name, value in optional.items()},
        "time_us": quote.time_us, "age_us": [age.low_us, age.high_us], "age_by": age.by,
    }  # fmt: skip


def _price(best: BestPrice, usable: Mapping[Any, Usable]) -> dict[str, Any]:
    ages = [usable[name, best.pair].age for name in (best.bid_exchange, best.ask_exchange)]
    return {
        "pair": str(best.pair), "bid": str(best.bid), "bid_exchange": best.bid_exchange, "ask": str(best.ask),
        "ask_exchange": best.ask_exchange, "spread_bps": _bps(best.spread_bps), "exchanges": list(best.exchanges),
        "age_us": [min(age.low_us for age in ages), max(age.high_us for age in ages)],
    }  # fmt: skip


def _opportunity(one: Opportunity) -> dict[str, Any]:
    buy, sell, through = one.buy.quote, one.sell.quote, one.conversion
    return {
        "pair": str(buy.pair), "buy": buy.exchange, "sell": sell.exchange, "sell_pair": str(sell.pair),
        "ask": str(buy.ask), "bid": str(sell.bid),
        "through": None if through is None else {
            "exchange": through.at.quote.exchange, "pair": str(through.at.quote.pair),
            "side": "bid" if through.sells else "ask", "price": str(through.side.best), "fee": str(through.fee),
        },
        "gross_bps": _bps(one.gross_bps), "depth_bps": _bps(one.depth_bps), "fee_bps": _bps(one.fee_bps),
        "allowance_bps": _bps(one.allowance_bps), "net_bps": _bps(one.net_bps),
        "net_exact_bps": str(one.net_bps), "size": _text(one.size), "whole": one.whole, "spent": _text(one.spent),
        "profit": _text(one.profit), "money": buy.pair.quote, "buy_price": _text(one.buy_price),
        "sell_price": _text(one.sell_price), "skew_us": one.skew_us, "age_us": one.age_us, "verdict": one.verdict,
        "reason": one.reason, "why": list(one.why),
    }  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    """Without an exponent, and without zeros that say nothing. No context comes in: the caller's may be any."""
    text = None if value is None else f"{value:f}"
    return text.rstrip("0").rstrip(".") if text is not None and "." in text else text


def _bps(value: Decimal) -> str:
    return rounded_text(Fraction(value), 2)
