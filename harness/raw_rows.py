"""The raw material of a run as rows: requests.csv and quotes.csv, in the order of results/README.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from harness.fairness import log_rows
from harness.planned_faults import PlannedFaults
from harness.scenario import Scenario

REQUESTS_HEADER: Final = (
    "scenario", "arm", "block", "batch", "index", "exchange", "pair", "started", "ended", "arrived", "asked", "held",
    "priced_at", "replied", "status", "kind", "bytes", "connection", "fault",
)  # fmt: skip
QUOTES_HEADER: Final = (
    "scenario", "arm", "block", "batch", "index", "exchange", "pair", "bid", "ask", "last", "bid_size", "ask_size",
    "time_us", "received", "asked",
)  # fmt: skip


def request_rows(side: dict[str, Any], scenario: Scenario, arm: str, block: int) -> Iterator[list[list[Any]]]:
    """For each batch of a worker, one row per request. All times in seconds since the batch began; the
    client's columns are empty where it had no outcome, the server's where it saw no request."""
    plan, turns = PlannedFaults(scenario), scenario.turns
    for number, record in enumerate(side["batches"]):
        began = record["began"]
        log = record["server"]
        seen: dict[Any, dict[str, Any]] = {} if log is None else {row["index"]: row for row in log_rows(log)}
        rows = []
        for index in range(scenario.requests):
            exchange, pairs = turns[index % len(turns)]
            pair = ",".join(pairs) if scenario.workload != "markets" else "*"
            outcome = record["outcomes"][index] if index < len(record["outcomes"]) else {}
            row = seen.get(index, {})
            # Of a certificate the log cannot know: its requests never arrive.
            struck = row.get("fault") or "+".join(fault.name for fault in plan.struck(exchange, row))
            rows.append([
                scenario.name, arm, block, number, index, exchange, pair,
                _time(outcome.get("started")), _time(outcome.get("ended")),
                _time(row.get("arrived"), began), _time(row.get("asked")), _time(row.get("held")), row.get("priced_at"),
                _time(row.get("replied"), began), outcome.get("status"), outcome.get("kind"), row.get("bytes"),
                row.get("connection"), struck or None,
            ])  # fmt: skip
        yield rows


def quote_rows(side: dict[str, Any], scenario: Scenario, arm: str, block: int) -> list[list[Any]]:
    """The quotes of a worker's last batch, prices as exact decimals in text."""
    if not side["batches"]:
        return []
    number = len(side["batches"]) - 1
    return [
        [scenario.name, arm, block, number, index, *quote, _time(outcome["ended"]), _time(outcome["started"])]
        for index, outcome in enumerate(side["batches"][-1]["outcomes"])
        for quote in outcome.get("quotes") or ()
    ]


def _time(seconds: float | None, origin: float = 0.0) -> float | None:
    """Microseconds are finer than any clock here is true."""
    return None if seconds is None else round(seconds - origin, 6)
