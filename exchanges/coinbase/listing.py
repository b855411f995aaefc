"""What Coinbase lists: pair, product, price step and size step, preferred pairs first."""

from __future__ import annotations

from typing import Final

from exchanges.instruments import instruments_from

INSTRUMENTS: Final = instruments_from("""
    BTC/USD    BTC-USD    0.01      0.00000001
    ETH/USD    ETH-USD    0.01      0.00000001
    SOL/USD    SOL-USD    0.01      0.00000001
    BTC/USDT   BTC-USDT   0.01      0.00000001
    ETH/USDT   ETH-USDT   0.01      0.00000001
    SOL/USDT   SOL-USDT   0.01      0.00000001
    XRP/USD    XRP-USD    0.0001    0.000001
    DOGE/USD   DOGE-USD   0.00001   0.1
    ADA/USD    ADA-USD    0.0001    0.00000001
    LTC/USD    LTC-USD    0.01      0.00000001
    LINK/USD   LINK-USD   0.001     0.01
    DOT/USD    DOT-USD    0.001     0.00000001
    AVAX/USD   AVAX-USD   0.01      0.00000001
    BCH/USD    BCH-USD    0.01      0.00000001
    XRP/USDT   XRP-USDT   0.0001    0.000001
    DOGE/USDT  DOGE-USDT  0.00001   0.1
    XLM/USD    XLM-USD    0.000001  1
    UNI/USD    UNI-USD    0.001     0.000001
    ATOM/USD   ATOM-USD   0.001     0.01
    ETC/USD    ETC-USD    0.01      0.00000001
    AAVE/USD   AAVE-USD   0.01      0.001
    BTC/EUR    BTC-EUR    0.01      0.00000001
    ETH/EUR    ETH-EUR    0.01      0.00000001
    USDT/USD   USDT-USD   0.00001   0.01
""")
