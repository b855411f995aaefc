"""The options that say what prices may be acted on, for how much money, and at which fees."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.reading import Unreadable, decimal
from exchanges.units import seconds_from
from harness import configuration, options
from harness.allowance import Allowance
from harness.exits import UsageError
from harness.fee import fee_from
from harness.options import TakesOptions

TITLE: Final = "what counts as a trade"
_MAX_AGE: Final = "5s"
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def add_arguments(parser: TakesOptions, levels: str = "20") -> None:
    """All of them; ``levels`` is the depth where nobody says it."""
    add = parser.add_argument
    add(
        "--notional",
        default="1000",
        metavar="AMOUNT",
        help="what a purchase spends, in the money it is paid in; best: what the best prices are good for (1000)",
    )
    add(
        "--levels",
        default=levels,
        metavar="N",
        help=f"of the order books fetched for it; 0: best prices alone ({levels})",
    )
    add_age(parser)
    add("--max-skew", default="250ms", metavar="D", help="prices further apart than this make no trade (250ms)")
    add(
        "--drift",
        default="0",
        metavar="BPS",
        help="basis points taken off the net for each second of the older price's age (0)",
    )
    add(
        "--fee",
        default="",
        metavar="NAME=FEE,...",
        help="taker fees in place of the base tier's: kraken=0.0025,okx=8bp",
    )
    configuration.add_argument(parser)


def add_age(parser: TakesOptions) -> None:
    parser.add_argument("--max-age", metavar="D", help=f"no older price is used ({_MAX_AGE})")


def age_from(args: argparse.Namespace) -> Allowance:
    """An allowance of nothing but age, for who does not trade. Raises UsageError."""
    return Allowance(most_age_us=_micro("--max-age", _MAX_AGE if args.max_age is None else args.max_age))


def allowance_from(args: argparse.Namespace) -> Allowance:
    """What the options allow. Raises UsageError."""
    notional = None if args.notional.strip() == "best" else _amount("--notional", args.notional)
    if notional is not None and not notional:
        raise UsageError("--notional: expected more than nothing, found 0")
    return Allowance(
        notional,
        _micro("--max-age", _MAX_AGE if args.max_age is None else args.max_age),
        _micro("--max-skew", args.max_skew),
        _amount("--drift", args.drift),
    )


def fees_from(args: argparse.Namespace, names: Collection[str]) -> dict[str, Decimal]:
    """The taker fees of the exchanges ``names``: those of ``--fee``, else of the configuration, else their own.

    Raises:
        UsageError: a fee that is none, or for an exchange that is not among them.
        PluginError: an exchange is broken.
    """
    fees = configuration.fees_for(names, configuration.read(args.config))
    said: dict[str, Decimal] = {}
    for word in filter(None, args.fee.split(",")):
        name, _, text = (part.strip() for part in word.partition("="))
        if name not in fees:
            hint = nearest(name, fees) or f"; asked are {', '.join(sorted(fees))}"
            raise UsageError(f"--fee: {safe(name, 40)!r} is none of the exchanges that are asked{hint}")
        if name in said:
            raise UsageError(f"--fee: {name} is named twice")
        said[name] = options.read(f"--fee {name}", text, fee_from)
    return fees | said


def _micro(flag: str, text: str) -> int:
    found = options.read(flag, text, lambda text: round(seconds_from(text) * 1e6))
    if found < 1:
        raise UsageError(f"{flag}: expected more than nothing, found {safe(text, 40)}")
    return found


def _amount(flag: str, text: str) -> Decimal:
    try:
        # A comma that parts no thousands is a decimal one to whoever wrote it: 1,5 is not 15.
        plain = text.strip().replace(",", "") if _GROUPED.fullmatch(text.strip()) else text.strip()
        return decimal(plain.replace("_", ""), "an amount")
    except Unreadable:
        raise UsageError(f"{flag}: expected an amount such as 1000 or 0.5, found {safe(text, 40)!r}") from None
