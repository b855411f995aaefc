"""The waterfall: when each request was really with the server, arm by arm, on one axis.

Solid is the time from a request's arrival at the server to its reply, from the server's own log. Pale before it is
the client getting the request out, pale after it is the client getting the value in. Each row is a place in flight.

A request that a fault struck has the colour of the text: its answer may begin and never end, so that the time after
its reply is not the client's doing, and no sentence here says it is.

Law: an arm that is disqualified is drawn, and decides nothing: neither the batch that is shown, nor where the picture
ends, nor a sentence. Only where nobody else is left is it spoken of, and as what it is.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from harness.bound import bound
from harness.report.chart import Chart
from harness.report.entries import ArmEntry, ScenarioEntry
from harness.report.figure import duration_axis, lanes, limit_line
from harness.report.palette import LIGHT
from harness.report.request_log import RequestLog
from harness.report.wording import duration, extent, listing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAND: Final = 0.76
"""The share of an arm's lane that its requests fill."""
_MOST: Final = 40
"""Places in flight that can be told apart in a lane; of more, evenly spread ones are drawn."""
_OUT: Final = "Every arm that is drawn here is disqualified: the picture shows what they did, and compares nothing."
_CUT: Final = 4.0
"""An arm that takes this many times as long as the quickest that counts runs out of the picture."""


def waterfall_chart(scenario: ScenarioEntry, log: RequestLog) -> Chart | None:
    """One warm batch of each arm, disqualified ones included; None where the server's log has none."""
    name = str(scenario.raw.get("name"))
    out = [arm for arm in scenario.out if arm.status == "disqualified"]
    arms = [*scenario.measured, *out]
    typical = log.typical_batch(name, [arm.key for arm in scenario.measured or out])
    if typical is None:
        return None
    batches = [(arm, log.batch(name, arm.key, *typical)) for arm in arms]
    shown = [(arm, spans) for arm, rows in batches if len(spans := _spans(rows)) and spans[:, 3].max() > 0]
    if not shown:
        return None
    counting = [(arm, spans) for arm, spans in shown if arm.status != "disqualified"]
    ends = [_end(spans) for _, spans in shown]
    limit = _limit(scenario, next(rows for arm, rows in batches if arm is shown[0][0]))
    counted = [_end(spans) for _, spans in counting or shown]
    kept = [end for end in counted if end <= _CUT * min(counted)]
    right_end = max([*kept, limit or 0.0]) * 1.03
    labels = [arm.label if arm.status != "disqualified" else f"{arm.label[:24]} (out)" for arm, _ in shown]
    figure, axes = lanes(labels, row=0.56, right=0.75, above=0.3)
    duration_axis(axes, 0.0, right_end, logarithmic=False)
    struck = any(bool(spans[:, 4].any()) for _, spans in shown)
    key = "; in the colour of the names: struck by a fault" if struck else ""
    axes.set_xlabel(f"time since the batch began; solid: with the server, pale: with the client{key}")
    for lane, ((arm, spans), end) in enumerate(zip(shown, ends, strict=True)):
        _draw(axes, lane, spans, arm.model, right_end)
        cut = end > right_end
        axes.annotate(
            f"→ {duration(end)}" if cut else duration(end), (1.0 if cut else end / right_end, lane),
            xycoords=axes.get_yaxis_transform(), xytext=(5, 0), textcoords="offset points", va="center",
            annotation_clip=False,
            # Who is out may be done before the limit, and the line must not strike the number through.
            bbox={"facecolor": LIGHT["paper"], "linewidth": 0, "pad": 0.8} if limit and end < limit else None,
            zorder=6,
        )  # fmt: skip
    if limit:
        limit_line(axes, limit, f"physical limit {duration(limit)}")
    description = "; ".join(
        f"{arm.label}: {len(spans)} requests{_struck(spans)}, the last one done after {duration(end)}"
        for (arm, spans), end in zip(shown, ends, strict=True)
    )
    note = _note(*typical, shown, ends, right_end)
    takeaway = _takeaway(scenario, counting, limit) if counting else _OUT
    return Chart("waterfall", "When was each request where?", takeaway, description, figure, note)


def _spans(rows: Any) -> Any:
    """Rows of (started, arrived, replied, ended, struck) in seconds, the last one 1 where a fault struck, else 0; the
    client's ends are the server's where it had none."""
    rows = rows.dropna(subset=["arrived", "replied"])
    rows = rows.assign(struck=rows["fault"].ne(""))
    columns = rows[["started", "arrived", "replied", "ended", "struck"]].to_numpy(dtype=float)
    if not len(columns):
        return columns
    columns[:, 0] = np.fmin(columns[:, 0], columns[:, 1])
    columns[:, 3] = np.fmax(columns[:, 3], columns[:, 2])
    return columns[np.argsort(columns[:, 0], kind="stable")]


def _limit(scenario: ScenarioEntry, rows: Any) -> float | None:
    """The bound of the very batch that is drawn, from the delays asked for; every arm was given the same."""
    in_flight = scenario.number("concurrency")
    # A request that a fault kept waiting to its end was given that long, whatever delay it was to have.
    kept = rows["fault"].ne("") & rows["kind"].eq("deadline")
    deadline = scenario.number("deadline_s") or 0.0
    asked = [
        max(float(value), deadline if stalled else 0.0) for value, stalled in zip(rows["asked"], kept, strict=True)
    ]
    if not in_flight or in_flight < 1 or not asked or not all(value >= 0 for value in asked):
        return None
    return bound(asked, int(in_flight)) or None


def _places(spans: Any) -> list[int]:
    """The place in flight of each request: the lowest that is free when it starts."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    places = []
    for started, ended in ((span[0], span[3]) for span in spans):
        while busy and busy[0][0] <= started + 1e-6:
            heapq.heappush(free, heapq.heappop(busy)[1])
        place = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (float(ended), place))
        places.append(place)
    return places


def _draw(axes: Axes, lane: int, spans: Any, model: str, right_end: float) -> None:
    places = _places(spans)
    count = max(places) + 1
    rows = sorted({round(i * (count - 1) / max(1, min(count, _MOST) - 1)) for i in range(min(count, _MOST))})
    row_of = {place: row for row, place in enumerate(rows)}
    height = _BAND / len(rows)
    boxes: dict[tuple[str, float], list[tuple[float, float]]] = {
        (colour, alpha): [] for colour in (LIGHT[model], LIGHT["ink"]) for alpha in (0.3, 1.0)
    }
    for (started, arrived, replied, ended, struck), place in zip(spans, places, strict=True):
        if place not in row_of or started > right_end:
            continue
        top = lane - _BAND / 2 + row_of[place] * height
        box = (top, top + height * (0.82 if len(rows) > 1 else 1.0))
        colour = LIGHT["ink" if struck else model]
        boxes[colour, 0.3] += _rectangle(started, min(ended, right_end), *box)
        # A hairline between requests that follow each other, or a place would look like one long request.
        boxes[colour, 1.0] += _rectangle(arrived, min(replied, right_end) - right_end * 0.0008, *box)
    for (colour, alpha), corners in boxes.items():
        if corners:
            codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(corners) // 5)
            axes.add_patch(PathPatch(Path(corners, codes), facecolor=colour, alpha=alpha, linewidth=0))


def _rectangle(left: float, right: float, top: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def _takeaway(scenario: ScenarioEntry, counting: list[tuple[ArmEntry, Any]], limit: float | None) -> str:
    """The batch of the arm that is first by rank and of the one that is last, of those with several requests in flight;
    where nothing is ranked, or all share one place, what all of them have in common."""
    concurrent = [row for row in counting if max(_places(row[1])) > 0] or counting
    first, last = concurrent[0], concurrent[-1]
    ranks = {arm.number("rank") for arm, _ in concurrent}
    if len(concurrent) > 1 and (not scenario.has_ranking or len(ranks) == 1):
        who = "With several requests in flight the" if len(concurrent) < len(counting) else "The"
        return f"{who} {_of_all([spans for _, spans in concurrent], limit)}"
    said = f"With {first[0].name} the first request is at the server after {_first(first[1])}"
    over = "the last request over" if any(spans[:, 4].any() for _, spans in (first, last)) else "the last value in hand"
    said += f" and {over} after {_last(first[1])}"
    said += f" (the limit of this batch is {duration(limit)})" if limit else ""
    if last is not first:
        said += f"; with {last[0].name}, after {_first(last[1])} and {_last(last[1])}"
    return f"{said}.{_said_outside(first[1], None if last is first else last[1])}"


def _of_all(found: list[Any], limit: float | None) -> str:
    arrived = extent([float(spans[:, 1].min()) for spans in found], duration)
    over = "the last request is over" if any(spans[:, 4].any() for spans in found) else "the last value is in hand"
    bound_said = f" (the limit of this batch is {duration(limit)})" if limit else ""
    ended = extent([_end(spans) for spans in found], duration)
    return f"first request is at the server after {arrived}, {over} after {ended}{bound_said}."


def _said_outside(first: Any, last: Any) -> str:
    """What requests spend with the client. Those that a fault struck are left out: there nobody can tell its time from
    the server's."""
    times = [_outside(spans[spans[:, 4] == 0]) for spans in (first, last) if spans is not None]
    if not all(times):
        return ""
    what = "A request that no fault struck" if first[:, 4].any() else "A request"
    if len(times) == 1:
        return f" {what} spends {times[0]} outside the server (median)."
    return f" {what} spends {times[0]} outside the server with the one, {times[1]} with the other (medians)."


def _first(spans: Any) -> str:
    return duration(float(spans[:, 1].min()))


def _last(spans: Any) -> str:
    return duration(_end(spans))


def _end(spans: Any) -> float:
    """When the last request was done, in seconds since the batch began."""
    return float(spans[:, 3].max())


def _struck(spans: Any) -> str:
    return f" ({spans[:, 4].sum():.0f} struck by faults)" if spans[:, 4].any() else ""


def _outside(spans: Any) -> str:
    return (
        "" if not len(spans) else duration(float(np.median((spans[:, 3] - spans[:, 0]) - (spans[:, 2] - spans[:, 1]))))
    )


def _note(
    block: float, batch: float, shown: list[tuple[ArmEntry, Any]], ends: list[float], right_end: float
) -> str:  # fmt: skip
    notes = [f"Block {block + 1:.0f}, warm batch {batch:.0f}: the most typical of those that every arm has."]
    if any(arm.status == "disqualified" for arm, _ in shown):
        notes.append("Who is marked as out is disqualified, and nothing here is measured by it.")
    cut = [arm.name for (arm, _), end in zip(shown, ends, strict=True) if end > right_end]
    if cut:
        notes.append(f"{listing(cut)} {'run' if len(cut) > 1 else 'runs'} on beyond the right edge.")
    crowded = [arm.name for arm, spans in shown if max(_places(spans)) >= _MOST]
    if crowded:
        notes.append(f"Of more than {_MOST} places in flight, {_MOST} evenly spread ones are drawn.")
    return " ".join(notes)
