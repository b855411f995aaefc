"""Bodies that are too large for any use. They are sent piece by piece, and the pieces are one and the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mock_server.fault import Fault, Raw, Step
from mock_server.faults.framing import chunk, head_with

_PIECE: Final = b" " * 65536  # blanks may stand before any JSON: nothing but their number is wrong with them
_GIANT: Final = 32 * 1024**2


def _giant(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, f"Content-Length: {_GIANT}")
    for _ in range(_GIANT // len(_PIECE)):
        yield _PIECE


def _endless(raw: Raw) -> Iterator[Step]:
    yield head_with(raw, "Transfer-Encoding: chunked")
    piece = chunk(_PIECE)
    while True:
        yield piece


FAULTS: Final = (
    Fault("body-giant", "too_large", "32 MiB of blanks, announced by Content-Length", "B11", wire=_giant),
    Fault("body-endless", "too_large", "blanks in chunks without end", "B11", wire=_endless),
)
