"""A turnstile: lets the next batch through when the exchanges may be asked again. It stands where the control port of
our own mock server stands in other races, begins and ends batches as that does, and has no log to give.

It heeds what the exchanges say. One that has had enough of us (429; 418 or 5xx with a time) is left alone for as long
as it wants, and with it all of them, since every batch asks every exchange. Where that is longer than anybody would
wait, or where it will not have us at all (banned, blocked), the race is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import exchanges
from exchanges.errors import safe
from exchanges.units import text_from_seconds

PATIENCE_S: Final = 120.0
"""How long a race waits for an exchange at most."""
REFUSALS: Final = 5
"""In a row: who goes on asking after them asks for a ban."""
_NEVER: Final = frozenset(("banned", "blocked"))


class Refused(Exception):
    """An exchange does not want to be asked any more, or not for long: the message is a sentence."""


@dataclass
class Turnstile:
    """``pause_s`` seconds lie between the end of a batch and the next one, the first of which may come at ``opens``
    (seconds of the clock ``now``). ``refused`` counts the batches in a row in which an exchange said no."""

    pause_s: float
    opens: float
    refused: int = 0
    now: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def begin(self, **told: Any) -> None:
        """Wait until a batch may begin. What the mock is told here is told to nobody."""
        while (left_s := self.opens - self.now()) > 0:
            self.sleep(left_s)

    def end(self) -> None:
        """A batch has ended: there is no log of it."""
        self.opens = self.now() + self.pause_s

    def heed(self, outcomes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Hear what the exchanges said in the batch that has just ended: of each request its exchange, and its outcome
        as a worker writes it down.

        Raises:
            Refused: one will not have us, or not soon.
        """
        waits: dict[str, float] = {}
        for name, outcome in outcomes:
            kind = outcome.get("kind")
            if kind == "rate_limited" or kind in _NEVER or (kind == "server" and _is_told(outcome.get("retry_after"))):
                wait_s = _wait_s(name, kind, outcome.get("retry_after"))
                if wait_s is None or wait_s > PATIENCE_S:
                    raise Refused(_sentence(name, kind, wait_s, str(outcome.get("detail", ""))))
                waits[name] = max(wait_s, waits.get(name, 0.0))
        self.refused = self.refused + 1 if waits else 0
        if self.refused >= REFUSALS:
            raise Refused(f"{safe(', '.join(waits))} said no to {REFUSALS} batches in a row")
        self.opens = max(self.opens, self.now() + max(waits.values(), default=0.0))

    def to_json(self) -> dict[str, Any]:
        """What the next worker's turnstile is made of."""
        return {"pause_s": self.pause_s, "opens": self.opens, "refused": self.refused}


def _wait_s(name: str, kind: str, after: Any) -> float | None:
    """How long an exchange wants to be left alone; None where it does not say, and is not to be asked again. Where one
    that counts requests does not say, it is for as long as its budget takes to be whole again."""
    if _is_told(after) and kind != "blocked":
        return float(after)
    if kind in _NEVER:
        return None
    exchange = exchanges.load(name)
    charge = exchange.charge_for(exchange.request_for(exchange.instruments[0].pair))
    return 1.0 if charge is None else min(PATIENCE_S, charge.limit.per_s)


def _is_told(after: Any) -> bool:
    return isinstance(after, int | float) and after >= 0


def _sentence(name: str, kind: str, wait_s: float | None, detail: str) -> str:
    said = f"{name} refused us ({kind}: {safe(detail, 120)})"
    if wait_s is not None:
        return (
            f"{said} and wants to be left alone for {text_from_seconds(wait_s)}, more than the "
            f"{text_from_seconds(PATIENCE_S)} that a race waits: try again then, or race without it (--exchange)"
        )
    cure = "from this place; race without it (--exchange)" if kind == "blocked" else "for now; leave it alone for hours"
    return f"{said} and does not want to be asked {cure}"
