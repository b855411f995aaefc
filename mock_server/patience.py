"""Patience: how long a connection may take for what it does, in CLOCK_MONOTONIC seconds.

Law: who sends a request slowly (slowloris), or takes nothing of what it asked for, is cut within ten seconds: eight,
the second between two sweeps, and one to be late in.
"""

from __future__ import annotations

from typing import Any, Final

from aiohttp.http import HttpProcessingError

BLANK_LINE: Final = b"\r\n\r\n"
"""The end of a head."""

HANDSHAKE_S: Final = 8.0
"""How long a TLS handshake may take."""

_SLOW_REQUEST_S = 8.0
# Longer, because a client may well connect before it knows what to ask.
_SILENT_S = 30.0
# As long as many a public server keeps an idle connection.
_KEEP_ALIVE_S = 75.0
# How long what is to be sent may wait for a client that does not read.
_UNREAD_S = 8.0
# How long a connection that is closed may take to send what is left.
_CLOSING_S = 8.0


class Patience:
    """Since when a connection has been doing something, 0 where it does not: ``silent_since``, with no request so far;
    ``reading_since``, in the middle of a request's head, perhaps; ``idle_since``, with everything answered;
    ``closing_since``, closed and not gone."""

    __slots__ = ("_unread_since", "_unsent", "closing_since", "idle_since", "reading_since", "silent_since")

    def __init__(self) -> None:
        self.silent_since = self.reading_since = self.idle_since = self.closing_since = self._unread_since = 0.0
        self._unsent = 0

    def read(self, now: float, heard: bool, blank_line: bool, is_direct: bool) -> None:
        """Bytes came: with a request among them (``heard``), a blank line at their end, no body under way
        (``is_direct``)."""
        if heard:
            self.silent_since = 0.0
            self.reading_since = 0.0 if blank_line else now
        elif not self.reading_since or not is_direct:
            self.reading_since = now

    def is_over(self, now: float, parser: Any) -> bool:
        """Whether one that waits for no answer is to be closed. ``parser`` is aiohttp's, of this connection."""
        if 0 < self.reading_since < now - _SLOW_REQUEST_S:
            if _is_in_a_head(parser):
                return True
            self.reading_since = 0.0
        return 0 < self.silent_since < now - _SILENT_S or 0 < self.idle_since < now - _KEEP_ALIVE_S

    def is_unread(self, now: float, unsent: int) -> bool:
        """Whether one is to be cut, with so many bytes ``unsent`` because its client does not read (0: it does)."""
        if unsent != self._unsent:
            # It takes some, if slowly.
            self._unread_since, self._unsent = now, unsent
        return 0 < self.closing_since < now - _CLOSING_S or (unsent > 0 and self._unread_since < now - _UNREAD_S)


def _is_in_a_head(parser: Any) -> bool:
    # Between two requests it overlooks blank lines (RFC 9112, section 2.2); in a head they are its end, or wrong.
    try:
        messages, _, _ = parser.feed_data(BLANK_LINE)
    except HttpProcessingError:
        return True
    return bool(messages)
