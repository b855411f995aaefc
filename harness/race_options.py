"""The options of ``run``, grouped by what they are about, and a few whole commands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from harness import affinity, budget, cluster, elsewhere, gate, options, sabotage, scenario_options
from harness.named_scenario import add_argument as add_named
from harness.plan_options import add_argument as add_plan

_EXAMPLES: Final = """\
examples:
  python -m harness run --fast
      a look at all strategies that are here
  python -m harness run -s threads,asyncio-aiohttp -c 1,8,32
      two of them in three scenarios: what more requests in flight bring
  python -m harness run -s all,./mine.py:new --fail-on 'mine.py:new.speedup<5'
      yours against all of them, with a gate for CI
  python -m harness run --real -s all,-sequential --requests 20 -c 5
      against the real exchanges, within their rate limits: true of here and now
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All of them, for ``run``'s parser or one that only wants to know which were given."""
    parser.usage = "%(prog)s [OPTIONS]"
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    work = parser.add_argument_group("what is raced")
    work.add_argument(
        "-s", "--strategy", default="all", metavar="NAMES", help="all, NAME,..., all,-NAME, or FILE.py:NAME (all)"
    )
    add_plan(work)
    cluster.add_argument(work)
    add_named(work)
    conditions = parser.add_argument_group("under which conditions")
    scenario_options.add_arguments(work, conditions)
    affinity.add_argument(conditions)
    elsewhere.add_arguments(parser.add_argument_group("against whom, the mock server or others"))
    _add_length(parser.add_argument_group("how long, and in which order"))
    _add_result(parser.add_argument_group("what comes out"))
    parser.add_argument_group("for testing fetchrace itself").add_argument(
        "--sabotage",
        metavar="HOW",
        # argparse would take a percent sign for the beginning of a field.
        help="break the mock on purpose, to see the verdict notice it: " + sabotage.EXPECTED.replace("%", "%%"),
    )


def _add_length(group: options.TakesOptions) -> None:
    add = group.add_argument
    add("--blocks", metavar="N", help="blocks, each with every arm once (5)")
    budget.add_argument(group)
    add("--warm", metavar="N", help="warm batches of an arm in a block (3; an arm with one request in flight runs one)")
    add("--fast", action="store_true", help="3 blocks of 2 warm batches: a look, not a proof")
    add("--rigorous", action="store_true", help="20 blocks of 5 warm batches")
    add(
        "--order",
        choices=("shuffled", "sequential"),
        default="shuffled",
        help="order of the arms in a block (shuffled)",
    )
    add(
        "--resume",
        type=options.folder("--resume"),
        metavar="RUN",
        help="play the blocks that an interrupted run has not finished",
    )


def _add_result(group: options.TakesOptions) -> None:
    add = group.add_argument
    add("--baseline", metavar="NAME", help="what speedups are relative to (sequential, or the first arm)")
    add(
        "--max-error-rate",
        default="0",
        metavar="SHARE",
        help="of an arm's requests that --faults may let fail before the exit code is 1; 0.05 is 5 percent (0)",
    )
    gate.add_argument(group)
    add("--strict", action="store_true", help="exit 5 unless the verdict is VALID")
    add(
        "--results-dir",
        type=options.folder("--results-dir"),
        default=Path("results"),
        metavar="DIR",
        help="where runs are kept (results)",
    )
    add("--json", action="store_true", help="print run.json on stdout and nothing else there")
