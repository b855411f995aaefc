"""Watching: the same look at prices again and again, one for each reading of the tracker. Every quote that comes is
kept in the history."""

from __future__ import annotations

import argparse
import random
from typing import Final

from exchanges.units import counted
from harness import history_options, place_options
from harness.exits import Ended, EnvironmentGap, UsageError
from harness.place import Place
from harness.sight import Sight
from harness.toml_file import shown
from harness.tracker.beat import Beat
from harness.tracker.tracker import Tracker
from harness.watch_forms import form_for
from harness.watch_options import Watch
from harness.ways import Ways
from mock_server.process import MockFailed

_LEAVE_S: Final = 0.5
"""An answer in flight when somebody ends it is waited for no longer."""


def watch(args: argparse.Namespace, how: Ways, wanted: Watch, sight: Sight) -> int:
    """Watch until the readings that are wanted have come, or somebody ends it; 1 if the last of them lacked something.

    Raises UsageError, PluginError, EnvironmentGap, and Ended, which then says how many readings were shown."""
    beat = _beat(how, wanted, sight)
    form, keep = form_for(args, sight, wanted), None
    try:
        with (
            place_options.place_from(args, sight.names, how) as place,
            history_options.recording(args, place, form.tell) as keep,
        ):
            _begin(place, how)
            dice, held = random.Random(), how.hold is not None
            with Tracker(beat, place, how.strategy, how.in_flight, dice, held=held, leave_s=_LEAVE_S) as tracker:
                tracker.on_sightings = keep
                return form.run(tracker, place, wanted.count)
    except Ended as ended:
        ended.kept = f"{counted(form.number, 'reading')} shown"
        if keep is not None and keep.rows:
            ended.kept += f", {counted(keep.rows, 'quote')} kept in {shown(keep.path)}"
        raise
    finally:
        form.close()


def _beat(how: Ways, wanted: Watch, sight: Sight) -> Beat:
    try:
        return Beat(
            tuple(sight.markets), wanted.every_s, wanted.fresh_s, sight.levels, how.deadline_s, enough=wanted.enough
        )
    except ValueError as error:
        raise UsageError(f"--watch: {error}") from None


def _begin(place: Place, how: Ways) -> None:
    if place.control is not None:
        try:
            place.control.begin(how.seed, hold=how.hold)
        except MockFailed as error:
            raise EnvironmentGap(str(error)) from error
