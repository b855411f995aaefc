"""Why markets brought nothing, told once for each reason."""

from exchanges.pair import Pair
from harness.tracker.reading import Known, failures_in

PAIRS = [Pair(base, "USD") for base in ("BTC", "ETH", "SOL")]


def known(*errors, name="kraken"):
    return {(name, pair): Known((name, pair), "stale", error=error) for pair, error in zip(PAIRS, errors, strict=False)}


def test_markets_of_an_exchange_with_one_reason_share_a_sentence():
    assert failures_in(known("deadline: no", "deadline: no", "deadline: no")) == [
        "kraken (all 3 markets): deadline: no"
    ]
    assert failures_in(known("deadline: no", None, "deadline: no")) == ["kraken (2 markets): deadline: no"]


def test_a_market_with_a_reason_of_its_own_is_named():
    assert failures_in(known("unknown_symbol: no", None, "server: no")) == [
        "kraken BTC/USD: unknown_symbol: no", "kraken SOL/USD: server: no",
    ]  # fmt: skip


def test_two_exchanges_do_not_share_a_sentence():
    both = known("server: no") | known("server: no", name="gate")
    assert failures_in(both) == ["kraken BTC/USD: server: no", "gate BTC/USD: server: no"]


def test_where_all_brought_something_there_is_nothing_to_tell():
    assert failures_in(known(None, None)) == []
