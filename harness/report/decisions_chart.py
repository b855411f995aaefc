"""Fetch time against opportunities lost: what was there and was missed, and which signals were phantoms.

Arms stand at the time of a batch, and their bars are 95 % intervals (see ``harness.proportion``). Who has nothing to be
a share of is not drawn, and told below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from harness.report.chart import Chart
from harness.report.decisions import QUESTION, Decided, Loss, decided, nothing_to_lose
from harness.report.entries import ScenarioEntry
from harness.report.figure import WIDTH, duration_axis, label_room
from harness.report.line_names import LONGEST, names_of_lines
from harness.report.palette import LIGHT, MARKERS
from harness.report.wording import duration, extent, listing, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT: Final = 2.1
_BELOW: Final = 0.62
_ABOVE: Final = 0.34
_MARGIN: Final = 0.55
_WIDE: Final = 3.0
"""From this ratio of the longest time to the shortest on, the axis is logarithmic."""
_MOST_TICKS: Final = 4
_LOWEST: Final = 0.03
_MARKS: Final = (0, 0.25, 0.5, 0.75, 1)

_Which = Callable[[Decided], Loss]
_PANELS: Final[tuple[tuple[str, _Which], ...]] = (
    ("opportunities that were there and missed", lambda one: one.missed),
    ("signals that were phantoms", lambda one: one.phantom),
)


def decisions_chart(scenario: ScenarioEntry) -> Chart | None:
    """Two panels, shares over the time of a batch; None where there was nothing to lose, or the run does not say."""
    arms = [one for one in decided(scenario) if one.time_s > 0]
    if not arms or nothing_to_lose(scenario):
        return None
    height = _ABOVE + _HEIGHT + _BELOW
    figure = Figure(figsize=(WIDTH, height))
    names = label_room([one.arm.label[:LONGEST] for one in arms])
    width = (WIDTH - 2 * (_MARGIN + names)) / 2
    for side, (title, which) in enumerate(_PANELS):
        left = _MARGIN + side * (width + names + _MARGIN)
        box = (left / WIDTH, _BELOW / height, width / WIDTH, _HEIGHT / height)
        _panel(figure.add_axes(box), arms, title, which)
    description = "; ".join(
        f"{one.arm.label}, {duration(one.time_s)} a batch: missed {one.missed.told}, phantoms {one.phantom.told}"
        for one in arms
    )
    return Chart("decisions", QUESTION, _takeaway(scenario, arms), description, figure, _note(arms))


def _panel(axes: Axes, arms: Sequence[Decided], title: str, which: _Which) -> None:
    times = [one.time_s for one in arms]
    logarithmic = max(times) / min(times) > _WIDE
    axes.set_title(title, loc="left", fontsize=8.5, color=LIGHT["muted"], pad=5)
    axes.tick_params(axis="y", labelcolor=LIGHT["muted"])
    axes.grid(visible=True, axis="y")
    axes.grid(visible=False, axis="x")
    # A linear axis begins at nothing, or a hair between two times would look like a mile.
    low, high = (min(times) / 1.5, max(times) * 1.5) if logarithmic else (0.0, max(times) * 1.25)
    duration_axis(axes, low, high, logarithmic)
    marks = [mark for mark in axes.get_xticks() if low <= mark <= high]
    while len(marks) > _MOST_TICKS:
        marks = marks[::2]
    axes.xaxis.set_major_locator(FixedLocator(marks))
    axes.set_xlabel(f"time of a warm batch{', log scale' if logarithmic else ''}")
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(_MARKS, [percent(mark) for mark in _MARKS])
    ends = []
    for one in arms:
        loss, model = which(one), one.arm.model
        if loss.share is None:
            continue
        if loss.low is not None and loss.high is not None:
            axes.plot(
                [one.time_s] * 2, [loss.low, loss.high], color=LIGHT[model], linewidth=1.2, marker="_", markersize=6,
                zorder=4,
            )  # fmt: skip
        axes.plot([one.time_s], [loss.share], marker=MARKERS[model], markersize=6.5, color=LIGHT[model],
                  linestyle="none", zorder=5)  # fmt: skip
        ends.append((one.arm.label, model, one.time_s, loss.share))
    if not ends:
        axes.text(0.5, 0.5, "nothing to be a share of", transform=axes.transAxes, ha="center", color=LIGHT["muted"])
    # Above the axis, whose labels the lines to them would cross: many arms may have lost nothing at all.
    names_of_lines(axes, ends, _HEIGHT, lowest=_LOWEST)


def _takeaway(scenario: ScenarioEntry, arms: Sequence[Decided]) -> str:
    if not scenario.has_ranking or len(arms) == 1:
        # Where times are in doubt nobody is called quick or slow; what was counted was counted.
        return " ".join(said for title, which in _PANELS if (said := _of_all(title, arms, which)))
    quick, slow = min(arms, key=lambda one: one.time_s), max(arms, key=lambda one: one.time_s)
    return " ".join([_of_one(quick), _of_one(slow), *_chance(quick, slow)])


def _of_one(one: Decided) -> str:
    missed = f"missed {one.missed.told} of the opportunities that were there" if one.missed.whole else ""
    phantom = f"of its signals {one.phantom.told} were phantoms" if one.phantom.whole else "it had no signals"
    return f"At {duration(one.time_s)} a batch {one.arm.name} {missed or 'had nothing to miss'}, and {phantom}."


def _of_all(title: str, arms: Sequence[Decided], which: _Which) -> str:
    shares = [loss.share for one in arms if (loss := which(one)).share is not None]
    parts, wholes = (sum(getattr(which(one), name) for one in arms) for name in ("part", "whole"))
    subject = f"{title[:1].upper()}{title[1:]}"
    return f"{subject}: {parts:,.0f} of {wholes:,.0f}, {extent(shares, percent)}." if shares else ""


def _chance(quick: Decided, slow: Decided) -> list[str]:
    """What of the difference between the two may be chance: where the intervals overlap."""
    lost = (("missed", quick.missed, slow.missed), ("phantoms", quick.phantom, slow.phantom))
    unclear = [
        name
        for name, one, other in lost
        if one.low is None or one.high is None or other.low is None or other.high is None
        or (one.low <= other.high and other.low <= one.high)
    ]  # fmt: skip
    if not unclear:
        return []
    which = "either" if len(unclear) == len(lost) else f"the {unclear[0]}"
    return [f"The intervals of {which} overlap: that much may be chance."]


def _note(arms: Sequence[Decided]) -> str:
    note = (
        "Bars: 95 % intervals. Signals of one block come and go together, so that they count for fewer than they are. "
        "A signal: a pair bought on one exchange and sold on another leaves something after both base-tier taker fees. "
        "There: in the market at the moment when the batch was in hand."
    )
    for title, which in _PANELS:
        without = [one.arm.name for one in arms if which(one).share is None]
        if without:
            note += f" Without any {title.split()[0]}: {listing(without)}."
    return note
