"""An overlay of runs on the terminal: one line for each arm and run, and in words what the reader may make of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from exchanges.errors import safe
from exchanges.units import counted, text_from_ratio
from harness.change import IMPROVED, UNTOLD, WORSE, Change
from harness.comparability import LABELS
from harness.console import console, table
from harness.overlay import ABSENT, Laid, Overlay
from harness.report.entries import RunEntry
from harness.statistics import Interval

_OVER_SINGLE = "over single"
"""How an arm of the batch plan is told: against itself, for it does less work than all the others."""

_STYLE = {IMPROVED: "bold green", WORSE: "bold red"}


def print_overlay(overlay: Overlay, runs: Sequence[RunEntry]) -> None:
    """Print all of an overlay."""
    out = console()
    out.print()
    for label, run in zip(LABELS, runs, strict=False):
        verdict = run.entry("verdict")
        facts = [run.text("id", "(no id)", 60), run.text("started", "", 40), verdict.text("state", "UNKNOWN", 40)]
        out.print(Text(f"{label}  {'  '.join(fact for fact in facts if fact)}"), soft_wrap=True)
    for line in overlay.warnings:
        out.print(Text(f"  {line}", style="yellow"))
    for laid in overlay.compared:
        out.print(
            Text(f"\n{safe(laid.name, 40)}: {laid.conditions}; speedup over {safe(laid.baseline, 40)}", style="bold")
        )
        out.print(_table(laid, out.width >= 100))
        for note, style in _notes(laid):
            out.print(Text(note, style=style))
    for line in overlay.left_out:
        out.print(Text(f"not compared: {line}", style="yellow"))
    out.print(
        Text(
            "\nchange: of the speedup since A, told only where chance alone would hardly show it (Holm over "
            f"{counted(overlay.claims, 'comparison')}, 5 %); whatever differed between the sessions is in it. "
            "of limit: to be read inside its run. Times of different runs are not compared.\n",
            style="dim",
        )
    )


def _table(laid: Laid, wide: bool) -> Table:
    limit = ["of limit"] if wide else []
    made = table("strategy, run", "speedup", "95 % CI", *limit, "change", "95 % CI", "finding")
    made.columns[-1].justify = "left"
    for name, seen in laid.arms.items():
        # Folded, not cut: one strategy on two interpreters is called alike at the beginning.
        made.add_row(Text(safe(name, 60), overflow="fold"))
        for one in seen:
            if one.over_single is not None:
                ratio = [_times(one.over_single), _span(one.over_single)]
                made.add_row(f"  {one.run}", *ratio, *[""] * (len(limit) + 2), _OVER_SINGLE)
                continue
            cells = [_times(one.speedup), "" if name == laid.baseline else _span(one.speedup)]
            cells += [_share(one.efficiency)] if wide else []
            finding = one.status if one.reason else one.finding or ("baseline" if name == laid.baseline else "")
            style = _STYLE.get(finding, "yellow" if one.reason else "")
            shown = "not told" if finding == UNTOLD and not wide else finding
            shown += "?" if laid.noisy and finding in _STYLE else ""
            made.add_row(f"  {one.run}", *cells, *_changed(one.change), Text(shown, style=style))
    return made


def _notes(laid: Laid) -> Iterator[tuple[str, str]]:
    if laid.noisy:
        yield f"provisional (?): {' and '.join(laid.noisy)} could not rank firmly (NOISY)", "yellow"
    for note in laid.notes:
        yield note, "yellow"
    if any(one.over_single is not None for seen in laid.arms.values() for one in seen):
        yield f"{_OVER_SINGLE}: over the same strategy with a request a market; another plan, unranked", "dim"
    absent: dict[str, list[str]] = {}
    for name, seen in laid.arms.items():
        for one in seen:
            if one.status == ABSENT:
                absent.setdefault(one.run, []).append(safe(name, 40))
            elif one.reason is not None and one.over_single is None:
                yield f"{safe(name, 40)} is {one.status} in {one.run}: {safe(one.reason, 300)}", "red"
    for run, names in absent.items():
        yield f"not in {run}: {', '.join(names)}", "yellow"


def _times(interval: Interval | None) -> str:
    return "-" if interval is None else f"{text_from_ratio(interval.estimate)}×"


def _span(interval: Interval | None) -> str:
    if interval is None or math.isinf(interval.high):
        return "-"
    return f"{text_from_ratio(interval.low)} to {text_from_ratio(interval.high)}"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    ends = "" if math.isinf(interval.high) else f" ({100 * interval.low:.0f} to {100 * interval.high:.0f})"
    return f"{interval.estimate:.0%}{ends}"


def _changed(change: Change | None) -> tuple[str, str]:
    if change is None:
        return "", ""
    span = "-" if math.isinf(change.high) else f"{_signed(change.low)} to {_signed(change.high)}"
    return _signed(change.ratio), span


def _signed(ratio: float) -> str:
    """``-5.7%``, ``+20%``, and a factor where a percentage would be a long number."""
    if ratio >= 10:
        return f"{text_from_ratio(ratio)}×"
    return f"{ratio - 1:+.1%}" if abs(ratio - 1) < 0.0995 else f"{ratio - 1:+.0%}"
