"""Where the time of a batch went, arm by arm: one bar each, from the physical limit to what nobody can explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from matplotlib.patches import Patch

from harness.report.chart import Chart
from harness.report.entries import ScenarioEntry
from harness.report.figure import beside, column, duration_axis, lanes, limit_line
from harness.report.palette import LIGHT
from harness.report.parts import BOUND, PARTS, UNEXPLAINED, Breakdown, Part, breakdowns
from harness.report.wording import duration, listing, not_told_from, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CUT: Final = 4.0
"""An arm that takes this many times as long as the quickest runs out of the picture, as in the waterfall."""
_CHARACTER: Final = 0.068
"""Inches that a character of a label takes, about."""


def parts_chart(scenario: ScenarioEntry) -> Chart | None:
    """One stacked bar per arm; None where the run does not tell the parts of any."""
    found = breakdowns(scenario)
    if not found:
        return None
    limit = scenario.limit_s
    ends = [max(one.time_s, sum(one.seconds)) for one in found]
    kept = [end for end in ends if end <= _CUT * min(ends)]
    right_end = max([*kept, limit or 0.0]) * 1.02
    figure, axes = lanes([one.arm.label for one in found], row=0.34, right=2.35, above=0.62)
    duration_axis(axes, 0.0, right_end, logarithmic=False)
    axes.grid(visible=False)
    axes.set_xlabel("time of one warm batch, part by part")
    width = axes.get_position().width * figure.get_figwidth()
    for lane, (one, end) in enumerate(zip(found, ends, strict=True)):
        _bar(axes, lane, one, right_end, width)
        beside(axes, lane, f"{'→ ' if end > right_end else ''}{duration(one.time_s)}")
        beside(axes, lane, one.arm.text("limited_by", limit=40), 64)
    column(axes, "time", 8)
    if any(one.arm.text("limited_by") for one in found):
        column(axes, "limited by", 64)
    if limit:
        limit_line(axes, limit, f"physical limit {duration(limit)}")
    _key(figure, [part for part in PARTS if any(one.of(part) > 0 for one in found)])
    description = "; ".join(f"{one.arm.label}: {duration(one.time_s)}, of which {_told(one)}" for one in found)
    return Chart("parts", "Where did the time go?", _takeaway(scenario, found), description, figure,
                 _note(found, ends, right_end))  # fmt: skip


def _bar(axes: Axes, lane: int, one: Breakdown, right_end: float, width: float) -> None:
    """The parts of one arm, those in the picture; ``width`` is that of the axes in inches."""
    left = 0.0
    for part, seconds in zip(PARTS, one.seconds, strict=True):
        shown = min(left + seconds, right_end) - left
        if shown <= 0:
            continue
        axes.barh(lane, shown, left=left, height=0.66, **_dress(part))
        room = shown / right_end * width - 0.08
        texts = [f"{part.short} {duration(seconds)}", duration(seconds), part.short]
        text = next((text for text in texts if len(text) * _CHARACTER <= room), "")
        # Upon a hatch no text can be read.
        if text and part.token:
            axes.text(left + shown / 2, lane, text, ha="center", va="center", color=LIGHT[part.on])
        left += seconds


def _dress(part: Part) -> dict[str, Any]:
    """Told apart without colour: parts keep their order and have a gap between them; what is unexplained is hatched."""
    if part.token:
        return {"facecolor": LIGHT[part.token], "edgecolor": LIGHT["paper"], "linewidth": 0.8}
    return {"facecolor": "none", "edgecolor": LIGHT["muted"], "linewidth": 0.8, "hatch": "//////"}


def _key(figure: Figure, parts: Sequence[Part]) -> None:
    handles = [Patch(label=part.name, **_dress(part)) for part in parts]
    figure.legend(
        handles=handles, loc="upper left", ncols=len(handles), frameon=False, borderpad=0.1, borderaxespad=0.2,
        handlelength=1.2, handletextpad=0.4, columnspacing=1.1,
    )  # fmt: skip


def _takeaway(scenario: ScenarioEntry, found: list[Breakdown]) -> str:
    """What decides, for the fastest arm and for the slowest of those with several requests in flight; where nothing is
    ranked nobody is called so."""
    if not scenario.has_ranking:
        return _of_all(found)
    limit = scenario.limit_s or found[0].of(BOUND)
    concurrent = [one for one in found if one.arm.number("declared_in_flight") != 1] or found
    first, last = found[0], max(concurrent, key=lambda one: one.time_s)
    tied = not_told_from(scenario.shares_first)
    said = [_decided(first, limit, f", the fastest{f' ({tied[2:]})' if tied else ''}," if len(found) > 1 else "")]
    if last.arm.name not in (first.arm.name, *scenario.shares_first):
        said.append(_decided(last, limit, ", the slowest with several requests in flight,"))
    return " ".join(said)


def _of_all(found: list[Breakdown]) -> str:
    told = []
    for part in PARTS[1:]:
        names = [one.arm.name for one in found if one.decisive is part]
        if names:
            told.append(f"{part.name} for {listing(names)}")
    shares = [one.of(UNEXPLAINED) / one.time_s for one in found]
    ends = list(dict.fromkeys(percent(share) for share in (min(shares), max(shares))))
    unexplained = f"{' to '.join(ends)} of the time"
    return f"Beyond the physical limit, the largest part is {'; '.join(told)}. Unexplained: {unexplained}."


def _decided(one: Breakdown, limit: float, who: str) -> str:
    beyond, unexplained = duration(max(0.0, one.time_s - limit)), one.of(UNEXPLAINED)
    share = percent(unexplained / one.time_s)
    said = f"{one.arm.name}{who} takes {beyond} more than the physical limit of {duration(limit)}"
    if one.decisive is UNEXPLAINED:
        return f"{said}; the largest part of that, {duration(unexplained)} ({share} of its time), is unexplained."
    most = f"; the largest part of that is {one.decisive.name} ({duration(one.of(one.decisive))})"
    left = f", and {duration(unexplained)} ({share} of its time) are unexplained" if unexplained > 0 else ""
    return f"{said}{most}{left}."


def _told(one: Breakdown) -> str:
    return ", ".join(f"{part.name} {duration(one.of(part))}" for part in PARTS if one.of(part) > 0)


def _note(found: list[Breakdown], ends: list[float], right_end: float) -> str:
    note = (
        "The parts are those of each block's middle batch, over all blocks. CPU time is charged before anything is "
        "called unexplained, even where it may have hidden behind waiting: it is the most that the CPU can have cost, "
        "and what is hatched the least that nothing explains: the scheduler, a lock, the kernel, a sleep, ..."
    )
    cut = [one.arm.name for one, end in zip(found, ends, strict=True) if end > right_end]
    return f"{note} {listing(cut)} {'run' if len(cut) > 1 else 'runs'} on beyond the right edge." if cut else note
