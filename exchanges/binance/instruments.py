"""What Binance lists, as far as this project goes: pair, symbol, price step and size step of each spot market."""

from __future__ import annotations

from typing import Final

from exchanges.exchange import Instrument
from exchanges.instruments import instruments_from

INSTRUMENTS: Final = instruments_from("""
    BTC/USDT   BTCUSDT   0.01     0.00001
    ETH/USDT   ETHUSDT   0.01     0.0001
    SOL/USDT   SOLUSDT   0.01     0.001
    XRP/USDT   XRPUSDT   0.0001   0.1
    DOGE/USDT  DOGEUSDT  0.00001  1
    ADA/USDT   ADAUSDT   0.0001   0.1
    LTC/USDT   LTCUSDT   0.01     0.001
    LINK/USDT  LINKUSDT  0.01     0.01
    DOT/USDT   DOTUSDT   0.001    0.01
    AVAX/USDT  AVAXUSDT  0.01     0.01
    BCH/USDT   BCHUSDT   0.1      0.001
    XLM/USDT   XLMUSDT   0.0001   1
    UNI/USDT   UNIUSDT   0.001    0.01
    ATOM/USDT  ATOMUSDT  0.001    0.01
    ETC/USDT   ETCUSDT   0.01     0.01
    AAVE/USDT  AAVEUSDT  0.01     0.001
    NEAR/USDT  NEARUSDT  0.001    0.1
    TRX/USDT   TRXUSDT   0.0001   0.1
    BTC/USDC   BTCUSDC   0.01     0.00001
    ETH/USDC   ETHUSDC   0.01     0.0001
    USDC/USDT  USDCUSDT  0.00001  1
    EUR/USDT   EURUSDT   0.0001   0.1
""")


def status_of(one: Instrument) -> str:
    """How Binance says whether a market is trading: BREAK is what it writes of nearly every one that is not."""
    return "TRADING" if one.trading else "BREAK"
