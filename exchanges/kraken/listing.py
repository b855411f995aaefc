"""What Kraken lists, and the names of it.

One market has three names: the altname XBTUSD, the id XXBTZUSD under which answers come, and the wsname XBT/USD. BTC is
XBT here and DOGE is XDG; requests may use either. An asset has two, the altname XBT and the id XXBT. Only the oldest
markets and assets have an id of their own; all others answer under their altname.

Sizes are printed with three decimals, so that is the grid they are listed on.
"""

from __future__ import annotations

from typing import Final

from exchanges.aliases import own_code
from exchanges.exchange import Instrument
from exchanges.instruments import instruments_from

INSTRUMENTS: Final = instruments_from("""
    BTC/USD    XBTUSD    0.1        0.001
    ETH/USD    ETHUSD    0.01       0.001
    SOL/USD    SOLUSD    0.01       0.001
    BTC/USDT   XBTUSDT   0.1        0.001
    ETH/USDT   ETHUSDT   0.01       0.001
    SOL/USDT   SOLUSDT   0.01       0.001
    XRP/USD    XRPUSD    0.00001    0.001
    DOGE/USD   XDGUSD    0.0000001  0.001
    ADA/USD    ADAUSD    0.000001   0.001
    LTC/USD    LTCUSD    0.01       0.001
    LINK/USD   LINKUSD   0.00001    0.001
    DOT/USD    DOTUSD    0.0001     0.001
    AVAX/USD   AVAXUSD   0.01       0.001
    BCH/USD    BCHUSD    0.01       0.001
    XRP/USDT   XRPUSDT   0.00001    0.001
    DOGE/USDT  XDGUSDT   0.0000001  0.001
    XLM/USD    XLMUSD    0.000001   0.001
    UNI/USD    UNIUSD    0.001      0.001
    ATOM/USD   ATOMUSD   0.0001     0.001
    ETC/USD    ETCUSD    0.001      0.001
    AAVE/USD   AAVEUSD   0.01       0.001
    BTC/EUR    XBTEUR    0.1        0.001
    ETH/EUR    ETHEUR    0.01       0.001
    USDT/USD   USDTUSD   0.00001    0.001
    USDC/USD   USDCUSD   0.0001     0.001
    USDC/USDT  USDCUSDT  0.0001     0.001
    EUR/USD    EURUSD    0.00001    0.001
""")

_MARKET_IDS: Final = {
    "XBTUSD": "XXBTZUSD", "ETHUSD": "XETHZUSD", "XRPUSD": "XXRPZUSD", "LTCUSD": "XLTCZUSD",
    "XLMUSD": "XXLMZUSD", "ETCUSD": "XETCZUSD", "XBTEUR": "XXBTZEUR", "ETHEUR": "XETHZEUR", "USDTUSD": "USDTZUSD",
    "EURUSD": "ZEURZUSD",
}  # fmt: skip
_ASSET_IDS: Final = {
    "XBT": "XXBT", "ETH": "XETH", "XRP": "XXRP", "LTC": "XLTC", "XLM": "XXLM", "ETC": "XETC", "XDG": "XXDG",
    "XMR": "XXMR", "ZEC": "XZEC", "REP": "XREP", "MLN": "XMLN",
    "USD": "ZUSD", "EUR": "ZEUR", "GBP": "ZGBP", "CAD": "ZCAD", "JPY": "ZJPY", "AUD": "ZAUD",
}  # fmt: skip
_ASSETS: Final = {asset_id: asset for asset, asset_id in _ASSET_IDS.items()}


def id_of(symbol: str) -> str:
    """The id under which a market answers, from its altname."""
    return _MARKET_IDS.get(symbol, symbol)


def asset_of(code: str) -> str:
    """Kraken's altname of a currency: XBT of BTC."""
    return own_code("kraken", code)


def asset_id_of(code: str) -> str:
    """Kraken's id of a currency: XXBT of BTC, ZUSD of USD."""
    asset = asset_of(code)
    return _ASSET_IDS.get(asset, asset)


def asset_named(asset_id: str) -> str:
    """Kraken's altname of an asset, from its id: XBT of XXBT."""
    return _ASSETS.get(asset_id, asset_id)


def wsname_of(instrument: Instrument) -> str:
    """The name with a slash: XBT/USD."""
    return f"{asset_of(instrument.pair.base)}/{asset_of(instrument.pair.quote)}"


def names_of(instrument: Instrument) -> tuple[str, ...]:
    """Every name by which a request may ask for a market."""
    symbol, pair = instrument.symbol, instrument.pair
    return symbol, id_of(symbol), wsname_of(instrument), f"{pair.base}{pair.quote}", str(pair)
