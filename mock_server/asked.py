"""What was asked: a request to one exchange, read once and remembered by its venue."""

from __future__ import annotations

from dataclasses import dataclass

from exchanges.pair import Pair
from exchanges.wire import Request


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: pairs, or the kind of refusal it deserves. ``label`` names the pairs in the log;
    ``entries`` is how many pairs, levels, trades or candles the answer prices; ``key`` tells it from every request
    that may be answered differently."""

    request: Request
    pairs: tuple[Pair, ...]
    refusal: str | None
    label: str
    entries: int
    key: str
