"""Several latencies in one text: ``20ms,lognormal:20ms,200ms,5ms;kraken=50ms`` are three.

Law: the text is cut at commas, and of the pieces each latency takes as many as it can without leaving a rest that is
no latency. No latency but one is the beginning of another: shapes take a fixed number of values, and quantiles end at
100. So joining latencies with commas and cutting them again gives the same list. The exception is a profile whose file
has a comma in its name: where ``a`` and ``a,5ms`` are both files, ``profile:a,5ms`` is the latter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from exchanges.errors import safe
from harness.sweep import MOST
from mock_server.conditions import Latency


def latencies_in(text: str, exchanges: Iterable[str] | None = None) -> list[Latency]:
    """The latencies of a list, each as ``Latency.parse`` reads it.

    Raises:
        ValueError: a piece that belongs to no latency, with the sentence of ``Latency.parse`` about it; or nothing
            between two commas.
    """
    known = None if exchanges is None else list(exchanges)
    pieces = text.split(",")
    if len(pieces) > 1 and not all(piece.strip() for piece in pieces):
        raise ValueError(
            f"expected a latency on either side of each comma, found nothing beside one in {safe(text, 60)!r}"
        )
    furthest = 0
    dead: set[int] = set()

    def cut(start: int, taken: int) -> list[Latency] | None:
        """The latencies from a piece on, when some were taken before it; None where there is no way to cut it."""
        nonlocal furthest
        if start == len(pieces):
            return []
        if taken == MOST:
            raise ValueError(f"expected at most {MOST} latencies, found more")
        furthest = max(furthest, start)
        for end in range(len(pieces), start, -1):
            if end in dead:
                continue
            try:
                first = Latency.parse(",".join(pieces[start:end]), known)
            except ValueError:
                continue
            rest = cut(end, taken + 1)
            if rest is not None:
                return [first, *rest]
        dead.add(start)
        return None

    found = cut(0, 0)
    if found is None:
        # Its own sentence says best what is wrong with it.
        Latency.parse(_suspect(pieces[furthest:]), known)
        raise ValueError(f"expected latencies with commas between them, found {safe(text, 60)!r}")
    return found


def _suspect(pieces: Sequence[str]) -> str:
    """What somebody who wrote pieces of which none begins a latency most likely meant as the first one."""
    first, *more = pieces
    if ":" not in first:
        return first
    points = list(itertools.takewhile(lambda piece: "=" in piece, more))
    return ",".join([first, *(points or more[:1])])
