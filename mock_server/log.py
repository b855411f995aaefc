"""The log: what really happened at the server, request by request, kept between ``begin`` and ``end`` only.

A Record is one batch. Requests that were under way when a batch began or ended belong to the batch in which they
arrived, so a straggler never lands in the next one's log.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from mock_server.market import Market

GONE = 0
"""The status of a request whose client closed the connection before the answer was due."""

MOST_ROWS = 1_000_000
"""How many rows (and measurements of the loop's lag) one batch keeps: a ``begin`` whose ``end`` never comes must not
fill the memory."""

COLUMNS = (
    "index", "attempt", "exchange", "pair", "connection",
    "arrived", "asked", "held", "priced_at", "replied", "status", "bytes", "fault",
)  # fmt: skip
"""What a row holds. ``arrived`` and ``replied`` are CLOCK_MONOTONIC seconds (when the last bytes of
this request's own headers were read, even if earlier requests of its connection were still unanswered, and just
before the answer is written), ``asked`` and ``held`` seconds, ``priced_at`` seconds since ``begin`` (None
where nothing was priced), ``bytes`` the length of the body before it was compressed. ``index`` is None for a stranger;
``pair`` joins up to ten with commas, is "*" for more and empty where the target asks for none; ``fault`` names what
struck, joined by "+"."""

Row: TypeAlias = tuple[int | None, int, str, str, int, float, float, float, float | None, float, int, int, str]


class Record:
    """One batch: its market, whose clock starts now, its log and its counters. ``kept`` is False where nobody
    asked for a log. ``draws`` takes the batch's place in the key of the delays (None: the batch itself), so that
    several batches can have the same delays at other prices; where it is given, faults are the same in all blocks as
    well. ``began`` (CLOCK_MONOTONIC seconds) sets the market's clock to that of another process; None is now."""

    def __init__(
        self,
        market: Market,
        kept: bool,
        spool: Spool | None = None,
        draws: int | None = None,
        began: float | None = None,
    ) -> None:
        self.market = market
        self.kept = kept
        seed, block, batch = market.key
        self.dice = (seed, block, batch if draws is None else draws)
        # A fault can cost a hundred times what a delay does: drawn anew, it would be the difference between blocks.
        self.fault_dice = self.dice if draws is None else (seed, 0, draws)
        self.rows: list[Row] = []
        self.truncated = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.accepted_by: Counter[str] = Counter()
        self.lags: list[float] = []
        self._spool = spool
        self._started = time.monotonic()
        self.began = self._started if began is None else began
        self._cpu = time.process_time()

    def tick(self) -> int:
        """The market's current tick."""
        return self.market.current_tick(time.monotonic() - self.began)

    def enter(self) -> None:
        """A request has arrived."""
        self.in_flight += 1
        if self.in_flight > self.peak_in_flight:
            self.peak_in_flight = self.in_flight

    def leave(self, row: Row) -> None:
        """A request is about to be answered, or its client has gone."""
        self.in_flight -= 1
        if self.kept and len(self.rows) < MOST_ROWS:
            self.rows.append(row)
        elif self.kept:
            self.truncated += 1
        if self._spool is not None:
            self._spool.write(self.market.key, row)

    def forget(self) -> None:
        """What had arrived leaves no row: it asked for no price, or its connection is gone before its turn came."""
        self.in_flight -= 1

    def end(self) -> dict[str, Any]:
        """Close the batch and give its log as plain values: ``began`` is when the market's clock was at zero
        (CLOCK_MONOTONIC seconds), ``truncated`` the number of rows that were left out beyond MOST_ROWS, ``unfinished``
        the number of requests that are still in flight."""
        self.kept = False
        # First: what follows is not the batch's work.
        cpu_s, wall_s = time.process_time() - self._cpu, time.monotonic() - self._started
        lags = sorted(self.lags)
        batch = {
            "began": self.began,
            # Of a long pipeline the parser hands over some thirty requests at a time; the rows know of all of them.
            "peak_in_flight": max(self.peak_in_flight, most_at_once(self.rows)),
            "accepted": self.accepted_by.total(),
            "accepted_by": dict(self.accepted_by),
            "cpu_s": cpu_s,
            "wall_s": wall_s,
            "loop_lag_p99_s": lags[min(len(lags) - 1, len(lags) * 99 // 100)] if lags else 0.0,
            "loop_lag_max_s": lags[-1] if lags else 0.0,
            "unfinished": self.in_flight,
            "truncated": self.truncated,
        }
        return {"batch": batch, "columns": COLUMNS, "rows": self.rows}


def most_at_once(rows: list[Row]) -> int:
    """The largest number of rows whose spans from ``arrived`` up to but not including ``replied`` overlap."""
    arrived, replied = COLUMNS.index("arrived"), COLUMNS.index("replied")
    # An answer sorts before a request that arrives at the same instant: that one came because of it.
    steps = sorted([(row[arrived], 1) for row in rows] + [(row[replied], -1) for row in rows])
    return max(itertools.accumulate(step for _, step in steps), default=0)


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
