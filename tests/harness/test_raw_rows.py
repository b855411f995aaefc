"""requests.csv and quotes.csv, row by row, against the record in conftest."""

import pytest

from harness.raw_rows import QUOTES_HEADER, REQUESTS_HEADER, quote_rows, request_rows
from harness.scenario import Scenario


def test_each_batch_has_one_row_per_request_as_wide_as_the_header(side, scenario):
    batches = list(request_rows(side, scenario, "threads", 0))
    assert [len(rows) for rows in batches] == [6, 6, 6]
    assert {len(row) for rows in batches for row in rows} == {len(REQUESTS_HEADER)}


def test_times_of_both_sides_are_seconds_since_the_batch_began(side, scenario):
    first = dict(zip(REQUESTS_HEADER, list(request_rows(side, scenario, "threads", 0))[1][0], strict=True))
    assert first == {
        "scenario": "quick", "arm": "threads", "block": 0, "batch": 1, "index": 0, "exchange": "binance",
        "pair": "BTC/USDT", "started": 0.001, "ended": 0.103, "arrived": 0.002, "asked": 0.1, "held": 0.1,
        "priced_at": 0.1, "replied": 0.102, "status": 200, "kind": None, "bytes": 90, "connection": 1, "fault": None,
    }  # fmt: skip


def test_a_failure_has_its_kind(side, scenario):
    side["batches"][0]["outcomes"][2] = {
        "started": 0.1, "ended": 0.2, "status": 429, "kind": "rate_limited", "detail": "slow down",
    }  # fmt: skip
    row = dict(zip(REQUESTS_HEADER, next(request_rows(side, scenario, "x", 0))[2], strict=True))
    assert (row["status"], row["kind"], row["ended"]) == (429, "rate_limited", 0.2)


def test_where_the_client_had_no_outcome_its_columns_are_empty(side, scenario):
    side["batches"][0]["outcomes"] = []
    row = dict(zip(REQUESTS_HEADER, next(request_rows(side, scenario, "x", 0))[5], strict=True))
    assert (row["started"], row["ended"], row["status"], row["kind"]) == (None, None, None, None)
    assert row["arrived"] == pytest.approx(0.202)


def test_where_there_is_no_log_the_servers_columns_are_empty(side, scenario):
    side["batches"][0]["server"] = None
    row = dict(zip(REQUESTS_HEADER, next(request_rows(side, scenario, "x", 0))[5], strict=True))
    assert (row["started"], row["status"], row["exchange"]) == (0.201, 200, "kraken")
    assert {row[name] for name in ("arrived", "asked", "held", "priced_at", "replied", "bytes", "connection")} == {None}


def test_where_the_server_saw_no_request_its_columns_are_empty(side, scenario):
    side["batches"][0]["server"]["rows"] = []
    row = dict(zip(REQUESTS_HEADER, next(request_rows(side, scenario, "x", 0))[5], strict=True))
    assert row["started"] == 0.201
    assert {row[name] for name in ("arrived", "asked", "held", "priced_at", "replied", "bytes", "connection")} == {None}
    assert (row["exchange"], row["pair"]) == ("kraken", "BTC/USD")


def test_outcomes_beyond_the_plan_make_no_rows(side, scenario):
    side["batches"][0]["outcomes"] *= 2
    assert len(next(request_rows(side, scenario, "x", 0))) == 6


def test_a_side_file_without_batches_has_no_rows(scenario):
    assert list(request_rows({"batches": []}, scenario, "x", 0)) == []
    assert quote_rows({"batches": []}, scenario, "x", 0) == []


def test_the_quotes_kept_are_those_of_the_last_batch_in_exact_decimals(side, scenario):
    rows = quote_rows(side, scenario, "threads", 0)
    assert {len(row) for row in rows} == {len(QUOTES_HEADER)}
    assert [row[:5] for row in rows] == [["quick", "threads", 0, 2, index] for index in range(6)]
    outcomes = side["batches"][2]["outcomes"]
    assert [row[5:13] for row in rows] == [outcome["quotes"][0] for outcome in outcomes]
    assert rows[0][13] == 0.103


def test_an_outcome_without_a_quote_has_no_row(side, scenario):
    side["batches"][-1]["outcomes"][0] = {"started": 0, "ended": 1, "status": None, "kind": "reset", "detail": ""}
    side["batches"][-1]["outcomes"][1]["quotes"] = None
    assert [row[4] for row in quote_rows(side, scenario, "x", 0)] == [2, 3, 4, 5]


def test_a_request_that_a_bad_certificate_keeps_from_arriving_is_struck_all_the_same(side, scenario):
    spoilt = Scenario.from_json({**scenario.to_json(), "faults": "kraken:tls-expired", "tls": True})
    server = side["batches"][0]["server"]
    server["rows"] = [row for row in server["rows"] if row[2] != "kraken"]
    rows = [dict(zip(REQUESTS_HEADER, row, strict=True)) for row in next(request_rows(side, spoilt, "x", 0))]
    assert {row["exchange"]: row["fault"] for row in rows} == {
        "binance": None, "coinbase": None, "kraken": "tls-expired",
    }  # fmt: skip
