"""The catalogue of lies: complete, and each with a race that there can be."""

import argparse
from collections import Counter

from harness.commands import run
from harness.selftest import liars
from harness.selftest.catalogue import CHECKS

LIES = [lie for check in CHECKS for lie in check.lies]
PROMISED = {
    "a slow server": "SERVER-BOUND", "a server with one handler": "SERVER-BOUND",
    "a listening backlog of 5": "NETWORK-INVALID", "a busy neighbour": "NOISY",
    "a plugin that caches": "disqualified", "a plugin that fetches half": "disqualified",
    "a plugin that alters a price": "disqualified", "a plugin that fails fast": "disqualified",
    "a plugin that exceeds its limit": "disqualified", "a plugin that opens a client per request": "disqualified",
    "a plugin that reports impossible times": "disqualified",
    "a plugin that forges the server's log": "disqualified", "an honest plugin among them": "ranked",
    "drift with sequential order": "DRIFTED", "a step of the wall clock": "step told, durations true",
    "nothing: an honest race": "VALID", "nothing: the same arm twice": "tied",
}  # fmt: skip


def test_every_lie_that_is_promised_is_raced_with_the_verdict_that_it_deserves():
    assert {lie.name: lie.expected for lie in LIES} == PROMISED
    assert max(Counter(check.name for check in CHECKS).values()) == 1


def test_every_race_is_one_that_run_understands_quick_or_not():
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    for check in CHECKS:
        assert int(parser.parse_args([*check.options]).blocks or 5) >= 2
        hurried = parser.parse_args([*check.options, *check.hurried])
        assert hurried.fast or int(hurried.blocks) < int(parser.parse_args([*check.options]).blocks)


def test_every_guest_that_is_raced_is_there():
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    names = [name for check in CHECKS for name in parser.parse_args([*check.options]).strategy.split(",")]
    guests = [name.rpartition(":")[2] for name in names if ".py:" in name]
    assert len(guests) == 10
    assert all(callable(getattr(liars, guest)) for guest in guests)


def test_a_quick_selftest_takes_a_minute_and_a_half_and_a_thorough_one_five_minutes_at_most():
    assert sum(check.about_s[1] for check in CHECKS) <= 90
    assert sum(check.about_s[0] for check in CHECKS) <= 300
