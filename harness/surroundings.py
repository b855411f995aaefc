"""What else the machine was doing while a block was played: other programs' CPU time, and time that a hypervisor took.

A block beside which somebody else worked is no fair block for any arm. What decides that is never a result of the
race itself, or repeating a block would be choosing among results.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``span_s`` is how long the block took; ``foreign`` the cores that programs other than ours kept busy, on average
    (0.9 is nine tenths of one core); ``stolen`` the share of the machine's time that a hypervisor gave to others.
    None where the system does not say."""

    span_s: float
    foreign: float | None
    stolen: float | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a block in these surroundings is no fair one, as sentences; empty where it is."""
        return ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class SurroundingsMeter:
    """What happens between its making and its reading. ``ours`` are the processes (pids) that are ours and outlive the
    span, beside this one; workers that were started and reaped in between are ours as well."""

    def __init__(self, ours: tuple[int, ...]) -> None:
        self._ours = ours

    def read(self) -> Surroundings:
        return Surroundings(0.0, None, None)
