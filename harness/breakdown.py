"""Where a batch's time went: parts that are measured, and what is left, which is shown as such.

Law: the parts add up to the time of the batch. None is inferred from another's absence but the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Parts:
    """Seconds of a batch's time. ``bound_s``: the physical limit; ``queueing_s``: waiting for a turn because the arm
    has fewer requests in flight than the scenario allows; ``overshoot_s``: the server held replies longer than asked;
    ``connecting_s``: opening connections; ``decode_s`` and ``client_s``: CPU time of decoding, and of everything else
    in the client, as far as it was not hidden behind waiting; ``unexplained_s``: the rest."""

    bound_s: float = 0.0
    queueing_s: float = 0.0
    overshoot_s: float = 0.0
    connecting_s: float = 0.0
    client_s: float = 0.0
    decode_s: float = 0.0
    unexplained_s: float = 0.0


def parts_of(
    record: Mapping[str, Any], log: Sequence[Mapping[str, Any]], known: set[int], asked: Sequence[float],
    scenario: Scenario, declared: int, decode_s: float | None,
) -> Parts:  # fmt: skip
    """The parts of one batch. ``known`` are the connections (numbers of the log) that earlier batches had opened."""
    return Parts()
