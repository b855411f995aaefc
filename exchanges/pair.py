"""A pair of currencies: what is priced, and in which money."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"[A-Z0-9]{1,20}")


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """One market in the project's own spelling: ``Pair("BTC", "USD")`` prints as ``BTC/USD``.

    Codes are the common ones (BTC, not Kraken's XBT); each exchange translates at its own door.
    """

    base: str
    quote: str

    def __str__(self) -> str:
        return f"{self.base}/{self.quote}"

    @classmethod
    def parse(cls, text: str) -> Pair:
        """Read ``BTC/USD`` or ``BTC-USD``, in any case.

        Raises:
            ValueError: with a sentence that shows the expected form.
        """
        parts = re.split(r"[/-]", text.strip().upper())
        if len(parts) != 2 or not all(_CODE.fullmatch(part) for part in parts):
            raise ValueError(f"expected a pair such as BTC/USD, found {text!r}")
        return cls(*parts)
