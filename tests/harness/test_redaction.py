"""What must not leave the machine: the home folder and the folders of absolute paths, and nothing else is touched."""

import os

import pytest

from harness.redaction import redacted


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/bob")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[Errno 21] Is a directory: '/home/bob'", "[Errno 21] Is a directory: '~'"),
        ("cannot open /home/bob.", "cannot open ~."),
        ("cannot open /home/bob", "cannot open ~"),
        ("/home/bob/", "~/"),
        ("FileNotFoundError: '/home/bob/secret/mine.py'", "FileNotFoundError: 'mine.py'"),
        ("'/home/bob smith/mine.py'", "'mine.py'"),
        ("/home/bob/a/mine.py:12: oops", "mine.py:12: oops"),
        ("~/a/b", "b"),
        ("'~/a b/c d'", "'c d'"),
        ("/opt/client/project/data.csv is empty", "data.csv is empty"),
        ("file:///opt/client/x.py", "x.py"),
        ("error:/opt/client/x.py", "error:x.py"),
        ('File "/usr/lib/python3.11/x.py", line 3', 'File "x.py", line 3'),
        ("it's '/a b/c d' and '/e/f'", "it's 'c d' and 'f'"),
        ("(/a/b/c)", "(c)"),
        ("/a/b,/c/d", "b,d"),
    ],
)  # fmt: skip
def test_of_an_absolute_path_its_last_part_stays_and_of_home_a_tilde(text, left):
    assert redacted(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "", "BTC/USD", "1/2/3", "2 prices/s and /s", "the mock server does not answer /begin", "Intel / AMD",
        "http://127.0.0.1:43101/a/b", "--base-url kraken=http://127.0.0.1:9/x/y", "</script><b>", "./some/x.py",
        "../x/y", "some/where/x.py", "/home", "c//d",
    ],
)  # fmt: skip
def test_what_is_no_absolute_path_with_folders_stays(text):
    assert redacted(text) == text


def test_a_neighbour_of_home_is_cut_like_any_path():
    assert redacted("/home/bobby/x") == "x"


def test_every_text_in_a_document_is_redacted_and_numbers_and_keys_stay():
    found = redacted({"/a/b": ["/a/b", 1, None, {"x": ("/a/b", 0.5, True)}], 3: "c"})
    assert found == {"/a/b": ["b", 1, None, {"x": ["b", 0.5, True]}], 3: "c"}


@pytest.mark.parametrize("home", ["/", ""])
def test_a_home_folder_that_is_the_root_takes_nothing_away(monkeypatch, home):
    monkeypatch.setenv("HOME", home)
    assert redacted("BTC/USD, / and /x") == "BTC/USD, / and /x"


def test_where_nobody_knows_a_home_folder_paths_are_cut_all_the_same(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert redacted("/home/bob/x.py and '/home'") == "x.py and '/home'"


def test_the_home_folders_real_path_is_known_too(monkeypatch, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("HOME", str(tmp_path / "link"))
    assert redacted(f"{tmp_path}/link and {tmp_path.resolve()}/real") == "~ and ~"


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "192.168.0.7", "172.16.0.1", "172.31.9.9", "100.64.0.1", "100.127.1.1"]
)
def test_an_address_of_a_private_network_does_not_leave_the_machine(address):
    assert redacted([f"https://{address}:8443", f"('{address}', 443) refused"]) == [
        "https://a-private-address:8443", "('a-private-address', 443) refused",
    ]  # fmt: skip
    assert redacted("https://[fd00::1:2]:8443 is fc00::7") == "https://a-private-address:8443 is a-private-address"


@pytest.mark.parametrize(
    "text", ["127.0.0.1:8101", "172.32.0.1", "100.128.0.1", "11.0.0.1", "10.0.0.1.2", "v10.0.0.1", "fd.io", "fade:in"]
)
def test_other_addresses_and_versions_stay(text):
    assert redacted(text) == text
