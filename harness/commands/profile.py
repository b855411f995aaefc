"""``profile``: record how long the real exchanges take, as quantiles that ``run --latency profile:FILE`` replays."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import exchanges
import strategies
from exchanges.decode import decode_quotes
from exchanges.units import counted, seconds_from, text_from_seconds
from harness import influences, options, place_options
from harness.exits import DONE, FAILURES, Ended, EnvironmentGap, UsageError
from harness.pinned_names import pinned
from harness.recorder import Recorder
from harness.store import check_typed, replace_file
from harness.whereabouts import Whereabouts, whereabouts_from
from mock_server.profile import profile_of
from strategies.strategy import Fetch, Limits

_FEWEST = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--samples", default="30", metavar="N", help="times to record of each exchange (30)")
    add("--every", default="1s", metavar="D", help="at least so long between two requests to one exchange (1s)")
    add("--deadline", default="10s", metavar="D", help="for one request (10s)")
    add("--out", default="profile.json", metavar="FILE", help="where to write it (profile.json)")
    place_options.add_arguments(parser.add_argument_group(place_options.TITLE))


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Record and write the profile; 1 if an exchange brought fewer times than asked for."""
    names = options.exchange_names(args.exchange)
    samples = options.count("--samples", args.samples)
    least_s = options.positive("--every", options.read("--every", args.every, seconds_from))
    deadline_s = options.deadline(args.deadline)
    where = whereabouts_from(args, names, deadline_s)
    if where.played:
        asked = ", ".join(where.played)
        raise UsageError(f"this asks real exchanges over the network ({asked}); say --real if you mean it")
    if samples < _FEWEST:
        raise UsageError(f"--samples: expected {_FEWEST} or more, found {samples}")
    out = _writable(Path(args.out))
    recorder = Recorder([exchanges.load(name) for name in names], where.origins, samples, least_s, unlimited=where.ours)
    wanted = f"{counted(samples, 'time')} of {counted(len(names), 'exchange')}"
    _say(f"recording {wanted}, about {text_from_seconds(recorder.expected_s())}")
    try:
        with _asking(where, deadline_s) as fetch:
            recorder.record(fetch, _progress(samples))
    except Ended as ended:
        ended.kept = _kept(recorder, out) or "too few times were heard for a profile"
        raise
    written = _kept(recorder, out)
    for name, recording in recorder.recordings.items():
        if recording.stopped is not None:
            _say(f"{name} brought {counted(len(recording.times), 'time')} and was left alone then: {recording.stopped}")
    if written is None:
        raise EnvironmentGap("no exchange answered often enough for a profile; nothing was written")
    sys.stdout.write(f"{written}\nreplay it: python -m harness run --latency profile:{out}\n")
    return FAILURES if any(recording.stopped for recording in recorder.recordings.values()) else DONE


def _kept(recorder: Recorder, out: Path) -> str | None:
    times = {name: one.times for name, one in recorder.recordings.items() if len(one.times) >= _FEWEST}
    if not times:
        return None
    profile = profile_of(times, datetime.now(UTC).date().isoformat())
    replace_file(out, json.dumps(profile, indent=1) + "\n")
    return f"{counted(sum(map(len, times.values())), 'time')} of {', '.join(times)} are kept as quantiles in {out}"


@contextlib.contextmanager
def _asking(where: Whereabouts, deadline_s: float) -> Iterator[Fetch]:
    """One connection to each, by what was checked and no other road."""
    with (
        influences.set_aside(os.environ) as told,
        pinned(where.pins),
        strategies.load("sequential")(Limits(1, deadline_s, ca_file=where.ca_file), decode_quotes) as fetch,
    ):
        if told is not None:
            _say(told)
        yield fetch


def _writable(out: Path) -> Path:
    """Found out before anything is asked: what was recorded must not be lost for want of a place."""
    if out.is_dir():
        raise UsageError(f"--out: expected a file, found the folder {str(out)!r}")
    check_typed("--out", out)
    try:
        replace_file(out.with_name(f".{out.name}.probe"), b"")
    except OSError as error:
        raise EnvironmentGap(f"cannot write {str(out)!r}: {error.strerror}; nothing was asked") from error
    out.with_name(f".{out.name}.probe").unlink(missing_ok=True)
    return out


def _progress(samples: int) -> Callable[[str, int], None]:
    def heard(name: str, number: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{name}: {number} of {samples}")
            sys.stderr.flush()

    return heard


def _say(sentence: str) -> None:
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    sys.stderr.write(f"{clear}fetchrace: {sentence}\n")
