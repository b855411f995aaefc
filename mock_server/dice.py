"""Dice that anyone can throw again: uniform numbers as a keyed hash of what they are for.

The same key gives the same number in every process, in whatever order the keys are asked, which a
generator with a state could not promise.
"""

from __future__ import annotations

import hashlib

# 52 bits and a half: the largest value, 1 - 2**-53, is still a float below 1, so neither 0 nor 1 ever comes out.
_SCALE = 2.0**-52


def uniform(*key: int | str) -> float:
    """A number in the open interval (0, 1), uniform over keys."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) * _SCALE
