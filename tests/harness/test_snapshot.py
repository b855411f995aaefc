"""One snapshot: what a strategy brings, and what becomes of one that breaks its promises. No server is started."""

import argparse
import contextlib
from decimal import Decimal
from types import SimpleNamespace

import pytest

import strategies
from exchanges.plugins import BrokenPlugin
from exchanges.quote import Quote
from harness import snapshot
from harness.exits import Stop
from mock_server.market import EPOCH_US
from strategies.strategy import Failed, Fetched


@pytest.fixture
def take(monkeypatch):
    """Take a snapshot of one pair of each of two exchanges with ``fetch`` in the strategy's place."""

    @contextlib.contextmanager
    def running(names, latency, seed):
        yield SimpleNamespace(origins=dict.fromkeys(names, "http://127.0.0.1:1"), control="", token="")

    class Control:
        def __init__(self, mock):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *rest):
            pass

        def begin(self, seed):
            pass

    monkeypatch.setattr(snapshot, "running", running)
    monkeypatch.setattr(snapshot, "Control", Control)

    def go(fetch):
        monkeypatch.setattr(strategies, "load", lambda name: lambda limits, decode: contextlib.nullcontext(fetch))
        parser = argparse.ArgumentParser()
        snapshot.add_arguments(parser)
        return snapshot.take(parser.parse_args(["-x", "coinbase,kraken", "--pairs", "1", "-s", "threads"]))

    return go


def fetched(request, value=None):
    quote = Quote(request.exchange, request.pairs[0], Decimal(1), Decimal(2))
    return Fetched((quote,) if value is None else value, 0.0, 0.1, 200, 9)


def test_quotes_come_in_the_order_of_the_markets(take):
    found = take(lambda requests: [fetched(request) for request in requests])
    assert [quote.exchange for quote in found.quotes] == ["coinbase", "kraken"]
    assert (found.failures, found.strategy) == ([], "threads")
    assert 0 <= found.now_us - EPOCH_US < 60_000_000


def test_a_failure_is_a_sentence_with_its_market_and_the_others_stay(take):
    found = take(lambda requests: [Failed("deadline", "no\x1b answer", 0.0, 0.1), fetched(requests[1])])
    assert [quote.exchange for quote in found.quotes] == ["kraken"]
    assert found.failures == [r"coinbase BTC/USD: deadline: no\x1b answer"]


def broken(requests):
    raise ZeroDivisionError("division by zero")


def leaving(requests):
    raise SystemExit(0)


def test_a_guest_is_probed_before_it_is_let_into_this_process(monkeypatch, tmp_path):
    (tmp_path / "exits.py").write_text("import sys; sys.exit(0)")
    parser = argparse.ArgumentParser()
    snapshot.add_arguments(parser)
    monkeypatch.setattr(strategies, "load", None)
    with pytest.raises(BrokenPlugin, match=r"ended the process at import \(exit 0\)"):
        snapshot.take(parser.parse_args(["-s", f"{tmp_path}/exits.py:x"]))


def test_a_guest_that_exits_at_import_in_this_process_only_is_told(monkeypatch):
    parser = argparse.ArgumentParser()
    snapshot.add_arguments(parser)

    def load(name):
        raise SystemExit(0)

    monkeypatch.setattr(strategies, "load", load)
    with pytest.raises(Stop, match=r"strategy threads ended the program at import: sys\.exit\(0\)"):
        snapshot.take(parser.parse_args(["-s", "threads"]))


@pytest.mark.parametrize(
    ("fetch", "said"),
    [
        (broken, "the strategy broke: ZeroDivisionError: division by zero"),
        (leaving, "the strategy broke: SystemExit: 0"),
        (lambda requests: None, "the strategy broke: TypeError"),
        (None, "the strategy broke: TypeError"),
        (lambda requests: [], "strategy threads returned 0 outcomes for 2 requests"),
        (lambda requests: [None, None], "strategy threads returned no quote for coinbase BTC/USD"),
        (lambda requests: [fetched(r, 7) for r in requests], "strategy threads returned no quote for coinbase BTC/USD"),
        (lambda requests: [fetched(r, (7,)) for r in requests], "strategy threads returned no quote for coinbase"),
    ],
)
def test_a_strategy_that_breaks_its_promises_is_one_sentence_and_no_traceback(take, fetch, said):
    with pytest.raises(Stop) as caught:
        take(fetch)
    assert str(caught.value).startswith(said)
    assert caught.value.code == 1
