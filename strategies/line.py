"""One end of a pipe between two processes that never waits: whole messages in, whole messages out.

multiprocessing's Connection reads and writes until a message is through; if the other side is stopped in the middle of
one, so is the caller, for ever. Here what cannot go on is kept, and whoever holds the line has other things to do. The
bytes are those of Connection, so that either may be at the other end.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator

_HEAD = struct.Struct("!i")
_LONG = struct.Struct("!iQ")
_LONGEST = 0x7FFFFFFF
_PIECE = 262_144


class Line:
    """The line on the descriptor ``fd`` of a socket, of which it makes a duplicate of its own."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=os.dup(fd))
        self._in = bytearray()
        self._out = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def put(self, message: bytes) -> bool:
        """Queue a message and send what can be sent; whether all is gone. Raises OSError where nobody is there."""
        long = len(message) > _LONGEST
        self._out += _LONG.pack(-1, len(message)) if long else _HEAD.pack(len(message))
        self._out += message
        return self.flush()

    def flush(self) -> bool:
        """Send what can be sent; whether all is gone. Raises OSError where nobody is there."""
        with contextlib.suppress(BlockingIOError), memoryview(self._out) as waiting:
            sent = 0
            try:
                while sent < len(waiting):
                    sent += self._socket.send(waiting[sent:], socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            finally:
                waiting.release()
                del self._out[:sent]
        return not self._out

    def messages(self) -> Iterator[bytes]:
        """The whole messages that are here, without waiting for more; EOFError after the last where nobody is there."""
        ended = False
        with contextlib.suppress(BlockingIOError):
            while True:
                try:
                    piece = self._socket.recv(_PIECE, socket.MSG_DONTWAIT)
                except ConnectionResetError:  # it ended without having read what was sent to it
                    piece = b""
                if not piece:
                    ended = True
                    break
                self._in += piece
        while (message := self._next()) is not None:
            yield message
        if ended:
            raise EOFError

    def _next(self) -> bytes | None:
        if len(self._in) < _HEAD.size:
            return None
        (size,), start = _HEAD.unpack_from(self._in), _HEAD.size
        if size == -1:
            if len(self._in) < _LONG.size:
                return None
            (_, size), start = _LONG.unpack_from(self._in), _LONG.size
        if len(self._in) < start + size:
            return None
        message = bytes(memoryview(self._in)[start : start + size])
        del self._in[: start + size]
        return message
