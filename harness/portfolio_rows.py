"""A valuation as programs read it: one JSON document, or rows of CSV. Numbers are text, plain decimals and exact where
their digits end (else of 28 that count); ages are whole microseconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from harness.band import Band
from harness.exact_text import exact_text
from harness.profit import Profit
from harness.rate import Rate
from harness.usable import LeftOut
from harness.valuation import Unvalued, Valuation, Valued

COLUMNS: Final = (
    "holding", "asset", "amount", "at", "exchange", "markets", "used", "currency", "bid", "ask", "low", "high", "value",
    "age_low_us", "age_high_us", "age_by", "cost", "profit", "reason",
)  # fmt: skip


def portfolio_document(valuation: Valuation, left_out: Sequence[LeftOut]) -> dict[str, Any]:
    """What ``--json`` prints, without what is known of the fetching."""
    return {
        "currency": valuation.currency,
        "total": {**_band(valuation.total), **_profit(valuation.profit)},
        "holdings": [_valued(one) for one in valuation.valued],
        "unvalued": [{**_holding(one), "reason": one.reason} for one in valuation.unvalued],
        "by_exchange": [{"exchange": name, **_band(band)} for name, band in valuation.by_exchange.items()],
        "left_out": [
            {"exchange": one.market[0], "pair": str(one.market[1]), "kind": one.kind, "reason": one.reason}
            for one in left_out
        ],
    }


def portfolio_rows(valuation: Valuation, left_out: Sequence[LeftOut]) -> Iterator[Sequence[str | int]]:
    """Rows of COLUMNS: one for each exchange that quotes a holding, the one that it is valued by with its cost and its
    profit; one for each holding that nobody quotes and one for each price that is not used, with the reason; cells that
    say nothing are empty."""
    for one in valuation.valued:
        for rate in one.rates or (None,):
            yield _row({**_holding(one), **_quoted(one, rate), "currency": valuation.currency})
    for missing in valuation.unvalued:
        row = {**_holding(missing), "used": "no", "reason": missing.reason, "currency": valuation.currency}
        yield _row(row)
    for price in left_out:
        name, pair = price.market
        yield _row({"exchange": name, "markets": f"{pair} on {name}", "used": "no", "reason": price.reason})


def _row(values: dict[str, Any]) -> list[str | int]:
    return ["" if (value := values.get(name)) is None else value for name in COLUMNS]


def _quoted(one: Valued, rate: Rate | None) -> dict[str, Any]:
    used = rate is one.used
    spent = {"cost": exact_text(one.profit.cost), "profit": exact_text(one.profit.gain)} if used and one.profit else {}
    found = {"used": "yes" if used else "no", **spent}
    if rate is None:
        return {**found, **_band(one.band)}
    found |= {"exchange": rate.exchange, "markets": str(rate), "bid": exact_text(rate.band.low)}
    found |= {"ask": exact_text(rate.band.high), **_band(rate.band * Fraction(one.holding.amount))}
    return {**found, "age_low_us": rate.age.low_us, "age_high_us": rate.age.high_us, "age_by": rate.age.by}


def _holding(one: Valued | Unvalued) -> dict[str, Any]:
    holding = one.holding
    return {"holding": str(holding), "asset": holding.asset, "amount": f"{holding.amount:f}", "at": holding.at}


def _valued(one: Valued) -> dict[str, Any]:
    lots = [
        {
            "amount": f"{lot.amount:f}", "cost": None if lot.cost is None else f"{lot.cost:f}",
            "currency": lot.currency, "date": None if lot.bought is None else lot.bought.isoformat(),
        }
        for lot in one.holding.lots
    ]  # fmt: skip
    return {
        **_holding(one), **_band(one.band), **_profit(one.profit),
        "amount_with_cost": "0" if one.profit is None else exact_text(one.profit.amount),
        "lots": lots, "notes": list(one.notes),
        "rates": [_rate(rate, Fraction(one.holding.amount), rate is one.used) for rate in one.rates],
    }  # fmt: skip


def _rate(rate: Rate, amount: Fraction, used: bool) -> dict[str, Any]:
    return {
        "exchange": rate.exchange, "used": used, "bid": exact_text(rate.band.low), "ask": exact_text(rate.band.high),
        **_band(rate.band * amount),
        "markets": [
            {
                "exchange": step.at.quote.exchange, "pair": str(step.at.quote.pair), "sells": step.given,
                "bid": f"{step.at.quote.bid:f}", "ask": f"{step.at.quote.ask:f}",
            }
            for step in rate.steps
        ],
        "age_us": [rate.age.low_us, rate.age.high_us], "age_by": rate.age.by,
    }  # fmt: skip


def _band(band: Band) -> dict[str, str]:
    return {"value": exact_text(band.value), "low": exact_text(band.low), "high": exact_text(band.high)}


def _profit(profit: Profit | None) -> dict[str, str | None]:
    percent = None if profit is None else profit.percent
    return {
        "cost": None if profit is None else exact_text(profit.cost),
        "profit": None if profit is None else exact_text(profit.gain),
        "profit_percent": None if percent is None else exact_text(percent),
    }
