"""Aliases: the codes that an exchange has for a currency and nobody else, and the common ones.

One line per code, with its source. Everywhere else in the project a currency has its common code, and each adapter
translates at its own door. A code that is not here is the common one already.

    https://support.kraken.com/articles/360001206766-bitcoin-currency-code-xbt-vs-btc    XBT is ISO 4217's form of BTC
    https://api.kraken.com/0/public/Assets                      altname of each asset
    https://api-pub.bitfinex.com/v2/conf/pub:map:currency:sym   Bitfinex's own table of its symbols; ccxt's
                                                                commonCurrencies (4.5.90) for what is not in it
    ccxt's commonCurrencies (4.5.90) of kraken, coinbase, bitstamp: Kraken's LUNA and UST are what Terra left behind in
                                                                2022, its REP is that of before 2020
    https://www.kucoin.com/docs/rest/spot-trading/market-data/get-symbols-list
                                                                "symbol" is for ever, "name" may change
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_COMMON: Final = {
    "bitfinex": {
        "UST": "USDT", "UDC": "USDC", "BCHN": "BCH", "BAB": "BCH", "IOT": "IOTA", "DSH": "DASH", "ALG": "ALGO",
        "QTM": "QTUM", "ATO": "ATOM", "TSD": "TUSD", "EUT": "EURT", "EUS": "EURS", "MNA": "MANA", "STJ": "STORJ",
        "DAT": "DATA", "VSY": "VSYS", "WAX": "WAXP", "RBT": "RBTC", "IDX": "ID", "IQX": "IQ", "QSH": "QASH",
        # These are other currencies elsewhere.
        "AMP": "AMPL", "LUNA": "LUNC", "LUNA2": "LUNA", "TERRAUST": "USTC", "XCH": "XCHF", "BCHABC": "XEC",
    },
    "kraken": {
        "XBT": "BTC", "XDG": "DOGE",
        "LUNA": "LUNC", "LUNA2": "LUNA", "UST": "USTC", "REP": "REPV1", "REPV2": "REP",
    },
    "coinbase": {"CGLD": "CELO"},
    "coinbase_exchange": {"CGLD": "CELO"},
    "bitstamp": {"UST": "USTC"},
    "kucoin": {"BCHSV": "BSV"},
}  # fmt: skip

ALIASES: Final = MappingProxyType({name: MappingProxyType(table) for name, table in _COMMON.items()})
"""By exchange: its own code of a currency to the common one."""

_OWN: Final = {
    # Of two codes for one currency the first is in use.
    name: {common: own for own, common in reversed(list(table.items()))}
    for name, table in _COMMON.items()
}


def common_code(exchange: str, code: str) -> str:
    """The common code of what ``exchange`` calls ``code``: BTC of Kraken's XBT."""
    return ALIASES[exchange].get(code, code) if exchange in ALIASES else code


def own_code(exchange: str, code: str) -> str:
    """What ``exchange`` calls a currency of the common ``code``: Kraken's XBT of BTC."""
    return _OWN[exchange].get(code, code) if exchange in _OWN else code
