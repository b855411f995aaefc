"""Ways of fetching many things at once, one short file each, beginning with the plainest: ``sequential``.

``names()`` lists without importing; ``load(name)`` returns a Strategy, so that a plugin can wrap another.
"""

from __future__ import annotations

from typing import cast

from exchanges.errors import Rejected
from exchanges.plugins import Group
from strategies.strategy import Declares, Decode, Failed, Fetch, Fetched, Limits, Outcome, Strategy

__all__ = [
    "Declares", "Decode", "Failed", "Fetch", "Fetched", "GROUP", "Limits", "Outcome", "Rejected", "Strategy", "load",
    "names",
]  # fmt: skip

GROUP = Group(
    noun="strategy",
    entry_points="fetchrace.strategies",
    builtins={
        "sequential": "strategies.sequential:sequential",
        "threads": "strategies.threads:threads",
        "threads-httpx": "strategies.threads_httpx:threads_httpx",
        "processes": "strategies.processes:processes",
        "asyncio-aiohttp": "strategies.asyncio_aiohttp:asyncio_aiohttp",
        "asyncio-httpx": "strategies.asyncio_httpx:asyncio_httpx",
        "trio-httpx": "strategies.trio_httpx:trio_httpx",
    },
)


def names() -> list[str]:
    """Every strategy that this environment knows by name, built-ins first; imports none of them."""
    return GROUP.names()


def load(name: str) -> Strategy:
    """The strategy called ``name``, or ``path/to/file.py:name``. Raises a PluginError that says what to do."""
    return cast(Strategy, GROUP.load(name))
