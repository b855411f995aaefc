"""The log: what really happened at the server, request by request, kept between ``begin`` and ``end`` only.

A Record is one batch. Requests that were under way when a batch began or ended belong to the batch in which they
arrived, so a straggler never lands in the next one's log.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from mock_server.market import Market

GONE = 0
"""The status of a request whose client closed the connection before the answer was due."""


COLUMNS = (
    "index", "attempt", "exchange", "pair", "connection",
    "arrived", "asked", "held", "priced_at", "replied", "status", "bytes",
)  # fmt: skip
"""What a row holds. ``arrived`` and ``replied`` are CLOCK_MONOTONIC seconds (when the request's last bytes were read,
and just before the answer is written), ``asked`` and ``held`` seconds, ``priced_at`` seconds since ``begin`` (None
where nothing was priced), ``bytes`` the length of the body. ``index`` is None for a stranger; ``pair`` joins several
with commas and is empty where the target asks for none."""

Row: TypeAlias = tuple[int | None, int, str, str, int, float, float, float, float | None, float, int, int]


class Record:
    """One batch: its market, whose clock starts now, its log and its counters. ``kept`` is False where nobody
    asked for a log."""

    def __init__(self, market: Market, kept: bool, spool: Spool | None = None) -> None:
        self.market = market
        self.kept = kept
        self.rows: list[Row] = []
        self.in_flight = 0
        self.peak_in_flight = 0
        self.accepted = 0
        self.lags: list[float] = []
        self._spool = spool
        self.began = time.monotonic()
        self._cpu = time.process_time()

    def tick(self) -> int:
        """The market's current tick."""
        return self.market.tick(time.monotonic() - self.began)

    def enter(self) -> None:
        """A request has arrived."""
        self.in_flight += 1
        if self.in_flight > self.peak_in_flight:
            self.peak_in_flight = self.in_flight

    def leave(self, row: Row) -> None:
        """A request is about to be answered, or its client has gone."""
        self.in_flight -= 1
        if self.kept:
            self.rows.append(row)
        if self._spool is not None:
            self._spool.write(self.market.key, row)

    def end(self) -> dict[str, Any]:
        """Close the batch and give its log as plain values."""
        self.kept = False
        lags = sorted(self.lags)
        batch = {
            "peak_in_flight": self.peak_in_flight,
            "accepted": self.accepted,
            "cpu_s": time.process_time() - self._cpu,
            "wall_s": time.monotonic() - self.began,
            "loop_lag_p99_s": lags[min(len(lags) - 1, len(lags) * 99 // 100)] if lags else 0.0,
            "unfinished": self.in_flight,
        }
        return {"batch": batch, "columns": COLUMNS, "rows": self.rows}


@dataclass
class Spool:
    """The log on disk, one line of JSON a request, whether or not a batch was begun."""

    file: TextIO

    @classmethod
    def at(cls, path: Path) -> Spool:
        """Append to ``path``. Raises OSError."""
        return cls(path.open("a", encoding="utf-8", buffering=1))

    def write(self, key: tuple[int, int, int], row: Row) -> None:
        if self.file.closed:
            return
        seed, block, batch = key
        try:
            self.file.write(
                json.dumps({"seed": seed, "block": block, "batch": batch, **dict(zip(COLUMNS, row, strict=True))})
                + "\n"
            )
        except OSError as error:
            # A full disk must not change what the clients are served.
            sys.stderr.write(f"the log {self.file.name} ends here: {error.strerror}\n")
            self.close()

    def close(self) -> None:
        try:
            self.file.close()
        except OSError:
            # What could not be flushed was reported when it was written.
            return
