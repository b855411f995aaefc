"""Compressed bodies: broken, cut, mislabelled, explosive, and unusual but sound.

They are sent whether or not the client accepts them, as a hostile server would.

Law (strategies/body.py): gzip and deflate are inflated up to the limit on decoded bytes; what cannot be inflated, or
ends early, is ``encoding``, and so is any other Content-Encoding.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change, with_body
from mock_server.reply import Reply

_MEBIBYTES: Final = 64
_HEADER: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952, 2.3: deflate, no flags, no time


def _packed(pack: Callable[[bytes], bytes], encoding: str = "gzip") -> Change:
    def change(reply: Reply, context: Context) -> Reply:
        return with_body(reply, pack(reply.body), Content_Encoding=encoding)

    return change


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """64 MiB of zeros as 64 KiB of gzip: one mebibyte is compressed, and its bytes repeated."""
    mebibyte = bytes(1024**2)
    # A full flush forgets what came before, so the same bytes inflate to the same mebibyte each time.
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = stream.compress(mebibyte) + stream.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(_MEBIBYTES):
        checksum = zlib.crc32(mebibyte, checksum)
    sizes = checksum.to_bytes(4, "little") + (_MEBIBYTES * len(mebibyte)).to_bytes(4, "little")
    return _HEADER + piece * _MEBIBYTES + b"\x03\0" + sizes


def _broken(body: bytes) -> bytes:
    # The first three bits of a deflate stream say how its block is packed; 3 is the one way that there is not.
    packed = gzip.compress(body)
    return packed[:10] + bytes([packed[10] | 6]) + packed[11:]


def _checksum(body: bytes) -> bytes:
    packed = gzip.compress(body)
    return packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]


def _cut(body: bytes) -> bytes:
    packed = gzip.compress(body)
    return packed[: len(packed) // 2]


def _members(body: bytes) -> bytes:
    middle = len(body) // 2
    return gzip.compress(body[:middle]) + gzip.compress(body[middle:])


def _bare(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


FAULTS: Final = (
    Fault("gzip-bomb", "too_large", "64 KiB of gzip that hold 64 MiB of zeros", "B10", reply=_packed(lambda _: bomb())),
    Fault("gzip-broken", "encoding", "gzip whose first block is of a type that does not exist", "B12",
          reply=_packed(_broken)),
    Fault("gzip-checksum", "encoding", "gzip with a wrong checksum", "B12", reply=_packed(_checksum)),
    Fault("gzip-cut", "encoding", "the first half of a gzip stream, in the length that was announced", "B12",
          reply=_packed(_cut)),
    Fault("gzip-false", "encoding", "plain JSON that is labelled gzip", "B12", reply=_packed(bytes)),
    Fault("encoding-unknown", "encoding", "plain JSON that is labelled x-unknown", "B12",
          reply=_packed(bytes, "x-unknown")),
    Fault("gzip-members", None, "gzip in two members", "B12", reply=_packed(_members)),
    Fault("deflate", None, "deflate, as RFC 9110 has it", "B12", reply=_packed(zlib.compress, "deflate")),
    Fault("deflate-bare", None, "deflate without its frame, as some servers send it", "B12",
          reply=_packed(_bare, "deflate")),
)  # fmt: skip
