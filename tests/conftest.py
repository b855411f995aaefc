"""What all the tests share: how hard hypothesis looks, and a heap that is cheap to search for garbage."""

import functools
import gc
import importlib.metadata
import os

import pytest
from hypothesis import settings

# A little in the fast run, and ten times as hard where the slow tests run as well.
settings.register_profile("quick", max_examples=10, deadline=None)
settings.register_profile("thorough", max_examples=100, deadline=None)
settings.load_profile("quick")

# What is installed stays so while the tests run, and each look at it reads the files of every distribution (10 ms).
importlib.metadata.entry_points = functools.cache(importlib.metadata.entry_points)
importlib.metadata.version = functools.cache(importlib.metadata.version)

# As wide as where there is no terminal, wherever the tests are started.
os.environ["COLUMNS"] = "100"

# Nearly all that the tests make is gone as soon as nobody refers to it; the rest is looked for once a module, below.
gc.set_threshold(100_000, 50, 100)

# Of the tests that every exchange goes through, the fast run takes those of the first ones and of one with a file of
# its own; all of them go through where the slow tests run as well.
_LATER = {"bybit", "bitstamp", "bitfinex", "gemini", "kucoin", "gate", "coinbase_exchange"}
_FOR_EVERY = {"test_exchange_laws", "test_exchange_fuzz", "test_app", "test_depth", "test_families", "test_workloads"}

# Slow by the work in them, or by waiting for deadlines of a second: two of them at a time are as right as one.
_UNTIMED = {"tests/exchanges", "tests/harness/report", "tests/end_to_end/test_parity.py"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if any(item.nodeid.startswith(where) for where in _UNTIMED):
            item.add_marker("untimed")
        if item.path.stem in _FOR_EVERY and hasattr(item, "callspec"):
            drawn = {value for value in item.callspec.params.values() if isinstance(value, str)}
            if drawn & _LATER:
                item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without looking for garbage: what is collected is there to stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _swept():
    """Take what is there to stay (pytest, pandas, scipy, ...) out of the garbage collector's sight.

    A mock server collects garbage whenever a batch begins: among a million such objects that is 0.2 s for nothing.
    """
    gc.collect()
    gc.freeze()
