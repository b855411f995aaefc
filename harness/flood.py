"""A flood: more connections than anybody needs, in front of which the mock server's queue turned some away.

Connections that the kernel lost forbid a ranking (``harness.lost_connections``), and so one arm could take it from all.
But the most lavish of honest clients opens one connection for each request. Law: where connections were turned away in
no other batches of a block than such in which an arm opened more than that, the arm did it and is out; where anybody
met with it who opened no more, the queue is too short, and nobody is to blame.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.measurement import Batch, Measurement


def floods(measured: Sequence[Measurement]) -> dict[str, str]:
    """Of one block: the arms that flooded the mock server, if any, each with a sentence that says how."""
    met = {m.arm: found for m in measured if (found := [batch for batch in m.batches if batch.turned_away])}
    if not all(_is_flood(batch) for batches in met.values() for batch in batches):
        return {}
    return {arm: _said(max(batches, key=lambda batch: batch.accepted or 0)) for arm, batches in met.items()}


def _is_flood(batch: Batch) -> bool:
    """Beyond one for each request, and one more where a fault cost it."""
    return batch.accepted is not None and batch.accepted > batch.requests + batch.severed


def _said(batch: Batch) -> str:
    return (
        f"opened {batch.accepted} connections for {batch.requests} requests, and the mock server's full queue turned "
        f"{batch.turned_away} away"
    )
