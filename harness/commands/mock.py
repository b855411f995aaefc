"""``mock``: the mock server alone; everything is in ``python -m mock_server``."""

from __future__ import annotations

from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Hand the arguments on; returns the server's exit code."""
    from mock_server.__main__ import main

    return main(list(argv))
