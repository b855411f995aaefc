"""Reading an answer within its limits: the head is judged before the body, the body while it arrives.

Libraries disagree on what they let through: http.client takes ``Content-Length: -5`` as "until the end",
httpx inflates a gzip bomb in one piece, none of them notices a gzip stream that was cut. So every strategy
asks its library for the raw body and passes it through here, and all of them refuse the same answers.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

from exchanges.errors import safe
from strategies.terms import MAX_HEADERS

PIECE = 65536
"""Bytes to ask a library for at a time: no more than that is held beyond ``max_body``."""

_DIGITS = re.compile(r"[0-9]{1,19}")


class Fault(Exception):
    """An answer that is refused. ``kind`` is one of ``exchanges.errors.KINDS``; ``detail`` is a sentence."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


class Body:
    """Collects a body: ``add`` each raw piece, then take the ``whole``.

    Args:
        status, headers: the head of the answer; ``headers`` is the library's own case-insensitive mapping.
        max_body: the limit on decoded bytes. At most one byte beyond it is ever held.

    Raises:
        Fault: redirect, protocol, encoding or too_large; also from ``add`` and ``whole``.
    """

    __slots__ = ("_begun", "_inflate", "_limit", "_opening", "_pieces", "_size")

    def __init__(self, status: int, headers: Mapping[str, str], max_body: int) -> None:
        self._limit = max_body
        self._pieces: list[bytes] = []
        self._size = 0
        self._inflate: zlib._Decompress | None = None
        self._begun = False
        self._opening: bytes | None = None
        if 300 <= status < 400 and "location" in headers:
            raise Fault(
                "redirect", f"status {status} points to {safe(headers['location'])}; redirects are not followed"
            )
        if status < 200:  # an interim answer is skipped by every library; 101 comes only to those who ask for it
            raise Fault("protocol", f"expected a final answer, found status {status}")
        if len(headers) > MAX_HEADERS:
            raise Fault("protocol", f"expected at most {MAX_HEADERS} headers, found {len(headers)}")
        length = _joined(headers, "content-length")
        transfer = _joined(headers, "transfer-encoding")
        if transfer is not None:
            if transfer.strip().lower() != "chunked":
                raise Fault("protocol", f"expected Transfer-Encoding: chunked or none, found {safe(transfer)!r}")
            if length is not None:
                # RFC 9112, 6.3: such a message "ought to be handled as an error" (request smuggling).
                raise Fault("protocol", "found both Content-Length and Transfer-Encoding; expected one of them")
        encoding = (_joined(headers, "content-encoding") or "identity").strip().lower()
        if length is not None:
            length = length.strip(" \t\r\n")
            if not _DIGITS.fullmatch(length):
                raise Fault("protocol", f"expected one Content-Length in digits, found {safe(length)!r}")
            if encoding == "identity" and int(length) > max_body:
                raise Fault("too_large", f"the body has {length} bytes; the limit is {max_body}")
        if encoding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif encoding == "deflate":
            self._inflate = zlib.decompressobj()
            self._opening = b""
        elif encoding not in ("identity", ""):
            raise Fault("encoding", f"expected Content-Encoding gzip, deflate or none, found {safe(encoding)!r}")

    def add(self, piece: bytes) -> None:
        """Take the next raw piece; inflates no further than the limit."""
        if self._inflate is None:
            self._keep(piece)
            return
        if self._opening is not None:
            piece = self._opening = self._opening + piece
            if len(piece) < 2:
                return
            # Some servers send deflate bare, without the zlib frame that RFC 9110 asks for. The frame's first
            # two bytes name the method 8 and are divisible by 31 (RFC 1950).
            if piece[0] & 15 != 8 or int.from_bytes(piece[:2], "big") % 31:
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            self._opening = None
        while piece:
            piece = self._inflated(piece)

    def whole(self) -> bytes:
        """The decoded body. Raises Fault("encoding") where the compressed stream was cut."""
        if self._inflate is not None and not self._inflate.eof and (self._begun or self._opening):
            raise Fault("encoding", "the compressed body ends in the middle of its stream")
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            self._pieces.clear()
            raise Fault("too_large", f"the decoded body is larger than the limit of {self._limit} bytes")
        self._pieces.append(piece)

    def _inflated(self, piece: bytes) -> bytes:
        """Inflate a piece; what is left of it belongs to the next gzip member, if any."""
        assert self._inflate is not None
        if self._inflate.eof:
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            out = self._inflate.decompress(piece, self._limit - self._size + 1)
        except zlib.error as error:
            raise Fault("encoding", f"the compressed body is broken: {error}") from error
        self._begun = True
        self._keep(out)  # raises where input was left over because the limit was reached
        return self._inflate.unconsumed_tail or self._inflate.unused_data


def _joined(headers: Mapping[str, str], name: str) -> str | None:
    """All values of a header, joined by commas as RFC 9110, 5.3 has it; None where there is none.

    requests and httpx join by themselves; aiohttp's ``get`` takes the first and leaves the others unseen.
    """
    if name not in headers:
        return None
    getall = getattr(headers, "getall", None)
    return headers[name] if getall is None else ", ".join(getall(name))
