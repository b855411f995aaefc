"""What a race against others' servers may claim."""

import pytest

from harness.scope import hosts, listed_hosts, scope_of

REAL = [["binance", "https://api.binance.com"], ["kraken", "https://api.kraken.com"]]
START, END = "2026-11-30T22:14:03+00:00", "2026-11-30T22:19:41+00:00"


def scenario(origins=REAL, requests=20, concurrency=5):
    return {"origins": origins, "requests": requests, "concurrency": concurrency}


def test_where_when_and_under_what_load_and_that_it_says_no_more():
    found = scope_of([scenario()], START, END)
    assert found == {
        "hosts": {"binance": "api.binance.com", "kraken": "api.kraken.com"}, "started": START, "finished": END,
        "sentence": (
            "Measured from this machine against api.binance.com and api.kraken.com over TLS, on 2026-11-30 from "
            "22:14:03 to 22:19:41 UTC, 20 requests with 5 in flight: it says nothing about other places, times or "
            "loads."
        ),
    }  # fmt: skip


def test_against_our_own_server_there_is_nothing_to_scope():
    assert scope_of([scenario(origins=[])], START, END) is None
    assert scope_of([{"requests": 20, "concurrency": 5}], START, END) is None


def test_times_are_told_in_utc_and_over_midnight_with_both_days():
    said = scope_of([scenario()], "2026-12-01T00:30:00+02:00", "2026-12-01T00:10:00+00:00")["sentence"]
    assert "from 2026-11-30 22:30:00 to 2026-12-01 00:10:00 UTC" in said


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        ([["kraken", "http://127.0.0.1:8101"]], "against 127.0.0.1:8101 for kraken without TLS,"),
        (
            [["binance", "https://api.binance.com"], ["kraken", "http://127.0.0.1:8101"]],
            "against api.binance.com and 127.0.0.1:8101 for kraken, on",
        ),
    ],
)
def test_a_server_in_an_exchanges_place_is_called_so_and_tls_only_where_all_speak_it(origins, said):
    assert said in scope_of([scenario(origins)], START, END)["sentence"]


def test_the_loads_of_a_sweep_are_counted():
    swept = [scenario(concurrency=width) for width in (1, 8, 32, 32)]
    said = scope_of(swept, START, END)["sentence"]
    assert "3 loads from 20 requests with 1 in flight to 20 requests with 32 in flight:" in said


def test_hosts_are_named_with_their_exchange_where_they_do_not_tell():
    own = [["bitfinex", "https://api-pub.bitfinex.com"], ["gate", "https://api.gateio.ws"]]
    assert hosts(own) == ["api-pub.bitfinex.com", "api.gateio.ws"]
    assert hosts([["coinbase_exchange", "https://api.exchange.coinbase.com"]]) == ["api.exchange.coinbase.com"]
    assert listed_hosts([("a", "http://one"), ("b", "http://two"), ("c", "http://three")]) == (
        "one for a, two for b and three for c"
    )
    assert hosts([("kraken", "https://user:secret@mirror.example\x1b[2J")]) == ["mirror.example\\x1b[2J for kraken"]
