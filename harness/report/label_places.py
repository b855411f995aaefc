"""Where the names of points go, so that no name lies on another, or on somebody else's point.

Law: as far as there is room, no two names overlap, none covers a point or a line, and all are inside the box; the same
points have the same places each time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

POINT: Final = 5.0
"""Half of the square around a point that names keep out of."""
_RINGS: Final = (9.0, 16.0, 24.0, 34.0, 46.0, 60.0, 78.0, 100.0, 130.0)
_DIRECTIONS: Final = (0, 45, 315, 180, 135, 225, 90, 270, 20, 340, 160, 200, 70, 290, 110, 250)
"""In degrees, the best first: a name is read from its point on."""


class Box(NamedTuple):
    """A rectangle in any unit, y upwards."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """The area that both have."""
        across = min(self.right, other.right) - max(self.left, other.left)
        up = min(self.top, other.top) - max(self.bottom, other.bottom)
        return across * up if across > 0 and up > 0 else 0.0

    def beyond(self, outer: Box) -> float:
        """How far it reaches out of another one, in all directions together."""
        out = (outer.left - self.left, outer.bottom - self.bottom, self.right - outer.right, self.top - outer.top)
        return sum(max(0.0, by) for by in out)


def places(
    points: Sequence[tuple[float, float]], widths: Sequence[float], height: float, box: Box, drawn: Sequence[Box] = ()
) -> list[Box]:
    """A rectangle for each point's name, of the given width; all in one unit. The most crowded points choose first.
    ``drawn`` is what names keep off as well, where they can."""
    taken = [*(Box(x - POINT, y - POINT, x + POINT, y + POINT) for x, y in points), *drawn]
    order = sorted(range(len(points)), key=lambda i: (_room(points, i), points[i], i))
    chosen: dict[int, Box] = {}
    for i in order:
        others, least = [*taken, *chosen.values()], math.inf
        for candidate in _candidates(points[i], widths[i], height):
            cost = _cost(candidate, others, box)
            if cost < least:
                chosen[i], least = candidate, cost
            if not cost:
                break
    return [chosen[i] for i in range(len(points))]


def _room(points: Sequence[tuple[float, float]], i: int) -> float:
    """How far the nearest other point is."""
    return min((math.dist(points[i], other) for j, other in enumerate(points) if j != i), default=math.inf)


def _candidates(point: tuple[float, float], width: float, height: float) -> Iterator[Box]:
    """Rectangles around a point, the nearest first; each touches its ring with the side or corner that is nearest."""
    for ring, degrees in itertools.product(_RINGS, _DIRECTIONS):
        across, up = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        x, y = point[0] + ring * across, point[1] + ring * up
        left = x - width * (1 - across) / 2
        bottom = y - height * (1 - up) / 2
        yield Box(left, bottom, left + width, bottom + height)


def _cost(name: Box, taken: Sequence[Box], box: Box) -> float:
    """Nothing where it is free; what it costs to be in somebody's way weighs more than the longest way out."""
    return sum(name.overlap(other) for other in taken) + 100 * name.beyond(box)
