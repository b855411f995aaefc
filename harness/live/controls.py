"""Controls: what a POST may do while the page is open. Each takes one small JSON object, and answers with a sentence.

Nothing that is typed into a page names a file, a module or an address: a strategy is one of those that are installed,
a latency or a fault is one of the mock's own, a threshold is a number.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness.exits import Stop
from harness.live.alerts import Alerts, threshold_from
from harness.live.answer import Answer
from harness.live.dials import Dials
from harness.live.race import Busy, Races
from harness.redaction import redacted
from mock_server.process import MockFailed

_MOST_IN_FLIGHT: Final = 1000
_OK: Final = {"ok": True}


class Switchable(Protocol):
    """What the controls need of a tracker."""

    def switch(self, strategy: str, in_flight: int | None = None) -> None: ...

    def refresh(self) -> None: ...


class Controls:
    """``strategies`` gives the names that may be chosen; ``dials`` are None where there is no mock server of ours, and
    ``races`` where none may be held. One thing at a time is done, each on a thread of its caller's."""

    def __init__(
        self, tracker: Switchable, alerts: Alerts, strategies: Callable[[], Sequence[str]],
        dials: Dials | None, races: Races | None,
    ) -> None:  # fmt: skip
        self._tracker, self._alerts, self._strategies = tracker, alerts, strategies
        self._dials, self._races = dials, races
        self._one_at_a_time = threading.Lock()
        self._actions: dict[str, tuple[tuple[str, ...], Callable[[dict[str, Any]], Answer | None]]] = {
            "/strategy": (("name", "in_flight"), self._switch),
            "/mock": (("latency", "faults"), self._turn),
            "/alerts": (("at_bps",), self._wait_for),
            "/refresh": ((), self._refresh),
            "/race": ((), self._race),
        }

    @property
    def paths(self) -> tuple[str, ...]:
        """Where there is something to be done."""
        return tuple(self._actions)

    def document(self) -> dict[str, Any]:
        """As the market document has them."""
        dials = {"latency": None, "faults": None} if self._dials is None else self._dials.document()
        return {"strategies": [redacted(name) for name in self._strategies()], **dials}

    def do(self, path: str, body: bytes) -> Answer:
        """Do what one of the ``paths`` is for. It may take as long as a strategy takes to open."""
        fields, action = self._actions[path]
        try:
            wanted = _object_from(body, fields)
            with self._one_at_a_time:
                return action(wanted) or Answer.json(200, _OK)
        except ValueError as error:
            return _refused(400, error)
        except Busy as error:
            return _refused(409, error)
        except MockFailed as error:
            return _refused(400 if error.code == 2 else 502, error)
        except Stop as error:
            return _refused(422, error)

    def _switch(self, wanted: dict[str, Any]) -> None:
        name, in_flight = wanted.get("name"), wanted.get("in_flight")
        # One from a file is shown without its folders.
        known = {redacted(one): one for one in self._strategies()}
        if not isinstance(name, str) or name not in known:
            found = safe(name if isinstance(name, str) else repr(name), 40)
            raise ValueError(f"expected the name of an installed strategy, found {found!r}{nearest(found, known)}")
        is_number = isinstance(in_flight, int) and not isinstance(in_flight, bool)
        if in_flight is not None and not (is_number and 1 <= in_flight <= _MOST_IN_FLIGHT):
            found = safe(repr(in_flight), 40)
            raise ValueError(f"expected in_flight from 1 to {_MOST_IN_FLIGHT}, found {found}")
        self._tracker.switch(known[name], in_flight)

    def _turn(self, wanted: dict[str, Any]) -> None:
        if self._dials is None:
            raise Busy("these prices are not from a mock server of ours: its latency and its faults cannot be set")
        settings = {name: value for name, value in wanted.items() if value is not None}
        if not settings:
            raise ValueError("expected a latency or faults, found neither")
        for name, value in settings.items():
            if not isinstance(value, str):
                raise ValueError(f"expected text as {name}, found {safe(repr(value), 40)}")
        self._dials.turn(**settings)

    def _wait_for(self, wanted: dict[str, Any]) -> None:
        found = wanted.get("at_bps")
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        if not (found is None or isinstance(found, str) or is_number):
            raise ValueError(f"expected a number as at_bps, found {safe(repr(found), 40)}")
        self._alerts.wait_for(threshold_from("" if found is None else str(found)))

    def _refresh(self, wanted: dict[str, Any]) -> None:
        self._tracker.refresh()

    def _race(self, wanted: dict[str, Any]) -> None:
        if self._races is None:
            raise Busy(
                "a race asks each server some hundred times in a few seconds, which no real exchange should be asked "
                "for a demonstration: start the page without --real for it"
            )
        self._races.start()


def _refused(status: int, error: Exception) -> Answer:
    return Answer.error(status, safe(redacted(str(error)), 400))


def _object_from(body: bytes, fields: Sequence[str]) -> dict[str, Any]:
    try:
        wanted = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        wanted = None
    if not isinstance(wanted, Mapping):
        raise ValueError(f"expected a JSON object, found {safe(body, 40)!r}")
    for name in wanted:
        if name not in fields:
            known = f"the fields: {', '.join(fields)}" if fields else "there are no fields"
            raise ValueError(f"unknown field {safe(name, 40)!r}{nearest(name, fields)}; {known}")
    return dict(wanted)
