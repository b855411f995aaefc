"""Dials: the mock server's latency and faults, turned while it serves, with its market going on as if nothing had
happened."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from exchanges.errors import safe
from harness.exits import USAGE
from mock_server.conditions import Latency
from mock_server.process import Control, MockFailed

_REFUSED: Final = "the mock server refused /begin: "
_LONGEST: Final = 2000
"""Characters of a setting: one fault or delay for each exchange is a tenth of that."""


class Dials:
    """One mock server's, reached by its ``control``. For several threads."""

    def __init__(self, control: Control, seed: int, latency: str, faults: str = "") -> None:
        self._lock = threading.Lock()
        self._control, self._seed = control, seed
        self._began = time.monotonic()
        self._latency, self._faults = latency, ""
        self._set(latency, faults)

    def turn(self, latency: str | None = None, faults: str | None = None) -> None:
        """Set what is not None.

        Raises:
            ValueError: with a sentence: what was asked for is no such setting.
            MockFailed: the mock server does not answer.
        """
        for setting in (latency, faults):
            if setting is not None and len(setting) > _LONGEST:
                raise ValueError(f"expected a setting of at most {_LONGEST} characters, found {len(setting)}")
        if latency is not None:
            if "profile:" in latency:
                raise ValueError("a recorded profile is a file, and is named when the program starts: --latency")
            if not latency.strip():
                raise ValueError("expected a latency such as 20ms, or lognormal:20ms,200ms, found ''")
            latency = str(Latency.parse(latency.strip()))
        try:
            self._set(latency, faults)
        except MockFailed as error:
            if error.code == USAGE:
                raise ValueError(str(error).removeprefix(_REFUSED)) from None
            raise

    @property
    def latency(self) -> str:
        """As it is set."""
        return self._latency

    def document(self) -> dict[str, Any]:
        """As the market document has them."""
        return {"latency": safe(self._latency, 400), "faults": safe(self._faults, 400)}

    def _set(self, latency: str | None, faults: str | None) -> None:
        with self._lock:
            # The same seed and the same zero of the clock: prices and the exchanges' own times go on.
            self._control.begin(self._seed, latency=latency, faults=faults, began=self._began)
            self._latency = self._latency if latency is None else latency
            self._faults = self._faults if faults is None else faults.strip()
            # Nobody reads the log, which would grow.
            self._control.end()
