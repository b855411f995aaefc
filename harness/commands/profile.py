"""``profile``: record how long the real exchanges take, as quantiles that ``run --latency profile:FILE`` replays."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import exchanges
import strategies
from exchanges.decode import decode_quotes
from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import counted, seconds_from, text_from_seconds
from harness import options
from harness.exits import DONE, FAILURES, Ended, EnvironmentGap, UsageError
from harness.recorder import Recorder
from harness.store import replace_file
from mock_server.profile import profile_of
from strategies.strategy import Limits

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FEWEST = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--real", action="store_true", help="yes, ask the real exchanges: without it nothing is sent anywhere")
    add("-x", "--exchange", default="all", metavar="NAMES", help="exchanges, comma-separated, or FILE.py:NAME (all)")
    add("--samples", default="30", metavar="N", help="times to record of each exchange (30)")
    add("--every", default="1s", metavar="D", help="at least so long between two requests to one exchange (1s)")
    add("--deadline", default="10s", metavar="D", help="for one request (10s)")
    add("--out", default="profile.json", metavar="FILE", help="where to write it (profile.json)")
    add("--base-url", action="append", default=[], metavar="EXCHANGE=URL", help="ask a server on loopback in its place")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Record and write the profile; 1 if an exchange brought fewer times than asked for."""
    names = options.exchange_names(args.exchange)
    samples = options.count("--samples", args.samples)
    least_s = options.positive("--every", options.read("--every", args.every, seconds_from))
    deadline_s = options.deadline(args.deadline)
    origins = _origins(args.base_url, names)
    real = [name for name in names if name not in origins]
    if real and not args.real:
        raise UsageError(f"this asks real exchanges over the network ({', '.join(real)}); say --real if you mean it")
    if samples < _FEWEST:
        raise UsageError(f"--samples: expected {_FEWEST} or more, found {samples}")
    out = _writable(Path(args.out))
    recorder = Recorder([exchanges.load(name) for name in names], origins, samples, least_s)
    wanted = f"{counted(samples, 'time')} of {counted(len(names), 'exchange')}"
    _say(f"recording {wanted}, about {text_from_seconds(recorder.expected_s())}")
    try:
        with strategies.load("sequential")(Limits(1, deadline_s), decode_quotes) as fetch:
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


def _origins(words: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    origins = {}
    for word in words:
        name, equals, url = word.partition("=")
        if not equals or name not in names:
            raise UsageError(f"--base-url: expected EXCHANGE=URL, found {safe(word, 80)!r}{nearest(name, names)}")
        try:
            parts = urlsplit(url)
            sound = parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.port and not parts.path.strip("/")
            plain = parts.username is None and not parts.query and not parts.fragment
        except ValueError:
            sound = plain = False
        if not (sound and plain):
            example = f"{name}=http://127.0.0.1:8080"
            raise UsageError(f"--base-url: expected a server on loopback such as {example}, found {safe(url, 80)!r}")
        origins[name] = url.rstrip("/")
    return origins


def _writable(out: Path) -> Path:
    """Found out before anything is asked: what was recorded must not be lost for want of a place."""
    if out.is_dir():
        raise UsageError(f"--out: expected a file, found the folder {str(out)!r}")
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
