"""Progress on stderr: plain lines when piped, a bar on a terminal, nothing on stdout."""

import io
import re

import pytest

from harness.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_when_piped_each_block_is_one_plain_line(capsys):
    stream = io.StringIO()
    with Progress(4, stream) as progress:
        progress.say("2 arms: about 3 s")
        for block in range(2):
            for arm in ("a", "b"):
                progress.begin(arm, block, 2)
                progress.advance()
            progress.end_block(block, 2)
    first, second, third = stream.getvalue().splitlines()
    assert first == "2 arms: about 3 s"
    assert re.fullmatch(r"block 1 of 2 done, .* so far, about \d+ s to go", second)
    assert re.fullmatch(r"block 2 of 2 done, .* so far, about 0 s to go", third)
    assert "\x1b" not in stream.getvalue()
    assert capsys.readouterr().out == ""


def test_progress_goes_to_stderr(capsys):
    with Progress(1) as progress:
        progress.say("here")
    assert capsys.readouterr() == ("", "here\n")


def test_a_block_that_ends_before_anything_is_done_divides_by_nothing():
    stream = io.StringIO()
    with Progress(4, stream) as progress:
        progress.end_block(0, 2)
    assert stream.getvalue().startswith("block 1 of 2 done")


@pytest.mark.parametrize("arm", ["threads", "[/b]", "[red]x", "日本" * 30, "", "{task.total}"])
def test_on_a_terminal_an_arm_may_be_called_anything(arm):
    stream = Terminal()
    with Progress(2, stream) as progress:
        progress.begin(arm, 0, 1)
        progress.say(f"{arm}: [/nonsense]")
        progress.advance()
        progress.end_block(0, 1)
    assert "[/nonsense]" in stream.getvalue()


def test_on_a_terminal_the_cursor_is_back_after_an_error():
    stream = Terminal()

    class Broken(Exception):
        pass

    def race():
        with Progress(2, stream) as progress:
            progress.begin("a", 0, 1)
            raise Broken

    with pytest.raises(Broken):
        race()
    assert stream.getvalue().rfind("\x1b[?25h") >= stream.getvalue().rfind("\x1b[?25l")


def test_a_round_of_blocks_of_several_scenarios_is_one_line_that_says_so():
    stream = io.StringIO()
    with Progress(6, stream) as progress:
        progress.advance()
        progress.end_block(0, 5, 6)
    assert stream.getvalue().startswith("block 1 of 5 done in each of 6 scenarios, ")


@pytest.mark.parametrize("make", [io.StringIO, Terminal])
def test_what_is_played_again_or_planned_anew_is_counted_in_what_is_to_go(make):
    with Progress(4, make()) as progress:
        progress.advance()
        progress.advance()
        progress.again(2)
        assert (progress._done, progress._total) == (2, 6)
        progress.advance()
        progress.expect(10)
        assert (progress._done, progress._total) == (3, 13)


def test_the_time_to_go_is_never_less_than_none():
    stream = io.StringIO()
    with Progress(1, stream) as progress:
        progress.advance()
        progress.advance()
        progress.end_block(0, 1)
    assert "about 0 s to go" in stream.getvalue()
