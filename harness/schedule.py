"""The order of play: which arm runs when, so that drift and after-effects hit all arms alike.

A block plays every arm once. Over each cycle of as many blocks as there are arms, every arm is once in every
position (a Latin square), so a machine that slows down during the session, or within a block, costs every arm
the same. The squares are Williams designs: every arm also follows every other equally often within the
blocks, once per cycle for an even number of arms, twice per two cycles for an odd one, because one square cannot
balance an odd number (E. J. Williams, "Experimental designs balanced for the estimation of residual effects of
treatments", Australian Journal of Scientific Research A 2, 1949). Which arm is which letter and which block
comes first are drawn from the seed (R. A. Fisher, "The Design of Experiments", 1935); the others follow so that
mean positions stay level.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal, TypeVar

Order = Literal["shuffled", "sequential"]

_T = TypeVar("_T")


def blocks(arms: Sequence[str], count: int, seed: int, order: Order = "shuffled") -> list[list[str]]:
    """The arms of ``count`` blocks, in the order in which they run. The same arguments give the same order.

    ``sequential`` plays the arms as given in every block: order is then confounded with position, and the
    report says so. In an incomplete last cycle positions are balanced to within one.

    Raises:
        ValueError: where there are no arms, an arm is named twice, count is negative or the order is unknown.
    """
    names = list(arms)
    if not names:
        raise ValueError("expected at least one arm to schedule, found none")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"expected every arm once, found {', '.join(twice)} more than once: give each its own name")
    if count < 0:
        raise ValueError(f"expected a number of blocks of zero or more, found {count}")
    if order == "sequential":
        return [list(names) for _ in range(count)]
    if order != "shuffled":
        raise ValueError(f"expected the order shuffled or sequential, found {order!r}")
    dice = random.Random(seed)
    played: list[list[str]] = []
    while len(played) < count:
        letters = _shuffled(names, dice)
        for square in _williams_squares(len(names)):
            played += [[letters[i] for i in row] for row in _levelled(_shuffled(square, dice))]
    return played[:count]


def _levelled(rows: list[list[int]]) -> list[list[int]]:
    """The same rows, each next one the first of those that best level the letters' mean positions so far.

    A session may end inside a cycle, and a steady drift shifts an arm's mean by its mean position. For an even
    number of arms a row and its mirror image are both in the square, and every second block levels exactly.
    """
    left, levelled = list(rows), []
    totals = [0] * len(rows)
    while left:
        row = min(left, key=lambda row: sum((totals[letter] + at) ** 2 for at, letter in enumerate(row)))
        left.remove(row)
        levelled.append(row)
        for at, letter in enumerate(row):
            totals[letter] += at
    return levelled


def _williams_squares(n: int) -> list[list[list[int]]]:
    """One square of n rows for an even n, that square and its mirror image for an odd one."""
    # 0, 1, n-1, 2, n-2, ...: neighbours differ by 1, -2, 3, -4, ..., each difference modulo n once for an even n.
    zigzag = [(column + 1) // 2 if column % 2 else (n - column // 2) % n for column in range(n)]
    square = [[(letter + shift) % n for letter in zigzag] for shift in range(n)]
    return [square] if n % 2 == 0 else [square, [row[::-1] for row in square]]


def _shuffled(items: Sequence[_T], dice: random.Random) -> list[_T]:
    # Of all methods of Random only random() is promised to give the same values in every Python version.
    return sorted(items, key=lambda _: dice.random())
