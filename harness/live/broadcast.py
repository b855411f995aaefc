"""The broadcast: what every client of the live page may see, and since when. It has no queue.

Each cell is kept with the version in which it last changed, and each client with the version that it has. Whoever can
take more gets what changed since, in one piece; who was slow gets less often more, and never what is out of date. What
changed since a version is put into bytes once, for all clients that have it.

All of it belongs to the server's event loop; no other thread may touch it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

MOST_CLIENTS: Final = 32
_NOTHING: Final = b""


class Edition(Protocol):
    """One state of the page: ``version`` grows; ``rows`` are its cells, by id, as they are sent; ``shape`` says which
    cells there are; ``now_us`` is the moment, by the clock that ages are told by."""

    @property
    def version(self) -> int: ...
    @property
    def now_us(self) -> int: ...
    @property
    def shape(self) -> str: ...
    @property
    def rows(self) -> Mapping[str, list[Any]]: ...


@dataclass(slots=True)
class Client:
    """What one client has: the page of this ``shape``, its cells of this ``version``, and so many lines of a race."""

    shape: str
    version: int = 0
    race: int = 0
    laps: int = 0
    greeted: bool = False
    gone: bool = False


class Broadcast:
    """``publish`` an edition, ``tell`` of a race, ``farewell`` at the end; clients ask for what they lack with
    ``due``, and wait for ``news``. ``run`` tells this server's versions from those of the one before it."""

    def __init__(self, run: str) -> None:
        self.clients = 0
        self.closing = False
        self._run = run
        self._edition: Edition | None = None
        self._changed: dict[str, int] = {}
        self._since: dict[int, bytes] = {}
        self._race = 0
        self._laps: list[bytes] = []
        self._racing = False
        self._news: asyncio.Future[None] | None = None

    # whoever has something to say

    def publish(self, edition: Edition) -> None:
        """A new state of the page."""
        before: Mapping[str, list[Any]] = {} if self._edition is None else self._edition.rows
        changed = [name for name, row in edition.rows.items() if before.get(name) != row]
        if self._edition is not None and self._edition.shape != edition.shape:
            # Whoever has the old page gets the new one whole.
            self._changed.clear()
            changed = list(edition.rows)
        for name in changed:
            self._changed[name] = edition.version
        self._edition = edition
        self._since.clear()
        if changed:
            self._wake()

    def tell(self, lap: Mapping[str, Any]) -> None:
        """A line of a race; one whose state is ``began`` begins another race."""
        if lap["state"] == "began":
            self._race += 1
            self._laps = []
        self._racing = lap["state"] not in ("ended", "failed")
        self._laps.append(_event("race", lap))
        self._wake()

    def farewell(self) -> None:
        """Nothing will come any more."""
        self.closing = True
        self._wake()

    # whoever listens

    def enter(self, shape: str | None, last_id: str | None) -> Client | None:
        """A new client, whose page has this shape (None: the present one) and the cells of ``last_id`` (None: none).
        None where there are enough clients; each is to ``leave``."""
        if self.clients >= MOST_CLIENTS:
            return None
        self.clients += 1
        present = "" if self._edition is None else self._edition.shape
        run, _, number = (last_id or "").rpartition("-")
        known = run == self._run and number.isascii() and number.isdecimal() and len(number) <= 15
        client = Client(present if shape is None else shape, int(number) if known else 0, self._race)
        # What is over when it comes is not told again; what is under way is, from its beginning.
        client.laps = 0 if self._racing else len(self._laps)
        return client

    def leave(self) -> None:
        """A client has gone."""
        self.clients -= 1

    def due(self, client: Client) -> bytes:
        """What a client lacks, which counts as sent from now on; empty where it has everything. After a ``shape`` or a
        ``bye`` it gets nothing more."""
        edition = self._edition
        if client.gone or (edition is None and not self.closing):
            return _NOTHING
        pieces = []
        if edition is not None:
            if client.shape != edition.shape:
                client.gone = True
                return _event("shape", {"shape": edition.shape})
            if client.version < edition.version or not client.greeted:
                piece = self._cells_since(client.version, edition)
                # The first is sent even if it is empty: by it a page knows that it is connected.
                if piece != _NOTHING or not client.greeted:
                    pieces.append(piece or self._cells([], edition))
                client.version, client.greeted = edition.version, True
        if client.race != self._race:
            client.race, client.laps = self._race, 0
        pieces += self._laps[client.laps :]
        client.laps = len(self._laps)
        if self.closing:
            client.gone = True
            pieces.append(_event("bye", {}))
        return b"".join(pieces)

    async def news(self, timeout_s: float) -> bool:
        """Wait until there is something new; False where there was nothing for so long."""
        if self._news is None:
            self._news = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait((self._news,), timeout=timeout_s)
        return bool(done)

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set_result(None)
            self._news = None

    def _cells_since(self, version: int, edition: Edition) -> bytes:
        found = self._since.get(version)
        if found is None:
            rows = [edition.rows[name] for name, at in self._changed.items() if at > version and name in edition.rows]
            found = self._since[version] = self._cells(rows, edition) if rows else _NOTHING
        return found

    def _cells(self, rows: list[list[Any]], edition: Edition) -> bytes:
        data = {"version": edition.version, "now_us": edition.now_us, "cells": rows}
        return _event("cells", data, f"{self._run}-{edition.version}")


def beat(now_us: int) -> bytes:
    """That the server is there, while nothing changes; a script cannot see a comment."""
    return _event("beat", {"now_us": now_us})


def _event(name: str, data: Any, number: str = "") -> bytes:
    # JSON of ASCII alone: nothing in it can end a line, be it a symbol's name with a newline.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return f"event: {name}\n{f'id: {number}' + chr(10) if number else ''}data: {text}\n\n".encode("ascii")
