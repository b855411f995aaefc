"""Facts: what an exchange tells of itself beside prices."""

from __future__ import annotations

from dataclasses import dataclass

from exchanges.exchange import Instrument


@dataclass(frozen=True, slots=True)
class Facts:
    """One answer's worth: what its clock said (``time_us``, whole microseconds since 1970, UTC), or what it lists. What
    the answer was not about is None."""

    time_us: int | None = None
    instruments: tuple[Instrument, ...] | None = None
