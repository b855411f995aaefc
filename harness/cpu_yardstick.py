"""By whom CPU time is measured: a second here and a second there are different seconds, and a multiple inside one run
is a number that can be taken along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LEAN: Final = "asyncio-protocol"
"""This project's own client, with nothing in it that is not needed."""


def yardstick_of(cpu_s: Mapping[str, float]) -> str | None:
    """``asyncio-protocol`` where it is among the arms, else the one that spent least, by CPU seconds a request; None
    where nobody spent any."""
    known = {name: value for name, value in cpu_s.items() if value > 0}
    return LEAN if LEAN in known else min(known, key=lambda name: (known[name], name), default=None)
