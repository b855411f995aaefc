"""A session of the live page: tracker, reckoner, publisher and server, begun in order and ended at once.

The main thread does nothing but wait for the end, because signals are delivered there. Whatever is in flight when they
come is not waited for: every thread is a daemon, every process has a lifeline.
"""

from __future__ import annotations

import contextlib
import gc
import secrets
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchanges.errors import safe
from harness.exits import EnvironmentGap, Stop
from harness.live import page
from harness.live.alerts import Alerts
from harness.live.controls import Controls
from harness.live.dials import Dials
from harness.live.document import Setting, moment_text
from harness.live.installed import Installed
from harness.live.publisher import Editor, Publisher
from harness.live.race import Course, Races
from harness.live.reckoner import Judgement, Reckoner, reckoned
from harness.live.server import LiveServer
from harness.place import Place
from harness.report.market_page import export_html
from harness.store import replace_file
from harness.tracker.reading import Reading
from harness.tracker.tracker import Tracker
from mock_server.sockets import Listening

_FIRST_S: Final = 0.7
"""How long the page waits for its first prices: who opens it at once should not see an empty one."""


class Drawing:
    """What the pages are drawn by, as the server wants it."""

    page_html = staticmethod(page.page_html)
    fragment_html = staticmethod(page.fragment_html)
    export_html = staticmethod(export_html)
    style = staticmethod(page.style)
    script = staticmethod(page.script)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a session is made of: how prices are judged, who is alerted, the mock's dials (None: there is no mock of
    ours), and what may be told of the place."""

    judgement: Judgement
    alerts: Alerts
    dials: Dials | None
    setting: Setting


def serve(
    tracker: Tracker, place: Place, wishes: Wishes, listening: Listening, begun: Callable[[str, str], None]
) -> None:
    """Serve until the program is ended by a signal. ``begun`` is given the page's address and the token.

    Raises:
        Stop: something of ours broke; its traceback is on stderr.
    """
    token = secrets.token_urlsafe(24)
    ending = _Ending()
    installed = Installed(tracker.strategy, tracker.in_flight)
    with contextlib.ExitStack() as stack:
        # Of whatever is begun below; a race is told of by the server, which is not there yet.
        tell: list[Callable[[Mapping[str, Any]], None]] = []
        races = _races(tracker, place, installed, lambda lap: tell[0](lap))
        controls = Controls(tracker, wishes.alerts, installed.names, wishes.dials, races)
        editor = Editor(wishes.setting, wishes.judgement, wishes.alerts, controls.document)
        reading = tracker.next_reading(_FIRST_S)
        # With a portfolio from the beginning: one that came later would be another page.
        known = reckoned(reading, wishes.judgement)
        reckoner = Reckoner(tracker.reading, wishes.judgement, wishes.alerts, ending.failed, known)
        first = editor.edition(reading, known)
        server = LiveServer(listening, token, Drawing, controls, first, secrets.token_hex(3), ending.failed)
        tell.append(server.tell)
        publisher = Publisher(tracker, editor, reckoner, server.publish, ending.failed)
        if races is not None:
            stack.callback(races.stop)
        # The server last, so that it ends first: whoever looks at the page is told at once.
        for part in (installed, reckoner, publisher, server):
            part.start()
            stack.callback(part.stop)
        # What was imported stays: nobody need look for garbage in it any more, above all not at the end.
        gc.collect()
        gc.freeze()
        begun(f"{listening.origin}/", token)
        ending.wait()


def export(tracker: Tracker, wishes: Wishes, file: Path) -> Reading:
    """Take one reading, the first for which everybody has answered or patience was over, and write its page; gives the
    reading.

    Raises:
        EnvironmentGap: the file cannot be written.
    """
    reading = tracker.next_reading()
    found = reckoned(reading, wishes.judgement)
    wishes.alerts.hear(found.heard, moment_text(reading.at))
    document = Editor(wishes.setting, wishes.judgement, wishes.alerts, lambda: None).edition(reading, found).document
    try:
        replace_file(file, export_html(document))
    except OSError as error:
        raise EnvironmentGap(f"cannot write {safe(str(file), 200)!r}: {error.strerror or error}") from error
    return reading


class _Ending:
    """What the main thread waits for: it ends when something of ours breaks, and else by a signal."""

    def __init__(self) -> None:
        self._broken = threading.Event()
        self._said = ""

    def failed(self, error: BaseException) -> None:
        traceback.print_exception(error, file=sys.stderr)
        self._said = f"{type(error).__name__}: {error}"
        self._broken.set()

    def wait(self) -> None:
        self._broken.wait()
        raise Stop(f"a bug of the live page: {safe(self._said, 300)}; its traceback is above")


def _races(
    tracker: Tracker, place: Place, installed: Installed, tell: Callable[[Mapping[str, Any]], None]
) -> Races | None:
    """None where real exchanges, or their limits, would be spent on it."""
    if place.real or place.limited or place.pins:
        return None
    markets = tuple((name, str(pair)) for name, pair in tracker.beat.markets)
    course = Course(markets, dict(place.origins), tracker.beat.deadline_s, place.ca_file)
    return Races(course, installed.built_in, tell)
