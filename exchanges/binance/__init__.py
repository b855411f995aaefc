"""Binance: both halves of its public price interface; ``exchange`` is where to begin reading."""

from exchanges.binance.exchange import BINANCE, Binance

__all__ = ["BINANCE", "Binance"]
