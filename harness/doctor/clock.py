"""The clock that everything is timed with, and how late the system wakes who sleeps."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from exchanges.units import text_from_seconds
from harness.doctor.finding import Finding
from harness.statistics import quantile

_SOURCE: Final = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_SLACK: Final = Path("/proc/self/timerslack_ns")
_READINGS: Final = 20_000
_SLEEPS: Final = 100
_SLEEP_S: Final = 0.001
_COARSE_S: Final = 1e-5
_LATE_S: Final = 0.001


def clock(read: Callable[[], int] = time.monotonic_ns) -> Finding:
    """Where CLOCK_MONOTONIC comes from, and the smallest step between two readings."""
    readings = [read() for _ in range(_READINGS)]
    steps = sorted(after - before for before, after in itertools.pairwise(readings) if after != before)
    if not steps or steps[0] < 0:
        said = "the monotonic clock stands still, or goes backwards"
        return Finding("clock", "bad", said, "nothing can be timed here: try another machine or kernel")
    step_s, reading_s = steps[0] / 1e9, (readings[-1] - readings[0]) / 1e9 / _READINGS
    source = _text_in(_SOURCE)
    facts = {"source": source, "resolution_s": time.get_clock_info("monotonic").resolution, "step_s": step_s}
    said = f"monotonic{f' from {source}' if source else ''}, steps of {text_from_seconds(step_s)}"
    said += f", {text_from_seconds(reading_s)} a reading"
    if step_s > _COARSE_S or reading_s > _COARSE_S:
        advice = "a coarse or slow clock blurs short times: see available_clocksource beside the kernel's current one"
        return Finding("clock", "doubtful", said, advice, facts)
    return Finding("clock", "fine", said, facts=facts)


def sleeper(sleep: Callable[[float], None] = time.sleep, now: Callable[[], float] = time.monotonic) -> Finding:
    """How late one wakes from a millisecond's sleep: what timers here are good for."""
    late = []
    for _ in range(_SLEEPS):
        until = now() + _SLEEP_S
        sleep(_SLEEP_S)
        late.append(now() - until)
    p50, p99 = quantile(late, 0.5), quantile(late, 0.99)
    slack = _text_in(_SLACK)
    slack_s = int(slack) / 1e9 if slack.isdecimal() else None
    facts = {"slack_s": slack_s, "late_p50_s": p50, "late_p99_s": p99}
    said = f"a sleep of 1 ms ends {text_from_seconds(p50)} late (p50), {text_from_seconds(p99)} (p99)"
    said += f"; the kernel's timer slack is {text_from_seconds(slack_s)}" if slack_s is not None else ""
    if p50 > _LATE_S:
        advice = "delays will be held too long: an idle machine, or a kernel with high-resolution timers, cures it"
        return Finding("timers", "doubtful", said, advice, facts)
    return Finding("timers", "fine", said, facts=facts)


def _text_in(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return ""
