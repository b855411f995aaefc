"""A sprint: one strategy fetches one batch, warm, and writes one line of JSON: what it took, request by request.

    python -m harness.live.sprint --lifeline FD COURSE.json STRATEGY OUT_FD

The line is ``{"seconds": ..., "spans": [[started, ended, "binance"], ...], "failed": 0}`` with seconds from the
batch's start, spans in the order of the requests; or ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import exchanges
import strategies
from exchanges.decode import decode_quotes
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.plugins import PluginError
from exchanges.wire import Request
from harness import lifeline
from harness.live.race import Course
from harness.redaction import redacted
from strategies.strategy import Failed, Limits, declared_in_flight


def sprint(course: Course, name: str) -> dict[str, Any]:
    """Run it here. Whatever a strategy raises is an ``error``."""
    try:
        strategy = strategies.load(name)
        lacking = getattr(strategy, "lacking", None)
        if callable(lacking) and (missing := lacking()) is not None:
            return {"error": safe(str(missing), 300)}
        limits = Limits(course.in_flight, course.deadline_s, ca_file=course.ca_file)
        requests = _requests(course)
        # A connection for each request in flight; one that has one request in flight needs one for each server.
        few = len(course.origins) if declared_in_flight(strategy, limits) == 1 else len(requests)
        with strategy(limits, decode_quotes) as fetch:
            fetch(requests[:few])
            began = time.monotonic()
            outcomes = list(fetch(requests))
            seconds = time.monotonic() - began
        if len(outcomes) != len(requests):
            return {"error": f"{name} returned {len(outcomes)} outcomes for {len(requests)} requests"}
        spans = [
            [round(outcome.started - began, 6), round(outcome.ended - began, 6), request.exchange]
            for request, outcome in zip(requests, outcomes, strict=True)
        ]
        failed = sum(isinstance(outcome, Failed) for outcome in outcomes)
        return {"seconds": round(seconds, 6), "spans": spans, "failed": failed}
    except PluginError as error:
        return {"error": safe(redacted(str(error)), 300)}
    # Whatever a guest raises: it is one lane less.
    except (Exception, SystemExit) as error:
        return {"error": safe(redacted(f"{name} broke: {type(error).__name__}: {error}"), 300)}


def _requests(course: Course) -> list[Request]:
    """As many as the course has, the markets in turn; each with its number, by which the mock draws its delay."""
    turns = [
        exchanges.load(name).request_for(Pair.parse(pair)).at(course.origins[name]) for name, pair in course.markets
    ]
    chosen = itertools.islice(itertools.cycle(turns), course.requests)
    return [request.with_headers(("X-Fetchrace-Request", str(number))) for number, request in enumerate(chosen)]


def main(argv: Sequence[str]) -> None:
    """Run the sprint that is asked for, and write its line."""
    if argv[:1] == ["--lifeline"]:
        lifeline.hold(int(argv[1]))
        argv = argv[2:]
    written = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    course = Course(**{**written, "markets": tuple((name, pair) for name, pair in written["markets"])})
    fd = int(argv[2])
    # A worker of the strategy's would keep it open.
    os.set_inheritable(fd, False)
    line = json.dumps(sprint(course, argv[1])) + "\n"
    with os.fdopen(fd, "w", encoding="utf-8") as out:
        out.write(line)


if __name__ == "__main__":
    main(sys.argv[1:])
