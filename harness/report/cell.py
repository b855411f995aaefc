"""A cell: one thing on the market page that changes by itself, and how it is sent to a page that is open.

Law: a cell is equal to an older one while what it shows has not changed. That is why an age is kept as the moment from
which it counts: nothing is sent because time went by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` is shown as it is; ``mood`` are words of ours that the style sheet dresses it by, ``title`` is what a
    pointer is told, ``points`` those of a polyline. ``since_us`` is the moment from which an age counts, or to which a
    wait does, in whole microseconds of the document's clock (0: none): its text is made where it is shown."""

    text: str = ""
    mood: str = ""
    title: str = ""
    points: str = ""
    since_us: int = 0

    def row(self, name: str) -> list[str | int]:
        """What is sent: the element's id, then the fields in their order, cut after the last that says something."""
        row: list[str | int] = [name, self.text, self.mood, self.title, self.points, self.since_us]
        while len(row) > 2 and not row[-1]:
            row.pop()
        return row


def changes(before: Mapping[str, Cell], after: Mapping[str, Cell]) -> list[str]:
    """The ids of the cells that are new, or not what they were."""
    return [name for name, cell in after.items() if before.get(name) != cell]
