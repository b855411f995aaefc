"""``doctor``: the machine and the installation, as far as they decide what numbers are worth."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from harness.exits import DONE, ENVIRONMENT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Examine, and tell; 3 if measuring is impossible here."""
    from harness.doctor import examine

    examination = examine()
    if args.json:
        sys.stdout.write(json.dumps(examination.to_json(), indent=1, allow_nan=False) + "\n")
    else:
        from harness.checkup import print_examination

        print_examination(examination)
    return DONE if examination.is_possible else ENVIRONMENT
