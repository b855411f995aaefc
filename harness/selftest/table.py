"""The selftest's lies as a Markdown table, as METHOD.md shows it: what is done, what is expected, what tells."""

from __future__ import annotations

from collections.abc import Sequence

from harness.selftest.check import Check


def markdown(checks: Sequence[Check]) -> str:
    """A row for each lie, in the order in which they are raced."""
    rows = [("lie", "expected", "what tells"), ("---",) * 3]
    rows += [(lie.name, lie.expected, lie.tells) for check in checks for lie in check.lies]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
