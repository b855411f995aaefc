"""What a worker keeps of an outcome: plain values that tell whether the right thing is in hand."""

import json
from decimal import Decimal

import pytest

import exchanges
from exchanges.book import Book, Level
from exchanges.pair import Pair
from harness import worker
from harness.book_rows import digest_of
from harness.job import Job
from mock_server.market import Market
from strategies.strategy import Failed, Fetched

PAIR = Pair("BTC", "USDT")


def plain(value):
    return worker._plain(Fetched(value, 10.1, 10.2, 200, 90), 10.0)


def test_a_fetched_quote_is_kept_as_a_row_with_times_since_the_batch_began():
    quote = Market(7).quote(exchanges.load("binance"), PAIR, 1.0)
    found = plain((quote,))
    assert (found["started"], found["ended"]) == (pytest.approx(0.1), pytest.approx(0.2))
    assert found["quotes"][0][:3] == ["binance", "BTC/USDT", str(quote.bid)]


def test_a_fetched_book_is_kept_as_its_best_level_and_a_digest_of_all():
    book = Market(7).book(exchanges.load("binance"), PAIR, 1.0, 50)
    found = plain(book)
    json.dumps(found)
    assert found["digest"] == digest_of(book)
    assert found["quotes"][0][2:4] == [str(book.bids[0].price), str(book.asks[0].price)]


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "quotes", [1], (1, 2), Book("binance", PAIR, (), ()), Book("binance", PAIR, 5, None),
        Book("binance", PAIR, (Level(Decimal("sNaN"), Decimal(1)),), (Level(Decimal(1), Decimal(1)),)),
        Book("binance", PAIR, ("x",), ("y",)),
    ],
)  # fmt: skip
def test_what_is_no_quote_and_no_book_is_kept_as_nothing(value):
    assert plain(value)["quotes"] is None


def test_a_failure_is_kept_with_its_kind():
    found = worker._plain(Failed("reset", "gone", 10.1, 10.2), 10.0)
    assert (found["kind"], found["detail"], found["status"]) == ("reset", "gone", None)


def test_a_failure_of_no_known_kind_is_an_error():
    with pytest.raises(ValueError, match=r"expected one of errors\.KINDS"):
        worker._plain(Failed("oops", "gone", 10.1, 10.2), 10.0)


def test_nothing_but_the_batch_is_between_the_readings_of_its_clocks(scenario, monkeypatch):
    done = []

    class Meter:
        def __init__(self):
            done.append("CPU clock")

        def read(self):
            done.append("CPU clock")
            return 0.25

    class Server:
        def begin(self, **wanted):
            done.append("begin")

        def end(self):
            done.append("end")
            return {"rows": []}

    def clock():
        done.append("clock")
        return float(len(done))

    def counters():
        done.append("counters")
        return {"ListenDrops": len(done)}

    def fetch(requests):
        done.append("fetch")
        return [Failed("reset", "gone", 5.0, 6.0) for _ in requests]

    monkeypatch.setattr(worker, "_now", clock)
    monkeypatch.setattr(worker, "counters", counters)
    monkeypatch.setattr(worker.cost, "CpuMeter", Meter)
    monkeypatch.setattr(worker.gc, "collect", lambda: done.append("garbage"))
    job = Job("x", scenario, 0, 1, {}, "", "", "")
    found = worker._batch(fetch, [None] * 6, Server(), job, 1)
    assert done == [
        "garbage", "begin", "counters", "CPU clock", "clock", "fetch", "clock", "CPU clock", "counters", "end",
    ]  # fmt: skip
    assert (found["time_s"], found["cpu_s"], found["network"]) == (2.0, 0.25, {"ListenDrops": 6})
    assert len(found["outcomes"]) == 6
