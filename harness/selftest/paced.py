"""Guests whose true speed is known, because they clock themselves: what the harness says can be held against it.

Each writes the seconds of its batches, by its own clock, to a file in the folder that PACED_CLOCKS names.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import strategies
from exchanges.wire import Request
from strategies.strategy import Decode, Fetch, Limits, Outcome

FOLDER = "PACED_CLOCKS"
EXTRA_S = 0.025
THREE_PER_CENT_S = 0.003

_aiohttp = strategies.load("asyncio-aiohttp")


@contextmanager
def plain(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """asyncio-aiohttp, clocked."""
    with _clocked("plain", 0.0, limits, decode) as fetch:
        yield fetch


@contextmanager
def same(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The same again, under another name."""
    with _clocked("same", 0.0, limits, decode) as fetch:
        yield fetch


@contextmanager
def slowed(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The same, and 25 ms more a batch."""
    with _clocked("slowed", EXTRA_S, limits, decode) as fetch:
        yield fetch


@contextmanager
def slightly(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """The same, and 3 ms more a batch: three per cent of one of 100 ms."""
    with _clocked("slightly", THREE_PER_CENT_S, limits, decode) as fetch:
        yield fetch


@contextmanager
def _clocked(name: str, extra_s: float, limits: Limits, decode: Decode) -> Iterator[Fetch]:
    spans: list[float] = []
    with _aiohttp(limits, decode) as fetch:

        def clocked(requests: Sequence[Request]) -> list[Outcome]:
            began = time.monotonic()
            outcomes = fetch(requests)
            if extra_s:
                time.sleep(extra_s)
            spans.append(time.monotonic() - began)
            return outcomes

        yield clocked
    folder = os.environ.get(FOLDER)
    if folder:
        Path(folder, f"{name}-{os.getpid()}.txt").write_text("\n".join(map(repr, spans)), encoding="utf-8")
