"""Levers that spoil a measurement on purpose, to prove that the harness notices.

``one_at_a_time`` makes the server handle one request at a time (the ranking must not survive it); ``refuse`` makes
an exchange say no at once (the arm that fails fastest must not win).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import seconds_from

REFUSALS = ("unknown_symbol", "rate_limited", "banned", "blocked", "server", "not_found")
"""The kinds that every exchange has words for."""


def one_at_a_time_from(text: Any) -> float | None:
    """How long each request takes while the others wait, in seconds; None switches it off. Raises ValueError."""
    return None if text is None else seconds_from(str(text))


def refuse_from(wanted: Any, exchanges: Iterable[str]) -> dict[str, str]:
    """Which exchange refuses with which kind. Raises ValueError with a sentence that names the nearest choice."""
    if not isinstance(wanted, Mapping):
        raise ValueError(
            f'expected an object such as {{"binance": "rate_limited"}} as refuse, found {safe(repr(wanted))}'
        )
    names = list(exchanges)
    for name, kind in wanted.items():
        if name not in names:
            raise ValueError(f"this server has no exchange {safe(str(name))!r}{nearest(str(name), names)}")
        if kind not in REFUSALS:
            raise ValueError(
                f"no exchange refuses with {safe(str(kind))!r}{nearest(str(kind), REFUSALS)}; "
                f"the kinds are {', '.join(REFUSALS)}"
            )
    return dict(wanted)


def refusals_from(flags: Iterable[str], exchanges: Iterable[str]) -> dict[str, str]:
    """The same from words of the form EXCHANGE=KIND. Raises ValueError."""
    wanted = {}
    for flag in flags:
        name, equals, kind = flag.partition("=")
        if not equals:
            raise ValueError(f"expected EXCHANGE=KIND such as binance=rate_limited, found {safe(flag)!r}")
        wanted[name] = kind
    return refuse_from(wanted, exchanges)
