"""Exact numbers as text: whole for programs, rounded for people."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

from harness.money import places_of

_MOST_DIGITS: Final = 400
"""Of a number that is told in full; an amount has 60 digits at most, a price or a rate a little more."""
_SIGNIFICANT: Final = 28
_HUGE: Final = Fraction(10**14)
_TINY: Final = Fraction(1, 10**8)
_BRIEF: Final = Context(prec=7, rounding=ROUND_HALF_EVEN)


def exact_text(number: Fraction) -> str:
    """A number as a plain decimal: all of it where its digits end, else rounded half to even to 28 that count."""
    twos, fives, rest = 0, 0, number.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest == 1 and places <= _MOST_DIGITS:
        return _placed(number, places)
    # How many zeros stand before the first digit that counts, or digits before the point.
    digits = len(str(abs(number.numerator) // number.denominator)) if abs(number) >= 1 else 0
    zeros = 0 if digits else len(str(number.denominator // abs(number.numerator))) - 1
    text = _placed(number, max(0, _SIGNIFICANT - digits + zeros))
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded_text(number: Fraction, places: int, grouped: bool = False) -> str:
    """A number rounded half to even to so many places: ``91191.50``, or ``91,191.50`` with its thousands ``grouped``.
    What rounds to nothing has no sign."""
    text = _placed(number, places)
    if not text.strip("-0."):
        text = text.lstrip("-")
    if not grouped:
        return text
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole not in ("-0", "0") else text


def money_text(number: Fraction, code: str) -> str:
    """An amount of a currency for show: ``91,191.50`` of money, ``0.50000000`` of a coin."""
    return _brief(number) if abs(number) >= _HUGE else rounded_text(number, places_of(code), grouped=True)


def price_text(price: Fraction) -> str:
    """A price for show: cents, and more where six digits would not count else: ``1.16021``."""
    if not _TINY <= price < _HUGE:
        return _brief(price)
    if price >= 1:
        return rounded_text(price, max(2, 6 - len(str(int(price)))), grouped=True)
    return rounded_text(price, 5 + len(str(price.denominator // price.numerator)))


def amount_text(amount: Decimal) -> str:
    """An amount that somebody wrote, for show: ``0.5``, ``12,000``; eight places at most."""
    number = Fraction(amount)
    if number and not _TINY <= number < _HUGE:
        return _brief(number)
    return rounded_text(number, 8, grouped=True).rstrip("0").rstrip(".")


def _brief(number: Fraction) -> str:
    """``1.234568E+21``: what no column has room for, or no place would show anything of."""
    return f"{_BRIEF.divide(Decimal(number.numerator), Decimal(number.denominator)).normalize(_BRIEF):E}"


def _placed(number: Fraction, places: int) -> str:
    # round() of a Fraction is exact, and half to even; a float or a Decimal's context never comes in.
    units = round(number * 10**places)
    sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(places + 1, "0")
    return f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else sign + digits
