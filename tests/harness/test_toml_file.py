"""A file that somebody wrote is read, or refused in one sentence with the place (``harness.toml_file``)."""

import os

import pytest

from harness.exits import EnvironmentGap, UsageError
from harness.toml_file import LARGEST, read_toml, shown


def read(path, content=None):
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_toml(path, "portfolio")


def test_a_file_is_its_values(tmp_path):
    table = read(tmp_path / "a.toml", 'a = "1"\n[b]\nc = 2\n')
    assert (table.values, table.place) == ({"a": "1", "b": {"c": 2}}, ())


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_fault(tmp_path, mark, end):
    assert read(tmp_path / "a.toml", mark + b'a = "1"' + end + b'b = "2"' + end).values == {"a": "1", "b": "2"}


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_empty_table(tmp_path, content):
    assert read(tmp_path / "a.toml", content).values == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('a = "1"\nb =\n', "line 2, column 4: invalid value"),
        ("a = 1\na = 2\n", "line 2, column 6: this key is there already"),
        ("[a]\n[a]\n", "line 2, column 3: cannot declare ('a',) twice"),
        ("a = [1,", "at its end: "),
        ("a: 1", "line 1, column 2: expected '=' after a key in a key/value pair"),
        ("a = 2026-02-30", "line 1, column 5: "),
        ("a = " + "[" * 5000, "its arrays or tables lie too deep in each other"),
        ("a = " + "{a=" * 5000, "its arrays or tables lie too deep in each other"),
        ("a = [1, {b = 0x" + "f" * 5000 + "}]", "one of its numbers is too long; amounts are text in quotes"),
        (f"a = {2**63}", "one of its numbers is too long"),
        ("a = " + "9" * 5000, "one of its numbers is too long; amounts are text in quotes"),
        ("x = 1\n" + "a." * 5000 + "b = 1", "line 2: expected keys of at most 100 parts"),
        ("[" + "a." * 5000 + "b]", "line 1: expected keys of at most 100 parts"),
        (b"a = 1\nb = '\xff'\n", "line 2: expected UTF-8, found the byte 0xff"),
        ("a = 1\n".encode("utf-16"), "line 1: expected UTF-8, found the byte 0xff"),
        (b"a = '\0'", "line 1, column 6: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(tmp_path, content, said):
    with pytest.raises(UsageError) as refused:
        read(tmp_path / "a.toml", content)
    assert said in str(refused.value)
    assert "a.toml" in str(refused.value)
    assert str(refused.value).isprintable()


def test_integers_have_64_bits(tmp_path):
    assert read(tmp_path / "a.toml", f"a = [{-(2**63)}, {2**63 - 1}]").values == {"a": [-(2**63), 2**63 - 1]}


def test_a_line_of_dots_in_a_comment_or_a_text_is_no_key(tmp_path):
    table = read(tmp_path / "a.toml", f'# {"." * 300}\na = "{"." * 300}"\n')
    assert table.values == {"a": "." * 300}


def test_a_file_above_a_mebibyte_is_refused_and_no_more_than_that_is_read(tmp_path):
    path = tmp_path / "a.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing: who reads it all does not come back
    with pytest.raises(UsageError, match="is larger than 1 MiB"):
        read(path)
    assert read(path, b"#" * LARGEST).values == {}


def test_a_file_that_is_not_there_a_folder_and_a_name_that_cannot_be_are_told(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path / "a.toml" / "b.toml", tmp_path / "a\0b"):
        read(tmp_path / "a.toml", "")
        with pytest.raises(UsageError, match=r"no portfolio at .*: expected a TOML file"):
            read(path)
    with pytest.raises(UsageError, match="is a folder, expected a portfolio"):
        read(tmp_path)


def test_a_file_that_may_not_be_read_is_the_environments_gap(tmp_path, monkeypatch):
    def refused(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refused)
    with pytest.raises(EnvironmentGap, match=r"a\.toml' cannot be read: Permission denied"):
        read(tmp_path / "a.toml")


def test_the_home_folder_is_shown_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown(tmp_path / "a" / "b.toml") == f"'~{os.sep}a{os.sep}b.toml'"
    assert shown(tmp_path) == "'~'"
    assert shown(tmp_path.with_name(tmp_path.name + "x")) == repr(f"{tmp_path}x")
    monkeypatch.setenv("HOME", "/")
    assert shown(tmp_path) == repr(str(tmp_path))
