"""A chart: the question it answers, the answer in a sentence computed from its data, and the figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Chart:
    """``slug`` names its files, ``question`` is its heading, ``takeaway`` the line below it; ``description`` is
    for those who cannot see ``figure``. ``note`` says what is not shown."""

    slug: str
    question: str
    takeaway: str
    description: str
    figure: Figure
    note: str = ""
