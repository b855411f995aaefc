"""Race all now: every installed strategy fetches the same batch once, one after the other, while people watch.

A demonstration, which says so: one batch each, beside everything else that this machine is doing. ``run`` measures.
Each strategy runs in a process of its own (``harness.live.sprint``), so that one which breaks or hangs is one lane
less and nothing else; and each faces the same delays, which the mock draws by a request's number.
"""

from __future__ import annotations

import json
import math
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from exchanges.errors import safe
from harness import spawn
from harness.redaction import redacted
from harness.report.palette import model_of
from harness.scratch import scratch

REQUESTS: Final = 40
IN_FLIGHT: Final = 20
_BASELINE: Final = "sequential"
_EACH_S: Final = 20.0
"""For one strategy, its imports included."""
_ALL_S: Final = 180.0
_LONGEST: Final = 256 * 1024
"""Bytes of a lane: forty spans are some two thousand."""


class Busy(Exception):
    """What was asked for cannot be had now; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is raced: ``markets`` as (exchange, pair), whose quotes are asked for in turn until there are enough
    requests; ``origins`` by exchange, the ``deadline_s`` of one request, and authorities to be trusted besides the
    system's (None: none)."""

    markets: tuple[tuple[str, str], ...]
    origins: dict[str, str]
    deadline_s: float
    ca_file: str | None = None
    requests: int = REQUESTS
    in_flight: int = IN_FLIGHT


class Races:
    """Holds a race at a time on ``course``, of the strategies that ``names`` gives, and tells it line by line, from a
    thread of its own: ``began``, a ``lane`` for each strategy, ``ended`` or ``failed``."""

    def __init__(
        self, course: Course, names: Callable[[], Sequence[str]], tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self._course, self._names, self._tell = course, names, tell
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin a race. Raises Busy where one is under way."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise Busy("a race is under way: wait for its end")
            self._thread = threading.Thread(target=self._run, name="race", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 0.5) -> None:
        """End a race that is under way, and its process."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        # What the others are compared with comes first, so that each is compared as soon as it has run.
        names = sorted(self._names(), key=lambda name: name != _BASELINE)
        self._tell({
            "state": "began", "strategies": [redacted(name) for name in names], "requests": self._course.requests,
            "in_flight": self._course.in_flight, "baseline": _BASELINE,
            "sentence": "a demonstration: one batch each, on a busy machine; python -m harness run measures",
        })  # fmt: skip
        try:
            until = time.monotonic() + _ALL_S
            for name in names:
                lane = self._lane(name, until)
                if self._stopped.is_set():
                    return
                self._tell({"state": "lane", "strategy": redacted(name), "model": model_of(name), **lane})
            self._tell({"state": "ended"})
        except OSError as error:
            self._tell({"state": "failed", "error": f"no process could be started: {error.strerror or error}"})

    def _lane(self, name: str, until: float) -> dict[str, Any]:
        """What came of one strategy: its line, or an ``error``."""
        until = min(until, time.monotonic() + _EACH_S)
        theirs, ours = os.pipe()
        stack = [theirs, ours]
        try:
            with scratch() as folder, Path(folder, "said").open("w+b") as said:
                job = Path(folder, "course.json")
                job.write_text(json.dumps(asdict(self._course)), encoding="utf-8")
                arguments = [str(job), name, str(ours)]
                with spawn.child(
                    "harness.live.sprint", arguments, folder, spawn.environment_in(folder), said, (ours,)
                ) as process:
                    os.close(stack.pop())
                    line = self._line_of(theirs, process, until)
                if line is None:
                    return {"error": f"{redacted(name)} did not finish in {_EACH_S:.0f} s"}
                if not line:
                    last = safe(redacted(spawn.last_words(said)), 200)
                    return {"error": f"{redacted(name)} ended without a result{f': {last}' if last else ''}"}
        finally:
            for fd in stack:
                os.close(fd)
        return lane_from(line, name)

    def _line_of(self, fd: int, process: subprocess.Popen[bytes], until: float) -> bytes | None:
        """What a child wrote before it closed its end; empty where it wrote nothing, None where its time is up."""
        found = b""
        while not self._stopped.is_set():
            left_s = until - time.monotonic()
            if left_s <= 0:
                return None
            if not select.select([fd], [], [], min(left_s, 0.1))[0]:
                continue
            chunk = os.read(fd, 65536)
            found += chunk
            if not chunk or len(found) > _LONGEST:
                break
        return found


def lane_from(line: bytes, name: str) -> dict[str, Any]:
    """What a child told of the strategy called ``name``, and nothing else; an ``error`` where that is no lane. A
    strategy may be anybody's, and it can write there too."""
    try:
        told = json.loads(line)
        if "error" in told:
            return {"error": safe(str(told["error"]), 300)}
        spans = [[_second(start), _second(end), str(exchange)] for start, end, exchange in told["spans"]]
        return {"seconds": _second(told["seconds"]), "spans": spans, "failed": _whole(told["failed"])}
    except (KeyError, TypeError, ValueError, RecursionError):
        return {"error": f"{redacted(name)} told no times"}


def _second(told: Any) -> float:
    if not isinstance(told, int | float) or isinstance(told, bool) or not math.isfinite(told):
        raise ValueError("no number")
    return told


def _whole(told: Any) -> int:
    if not isinstance(told, int) or isinstance(told, bool):
        raise ValueError("no whole number")
    return told
