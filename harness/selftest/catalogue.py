"""The lies that fetchrace must catch and the honest race that it must believe, in the order in which they are raced."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.selftest import finding
from harness.selftest.check import Check, Lie
from harness.selftest.neighbour import busy_neighbour
from harness.selftest.stepped import clock_step

_LIARS: Final = Path(__file__).with_name("liars.py").resolve()
_AIOHTTP: Final = ("-s", "asyncio-aiohttp")
_ONE_BLOCK: Final = ("--fast", "--blocks", "1")


def _guest(name: str) -> str:
    return f"{_LIARS}:{name}"


def _out(guest: str, what: str, tells: str, words: str) -> Lie:
    return Lie(what, "disqualified", tells, finding.disqualified(f"{_LIARS.name}:{guest}", words))


_LIES: Final = {
    "cached": _out("cached", "a plugin that caches", "the server's log: it saw no request", "saw 0 of 40 requests"),
    "half": _out(
        "half", "a plugin that fetches half", "the server's log: it saw half of the requests", "saw 20 of 40 requests"
    ),
    "altered": _out(
        "altered", "a plugin that alters a price", "the market's price at the moment when the answer was sent",
        "1 of 40 prices are not what the server sent",
    ),
    "hasty": _out("hasty", "a plugin that fails fast", "failures that no fault explains", "40 of 40 requests failed"),
    "greedy": _out(
        "greedy", "a plugin that exceeds its limit", "the server's log: the most that it had in flight",
        "requests in flight, 20 allowed",
    ),
    "churner": _out(
        "churner", "a plugin that opens a client per request", "the connections that the server accepted",
        "new connections for 40 warm requests",
    ),
    "timeless": _out(
        "timeless", "a plugin that reports impossible times", "the server's log: it had the requests for longer",
        "while the server had it from",
    ),
    "forger": _out(
        "forger", "a plugin that forges the server's log", "the seals that the server kept of its logs",
        "another log than the server's",
    ),
}  # fmt: skip
"""By the guest of ``liars.py`` that tells it."""

CHECKS: Final = (
    Check(
        "slow-server", "a server that holds every reply 30 ms longer than asked",
        (
            Lie(
                "a slow server", "SERVER-BOUND",
                "the server's log: replies held longer than asked, for more than a third of the fastest arm's time",
                finding.verdict_is("SERVER-BOUND", "server", "held replies longer than asked", "asyncio-aiohttp"),
            ),
        ),
        (*_AIOHTTP, "--sabotage", "late=30ms", "--blocks", "3", "--warm", "2"), _ONE_BLOCK, (13, 9),
    ),
    Check(
        "one-handler", "a server with one handler, which takes 10 ms for each request",
        (
            Lie(
                "a server with one handler", "SERVER-BOUND",
                "the same: what waits for the handler is held longer than asked",
                finding.verdict_is("SERVER-BOUND", "server", "held replies longer than asked", "asyncio-aiohttp"),
            ),
        ),
        (*_AIOHTTP, "--sabotage", "one-at-a-time=10ms", "--requests", "20", "--blocks", "3", "--warm", "2"), _ONE_BLOCK,
        (19, 11),
    ),
    Check(
        "backlog", "a server with a listening backlog of 5, and 100 connections at once",
        (
            Lie(
                "a listening backlog of 5", "NETWORK-INVALID",
                "the kernel's counts of connections that it turned away or tried again",
                finding.verdict_is("NETWORK-INVALID", "network", f"{_LIARS.name}:open_churner"),
            ),
        ),
        (
            "-s", _guest("open_churner"), "--sabotage", "backlog=5", "--requests", "100", "-c", "100", "--blocks",
            "2", "--warm", "1",
        ), _ONE_BLOCK, (19, 14),
    ),
    Check(
        "neighbour", "an honest race, while processes beside it burn CPU",
        (
            Lie(
                "a busy neighbour", "NOISY",
                "the CPU time of the machine less ours, block by block (such a block is raced again, once)",
                finding.verdict_is("NOISY", "surroundings", "other programs kept"),
            ),
        ),
        (*_AIOHTTP, "--latency", "50ms", "--blocks", "4", "--warm", "2"), _ONE_BLOCK, (15, 9), busy_neighbour,
    ),
    Check(
        "liars", "eight plugins with one lie each, an honest one, and the built-in that all of them wrap",
        (
            *_LIES.values(),
            Lie(
                "an honest plugin among them", "ranked", "nothing: it keeps every promise",
                finding.in_the_race(f"{_LIARS.name}:honest", "threads"),
            ),
        ),
        (
            "-s", ",".join(("threads", *map(_guest, ("honest", *_LIES)))), "--requests", "40", "-c", "20",
            "--latency", "50ms", "--blocks", "3", "--warm", "1",
        ), _ONE_BLOCK, (21, 10),
    ),
    Check(
        "time", "a server that grows slower, arms in one fixed order, and a wall clock that is put back by an hour",
        (
            Lie(
                "drift with sequential order", "DRIFTED", "the slope of the times over the blocks, and its t test",
                finding.verdict_is("DRIFTED", "drift", "from the first to the last"),
            ),
            Lie(
                "a step of the wall clock", "step told, durations true",
                "the wall clock set against CLOCK_MONOTONIC, from which all durations come",
                finding.only_stamps_are_doubted,
            ),
        ),
        (
            *_AIOHTTP, "--order", "sequential", "--sabotage", "ramp=45%/20s", "--latency", "50ms", "--blocks", "8",
        ), ("--fast", "--blocks", "6"), (20, 14), clock_step, tries=2,
    ),
    Check(
        "honest", "an honest race",
        (
            Lie("nothing: an honest race", "VALID", "nothing stands against it", finding.is_valid),
            Lie("nothing: the same arm twice", "tied", "the twin's ratio, with its interval", finding.twin_ties),
        ),
        ("-s", "asyncio-aiohttp,threads", "--latency", "50ms"), ("--fast",), (17, 10),
        tries=2,
    ),
)  # fmt: skip
