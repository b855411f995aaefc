"""The forms in which readings are shown: drawn over and over on a terminal, one block for each reading elsewhere; with
``--json`` one document a line, with ``--csv`` rows under one header, with ``--total`` one number a line."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from rich.console import Console

from exchanges.errors import safe
from exchanges.units import text_from_seconds
from harness.exits import DONE, FAILURES
from harness.place import Place
from harness.reading_table import print_notes, print_state
from harness.screen import Screen
from harness.sight import Look, Sight
from harness.store import csv_text
from harness.terminal import console, say
from harness.tracker.reading import Reading
from harness.tracker.tracker import Tracker
from harness.watch_options import Watch

_REDRAW_S: Final = 0.5
_REST: Final = 9
"""Between readings a picture is drawn as often as takes a tenth of a processor, so that what grows old is seen to."""
_TOLD: Final = 5
_NOTES: Final = 3
"""Of those that a picture has room for."""


@dataclass
class Form:
    """One block a reading. ``number`` were shown so far; ``before`` is what the last had to complain of."""

    sight: Sight
    wanted: Watch
    number: int = 0
    before: Sequence[str] = ()

    def tell(self, sentence: str) -> None:
        """Say what is no reading. Called on any thread."""
        _say(sentence)

    def close(self) -> None:
        """All is over, the history as well: say what there was no room for."""

    def run(self, tracker: Tracker, place: Place, count: int | None) -> int:
        """Show readings until there were ``count``; 1 if the last of them lacked something."""
        while True:
            reading = tracker.next_reading()
            look = self.sight.look(reading)
            self.show(reading, look, place)
            sys.stdout.flush()
            self.number += 1
            if self.number == count:
                return _code(reading, look, self.wanted)

    def show(self, reading: Reading, look: Look, place: Place) -> None:
        """One block, with the notes that the last had not."""
        new = [note for note in reading.notes if note not in self.before]
        self.before = reading.notes
        out = console()
        say(out, _title(reading, self.wanted, self.number + 1), "bold")
        look.draw(out)
        print_state(out, reading, place.sentence)
        print_notes(out, new)
        out.print()


class Lines(Form):
    """One line a reading, and nothing else on stdout."""

    def show(self, reading: Reading, look: Look, place: Place) -> None:
        sys.stdout.write(f"{look.line}\n")
        self.complain(reading, look)

    def complain(self, reading: Reading, look: Look) -> None:
        """On stderr, what is missing and was not missing a reading ago."""
        now = [*reading.failures, *reading.notes, *look.missing]
        for sentence in now:
            if sentence not in self.before:
                _say(sentence)
        self.before = now


class Rows(Lines):
    """CSV, its header once."""

    def show(self, reading: Reading, look: Look, place: Place) -> None:
        at = _moment(reading.at)
        # Where holdings lie is called at already.
        name = "time" if "at" in self.sight.columns else "at"
        header = [(name, *self.sight.columns)] if not self.number else []
        sys.stdout.write(csv_text([*header, *((at, *row) for row in look.rows())]))
        self.complain(reading, look)


class Documents(Form):
    """JSON, a document a line."""

    def show(self, reading: Reading, look: Look, place: Place) -> None:
        sys.stdout.write(json.dumps({**_state(reading, place, self.wanted), **look.document()}) + "\n")


@dataclass
class Picture(Form):
    """Drawn over and over on a terminal. ``told`` is what else was said, by any thread."""

    told: deque[str] = field(default_factory=lambda: deque(maxlen=_TOLD))

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def run(self, tracker: Tracker, place: Place, count: int | None) -> int:
        with Screen(sys.stdout) as screen:
            return self._draw(screen, tracker, place, count)

    def close(self) -> None:
        for sentence in self.told:
            _say(sentence)

    def _draw(self, screen: Screen, tracker: Tracker, place: Place, count: int | None) -> int:
        rest_s, before = _REDRAW_S, tracker.told_beat
        while True:
            reading = tracker.next_reading(rest_s)
            if tracker.told_beat == before:
                reading = tracker.reading()  # of the beat before: of the next nobody has answered yet
            else:
                self.number, before = self.number + 1, tracker.told_beat
            began = time.thread_time()
            look = self.sight.look(reading)
            screen.draw(
                partial(_paint, reading, look, _title(reading, self.wanted, self.number), place, [*self.told][-1:])
            )
            if self.number == count:
                return _code(reading, look, self.wanted)
            rest_s = max(_REDRAW_S, _REST * (time.thread_time() - began))


def form_for(args: argparse.Namespace, sight: Sight, wanted: Watch) -> Form:
    """The form that the options, and where stdout leads to, ask for."""
    if args.json:
        return Documents(sight, wanted)
    if args.csv:
        return Rows(sight, wanted)
    if getattr(args, "total", False):
        return Lines(sight, wanted)
    return (Picture if Screen.fits(sys.stdout) else Form)(sight, wanted)


def _code(reading: Reading, look: Look, wanted: Watch) -> int:
    """Whom nobody waits for may be late."""
    enough = reading.asked if wanted.enough is None else min(wanted.enough, reading.asked)
    return FAILURES if reading.failures or reading.answered < enough or look.missing else DONE


def _paint(reading: Reading, look: Look, title: str, place: Place, told: Sequence[str], out: Console) -> None:
    """How it goes comes first: what there is no room for is at the end."""
    say(out, f"{title}; Ctrl-C ends", "bold")
    print_state(out, reading, place.sentence)
    print_notes(out, told)
    look.draw(out)
    print_notes(out, reading.notes, _NOTES)


def _title(reading: Reading, wanted: Watch, number: int) -> str:
    of = "" if wanted.count is None else f" of {wanted.count}"
    which = f"reading {number}{of}" if number else "waiting for the first answers"
    return f"{reading.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, every {text_from_seconds(wanted.every_s)}, {which}"


def _state(reading: Reading, place: Place, wanted: Watch) -> dict[str, Any]:
    """What every document says of its reading."""
    return {
        "schema": 1, "at": _moment(reading.at), "strategy": reading.strategy,
        "place": {"real": place.real, "asked": {name: place.origins[name] for name in reading.exchanges},
                  "sentence": place.sentence},
        "reading": {
            "asked": reading.asked, "answered": reading.answered, "late": list(reading.late),
            "sentence": reading.sentence, "beat_s": reading.beat_s, "ttl_s": wanted.fresh_s,
            "refreshes_per_s": round(reading.refreshes_per_s, 1),
        },
        "not_fresh": [
            {"exchange": one.market[0], "pair": str(one.market[1]), "freshness": one.freshness, "age_us": one.age_us}
            for one in reading.known.values() if one.freshness != "fresh"
        ],
        "failures": list(reading.failures), "notes": list(reading.notes),
    }  # fmt: skip


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _say(sentence: str) -> None:
    sys.stderr.write(f"fetchrace: {safe(sentence, 600)}\n")
    sys.stderr.flush()
