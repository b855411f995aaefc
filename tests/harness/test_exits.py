"""Exit codes and the errors that carry them."""

import pytest

from harness import exits
from harness.exits import Ended, EnvironmentGap, OutOfTime, Stop, UsageError


def test_the_codes_are_those_that_the_documents_promise():
    codes = (
        "DONE",
        "FAILURES",
        "USAGE",
        "ENVIRONMENT",
        "GATE_FAILED",
        "NO_VERDICT",
        "OUT_OF_TIME",
        "INTERRUPTED",
        "TERMINATED",
    )
    assert [getattr(exits, name) for name in codes] == [0, 1, 2, 3, 4, 5, 124, 130, 143]


@pytest.mark.parametrize(("error", "code"), [(Stop, 1), (UsageError, 2), (EnvironmentGap, 3), (OutOfTime, 124)])
def test_each_error_carries_its_code_and_is_caught_as_a_stop(error, code):
    with pytest.raises(Stop) as caught:
        raise error("a sentence")
    assert (caught.value.code, str(caught.value)) == (code, "a sentence")


def test_an_ending_is_not_an_exception_so_that_no_plugin_swallows_it():
    assert not issubclass(Ended, Exception)


@pytest.mark.parametrize(("code", "word"), [(130, "interrupted"), (143, "terminated")])
def test_an_ending_says_what_was_kept(code, word):
    ended = Ended(code)
    assert str(ended) == f"{word}; nothing was measured"
    ended.kept = "kept: 2 of 5 blocks, in results/x"
    assert str(ended) == f"{word}; kept: 2 of 5 blocks, in results/x"
