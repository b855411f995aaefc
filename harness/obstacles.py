"""Why this is not a trade: each thing that stands against an opportunity, one line each, and the verdict.

What costs money comes first and in one line, because those things add up: no overlap, depth, fees, drift. Then come the
doubts, each of which is enough by itself: the prices stood too far apart, nobody says how much is on offer, nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

from exchanges.units import text_from_price, text_from_seconds
from harness.allowance import Allowance
from harness.conversion import Conversion
from harness.exact_text import rounded_text
from harness.opportunity import Judgement, Verdict
from harness.reckoning import Reckoning
from harness.usable import Usable

_EIGHT: Final = Context(prec=8, rounding=ROUND_HALF_EVEN)
_MOST_APART: Final = Fraction(1, 10)
"""Of a price: nobody leaves a tenth of it lying about. Of two coins that have one code, prices are further apart."""


def judged(
    buy: Usable, sell: Usable, conversion: Conversion | None, exact: Reckoning, fees: Mapping[str, Decimal],
    allowance: Allowance, skew_us: int,
) -> Judgement:  # fmt: skip
    """The verdict, the reason in one sentence, and all lines of why not."""
    lines = [
        *_loss(buy, sell, conversion, exact, fees, allowance),
        *_doubts(buy, sell, conversion, exact, allowance, skew_us),
    ]
    if lines:
        return lines[0][0], lines[0][1], tuple(sentence for _, sentence in lines)
    through = f" through {conversion}" if conversion is not None else ""
    most = "" if not exact.thin else ", which is all that the known levels hold"
    up_to = f"{_amount(exact.amount)} {buy.quote.pair.base}"
    return "trade", f"trade: {_left(exact)}{through} for up to {up_to}{most}", ()


def _loss(
    buy: Usable, sell: Usable, conversion: Conversion | None, exact: Reckoning, fees: Mapping[str, Decimal],
    allowance: Allowance,
) -> Iterator[tuple[Verdict, str]]:  # fmt: skip
    if exact.net > 0:
        return
    bid, ask = text_from_price(str(sell.quote.bid)), text_from_price(str(buy.quote.ask))
    if exact.gross <= 0:
        money = sell.quote.pair.quote
        worth = ""
        if conversion is not None:
            value = _about(Fraction(sell.quote.bid) * conversion.rate)
            bid, worth = f"{bid} {money}", f" ({value} {buy.quote.pair.quote} through {conversion})"
        offered, asked = f"{bid} on {sell.quote.exchange}{worth}", f"{ask} on {buy.quote.exchange}"
        yield "no overlap", f"no overlap: the bid {offered} is not above the ask {asked} ({_bps(exact.gross)} bps)"
        yield "fees eat it", f"besides, {_charged(buy, sell, conversion, fees)}"
        return
    depth = exact.gross - exact.at_size
    after = f"{_bps(exact.gross)} bps at the best prices"
    if exact.at_size <= 0:
        yield "depth eats it", f"depth eats it: {after} are {_bps(exact.at_size)} at this size"
        return
    takes = f" ({_bps(depth)} of them by depth)" if depth else ""
    if exact.after_fees <= 0:
        yield (
            "fees eat it",
            (
                f"fees eat it: {_bps(exact.gross)} bps before fees are {_bps(exact.after_fees)} bps after them{takes}; "
                f"{_charged(buy, sell, conversion, fees)}"
            ),
        )
        return
    yield (
        "drift eats it",
        (
            f"drift eats it: {_bps(exact.after_fees)} bps after fees are {_bps(exact.net)} after "
            f"{allowance.drift_bps_per_s} bps for each second of age"
        ),
    )


def _charged(buy: Usable, sell: Usable, conversion: Conversion | None, fees: Mapping[str, Decimal]) -> str:
    charged = [(leg.quote.exchange, fees[leg.quote.exchange]) for leg in (buy, sell)]
    if conversion is not None:
        charged.append((conversion.at.quote.exchange, conversion.fee))
    return "taker fees: " + ", ".join(f"{name} {_bps(Fraction(fee))}" for name, fee in charged)


def _doubts(
    buy: Usable, sell: Usable, conversion: Conversion | None, exact: Reckoning, allowance: Allowance, skew_us: int
) -> Iterator[tuple[Verdict, str]]:
    if exact.gross > _MOST_APART:
        yield (
            "unbelievable",
            (
                f"unbelievable: {_bps(exact.gross)} bps between prices of one thing; perhaps the two list different "
                f"things as {buy.quote.pair.base}, or one of them does not trade it"
            ),
        )
    if skew_us > allowance.most_skew_us:
        apart, most = (text_from_seconds(each / 1e6) for each in (skew_us, allowance.most_skew_us))
        yield "apart", f"apart: the prices may be {apart} from each other, at most {most} are allowed"
    if exact.amount is None:
        silent = sorted({
            one.quote.exchange
            for one, size in ((buy, buy.top_size("ask")), (sell, sell.top_size("bid")))
            if size is None
        })  # fmt: skip
        yield (
            "size unknown",
            (f"size unknown: {_left(exact)}, but {' and '.join(silent)} gave no usable size"),
        )
    elif exact.amount <= 0:
        lack = "nothing is on offer at these prices"
        if exact.wanted:
            both = " and ".join(
                f"{name} {'any amount' if step is None else f'{step:f}'}"
                for name, step in ((one.quote.exchange, one.size_step) for one in (buy, sell))
            )
            lack = f"{_amount(exact.wanted)} {buy.quote.pair.base} are less than the least that both take ({both})"
        yield "no size", f"no size: {_left(exact)}, but {lack}"
    if conversion is not None and exact.amount and not conversion.side.levels:
        yield "size unknown", f"size unknown: nobody says how much {conversion.given} {conversion} would take"
    elif conversion is not None and exact.amount and str(conversion) in exact.thin:
        yield "too thin", f"too thin: the known levels of {conversion} do not take all of the {conversion.given}"


def _left(exact: Reckoning) -> str:
    return f"{_bps(exact.net)} bps after fees{'' if exact.net == exact.after_fees else ' and drift'}"


def _about(price: Fraction) -> str:
    """A price that was worked out, to eight significant digits: it may have no end."""
    return text_from_price(f"{_EIGHT.create_decimal(rounded_text(price, 18)):f}")


def _amount(number: Fraction | None) -> str:
    return text_from_price(rounded_text(number or Fraction(0), 18))


def _bps(share: Fraction) -> str:
    return rounded_text(10_000 * share, 2)
