"""The scope of a race against others' servers: which, from where, when and under what load. What was measured there is
true of no other place, time or load, and every telling of it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from exchanges.errors import safe

_LONGEST: Final = 80


def hosts(origins: Iterable[Sequence[str]]) -> list[str]:
    """The hosts of a scenario's ``origins``, each with its exchange where its name does not tell."""
    found = []
    for exchange, origin in origins:
        host = _host(origin)
        # Of api-pub.bitfinex.com nobody has to be told whose it is.
        found.append(host if exchange.partition("_")[0] in host else f"{host} for {safe(exchange, 40)}")
    return found


def _host(origin: str) -> str:
    """A file may hold anything where an origin belongs, and a password is nobody's business."""
    return safe(origin.partition("://")[2].partition("/")[0].rpartition("@")[2], _LONGEST)


def listed_hosts(origins: Iterable[Sequence[str]]) -> str:
    """The same in a row: ``a, b and c``."""
    names = hosts(origins)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def scope_of(scenarios: Sequence[Mapping[str, Any]], started: str, finished: str) -> dict[str, Any] | None:
    """For run.json, from its entries of scenarios and its stamps: ``hosts`` by exchange, ``started``, ``finished``, and
    ``sentence``. None where the servers were our own, whose prices and delays are the same at any place and time."""
    origins = dict(origin for scenario in scenarios for origin in scenario.get("origins", ()))
    if not origins:
        return None
    return {
        "hosts": {exchange: _host(origin) for exchange, origin in origins.items()},
        "started": started, "finished": finished, "sentence": _sentence(scenarios, origins, started, finished),
    }  # fmt: skip


def _sentence(
    scenarios: Sequence[Mapping[str, Any]], origins: Mapping[str, str], started: str, finished: str
) -> str:  # fmt: skip
    schemes = {origin.partition("://")[0] for origin in origins.values()}
    tls = {"https": " over TLS", "http": " without TLS"}.get(schemes.pop() if len(schemes) == 1 else "", "")
    loads = dict.fromkeys((scenario["requests"], scenario["concurrency"]) for scenario in scenarios)
    told = [f"{requests} requests with {in_flight} in flight" for requests, in_flight in loads]
    load = told[0] if len(told) == 1 else f"{len(told)} loads from {told[0]} to {told[-1]}"
    return (
        f"Measured from this machine against {listed_hosts(origins.items())}{tls}, {_span(started, finished)}, {load}: "
        "it says nothing about other places, times or loads."
    )


def _span(started: str, finished: str) -> str:
    """``on 2026-11-30 from 22:14 to 22:19 UTC``; over midnight both days are named."""
    first, last = (datetime.fromisoformat(stamp).astimezone(UTC) for stamp in (started, finished))
    if first.date() == last.date():
        return f"on {first:%Y-%m-%d} from {first:%H:%M:%S} to {last:%H:%M:%S} UTC"
    return f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
