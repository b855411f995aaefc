"""A batch: what is on its way to one exchange and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from exchanges.wire import Request
from harness.tracker.tasks import Task


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """On its way since ``began``, until ``ends_by`` if the strategy keeps its promises, ``in_flight`` at once;
    ``slept_us`` is how long the machine had slept when it began."""

    tasks: tuple[Task, ...]
    began: float
    ends_by: float
    in_flight: int
    slept_us: int

    @property
    def requests(self) -> list[Request]:
        return [request for task in self.tasks for request in task.requests]


def batch_of(tasks: tuple[Task, ...], most: int, deadline_s: float, now: float, slept_us: int) -> Batch:
    """One that begins now, ``most`` requests of which may be in flight at once, each for ``deadline_s``."""
    count = sum(len(task.requests) for task in tasks)
    # A strategy may be a quarter of a second late with what is over its deadline.
    ends_by = now + math.ceil(count / most) * (deadline_s + 0.25)
    return Batch(tasks, now, ends_by, min(count, most), slept_us)
