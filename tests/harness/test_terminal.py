"""Lines on the terminal: where they break, and how far in they begin."""

import pytest

from harness.terminal import console, say


@pytest.fixture
def said(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def lines(text, **how):
        say(console(), text, **how)
        return capsys.readouterr().out.splitlines()

    return lines


def test_a_sentence_breaks_between_words_and_every_line_is_indented(said):
    found = said("word " * 40 + "end", indent=2)
    assert len(found) == 3
    assert all(line.startswith("  word") and len(line) <= 80 and line == line.rstrip() for line in found)
    assert " ".join(line.strip() for line in found).split() == ["word"] * 40 + ["end"]


@pytest.mark.parametrize("length", range(70, 80))
def test_a_number_goes_to_the_next_line_with_its_unit(said, length):
    assert any("40.0 ms" in line for line in said(f"{'x' * length} 40.0 ms and more"))


def test_a_word_that_is_wider_than_the_terminal_is_cut_into_lines_by_its_columns(said):
    found = said("日" * 60, indent=2)
    assert found == ["  " + "日" * 39, "  " + "日" * 21]


def test_what_stands_before_a_sentence_is_part_of_its_first_line(said):
    assert said("  It was so.", head="VALID", head_style="bold") == ["VALID  It was so."]


def test_an_empty_sentence_is_an_empty_line(said):
    assert said("") == [""]
