"""How many rows a CSV file of a run still takes: all of a block's while there is room, then one batch per arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MOST: Final = 100_000


@dataclass
class RowRoom:
    """``left`` is room for so many rows; once an arm's did not fit there is none."""

    left: int = MOST

    @classmethod
    def in_file(cls, file: Path) -> RowRoom:
        """The room that is left in a file that may be there already, its header aside."""
        try:
            rows = file.read_bytes().count(b"\n") - 1
        except FileNotFoundError:
            rows = 0
        return cls(max(0, MOST - rows))

    def fitting(self, arms: Mapping[str, list[list[list[Any]]]]) -> tuple[list[list[Any]], str | None]:
        """The rows to be kept of each arm's batches; and the first arm that had to be thinned out, where room has run
        out with it."""
        kept: list[list[Any]] = []
        first = None
        for name, batches in arms.items():
            if self.left < sum(map(len, batches)):
                if self.left > 0:
                    first = name
                self.left = 0
                kept += batches[-1] if batches else []
                continue
            rows = [row for batch in batches for row in batch]
            self.left -= len(rows)
            kept += rows
        return kept, first
