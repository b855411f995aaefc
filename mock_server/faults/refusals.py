"""Refusals in the exchange's own words: its status, its JSON, its headers.

Not every exchange has words for every refusal (Coinbase writes a ban as it writes a block), so that the kind of one is
what the exchange's own reader makes of them.
"""

from __future__ import annotations

from typing import Final

import exchanges
from exchanges.decode import decode_quotes
from exchanges.errors import Rejected
from exchanges.wire import Response
from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change
from mock_server.reply import Reply


def _own(kind: str, retry_after: float | None = None) -> Change:
    def change(reply: Reply, context: Context) -> Reply:
        return Reply.of(context.exchange.refusal_for(kind, context.request, retry_after))

    return change


def kind_on(exchange_name: str, fault: Fault) -> str | None:
    """What every strategy must say of ``fault`` at one exchange: its ``kind``, and of a refusal in the exchange's own
    words what the exchange's own reader says of them (None: it takes them for a price)."""
    if fault not in FAULTS or fault.reply is None:
        return fault.kind
    exchange = exchanges.load(exchange_name)
    pair = exchange.instruments[0].pair
    request = exchange.request_for(pair)
    refused = fault.reply(Reply.text(200, ""), Context(exchange, request))
    read = decode_quotes(request, Response(refused.status, refused.body, refused.headers))
    return read.kind if isinstance(read, Rejected) else None


FAULTS: Final = (
    Fault("rate-limited", "rate_limited", "too many requests, as the exchange says it", "B17",
          reply=_own("rate_limited", 1)),
    Fault("banned", "banned", "this address is banned, as the exchange says it", "B19", reply=_own("banned", 60)),
    Fault("blocked", "blocked", "this address is not served, as the exchange says it", "B19", reply=_own("blocked")),
    Fault("maintenance", "server", "the exchange is not at work, as it says itself", "B20", reply=_own("server")),
    Fault("unknown-symbol", "unknown_symbol", "the pair is not listed any more, as the exchange says it", "B26",
          reply=_own("unknown_symbol")),
)  # fmt: skip
