"""Quotes to be kept, and the file to keep them in."""

from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.sqlite3"


@pytest.fixture(scope="session")
def quote():
    def make(bid="1.50", ask="1.60", exchange="kraken", pair="BTC/USD", **more):
        return Quote(exchange, Pair(*pair.split("/")), Decimal(bid), Decimal(ask), **more)

    return make
