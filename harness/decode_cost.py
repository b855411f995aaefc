"""What decoding costs by itself: measured apart, on answers like those of the race, when the race is over."""

from __future__ import annotations

from collections.abc import Sequence

from exchanges.wire import Request
from harness.job import Job
from strategies.strategy import Decode


def decode_s(requests: Sequence[Request], decode: Decode, job: Job) -> float | None:
    """Seconds of CPU that it takes to decode the answers to all ``requests`` once, in this very process and with
    nothing beside it: a lower bound of what it costs in the race. None where it could not be measured."""
    return None
