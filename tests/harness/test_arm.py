"""Slugs: whatever an arm is called, its file lies in its folder."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.arm import Arm, in_batch, in_single, label_of, on_cluster, plan_of, slug


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
        ("dask+threads", "dask+threads"),
        ("dask+./some/where/mine.py:honest", "dask+mine.py:honest"),
        ("./dask+mine.py:honest", "dask+mine.py:honest"),
    ],
)
def test_a_label_has_no_folder_and_moves_no_cursor(name, label):
    assert label_of(name) == label


@pytest.mark.parametrize(
    ("name", "plan"), [("threads", "single"), ("threads+batch", "batch"), ("threads (twin)", "single"), ("", "single")]
)
def test_an_arms_plan_is_in_its_name(name, plan):
    assert Arm(name, "threads").plan == plan_of(name) == plan


@given(st.text(max_size=20).filter(lambda name: not name.endswith("+batch")))
def test_the_names_of_one_strategy_in_two_plans_lead_to_each_other(name):
    assert in_single(in_batch(name)) == in_single(name) == name
    assert in_batch(in_batch(name)) == in_batch(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("dask+threads", ("dask+", "threads")),
        ("dask+threads+batch", ("dask+", "threads+batch")),
        ("dask+a+b.py:x", ("dask+", "a+b.py:x")),
        ("threads+batch", ("", "threads+batch")),
        ("./dask+mine.py:x", ("", "./dask+mine.py:x")),
        ("dask", ("", "dask")),
        ("", ("", "")),
    ],
)
def test_a_cluster_is_the_beginning_of_a_name_and_a_plan_its_end(name, parts):
    assert on_cluster(name) == parts
