"""Connections at rest, by origin: the one that came back last goes out first, and one that was closed never again."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from strategies.lean_connection import LeanConnection


class LeanPool:
    """``opened`` are all connections that are open, at rest or not. Of each origin there are as many as were ever in
    use at once: one is opened only where none is at rest."""

    def __init__(self) -> None:
        self.opened: set[LeanConnection] = set()
        self._at_rest: defaultdict[str, list[LeanConnection]] = defaultdict(list)

    def take(self, origin: str) -> LeanConnection | None:
        """A connection to ``origin`` that can be used, or None. One that was closed meanwhile is dropped."""
        at_rest = self._at_rest[origin]
        while at_rest:
            connection = at_rest.pop()
            if connection.usable:
                return connection
        return None

    def give_back(self, connection: LeanConnection) -> None:
        """The connection is free again; dropped where it cannot be used again."""
        if connection.usable:
            self._at_rest[connection.origin].append(connection)

    async def close(self) -> None:
        """Close all, and wait until the event loop has let go of them."""
        self._at_rest.clear()
        for connection in list(self.opened):
            connection.abort()
        while self.opened:
            await asyncio.sleep(0)
