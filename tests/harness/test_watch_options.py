"""The options of ``--watch`` (``harness.watch_options``)."""

import argparse

import pytest

from harness import allowance_options, watch_options
from harness.allowance import Allowance
from harness.exits import UsageError
from harness.watch_options import Watch


def options(*words):
    parser = argparse.ArgumentParser()
    watch_options.add_arguments(parser)
    allowance_options.add_age(parser)
    parser.add_argument("--real", action="store_true")
    return parser.parse_args(words)


def test_without_watch_there_is_one_look():
    assert watch_options.watch_from(options()) is None


def test_how_often_how_many_times_and_what_is_fresh_is_read():
    words = ("--watch", "2s", "--count", "3", "--ttl", "10s", "--enough", "4")
    assert watch_options.watch_from(options(*words)) == Watch(2.0, 3, 10.0, 4)
    assert watch_options.watch_from(options("--watch", "100ms")) == Watch(0.1)
    assert watch_options.watch_from(options("--watch", "1s", "--real")) == Watch(1.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--watch", "99ms"], "--watch: expected 100 ms to an hour, found 99ms"),
        (["--watch", "999ms", "--real"], "--watch: expected 1.00 s to an hour with --real, found 999ms"),
        (["--watch", "2h"], "--watch: expected 100 ms to an hour, found 2h"),
        (["--watch", "2"], "--watch: expected a duration such as"),
        (["--watch", ""], "--watch: expected a duration such as"),
        (["--watch", "1s", "--count", "0"], "--count: expected a whole number from 1"),
        (["--watch", "1s", "--ttl", "0s"], "--ttl: expected more than nothing"),
        (["--watch", "1s", "--enough", "none"], "--enough: expected a whole number"),
        (["--count", "3"], "--count is for --watch"),
        (["--ttl", "3s"], "--ttl is for --watch"),
        (["--enough", "3"], "--enough is for --watch"),
        (["--db", "off"], "--db is for --watch"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(words, said):
    with pytest.raises(UsageError, match=said):
        watch_options.watch_from(options(*words))


def test_what_is_fresh_may_be_used_unless_somebody_said_how_old_a_price_may_be():
    plain, slow = Allowance(most_age_us=5_000_000), Watch(10.0)
    assert watch_options.lasting(options(), plain, slow).most_age_us == 30_000_000
    assert watch_options.lasting(options(), plain, Watch(1.0)).most_age_us == 5_000_000
    assert watch_options.lasting(options("--max-age", "5s"), plain, slow) is plain
