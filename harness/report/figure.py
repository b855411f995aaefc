"""The house style of every figure, and figures as bytes: an SVG with text kept as text, and a PNG.

The same figure gives the same bytes each time: matplotlib's defaults apply whatever the user's matplotlibrc says,
identifiers are salted with a constant, and no file carries a date.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from harness.report.palette import LIGHT, MARKERS
from harness.report.wording import tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH: Final = 7.9
"""Inches, at 72 SVG units each."""
FONT: Final = 8.5
_PROLOGUE: Final = re.compile(r"<!DOCTYPE[^>]*>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",  # text stays text: searchable, selectable, and in the reader's own font
    "svg.hashsalt": "fetchrace",
    "text.parse_math": False,  # a name such as $x_$ is a name
    "axes.unicode_minus": True,
    "font.family": ["DejaVu Sans"],
    "font.size": FONT,
    "figure.facecolor": LIGHT["paper"],
    "savefig.facecolor": LIGHT["paper"],
    "axes.facecolor": "none",
    "axes.edgecolor": LIGHT["grid"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 0.7,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["grid"],
    "ytick.color": LIGHT["grid"],
    "xtick.labelcolor": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["ink"],
    "ytick.major.size": 0,
    "xtick.major.size": 3,
    "lines.solid_capstyle": "butt",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Everything about a figure, from its first artist to its bytes, happens within."""
    with mpl.rc_context(), warnings.catch_warnings():
        # A script that the font lacks: the SVG's reader has other fonts, the PNG shows boxes.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def lanes(
    labels: Sequence[str], row: float = 0.27, right: float = 0.3, below: float = 0.42, above: float = 0.1
) -> tuple[Figure, Axes]:
    """A figure with one horizontal lane per label, the first on top. ``row`` is a lane's height, ``right`` the
    room for text beside the axes, ``below`` and ``above`` for what surrounds them, all in inches."""
    left = label_room(labels)
    height = above + row * len(labels) + below
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((left / WIDTH, below / height, (WIDTH - left - right) / WIDTH, row * len(labels) / height))
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.yaxis.set_major_locator(FixedLocator(range(len(labels))))
    axes.set_yticklabels(labels)
    return figure, axes


def label_room(labels: Sequence[str]) -> float:
    """Inches that the longest label needs, wide characters counted twice."""
    cells = (sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in label) for label in labels)
    return 0.2 + 0.067 * max(6, *cells, 0)


def duration_axis(axes: Axes, low: float, high: float, logarithmic: bool) -> None:
    """A horizontal axis in seconds from ``low`` to ``high``, labelled 20 ms, 50 ms, 1 s."""
    if logarithmic:
        axes.set_xscale("log")
    axes.set_xlim(low, high)
    marks = nice_marks(low, high) if logarithmic else even_marks(low, high)
    axes.xaxis.set_major_locator(FixedLocator(marks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def nice_marks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... within a range; 1, 10, 100 where those would crowd."""
    powers = range(-9, 12)
    many = [m * 10.0**power for power in powers for m in (1, 2, 5) if low <= m * 10.0**power <= high]
    few = [10.0**power for power in powers if low <= 10.0**power <= high]
    return many if len(many) <= 9 or len(few) < 2 else few


def even_marks(low: float, high: float) -> list[float]:
    """Five to nine round steps from ``low`` (or the first round number above it) to ``high``."""
    rough = (high - low) / 6
    if rough <= 0:
        return [low]
    power = 10.0 ** int(f"{rough:e}".partition("e")[2])
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step * (1 - 1e-9))
    return [round(k * step, 12) for k in range(first, int(high / step + 1e-9) + 1)]


def limit_line(axes: Axes, x: float, text: str) -> None:
    """The physical limit: a dashed line over all lanes, named above them."""
    axes.axvline(x, color=LIGHT["limit"], linestyle=(0, (4, 3)), linewidth=1.2, zorder=3)
    low, high = (math.log(end) if axes.get_xscale() == "log" else end for end in axes.get_xlim())
    # Right of the middle the name goes to the left, where no column of numbers has its heading.
    middle = (math.log(x) if axes.get_xscale() == "log" else x) > (low + high) / 2
    axes.annotate(
        text, (x, 1.0), xycoords=axes.get_xaxis_transform(), xytext=(-4 if middle else 4, 4),
        textcoords="offset points", ha="right" if middle else "left", va="bottom", color=LIGHT["limit"],
        annotation_clip=False,
    )  # fmt: skip


def beside(axes: Axes, lane: float, text: str, inset: float = 8) -> None:
    """A lane's numbers, to the right of the axes."""
    axes.annotate(
        text, (1.0, lane), xycoords=axes.get_yaxis_transform(), xytext=(inset, 0), textcoords="offset points",
        va="center", ha="left", annotation_clip=False,
    )  # fmt: skip


def column(axes: Axes, heading: str, inset: float) -> None:
    """The heading of numbers that are ``beside`` the lanes with the same inset."""
    axes.annotate(
        heading, (1.0, 1.0), xycoords="axes fraction", xytext=(inset, 4), textcoords="offset points",
        color=LIGHT["muted"], va="bottom",
    )  # fmt: skip


def dot(axes: Axes, x: float, lane: float, model: str, hollow: bool = False) -> None:
    """One value of an arm, in its model's colour and shape."""
    colour = LIGHT[model]
    axes.plot(
        [x], [lane], marker=MARKERS[model], markersize=7, color=colour, linestyle="none", markeredgewidth=1.4,
        markeredgecolor=colour, markerfacecolor=LIGHT["paper"] if hollow else colour, zorder=5, clip_on=False,
    )  # fmt: skip


def svg_of(figure: Figure) -> str:
    """The figure as matplotlib writes it, without date, creator or document type."""
    buffer = io.BytesIO()
    FigureCanvasSVG(figure)
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", metadata=nothing)
    return _PROLOGUE.sub("", buffer.getvalue().decode("utf-8"))


def png_of(figure: Figure) -> bytes:
    """The figure as pixels, 150 to the inch."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()
