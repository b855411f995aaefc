"""Chunked bodies: malformed, cut, and odd but sound.

Law (strategies/failure.py): a malformed chunk is ``protocol``; a missing one is ``truncated``, and so is what follows a
size too large for any body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from mock_server.fault import End, Fault, Raw, Step
from mock_server.faults.framing import chunk, head_with

_CHUNKED: Final = "Transfer-Encoding: chunked"


def _sized(size: bytes) -> Callable[[Raw], Iterator[Step]]:
    """The body as one chunk of a wrong size, then a FIN."""

    def steps(raw: Raw) -> Iterator[Step]:
        yield head_with(raw, _CHUNKED) + size + b"\r\n" + raw.reply.body + b"\r\n" + chunk(b"")
        yield End.CLOSE

    return steps


def _end_bad(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    yield head_with(raw, _CHUNKED) + b"%x\r\n%sXX" % (len(body), body) + chunk(b"")
    yield End.CLOSE


def _missing_last(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, _CHUNKED) + chunk(raw.reply.body)
    yield End.CLOSE


def _truncated(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    yield head_with(raw, _CHUNKED) + chunk(body)[: -2 - len(body) // 2]
    yield End.CLOSE


def _unknown(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, "Transfer-Encoding: sideways") + raw.reply.body
    yield End.CLOSE


def _tiny(raw: Raw) -> Iterator[Step]:
    body = raw.reply.body
    yield head_with(raw, _CHUNKED) + b"".join(chunk(body[at : at + 1]) for at in range(len(body))) + chunk(b"")


def _extension(raw: Raw) -> Iterator[Step]:
    size, _, rest = chunk(raw.reply.body).partition(b"\r\n")
    yield head_with(raw, _CHUNKED) + size + b";name=value\r\n" + rest + chunk(b"")


def _trailer(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, _CHUNKED) + chunk(raw.reply.body) + b"0\r\nX-Trailer: 1\r\n\r\n"


FAULTS: Final = (
    Fault("chunk-size-bad", "protocol", "a chunk of size ZZ", "B09", wire=_sized(b"ZZ")),
    Fault("chunk-size-negative", "protocol", "a chunk of size -5", "B09", wire=_sized(b"-5")),
    Fault("chunk-size-huge", "truncated", "a chunk of size FFFFFFFFFFFFFFFFFF, the body, then a FIN", "B09",
          wire=_sized(b"F" * 18)),
    Fault("chunk-end-bad", "protocol", "a chunk that ends in XX instead of a line end", "B09", wire=_end_bad),
    Fault("chunk-missing-last", "truncated", "the body as one chunk, then a FIN instead of the last chunk", "B09",
          wire=_missing_last),
    Fault("chunk-truncated", "truncated", "half of a chunk, then a FIN", "B09", wire=_truncated),
    Fault("transfer-unknown", "protocol", "Transfer-Encoding: sideways", "B09", wire=_unknown),
    Fault("chunk-tiny", None, "a chunk for each byte", "B09", wire=_tiny),
    Fault("chunk-extension", None, "a chunk size followed by ;name=value", "B09", wire=_extension),
    Fault("chunk-trailer", None, "a header line after the last chunk", "B09", wire=_trailer),
)  # fmt: skip
