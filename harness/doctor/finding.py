"""A finding: what the doctor saw of one topic, what it means, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

STATES: Final = ("fine", "doubtful", "bad")


@dataclass(frozen=True, slots=True)
class Finding:
    """``state`` is "fine", "doubtful" (numbers will be worse than they need be) or "bad" (measuring is impossible).
    ``said`` is a sentence without its full stop; ``advice`` says what to do, empty where nothing is to be done;
    ``facts`` are the numbers behind it, for machines."""

    topic: str
    state: str
    said: str
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
