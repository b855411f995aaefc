"""``--plan``: whether strategies race with one request a market alone, or in batches as well."""

from __future__ import annotations

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness import options
from harness.exits import UsageError
from harness.scenario import PLANS


def add_argument(parser: options.TakesOptions) -> None:
    parser.add_argument(
        "--plan",
        default="single",
        metavar="PLAN",
        help="single: a request a market; batch: each strategy once more, with the fewest requests that bring the same "
        "quotes, as NAME+batch, unranked (single)",
    )


def plans_from(text: str) -> tuple[str, ...]:
    """The plans meant by ``single``, ``batch`` or both. Raises UsageError."""
    words = tuple(word.strip() for word in text.split(","))
    for word in words:
        if word not in PLANS:
            near = nearest(word, PLANS)
            raise UsageError(f"--plan: expected {' or '.join(PLANS)}, found {safe(word, 40)!r}{near}")
    return words
