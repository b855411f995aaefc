"""Heads that are no HTTP/1.1, too large, or preceded by something else.

Law (strategies/terms.py): a head has at most 100 lines and 64 KiB and comes after at most 100 interim answers; what is
beyond is ``protocol``, and so is whatever does not begin with a status line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from mock_server.fault import End, Fault, Raw, Step
from mock_server.faults.framing import head_and

_AFTER_VERSION: Final = len(b"HTTP/1.1 ")


def _giant(raw: Raw) -> Iterator[Step]:
    yield head_and(raw, b"X-Giant: " + b"x" * 200_000) + raw.body


def _many(raw: Raw) -> Iterator[Step]:
    yield head_and(raw, b"\r\n".join(b"X-%04d: x" % number for number in range(3000))) + raw.body


def _nul(raw: Raw) -> Iterator[Step]:
    yield head_and(raw, b"X-Nul: a\0b") + raw.body


def _missing(raw: Raw) -> Iterator[Step]:
    yield raw.body
    yield End.CLOSE


def _blank_first(raw: Raw) -> Iterator[Step]:
    yield b"\r\n" + raw.head + raw.body


def _version_2(raw: Raw) -> Iterator[Step]:
    yield b"HTTP/2.0 " + raw.head[_AFTER_VERSION:] + raw.body


def _version_1_0(raw: Raw) -> Iterator[Step]:
    yield b"HTTP/1.0 " + raw.head[_AFTER_VERSION:] + raw.body
    yield End.CLOSE


def _status(raw: Raw) -> Iterator[Step]:
    yield raw.head[:_AFTER_VERSION] + b"abc" + raw.head[_AFTER_VERSION + 3 :] + raw.body


def _switching(raw: Raw) -> Iterator[Step]:
    yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"
    yield End.CLOSE


def _early_hints(raw: Raw) -> Iterator[Step]:
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + raw.head + raw.body


def _continue_flood(raw: Raw) -> Iterator[Step]:
    yield b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + raw.head + raw.body


def _twice(raw: Raw) -> Iterator[Step]:
    yield (raw.head + raw.body) * 2


def _banner(raw: Raw) -> Iterator[Step]:
    yield b"SSH-2.0-OpenSSH_9.7\r\nInvalid SSH identification string.\r\n"
    yield End.CLOSE


def _garbage(raw: Raw) -> Iterator[Step]:
    # The body takes the place of dice: the same request of the same seed gets the same bytes.
    yield hashlib.shake_256(b"garbage" + raw.reply.body).digest(512)
    yield End.CLOSE


FAULTS: Final = (
    Fault("head-giant", "protocol", "a header of 200,000 bytes", "B16", wire=_giant),
    Fault("head-many", "protocol", "3,000 headers", "B16", wire=_many),
    Fault("head-nul", "protocol", "a NUL inside a header", "B16", wire=_nul),
    Fault("head-missing", "protocol", "the body without any head, then a FIN", "B16", wire=_missing),
    Fault("head-blank-first", "protocol", "an empty line before the status line", "B16", wire=_blank_first),
    Fault("version-2", "protocol", "a status line of HTTP/2.0", "B16", wire=_version_2),
    Fault("version-1.0", None, "the answer as HTTP/1.0, then a FIN", "B16", wire=_version_1_0),
    Fault("status-word", "protocol", "a status of abc", "B16", wire=_status),
    Fault("switching", "protocol", "HTTP 101 to a client that asked for no other protocol, then a FIN", "B16",
          wire=_switching),
    Fault("early-hints", None, "HTTP 103, then the answer", "B16", wire=_early_hints),
    Fault("continue-flood", "protocol", "HTTP 100 two thousand times, then the answer", "B16", wire=_continue_flood),
    Fault("answer-twice", None, "the answer, and the same again to no request", "B16", wire=_twice),
    Fault("banner-ssh", "protocol", "the two lines of an SSH server, then a FIN", "B16", wire=_banner),
    Fault("garbage", "protocol", "512 random bytes, then a FIN", "B16", wire=_garbage),
)  # fmt: skip
