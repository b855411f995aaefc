"""Kraken: both halves of its public price interface; ``exchange`` is where to begin reading."""

from exchanges.kraken.exchange import KRAKEN, Kraken

__all__ = ["KRAKEN", "Kraken"]
