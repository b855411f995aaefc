"""Slugs: whatever an arm is called, its file lies in its folder."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.arm import Arm, label_of, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("asyncio-aiohttp", "asyncio-aiohttp"),
        ("asyncio-aiohttp+batch", "asyncio-aiohttp+batch"),
        ("asyncio-aiohttp (twin)", "asyncio-aiohttp_twin"),
        ("mine.py:honest", "mine.py_honest"),
        ("asyncio-aiohttp@3.13", "asyncio-aiohttp_3.13"),
        ("../../x", "x"),
        ("a/b", "a_b"),
        ("/etc/passwd", "etc_passwd"),
        ("nul\0byte", "nul_byte"),
        ("..", "arm"),
        ("", "arm"),
        ("日本", "arm"),
        ("\u202egnol", "gnol"),
        (".hidden", "hidden"),
        ("x" * 300, "x" * 80),
    ],
)
def test_a_slug_is_a_plain_file_name(name, expected):
    assert slug(name) == expected


@given(st.text())
def test_no_name_leads_out_of_its_folder(name):
    made = slug(name)
    assert PurePath("results", made).parent == PurePath("results")
    assert made not in ("", ".", "..")
    assert len(made) <= 80
    assert made.isascii()
    assert not made.startswith(".")


def test_an_arm_is_no_twin_unless_it_says_of_whom():
    assert Arm("threads", "threads").twin_of is None


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("./some/where/mine.py:honest", "mine.py:honest"),
        ("asyncio-aiohttp@3.13", "asyncio-aiohttp@3.13"),
        ("/a/b.py:\x1b[2J", r"b.py:\x1b[2J"),
    ],
)
def test_a_label_has_no_folder_and_moves_no_cursor(name, label):
    assert label_of(name) == label
