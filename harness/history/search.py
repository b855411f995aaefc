"""Reading the history: what was asked for, oldest first, page by page.

Every page is a question of its own: somebody who reads slowly holds up no writer, and what is written meanwhile does
not make the file grow.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from harness.exits import UsageError
from harness.history import database
from harness.history.kept import Kept, Source, kept_from
from harness.toml_file import shown

_PAGE: Final = 2000
# Null, or one of a list that is JSON: so a statement is one text, whatever is asked for.
_COUNT: Final = """
SELECT count(*) FROM {quotes} WHERE until_us >= :since
    AND (:exchanges IS NULL OR exchange IN (SELECT value FROM json_each(:exchanges)))
    AND (:pairs IS NULL OR pair IN (SELECT value FROM json_each(:pairs)))
"""
_SELECT: Final = _COUNT.replace("count(*)", ", ".join(database.COLUMNS))
_LATEST: Final = _SELECT + "ORDER BY ordinal DESC LIMIT :most"
_NEXT: Final = _SELECT + "AND ordinal > :after ORDER BY ordinal LIMIT :most"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Quotes of a ``source`` that were seen at ``since_us`` or later (microseconds since 1970; None: all of them), of
    these exchanges and pairs (None: of all)."""

    source: Source
    since_us: int | None = None
    exchanges: Sequence[str] | None = None
    pairs: Sequence[str] | None = None


class Search:
    """The history at ``path``, opened to be read. All methods raise UsageError and EnvironmentGap, a sentence each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = database.open_to_read(path)

    def __enter__(self) -> Search:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open is not None:
            with contextlib.suppress(sqlite3.Error):
                self._open.close()

    @property
    def there(self) -> bool:
        """Whether there is a history at all."""
        return self._open is not None

    def number(self, wanted: Wanted) -> int:
        """Of the quotes that are wanted."""
        rows = self._rows(_COUNT, wanted)
        return int(rows[0][0]) if rows else 0

    def latest(self, wanted: Wanted, most: int) -> list[Kept]:
        """The last ``most`` of them, oldest first."""
        rows = self._rows(_LATEST, wanted, most=most)
        return [self._kept(row) for row in reversed(rows)]

    def pages(self, wanted: Wanted) -> Iterator[list[Kept]]:
        """All of them, a few thousand at a time."""
        after = 0
        while rows := self._rows(_NEXT, wanted, after, _PAGE):
            yield [self._kept(row) for row in rows]
            after = rows[-1][0]

    def _rows(self, text: str, wanted: Wanted, after: int = 0, most: int = 0) -> list[Any]:
        if self._open is None:
            return []
        values = {
            "since": -(2**63) if wanted.since_us is None else wanted.since_us,
            "exchanges": None if wanted.exchanges is None else json.dumps([*wanted.exchanges]),
            "pairs": None if wanted.pairs is None else json.dumps([*wanted.pairs]),
            "after": after, "most": most,
        }  # fmt: skip
        with database.told(self._path):
            return self._open.execute(database.statement(text, wanted.source), values).fetchall()

    def _kept(self, row: Sequence[Any]) -> Kept:
        try:
            return kept_from(row)
        except ValueError as error:
            raise UsageError(f"the history {shown(self._path)}: {error}") from None
