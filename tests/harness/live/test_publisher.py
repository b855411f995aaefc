import threading
from decimal import Decimal

import pytest

import exchanges
from harness.allowance import Allowance
from harness.live.alerts import Alerts
from harness.live.document import Setting
from harness.live.invented import InventedSource
from harness.live.publisher import Editor, Publisher
from harness.live.reckoner import Judgement, Reckoner, Reckoning

FEES = {"binance": exchanges.load("binance").taker_fee}
JUDGEMENT = Judgement(Allowance(Decimal(1000)), FEES)


def editor():
    return Editor(Setting(False, "invented", 3.0), JUDGEMENT, Alerts(), lambda: None)


def test_editions_are_numbered_and_differ_where_the_prices_do():
    source, edit = InventedSource([("binance", "BTC/USDT")]), editor()
    first, second = edit.edition(source.turn(), Reckoning()), edit.edition(source.turn(), Reckoning())
    assert (first.version, second.version) == (1, 2)
    assert first.shape == second.shape
    changed = {name for name, row in second.rows.items() if first.rows[name] != row}
    assert changed
    assert changed < set(second.rows)
    # What is as it was is not even made again.
    assert all(second.rows[name] is first.rows[name] for name in set(second.rows) - changed)


@pytest.mark.slow
def test_each_reading_comes_out_and_the_last_one_is_never_lost():
    source, delivered, there = InventedSource([("binance", "BTC/USDT")]), [], threading.Event()

    def deliver(edition):
        delivered.append(edition.document["markets"][0]["bid"])
        there.set()

    reckoner = Reckoner(source.reading, JUDGEMENT, Alerts(), pytest.fail)
    publisher = Publisher(source, editor(), reckoner, deliver, pytest.fail)
    publisher.start()
    for _ in range(20):
        last = str(source.turn().seen.sightings[0].quote.bid)
    while delivered[-1:] != [last]:
        assert there.wait(10)
        there.clear()
    publisher.stop()
    assert len(delivered) < 20  # gathered


def test_a_bug_ends_it_and_is_told():
    told, done = [], threading.Event()

    def failed(error):
        told.append(error)
        done.set()

    source = InventedSource([("kraken", "BTC/USDT")])  # of whose fee nobody knows
    reckoner = Reckoner(source.reading, JUDGEMENT, Alerts(), failed)
    Publisher(source, editor(), reckoner, lambda edition: None, failed).start()
    assert done.wait(10)
    assert isinstance(told[0], KeyError)
