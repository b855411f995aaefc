"""What can go wrong, in one closed vocabulary, and whose fault it is.

    ExchangeError
    |-- UnknownPair   ours: the pair is not on the exchange's list
    `-- BadReply      theirs: the answer could not be read

    Rejected          a value, not an exception: the exchange understood and said no

Every strategy, the harness and the tracker use the same KINDS, so that failures can be counted side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from exchanges.pair import Pair

KINDS: Final = (
    # the way there
    "dns", "refused", "unreachable", "connect_timeout",
    "tls_untrusted", "tls_expired", "tls_hostname", "tls",
    # the way back
    "reset", "disconnected", "deadline", "truncated", "protocol", "encoding", "too_large", "redirect",
    # the exchange said no
    "rate_limited", "banned", "blocked", "server", "unknown_symbol",
    # the exchange said something else
    "not_json", "charset", "schema", "bad_value", "stale",
    # on our side
    "worker_died", "cancelled", "resource",
)  # fmt: skip


def safe(text: str | bytes, limit: int = 80) -> str:
    """The first characters of foreign text with everything escaped that could move a cursor or break a line."""
    if isinstance(text, bytes):
        text = text[: limit * 4].decode("utf-8", "backslashreplace")
    shown = text[: limit + 1]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that is a refusal (rate limit, ban, unknown symbol) or cannot be used, as a plain value.

    ``kind`` is one of KINDS; ``retry_after`` is in seconds, None where the exchange gave none.
    """

    kind: str
    detail: str
    retry_after: float | None = None


class ExchangeError(Exception):
    """Base of the errors that an exchange's adapter raises. Compares and pickles by value."""

    def __init__(self, exchange: str, pair: Pair | None, *rest: str) -> None:
        super().__init__(exchange, pair, *rest)
        self.exchange = exchange
        self.pair = pair

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.args == getattr(other, "args", None)

    def __hash__(self) -> int:
        return hash((type(self), self.args))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args


class UnknownPair(ExchangeError):
    """We asked an exchange for a pair, or were asked by a target, that is not on its list."""

    def __init__(self, exchange: str, pair: Pair | None, asked: str, nearest: str = "") -> None:
        super().__init__(exchange, pair, asked, nearest)
        self.asked = asked
        self.nearest = nearest

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        return f"{self.exchange} does not list {safe(self.asked)}{hint}"


class BadReply(ExchangeError):
    """An exchange's answer could not be read: ``kind`` is not_json, charset, schema, bad_value or stale."""

    def __init__(self, exchange: str, pair: Pair | None, kind: str, reason: str, snippet: str = "") -> None:
        super().__init__(exchange, pair, kind, reason, snippet)
        self.kind = kind
        self.reason = reason
        self.snippet = snippet

    def __str__(self) -> str:
        where = f"{self.exchange} {self.pair}" if self.pair else self.exchange
        found = f"; the body begins {self.snippet!r}" if self.snippet else ""
        return f"{where}: {self.reason}{found}"
