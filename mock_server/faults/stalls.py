"""Answers that stand still or drip: nothing but a deadline over the whole answer ends them.

A time-out between two reads sees nothing wrong with a byte every 0.2 s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from mock_server.fault import Fault, Pause, Raw, Step

_FOR_EVER: Final = Pause(math.inf)
_DRIP: Final = Pause(0.2)


def _before(raw: Raw) -> Iterator[Step]:
    yield _FOR_EVER


def _head(raw: Raw) -> Iterator[Step]:
    yield raw.head[: len(raw.head) // 2]
    yield _FOR_EVER


def _after(raw: Raw) -> Iterator[Step]:
    yield raw.head
    yield _FOR_EVER


def _body(raw: Raw) -> Iterator[Step]:
    yield raw.head + raw.body[: len(raw.body) // 2]
    yield _FOR_EVER


def _last(raw: Raw) -> Iterator[Step]:
    yield raw.head + raw.body[:-1]
    yield _FOR_EVER


def _drip_head(raw: Raw) -> Iterator[Step]:
    yield from _drops(raw.head)
    yield raw.body


def _drip_body(raw: Raw) -> Iterator[Step]:
    yield raw.head
    yield from _drops(raw.body)


def _drops(data: bytes) -> Iterator[Step]:
    for at in range(len(data)):
        yield data[at : at + 1]
        yield _DRIP


FAULTS: Final = (
    Fault("stall-before", "deadline", "nothing, while the connection stays open", "B06", wire=_before),
    Fault("stall-head", "deadline", "half of the head, then nothing", "B06", wire=_head),
    Fault("stall-after", "deadline", "the head, then nothing", "B06", wire=_after),
    Fault("stall-body", "deadline", "the head and half of the body, then nothing", "B06", wire=_body),
    Fault("stall-last", "deadline", "everything but the last byte, then nothing", "B06", wire=_last),
    Fault("drip-head", "deadline", "one byte of the head per 0.2 s, then the body", "B07", wire=_drip_head,
          arrives=True),
    Fault("drip-body", "deadline", "the head, then one byte of the body per 0.2 s", "B07", wire=_drip_body,
          arrives=True),
)  # fmt: skip
