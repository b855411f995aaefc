"""Refusals in the exchange's own words: its status, its JSON, its headers.

Not every exchange has words for every refusal: ``UNLESS`` says what its own reader makes of those that it lacks.
"""

from __future__ import annotations

from typing import Final

from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change
from mock_server.reply import Reply

UNLESS: Final = {("coinbase", "banned"): "blocked"}
"""(exchange, fault) to kind, where it is not the fault's own: Coinbase writes a ban as HTTP 403."""


def _own(kind: str, retry_after: float | None = None) -> Change:
    def change(reply: Reply, context: Context) -> Reply:
        return Reply.of(context.exchange.refusal_for(kind, context.request, retry_after))

    return change


def kind_on(exchange_name: str, fault: Fault) -> str | None:
    """What every strategy must say of ``fault`` at one exchange: its ``kind``, but for the few exceptions above."""
    return UNLESS.get((exchange_name, fault.name), fault.kind)


FAULTS: Final = (
    Fault("rate-limited", "rate_limited", "too many requests; wait for a second", "B17", reply=_own("rate_limited", 1)),
    Fault("banned", "banned", "this address is banned for a minute", "B19", reply=_own("banned", 60)),
    Fault("blocked", "blocked", "this address is not served", "B19", reply=_own("blocked")),
    Fault("maintenance", "server", "the exchange is not at work", "B20", reply=_own("server")),
    Fault("unknown-symbol", "unknown_symbol", "the pair is not listed any more", "B26", reply=_own("unknown_symbol")),
)
