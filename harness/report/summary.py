"""summary.md: the verdict and the table, for a pull request or a chat."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.report.calibration import COLUMNS, calibration_table
from harness.report.doubts import run_doubts
from harness.report.entries import RunEntry
from harness.report.numbers_table import NumbersTable
from harness.report.story import Story
from harness.report.sweep_section import SweepSection


def summary_md(run: RunEntry, stories: list[Story], sweep: Sequence[SweepSection] = ()) -> str:
    """The whole file as Markdown."""
    lines = [f"# fetchrace: {_escaped(run.state)}", "", _escaped(run.sentence), ""]
    lines += _bullets(run_doubts(run))
    for section in sweep:
        lines += [f"## {_escaped(section.chart.question)}", "", _escaped(section.chart.takeaway), ""]
        for part in section.tables:
            lines += [f"{_escaped(part.title)}:", "", *_grid(part.corner, part.table)]
    for story in stories:
        lines += [f"## {_escaped(story.name)}", "", _escaped(story.conditions), ""]
        lines += _bullets(story.doubts)
        lines += _grid("strategy", story.table) if story.table.rows else []
        if story.plans is not None:
            lines += ["### Many markets in one request", "", _escaped(story.plans.takeaway), ""]
            lines += [*_grid("strategy", story.plans.arms), *_grid("spent at", story.plans.spent)]
        if story.out:
            lines += [*_row(["out of the race", "status", "why"]), "| --- | --- | --- |"]
            for cells in story.out:
                lines += _row(cells)
            lines.append("")
        facts = [f"{name[:1].upper()}{name[1:]}: {said}" for name, said in story.facts]
        untold = [said for said in (story.nothing_to_lose, story.no_twin) if said]
        lines += _bullets([*(chart.takeaway for chart in story.charts), *untold, *facts])
        if story.cost is not None:
            lines += _grid("what it costs", story.cost)
        if story.decisions is not None and not story.nothing_to_lose:
            lines += _grid("what it costs in decisions", story.decisions)
    card = calibration_table(run)
    if card is not None:
        lines += [_escaped(card.said), "", *_row(COLUMNS), "|" + " ---: |" * len(COLUMNS)]
        for numbers, missed in card.rows:
            lines += _row([*numbers[:-1], f"{numbers[-1]} (misses)" if missed else numbers[-1]])
        lines.append("")
    command = run.text("command", limit=2000).replace("`", "'")
    if command:
        lines += [f"Measured with `{command}`, seed {_escaped(run.text('seed', '?'))}.", ""]
    return "\n".join(lines)


def _grid(corner: str, table: NumbersTable) -> list[str]:
    lines = _row([corner, *table.columns])
    lines += ["|" + "|".join([" --- ", *(" ---: " for _ in table.columns)]) + "|"]
    for row in table.rows:
        lines += _row([row.name, *(cell.text for cell in row.cells)])
    return [*lines, ""]


def _row(cells: Sequence[str]) -> list[str]:
    return ["| " + " | ".join(_escaped(cell) for cell in cells) + " |"]


def _bullets(sentences: list[str]) -> list[str]:
    return [*(f"* {_escaped(sentence)}" for sentence in sentences), ""] if sentences else []


def _escaped(text: str) -> str:
    """Text that Markdown, and the HTML that it lets through, reads as it is."""
    return re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", text)
