"""The publisher: the thread that turns readings of the tracker into editions of the page, as prices come.

What comes in within a moment is gathered into one edition, and there are never more than a dozen a second, however many
exchanges answer: a price is on its way to the page within a tenth of a second of its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from harness.live.alerts import Alerts
from harness.live.background import Background
from harness.live.document import Setting, market_document
from harness.live.reckoner import Judgement, Reckoner, Reckoning
from harness.readout import prices_readout
from harness.report.cell import Cell
from harness.report.market_cells import cells_of, shape_of
from harness.tracker.reading import Reading

_GATHER_S: Final = 0.02
"""Exchanges that are asked at once answer about at once."""
_EACH_S: Final = 0.08
"""At least so long from one edition to the next."""
_LOOK_S: Final = 0.5
"""How long nothing may come before the page is drawn anew all the same: prices go stale by themselves."""


class Source(Protocol):
    """What the publisher needs of a tracker."""

    def reading(self) -> Reading: ...

    def wait(self, version: int, timeout_s: float) -> int: ...


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of the page: its document, its ``shape``, and its cells as rows, by id."""

    version: int
    now_us: int
    document: Mapping[str, Any]
    shape: str
    rows: Mapping[str, list[Any]]


class Editor:
    """Makes editions of readings: judges their prices, and puts in what the others know."""

    def __init__(
        self, setting: Setting, judgement: Judgement, alerts: Alerts, controls: Callable[[], Mapping[str, Any] | None]
    ) -> None:
        self._setting, self._judgement, self._alerts, self._controls = setting, judgement, alerts, controls
        self._version = 0
        self._cells: Mapping[str, Cell] = {}
        self._rows: Mapping[str, list[Any]] = {}

    def edition(self, reading: Reading, reckoning: Reckoning) -> Edition:
        """The next edition."""
        self._version += 1
        prices = prices_readout(reading.seen, self._judgement.fees, self._judgement.allowance)
        document = market_document(
            reading, self._setting, prices, reckoning.routes, reckoning.portfolio, self._alerts.document(),
            self._controls(), self._version,
        )  # fmt: skip
        cells, before, rows = cells_of(document), self._cells, self._rows
        # Few cells are others than they were: the rows of the rest are the ones that there are.
        rows = {name: rows[name] if before.get(name) == cell else cell.row(name) for name, cell in cells.items()}
        self._cells, self._rows = cells, rows
        return Edition(self._version, document["now_us"], document, shape_of(document), rows)


class Publisher(Background):
    """``deliver`` takes each edition, and is to come back at once."""

    def __init__(
        self, source: Source, editor: Editor, reckoner: Reckoner, deliver: Callable[[Edition], None],
        failed: Callable[[Exception], None],
    ) -> None:  # fmt: skip
        super().__init__("publisher", failed)
        self._source, self._editor, self._reckoner, self._deliver = source, editor, reckoner, deliver

    def _work(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            reading = self._source.reading()
            self._deliver(self._editor.edition(reading, self._reckoner.latest))
            if self._source.wait(reading.version, _LOOK_S) > reading.version:
                self._stopped.wait(max(_GATHER_S, began + _EACH_S - time.monotonic()))
