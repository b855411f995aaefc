"""``python -m harness.live.benchmark``: what the live page costs, on this machine, in one run.

Three things that the project promises, each number beside its target: 32 clients at four editions a second on under a
tenth of a core; a client that does not read costs the others nothing and is cut; no growth of memory over a day. The
server has a process of its own, whose processor time and memory are taken from outside; its prices are invented.

Exit code 0 also where a target is missed, 5 under ``--strict``; 3: it could not be measured.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from exchanges.units import text_from_bytes
from harness import spawn
from harness.live.benchmark_clients import Client, Crowd, Refused, is_open
from mock_server.benchmark_claim import Claim

SECTIONS: Final = ("crowd", "stall", "memory")
_CLIENTS: Final = 32
_PER_S: Final = 4
_GRID: Final = ("11", "6")
_SMALL_GRID: Final = ("3", "4")
_DAY_S: Final = 86_400
_SAMPLES: Final = 5
_WARM_S: Final = 17.0
_GROWTH: Final = 2 * 1024**2
"""Bytes: what the allocator may keep for itself; twenty-five bytes a beat would show in a day."""


class Served:
    """A server process that has said where it is."""

    def __init__(self, said: dict[str, Any], out: int) -> None:
        self.port, self.cells, self.markets = said["port"], said["cells"], said["markets"]
        self.process = psutil.Process(said["pid"])
        self._out = out

    def cpu_s(self) -> float:
        """Processor time so far, in seconds."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def rss(self) -> int:
        return int(self.process.memory_info().rss)

    def beat(self) -> int:
        """The last beat that it has told of since the last call; 0 where there was none."""
        last = 0
        while select.select([self._out], [], [], 0)[0] and (chunk := os.read(self._out, 65536)):
            last = int(chunk.split()[-1])
        return last


@contextlib.contextmanager
def serving(every_s: float, grid: Sequence[str], reckons: bool = False) -> Iterator[Served]:
    """A server with invented prices. Raises Refused where it does not start."""
    out_read, out_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="fetchrace-") as folder, Path(folder, "said").open("w+b") as said:
        arguments = [str(every_s), *grid, str(int(reckons))]
        with os.fdopen(out_write, "wb") as out, contextlib.ExitStack() as stack:
            stack.callback(os.close, out_read)
            stack.enter_context(
                spawn.child("harness.live.benchmark_server", arguments, folder, spawn.environment(), out)
            )
            line = b""
            until = time.monotonic() + 30
            while not line.endswith(b"\n"):
                if not select.select([out_read], [], [], max(0.0, until - time.monotonic()))[0]:
                    raise Refused(f"the server did not start: {spawn.last_words(said) or 'it said nothing'}")
                line += os.read(out_read, 1)
            try:
                yield Served(json.loads(line), out_read)
            except ValueError:
                raise Refused(f"the server did not start: {line.decode(errors='replace')[:200]}") from None


def crowd(rounds: int, seconds: float) -> tuple[list[Claim], list[str]]:
    """What 32 clients cost, beside none and with the routes worked out as well."""
    lines, shares = [], {}
    for clients, reckons in ((0, False), (_CLIENTS, False), (_CLIENTS, True)):
        with serving(1 / _PER_S, _GRID, reckons) as server, contextlib.closing(Crowd(server.port, clients)) as there:
            there.read_for(1.0)
            found, rates, sizes = [], [], 0
            for _ in range(rounds):
                before, began = server.cpu_s(), time.monotonic()
                size = sum(client.size for client in there.clients)
                rates.append(there.read_for(seconds))
                sizes = sum(client.size for client in there.clients) - size
                found.append((server.cpu_s() - before) / (time.monotonic() - began))
        shares[clients, reckons] = statistics.median(found)
        spread = f"{100 * min(found):.1f} to {100 * max(found):.1f}"
        got = f", each got {statistics.median(rates):.2f} editions a second" if clients else ""
        weight = f" of {text_from_bytes(sizes / clients / seconds / _PER_S)}" if clients else ""
        routes = ", routes worked out as well" if reckons else ""
        lines.append(
            f"{clients} clients{routes}: {100 * shares[clients, reckons]:.1f} % of a core ({spread}){got}{weight}"
        )
        if clients and not reckons:
            rate = statistics.median(rates)
    what = f"{_CLIENTS} clients at {_PER_S} editions a second, {server.markets} markets, {server.cells} cells"
    claims = [
        Claim(f"share of a core for {what}", shares[_CLIENTS, False], 0.10, "share"),
        Claim("share of a core with the routes worked out as well", shares[_CLIENTS, True], 0.10, "share"),
        Claim("editions that each of them got, of those that there were", rate / _PER_S, 0.97, "share", at_least=True),
    ]
    return claims, lines


def stall(seconds: float) -> tuple[list[Claim], list[str]]:
    """What one that does not read costs the others, and how long it is kept."""
    with serving(1 / _PER_S, _GRID) as server, contextlib.closing(Crowd(server.port, _CLIENTS - 1)) as there:
        # Until the sparklines are full: what they take is no growth.
        there.read_for(_WARM_S)
        before = there.read_for(seconds)
        rss = server.rss()
        stalled = Client.of(server.port)
        began, cut_s, most = time.monotonic(), 60.0, rss
        during: list[float] = []
        while time.monotonic() - began < 60:
            during.append(there.read_for(0.5))
            most = max(most, server.rss())
            if not is_open(stalled):
                cut_s = time.monotonic() - began
                break
        stalled.sock.close()
    kept = statistics.mean(during) / before
    line = (
        f"{_CLIENTS - 1} clients got {before:.2f} editions a second each, and {statistics.mean(during):.2f} beside one "
        f"that did not read and was cut after {cut_s:.1f} s; the server grew by {text_from_bytes(max(0, most - rss))}"
    )
    claims = [
        Claim("rate that the others keep beside one that does not read", kept, 0.95, "share", at_least=True),
        Claim("time until that one is cut, from its connecting", cut_s, 10.0, "s"),
        Claim("memory gained meanwhile", float(most - rss), float(_GROWTH), "bytes"),
    ]
    return claims, [line]


def memory(beats: int) -> tuple[list[Claim], list[str]]:
    """Memory over so many beats of a second each, as fast as they can be drawn, with clients that come and go."""
    samples: list[tuple[int, int]] = []
    with serving(0, _SMALL_GRID) as server:
        began = time.monotonic()
        while not samples or samples[-1][0] < beats:
            # New ones for each sample: what a client leaves behind would be seen as well.
            with contextlib.closing(Crowd(server.port, 4)) as there:
                there.read_for(1.0)
            beat = server.beat()
            if beat:
                samples.append((beat, server.rss()))
        took = time.monotonic() - began
    quarters = [_around([rss for beat, rss in samples if beat >= beats * part / 4]) for part in (1, 2, 3)]
    quarters.append(_around([rss for _, rss in samples[-_SAMPLES:]]))
    hours = f"{samples[-1][0] / 3600:.1f} hours of a second's beats in {took:.0f} s"
    lines = [f"{hours}: {', '.join(map(text_from_bytes, quarters))} after each quarter"]
    gained = quarters[3] - quarters[0]
    return [Claim(f"memory gained over the last three quarters of {hours}", gained, float(_GROWTH), "bytes")], lines


def _around(sizes: Sequence[int]) -> float:
    """The memory at a time: the middle one of the first samples from then on."""
    return statistics.median(sizes[:_SAMPLES])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.live.benchmark", allow_abbrev=False)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this part alone (repeat for more)")
    parser.add_argument("--quick", action="store_true", help="a look of some seconds, to see that all of it works")
    parser.add_argument("--strict", action="store_true", help="exit with 5 if a target is missed")
    options = parser.parse_args(arguments)
    sections = options.only or SECTIONS
    load = os.getloadavg()[0]
    sys.stdout.write(f"{os.cpu_count()} cores, load {load:.1f} before it began\n")
    missed = 0
    try:
        for section in sections:
            if section == "crowd":
                claims, lines = crowd(*(2, 1.0) if options.quick else (5, 8.0))
            elif section == "stall":
                claims, lines = stall(2.0 if options.quick else 10.0)
            else:
                claims, lines = memory(600 if options.quick else _DAY_S)
            missed += sum(not claim.met for claim in claims)
            sys.stdout.write("\n".join(["", *lines, *(f"  {claim}" for claim in claims), ""]))
            sys.stdout.flush()
    except (Refused, OSError, psutil.Error) as error:
        sys.stderr.write(f"harness.live.benchmark: {error}\n")
        return 3
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"\n{'all targets met' if not missed else f'{missed} missed'}\n")
    return 5 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
