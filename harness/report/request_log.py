"""requests.csv as a table: what each request of a run met, seen by the client and by the server.

All times are seconds since the batch began. A missing file, column or number is an empty answer, not an error: an
interrupted run is drawn as far as it went.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from harness.store import csv_text

_TEXT: Final = ("scenario", "arm", "kind", "fault")
_NUMBERS: Final = ("block", "batch", "index", "started", "ended", "arrived", "asked", "replied")
_SECONDS: Final = 1e5
"""Longer than a day is no time of a request, whatever the file says."""


@dataclass(frozen=True)
class RequestLog:
    """``table`` has the columns above; where there is no number, NaN; where a file is older than a column, no text."""

    table: pd.DataFrame

    @classmethod
    def read(cls, folder: Path) -> RequestLog:
        """The log of a run's folder; a last line without its newline was cut off in writing and is left out."""
        try:
            text = (folder / "requests.csv").read_text(encoding="utf-8", errors="backslashreplace")
        except FileNotFoundError:
            text = ""
        text = text[: text.rfind("\n") + 1]
        columns = [*_TEXT, *_NUMBERS]
        try:
            # As text first: an arm may be called NA, and a foreign cell must not turn a column into objects.
            table = pd.read_csv(
                io.StringIO(text), usecols=lambda name: name in columns, dtype=str, keep_default_na=False,
                on_bad_lines="skip",
            )  # fmt: skip
        except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError):
            table = pd.DataFrame()
        table = table.reindex(columns=columns)
        table["fault"] = table["fault"].astype(object).fillna("")
        for name in _NUMBERS:
            found = pd.to_numeric(table[name], errors="coerce").astype(float)
            table[name] = found.where(found.abs() < _SECONDS)
        return cls(table.dropna(subset=["block", "batch", "index"]))

    def of(self, scenario: str, arm: str) -> pd.DataFrame:
        """All requests of an arm in a scenario."""
        table = self.table
        rows: pd.DataFrame = table[table["scenario"].eq(_spelled(scenario)) & table["arm"].eq(_spelled(arm))]
        return rows

    def batch(self, scenario: str, arm: str, block: float, batch: float) -> pd.DataFrame:
        """One batch of an arm, in the order of its requests."""
        rows = self.of(scenario, arm)
        chosen: pd.DataFrame = rows[rows["block"].eq(block) & rows["batch"].eq(batch)]
        return chosen.sort_values("index", kind="stable")

    def typical_batch(self, scenario: str, arms: list[str]) -> tuple[float, float] | None:
        """(block, batch) of the warm batch in which most of the arms took a time like their own median; where
        batches are alike, the earliest. Only batches that as many arms as possible have are looked at."""
        table = self.table
        wanted = table["scenario"].eq(_spelled(scenario)) & table["arm"].isin([_spelled(arm) for arm in arms])
        rows = table[wanted & (table["batch"] > 0)]
        ends = rows.groupby(["arm", "block", "batch"])["replied"].max()
        ends = ends[ends > 0]
        if ends.empty:
            return None
        apart = (ends / ends.groupby("arm").transform("median")).map(lambda ratio: abs(math.log(ratio)))
        batches = apart.groupby(["block", "batch"]).agg(["count", "mean"])
        best = batches[batches["count"] == batches["count"].max()]["mean"].round(9).idxmin()
        return float(best[0]), float(best[1])

    def latencies(self, scenario: str, arm: str) -> Any:
        """Seconds from a request's turn to its value, for every answered request of the warm batches: an array."""
        rows = self.of(scenario, arm)
        rows = rows[(rows["batch"] > 0) & (rows["kind"].fillna("") == "")]
        taken = (rows["ended"] - rows["started"]).dropna()
        return taken[taken > 0].to_numpy()

    def asked(self, scenario: str) -> Any:
        """The delays that the requests of a scenario's warm batches were given, in seconds: an array."""
        rows = self.table[self.table["scenario"].eq(_spelled(scenario)) & (self.table["batch"] > 0)]
        return rows["asked"].dropna().to_numpy()


def _spelled(name: str) -> str:
    """A name as the file has it: the store takes the sting out of what a spreadsheet would run as a formula."""
    return next(csv.reader(io.StringIO(csv_text([[name]]), newline="")))[0]
