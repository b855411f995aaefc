"""A screen: a terminal on which one picture takes the place of the last, and which is left as it was found.

It is drawn on the terminal's second page, so that what stood there before comes back; the last picture is printed once
more then, to be kept. Each picture is written at once, line over line, and is cut where the terminal ends; it is made
anew for the terminal's size at that moment.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Callable
from types import TracebackType
from typing import Final, TextIO

from rich.console import Console

from harness.terminal import colours

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""Second page, no cursor, no line goes on in the next."""
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_WIDEST: Final = 100

Draw = Callable[[Console], None]


class Screen:
    """A context manager. ``draw`` is given what prints the picture."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last: Draw | None = None

    @staticmethod
    def fits(stream: TextIO) -> bool:
        """Whether a stream is a terminal that can be drawn on."""
        return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")

    def __enter__(self) -> Screen:
        self._stream.write(_ENTER)
        self._stream.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._stream.write(_LEAVE)
            if self._last is not None:
                self._stream.write(_picture(self._last, _size(self._stream)[0]))
            self._stream.flush()

    def draw(self, draw: Draw) -> None:
        """Show a picture."""
        self._last = draw
        columns, rows = _size(self._stream)
        lines = _picture(draw, columns).rstrip("\n").split("\n")
        if len(lines) > rows:
            lines = [*lines[: rows - 1], f"… {len(lines) - rows + 1} lines more: this terminal is too low for them"]
        # Home, each line with what is right of it cleared, and what is below.
        text = "\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J"
        self._stream.write(text)
        self._stream.flush()


def _size(stream: TextIO) -> tuple[int, int]:
    """Columns and rows of the terminal as it is now; COLUMNS and LINES may say what it was when a shell was started."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except OSError:
        columns, rows = 0, 0
    if not columns or not rows:
        columns, rows = shutil.get_terminal_size((80, 24))
    return max(20, min(columns, _WIDEST)), max(4, rows)


def _picture(draw: Draw, columns: int) -> str:
    buffer = io.StringIO()
    draw(Console(
        file=buffer, width=columns, highlight=False, markup=False, color_system=colours(), force_terminal=True,
        legacy_windows=False,
    ))  # fmt: skip
    return buffer.getvalue().lstrip("\n")
