"""The names at the right ends of lines, instead of a key: pushed apart where they would lie upon each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harness.report.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST: Final = 24
"""Characters of a name that there is room for."""
_LINE_IN: Final = 0.145
_BOTTOM, _TOP = -0.12, 1.05
"""Between which shares of the axes' height names may lie."""


def names_of_lines(
    axes: Axes, ends: Sequence[tuple[str, str, float, float]], height_in: float, lowest: float = _BOTTOM
) -> None:
    """Write each name to the right of its line's end; ``ends`` are (name, model, x, y), ``height_in`` is the height of
    the axes in inches, ``lowest`` the share of it below which no name lies. The axes must have their scale and
    limits."""
    logarithmic = axes.get_yscale() == "log"
    bottom, top = (math.log(end) if logarithmic else end for end in axes.get_ylim())
    wanted = sorted(
        (((math.log(y) if logarithmic else y) - bottom) / (top - bottom), name, model, x, y)
        for name, model, x, y in ends
    )
    heights = apart([height for height, *_ in wanted], _LINE_IN / height_in, lowest, _TOP)
    for height, (_, name, model, x, y) in zip(heights, wanted, strict=True):
        axes.annotate(
            name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…", (x, y), xycoords="data",
            xytext=(1.06, height), textcoords="axes fraction", va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": LIGHT[model], "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4,
                        "relpos": (0, 0.5)},
        )  # fmt: skip


def apart(heights: Sequence[float], least: float, bottom: float, top: float) -> list[float]:
    """Rising ``heights``, moved as little as it takes until each is ``least`` above the one before and all lie between
    ``bottom`` and ``top``: those that would touch share one stretch around their own middle."""

    def start(group: Sequence[float]) -> float:
        whole = least * (len(group) - 1)
        return max(bottom, min(top - whole, sum(group) / len(group) - whole / 2))

    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and start(groups[-2]) + least * len(groups[-2]) > start(groups[-1]):
            groups[-2:] = [[*groups[-2], *groups[-1]]]
    return [start(group) + place * least for group in groups for place in range(len(group))]
