"""What all the tests share: how hard hypothesis looks, and a heap that is cheap to search for garbage."""

import gc

import pytest
from hypothesis import settings

# A little in the fast run, and ten times as hard where the slow tests run as well.
settings.register_profile("quick", max_examples=10, deadline=None)
settings.register_profile("thorough", max_examples=100, deadline=None)
settings.load_profile("quick")


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
