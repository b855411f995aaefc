"""A row of the selftest's table: a lie, what fetchrace should say of it, and what it said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """``lie`` is what was done, ``expected`` the verdict that it deserves, ``found`` what fetchrace made of it and
    ``evidence`` its words or numbers for that. ``is_caught`` holds only where ``found`` is as expected and the evidence
    names the right cause."""

    lie: str
    expected: str
    found: str
    evidence: str
    is_caught: bool

    def to_json(self) -> dict[str, Any]:
        """As ``selftest --json`` prints it."""
        return asdict(self)
