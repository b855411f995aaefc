"""One picture in the place of the last (``harness.screen``)."""

import contextlib
import io

import pytest

from harness.screen import Screen


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "5")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def lines(number):
    return lambda out: [out.print(f"line {place}") for place in range(number)]


def test_a_picture_takes_the_place_of_the_last_and_clears_what_is_left_of_it():
    terminal = Terminal()
    with Screen(terminal) as screen:
        screen.draw(lines(2))
        screen.draw(lines(1))
    _, first, second = terminal.getvalue().split("\x1b[H")
    assert first == "line 0\x1b[K\r\nline 1\x1b[K\x1b[J"
    assert second.startswith("line 0\x1b[K\x1b[J")


def test_the_terminal_is_left_as_it_was_found_with_the_last_picture_whole():
    terminal = Terminal()
    with contextlib.suppress(KeyboardInterrupt), Screen(terminal) as screen:
        screen.draw(lines(9))
        raise KeyboardInterrupt
    text = terminal.getvalue()
    assert text.startswith("\x1b[?1049h\x1b[?25l")
    _, left = text.split("\x1b[?25h\x1b[?1049l")
    assert left.splitlines() == [f"line {place}" for place in range(9)]


def test_a_terminal_that_is_too_low_says_how_much_it_hides():
    terminal = Terminal()
    with Screen(terminal) as screen:
        screen.draw(lines(9))
        picture = terminal.getvalue().split("\x1b[H")[1]
    assert picture.count("\n") == 4
    assert "5 lines more: this terminal is too low" in picture


def test_a_picture_is_as_wide_as_the_terminal_is_at_that_moment(monkeypatch):
    widths = []
    with Screen(Terminal()) as screen:
        for columns in ("40", "72", "300", "1"):
            monkeypatch.setenv("COLUMNS", columns)
            screen.draw(lambda out: widths.append(out.width))
    assert widths[:4] == [40, 72, 100, 20]


def test_without_colours_a_picture_has_none(monkeypatch):
    for wanted in (True, False):
        if not wanted:
            monkeypatch.setenv("NO_COLOR", "1")
        terminal = Terminal()
        with Screen(terminal) as screen:
            screen.draw(lambda out: out.print("old", style="bold yellow"))
            picture = terminal.getvalue().split("\x1b[H")[1]
        assert ("\x1b[1;33mold" in picture) is wanted


def test_only_a_terminal_that_can_be_drawn_on_is_drawn_on(monkeypatch):
    assert Screen.fits(Terminal())
    assert not Screen.fits(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not Screen.fits(Terminal())
