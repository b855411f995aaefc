"""A live page with invented prices, in a process of its own: what the benchmark measures.

    python -m harness.live.benchmark_server --lifeline FD EVERY_S EXCHANGES PAIRS RECKONS

It prints one line of JSON (``port``, ``pid``, ``markets``, ``cells``), then serves until it is ended. EVERY_S is the
time between two beats, 0: as fast as they can be drawn, on a clock of which each is a second. RECKONS 1 lets it work
the routes out as well.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import exchanges
from harness import lifeline
from harness.allowance import Allowance
from harness.live.alerts import Alerts
from harness.live.controls import Controls
from harness.live.document import Setting
from harness.live.invented import InventedSource, grid
from harness.live.publisher import Editor, Publisher
from harness.live.reckoner import Judgement, Reckoner, Reckoning, reckoned
from harness.live.server import LiveServer
from harness.live.session import Drawing
from mock_server.sockets import Listening

_RECKONED_EVERY = 60
_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def main(argv: Sequence[str]) -> None:
    """Serve."""
    lifeline.hold(int(argv[1]))
    every_s, columns, rows, reckons = float(argv[2]), int(argv[3]), int(argv[4]), argv[5] == "1"
    source = InventedSource(grid(columns, rows), every_s or 1.0)
    names = exchanges.names()
    judgement = Judgement(Allowance(Decimal(1000)), {name: exchanges.load(name).taker_fee for name in names})
    alerts = Alerts(Decimal(0))
    controls = Controls(source, alerts, lambda: ["invented"], None, None)
    editor = Editor(Setting(False, "invented for a benchmark", 3.0), judgement, alerts, controls.document)
    reckoner = Reckoner(source.reading, judgement, alerts, _broken)
    first = editor.edition(source.reading(), Reckoning())
    listening = Listening.on(0)
    server = LiveServer(listening, "benchmark", Drawing, controls, first, "benchmark", _broken)
    server.start()
    said = {
        "port": listening.port,
        "pid": os.getpid(),
        "markets": len(first.document["markets"]),
        "cells": len(first.rows),
    }
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    if not every_s:
        _rush(source, editor, judgement, alerts, server)
    if reckons:
        reckoner.start()
    Publisher(source, editor, reckoner, server.publish, _broken).start()
    began = time.monotonic()
    for beat in itertools.count(1):
        time.sleep(max(0.0, began + beat * every_s - time.monotonic()))
        source.turn()


def _rush(source: InventedSource, editor: Editor, judgement: Judgement, alerts: Alerts, server: LiveServer) -> None:
    """A second of the market after the other, each as soon as the one before is drawn; the beat's number on stdout."""
    began, found = time.monotonic(), Reckoning()
    for beat in itertools.count(1):
        reading = source.turn(began + beat, _DAY + timedelta(seconds=beat))
        if beat % _RECKONED_EVERY == 0:
            found = reckoned(reading, judgement)
            alerts.hear(found.heard, reading.at.isoformat())
            sys.stdout.write(f"{beat}\n")
            sys.stdout.flush()
        server.publish(editor.edition(reading, found))


def _broken(error: BaseException) -> None:
    traceback.print_exception(error)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
