"""What the prices would let one trade: an asset bought on one exchange and sold on another, everything paid.

Everything is exact until the end: fractions inside, each figure rounded once, half to even, to 28 significant digits.
Prices in different money meet only through a quoted market between the two (``conversion``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import permutations

from harness.allowance import Allowance
from harness.best_price import rounded
from harness.conversion import Conversion, conversions
from harness.money import MONEY
from harness.obstacles import judged
from harness.opportunity import Opportunity
from harness.reckoning import reckoned
from harness.sides import Sides, sides_of
from harness.usable import Usable


def opportunities(
    usable: Iterable[Usable], fees: Mapping[str, Decimal], allowance: Allowance
) -> tuple[list[Opportunity], list[str]]:
    """Every way to buy an asset on one exchange and sell it on another, the best net first, unprofitable ones included
    with the reasons; and a sentence for each two moneys between which nobody quotes a market. ``fees`` are taker fees
    by exchange, as fractions of the notional.

    Raises:
        ValueError: where an exchange that quotes has no fee, or its fee is not a Decimal between -1 and 1.
    """
    by_base: dict[str, list[Sides]] = {}
    for one in sorted(usable, key=lambda one: (one.quote.pair, one.quote.exchange)):
        check_fee(fees, one.quote.exchange)
        by_base.setdefault(one.quote.pair.base, []).append(sides_of(one))
    moneys = {sides.of.quote.pair.quote for several in by_base.values() for sides in several}
    ways = conversions((sides for money in sorted(moneys) for sides in by_base.get(money, ())), fees)
    found, apart = [], set[tuple[str, str]]()
    for several in by_base.values():
        for buy in several:
            for sell in several:
                if buy.of.quote.exchange == sell.of.quote.exchange:
                    continue
                given, got = sell.of.quote.pair.quote, buy.of.quote.pair.quote
                if given != got and (given, got) not in ways:
                    if {given, got} <= MONEY:
                        apart.add((min(given, got), max(given, got)))
                    continue
                found.append(_opportunity(buy, sell, ways.get((given, got)), fees, allowance))
    found.sort(key=lambda one: (one.net_bps.copy_negate(), one.buy.market, one.sell.market))
    why = "are not compared: no market between them is among the prices"
    return found, [f"{one} and {other} {why}" for one, other in sorted(apart)]


def check_fee(fees: Mapping[str, Decimal], exchange: str) -> Decimal:
    """The taker fee of an exchange. Raises ValueError where there is none that could be one."""
    fee = fees.get(exchange)
    if fee is None:
        raise ValueError(f"expected a taker fee for {exchange}, found fees for {', '.join(sorted(fees)) or 'none'}")
    if not isinstance(fee, Decimal) or not fee.is_finite() or abs(fee) >= 1:
        raise ValueError(f"expected the taker fee of {exchange} as a Decimal fraction such as 0.001, found {fee!r}")
    return fee


def _opportunity(
    there: Sides, elsewhere: Sides, conversion: Conversion | None, fees: Mapping[str, Decimal], allowance: Allowance
) -> Opportunity:
    buy, sell = there.of, elsewhere.of
    ages = [leg.age for leg in ((buy, sell) if conversion is None else (buy, sell, conversion.at))]
    age_us = max(age.high_us for age in ages)
    skew_us = max(one.high_us - other.low_us for one, other in permutations(ages, 2))
    taken = Fraction(fees[buy.quote.exchange]), Fraction(fees[sell.quote.exchange])
    exact = reckoned(there, elsewhere, conversion, taken, allowance, age_us)
    amount = exact.amount
    return Opportunity(
        buy=buy,
        sell=sell,
        conversion=conversion,
        gross_bps=rounded(10_000 * exact.gross),
        depth_bps=rounded(10_000 * (exact.gross - exact.at_size)),
        fee_bps=rounded(10_000 * (exact.at_size - exact.after_fees)),
        allowance_bps=rounded(10_000 * (exact.after_fees - exact.net)),
        net_bps=rounded(10_000 * exact.net),
        size=None if amount is None else rounded(amount),
        spent=None if amount is None else rounded(exact.bought.money if amount else Fraction(0)),
        profit=None if amount is None else rounded(exact.gain if amount else Fraction(0)),
        buy_price=rounded(exact.bought.money / exact.bought.amount),
        sell_price=rounded(exact.sold.money / exact.sold.amount),
        whole=bool(amount) and not exact.thin,
        skew_us=skew_us,
        age_us=age_us,
        judge=partial(judged, buy, sell, conversion, exact, fees, allowance, skew_us),
    )
