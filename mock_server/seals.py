"""Seals: what the control port was told and what it handed out, for the one who holds the second secret.

The log of a batch goes to whoever ends the batch, and may pass through strange hands from there. Law: whoever can begin
and end batches can neither read nor change a seal, and leaves one with each of them.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

MOST: Final = 10_000
"""How many are kept where nobody takes them; the oldest go first."""


class Seals:
    """One for each batch that was begun, in order: ``begin`` is the JSON object that ``/begin`` was given, ``sha256``
    the hexadecimal digest of the answer of ``/end``, byte for byte (None: the batch was not ended)."""

    def __init__(self, most: int = MOST) -> None:
        self._told: Mapping[str, Any] = {}
        self._kept: deque[dict[str, Any]] = deque(maxlen=most)

    def begin(self, told: Mapping[str, Any]) -> None:
        """A batch was begun; one that was not ended keeps a seal without a digest."""
        self._told = told
        self._kept.append({"begin": told, "sha256": None})

    def end(self, body: bytes) -> None:
        """The batch was ended, and ``body`` handed out. It has a seal even if its beginning was taken before."""
        if self._kept and self._kept[-1]["sha256"] is None:
            self._kept.pop()
        self._kept.append({"begin": self._told, "sha256": hashlib.sha256(body).hexdigest()})

    def take(self) -> list[dict[str, Any]]:
        """All of them, which are then kept no longer."""
        taken = list(self._kept)
        self._kept.clear()
        return taken
