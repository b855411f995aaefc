"""``python -m mock_server.soak``: mixed faults at a steady rate for minutes, and whether anything grows meanwhile.

What is watched, in the server's process: file descriptors, connections, asyncio tasks, calls that wait in the timer,
Python's blocks of memory, the C library's heap, and resident memory. None may grow from the middle third to the last
third of the run, and what can be given back must have been when everybody has gone.
Exit code 0 where that is so, 1 where it is not, 2 and 3 as for the server.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import exchanges
from exchanges.units import text_from_bytes
from mock_server.faults import catalogue
from mock_server.process import Control, MockFailed, Running, running
from mock_server.soak_load import SoakLoad

_SAMPLE_S = 1.0
_BATCH_S = 5.0
_DRAIN_S = 5.0
_WARM_S, _WARM_RATE = 2.0, 500.0
_LEAST_MINUTES: Final = 0.1
"""Six samples: fewer have no thirds."""
_SHARE: Final = 0.2
"""Of all requests, how many are struck by default."""

ALLOWED: Final = {
    "fds": 25, "connections": 25, "tasks": 10, "timers": 25,
    "blocks": 60_000, "heap": 4 * 1024**2, "rss": 24 * 1024**2,
}  # fmt: skip
"""By how much the median of the last third may exceed that of the middle third: what dice alone make of numbers that
stand at a hundred, and of a log that is emptied every five seconds. Resident memory keeps holes: in ten minutes it was
seen to gain 19 MiB in steps, while the heap and the blocks stayed the same."""

RETURNED: Final = {"fds": 0, "connections": 0, "tasks": 0, "blocks": 30_000, "heap": 2 * 1024**2}
"""How much more than before there may be when everybody has gone: what is remembered by then."""

_TOLD: Final = ("connections", "tasks", "timers", "blocks", "heap")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server held at one moment: ``rss`` and ``heap`` in bytes, all others in numbers."""

    rss: int
    fds: int
    connections: int
    tasks: int
    timers: int
    blocks: int
    heap: int


def default_faults(share: float = _SHARE) -> str:
    """Every fault of the catalogue that is no certificate, equally likely, such that ``share`` of all requests are
    struck by one or more."""
    names = [fault.name for fault in catalogue.values() if fault.tls is None]
    each = 1 - (1 - share) ** (1 / len(names))
    return ",".join(f"{name}@{each:.6f}" for name in names)


def grown(samples: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """For each of ALLOWED the medians of the middle and of the last third."""
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    return {
        name: (statistics.median(getattr(s, name) for s in middle), statistics.median(getattr(s, name) for s in last))
        for name in ALLOWED
    }


def faults_found(samples: Sequence[Sample], before: Sample, after: Sample) -> list[str]:
    """What has grown, and what has not come back, as sentences."""
    found = [
        f"{name} grew from {middle:g} to {last:g}; {ALLOWED[name]} more would be allowed"
        for name, (middle, last) in grown(samples).items()
        if last > middle + ALLOWED[name]
    ]
    for name, more in RETURNED.items():
        was, now = getattr(before, name), getattr(after, name)
        if now > was + more:
            found.append(f"{name} was {was} before, and is {now} after everybody has gone")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print what was seen; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mock_server.soak", description="Mixed faults at a steady rate.")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long; default 10")
    parser.add_argument("--rate", type=float, default=1000.0, help="requests a second; default 1000")
    parser.add_argument("--faults", default=default_faults(), metavar="SPEC", help="default: all, 20 %% of requests")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    if not (_LEAST_MINUTES <= options.minutes <= 1440 and 0 < options.rate <= 100_000):
        parser.error(f"expected {_LEAST_MINUTES} to 1440 minutes and up to 100,000 requests a second")
    try:
        with running((), "5ms", options.seed) as mock, Control(mock) as control:
            return asyncio.run(_soak(mock, control, options))
    except MockFailed as error:
        sys.stderr.write(f"{error}\n")
        return error.code


async def _soak(mock: Running, control: Control, options: argparse.Namespace) -> int:
    control.begin(options.seed, faults=options.faults)
    # First a little, so that what is loaded, rendered and remembered when it is needed is there before it is counted.
    warm = SoakLoad(_places(mock), min(options.rate, _WARM_RATE))
    await warm.run(_WARM_S)
    await warm.close()
    await asyncio.to_thread(control.end)
    before, samples = await asyncio.to_thread(_drained, mock, control, options.seed), []
    load = SoakLoad(_places(mock), options.rate)
    task = asyncio.create_task(load.run(options.minutes * 60))
    began, batch, batch_ends = time.monotonic(), 0, 0.0
    while not task.done():
        if time.monotonic() >= batch_ends:
            batch, batch_ends = batch + 1, time.monotonic() + _BATCH_S
            await asyncio.to_thread(control.begin, options.seed, 0, batch)
        await asyncio.wait([task], timeout=_SAMPLE_S)
        samples.append(await asyncio.to_thread(_sample, mock, control))
        if len(samples) % max(1, int(options.minutes * 6)) == 0:
            _say(f"{time.monotonic() - began:5.0f} s  {_told(samples[-1])}")
    took_s = time.monotonic() - began
    await task
    await load.close()
    await asyncio.to_thread(control.end)
    after = await asyncio.to_thread(_drained, mock, control, options.seed)
    _say(f"before   {_told(before)}")
    _say(f"after    {_told(after)}")
    for name, (middle, last) in grown(samples).items():
        _say(f"{name:<12} {_shown(name, middle)} in the middle third, {_shown(name, last)} in the last")
    answered = sum(load.counts[told] for told in ("whole", "odd", "late"))
    parts = ", ".join(f"{count} {told}" for told, count in load.counts.most_common())
    _say(f"{answered} requests in {took_s:.0f} s, {answered / took_s:.0f} a second: {parts}")
    found = faults_found(samples, before, after)
    if mock.process.poll() is not None:
        found.append(f"the server ended with exit code {mock.process.returncode}")
    for sentence in found:
        _say(f"NOT FLAT: {sentence}")
    if not found:
        _say("FLAT: nothing grew, and everything was given back")
    return 1 if found else 0


def _places(mock: Running) -> list[tuple[str, str]]:
    """Two pairs and a book of each exchange, in turns."""
    found = []
    for name, origin in mock.origins.items():
        exchange = exchanges.load(name)
        first, second = exchange.instruments[:2]
        requests = (exchange.request_for(first.pair), exchange.request_for(second.pair))
        found += [(origin, each.target) for each in (*requests, exchange.book_request_for(first.pair, 50))]
    return found


def _sample(mock: Running, control: Control) -> Sample:
    import psutil

    process, status = psutil.Process(mock.pid), control.status()
    return Sample(process.memory_info().rss, process.num_fds(), *(status[n] for n in _TOLD))


def _drained(mock: Running, control: Control, seed: int) -> Sample:
    """What the server holds when everybody has gone; it may take a moment to see that they have."""
    ends = time.monotonic() + _DRAIN_S
    while control.status()["connections"] > 1 and time.monotonic() < ends:  # one is ours, to the control port
        time.sleep(0.1)
    control.begin(seed)  # which collects garbage, and empties the log
    control.end()
    return _sample(mock, control)


def _told(sample: Sample) -> str:
    return ", ".join(f"{name} {_shown(name, getattr(sample, name))}" for name in ("rss", "fds", *_TOLD))


def _shown(name: str, value: float) -> str:
    return text_from_bytes(value) if name in ("rss", "heap") else f"{value:.0f}"


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
