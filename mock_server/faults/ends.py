"""Connections that end too early: by FIN or by RST; before the answer, inside its head, inside its body.

Law (strategies/failure.py): before the head is whole a FIN is ``disconnected`` and an RST ``reset``; after it, either
is ``truncated``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mock_server.fault import End, Fault, Pause, Raw, Step
from mock_server.faults.framing import head_with

_READ: Final = Pause(0.05)
"""Time for a client to read what was sent, because an RST may overtake it and make another kind of it."""

_FEW: Final = 9
"""Bytes of a body: enough to look like one, too few to hold a price (of a tiny body: all but one)."""


def _close_before(raw: Raw) -> Iterator[Step]:
    yield End.CLOSE


def _reset_before(raw: Raw) -> Iterator[Step]:
    yield End.RESET


def _close_head(raw: Raw) -> Iterator[Step]:
    yield raw.head[: len(raw.head) // 2]
    yield End.CLOSE


def _reset_head(raw: Raw) -> Iterator[Step]:
    yield raw.head[: len(raw.head) // 2]
    yield _READ
    yield End.RESET


def _close_body(raw: Raw) -> Iterator[Step]:
    yield raw.head + raw.body[:-1][:_FEW]
    yield End.CLOSE


def _reset_body(raw: Raw) -> Iterator[Step]:
    yield raw.head + raw.body[:-1][:_FEW]
    yield _READ
    yield End.RESET


def _truncated(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, "Content-Length: 100") + b'{"price":"1"}'
    yield End.CLOSE


FAULTS: Final = (
    Fault("close-before", "disconnected", "a FIN instead of the answer", "B03", wire=_close_before),
    Fault("reset-before", "reset", "an RST instead of the answer", "B03", wire=_reset_before),
    Fault("close-head", "disconnected", "half of the head, then a FIN", "B03", wire=_close_head),
    Fault("reset-head", "reset", "half of the head, then an RST", "B03", wire=_reset_head),
    Fault("close-body", "truncated", "the head and 9 bytes of the body, then a FIN", "B05", wire=_close_body),
    Fault("reset-body", "truncated", "the head and 9 bytes of the body, then an RST", "B04", wire=_reset_body),
    Fault("truncated", "truncated", "13 bytes of valid JSON of the 100 that were promised, then a FIN", "B05",
          wire=_truncated),
)  # fmt: skip
