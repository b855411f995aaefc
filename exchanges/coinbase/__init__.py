"""Coinbase: both halves of its public price interface; ``exchange`` is where to begin reading."""

from exchanges.coinbase.exchange import COINBASE, Coinbase

__all__ = ["COINBASE", "Coinbase"]
