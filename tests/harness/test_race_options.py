"""The options of ``run``: what they do is told where they are read; here is that all of them are there."""

import argparse

from harness.commands import run
from harness.race_options import add_arguments


def test_run_has_these_options_and_nothing_is_asked_of_others_unless_it_is_said():
    assert run.add_arguments is add_arguments
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args([])
    assert (args.real, args.base_url, args.allow_private, args.ca_file) == (False, [], False, None)
    assert args.strategy == "all"
