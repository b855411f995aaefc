"""Exchanges as both halves of a conversation, with no I/O: standard library only, no socket, no HTTP library.

``names()`` lists without importing; ``load(name)`` returns an Exchange.
"""

from __future__ import annotations

from typing import cast

from exchanges.errors import BadReply, Rejected, UnknownPair
from exchanges.exchange import Exchange, Instrument
from exchanges.pair import Pair
from exchanges.plugins import Group
from exchanges.quote import Quote
from exchanges.wire import Request, Response

__all__ = [
    "BadReply", "Exchange", "GROUP", "Instrument", "Pair", "Quote", "Rejected", "Request", "Response",
    "UnknownPair", "load", "names",
]  # fmt: skip

GROUP = Group(
    noun="exchange",
    entry_points="fetchrace.exchanges",
    builtins={
        "binance": "exchanges.binance:BINANCE",
        "coinbase": "exchanges.coinbase:COINBASE",
        "kraken": "exchanges.kraken:KRAKEN",
        "okx": "exchanges.okx:OKX",
        "bybit": "exchanges.bybit:BYBIT",
        "bitstamp": "exchanges.bitstamp:BITSTAMP",
        "bitfinex": "exchanges.bitfinex:BITFINEX",
        "gemini": "exchanges.gemini:GEMINI",
        "kucoin": "exchanges.kucoin:KUCOIN",
        "gate": "exchanges.gate:GATE",
        "coinbase_exchange": "exchanges.coinbase_exchange:COINBASE_EXCHANGE",
    },
    variable="FETCHRACE_EXCHANGES",
)


def names() -> list[str]:
    """Every exchange that this environment knows by name, built-ins first; imports none of them."""
    return GROUP.names()


def load(name: str) -> Exchange:
    """The exchange called ``name``. Raises a PluginError that says what to do."""
    return cast(Exchange, GROUP.load(name))
