"""Exchanges at the harness's door: the same one as the mock server's, under the name that reads well here."""

from exchanges.admission import admitted as exchange

__all__ = ["exchange"]
