"""File descriptors: how many requests can be in flight before the system refuses one more."""

from __future__ import annotations

import resource
from typing import Final

from harness.doctor.finding import Finding
from harness.exits import EnvironmentGap

DEFAULT_IN_FLIGHT: Final = 20
_SPARE: Final = 64


def needed_for(in_flight: int) -> int:
    """Both ends of a connection per request, a pipe or two per worker, and what Python itself holds open."""
    return 2 * in_flight + _SPARE


def allow_files_for(in_flight: int) -> None:
    """Raise the soft limit as far as so many requests in flight need it.

    Raises:
        EnvironmentGap: the hard limit is below that.
    """
    needed = needed_for(in_flight)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise EnvironmentGap(
                f"{in_flight} requests in flight need about {needed} file descriptors, {hard} are available; nothing "
                "was measured; lower --concurrency or raise the limit (ulimit -n)"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def descriptors() -> Finding:
    """The limits, and what they allow. ``run`` raises the soft one by itself."""
    soft, hard = (
        None if limit == resource.RLIM_INFINITY else limit for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    facts = {"soft": soft, "hard": hard}
    if hard is None:
        return Finding("file descriptors", "fine", f"{_named(soft)} now, and no limit to raising them", facts=facts)
    in_flight = max(0, (hard - _SPARE) // 2)
    said = f"{_named(soft)} now, {hard:,} at most: enough for {in_flight:,} requests in flight"
    if in_flight < DEFAULT_IN_FLIGHT:
        return Finding("file descriptors", "bad", said, f"ulimit -n {needed_for(100)} before the run", facts)
    if in_flight < 100:
        return Finding("file descriptors", "doubtful", said, f"ulimit -n {needed_for(1000)} for more", facts)
    return Finding("file descriptors", "fine", said, facts=facts)


def _named(limit: int | None) -> str:
    return "no limit" if limit is None else f"{limit:,}"
