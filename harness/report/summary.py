"""summary.md: the verdict and the table, for a pull request or a chat."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.report.calibration import COLUMNS, calibration_table
from harness.report.doubts import run_doubts
from harness.report.entries import RunEntry
from harness.report.story import Story


def summary_md(run: RunEntry, stories: list[Story]) -> str:
    """The whole file as Markdown."""
    verdict = run.entry("verdict")
    state = verdict.text("state", "UNKNOWN", 40)
    sentence = verdict.text("sentence") or f"The verdict is {state}."
    lines = [f"# fetchrace: {_escaped(state)}", "", _escaped(sentence), ""]
    lines += _bullets(run_doubts(run))
    for story in stories:
        lines += [f"## {_escaped(story.name)}", "", _escaped(story.conditions), ""]
        lines += _bullets(story.doubts)
        if story.table.rows:
            lines += _row(["strategy", *story.table.columns])
            lines += ["|" + "|".join([" --- ", *(" ---: " for _ in story.table.columns)]) + "|"]
            for row in story.table.rows:
                lines += _row([row.name, *(cell.text for cell in row.cells)])
            lines.append("")
        if story.out:
            lines += [*_row(["out of the race", "status", "why"]), "| --- | --- | --- |"]
            for cells in story.out:
                lines += _row(cells)
            lines.append("")
        lines += _bullets([*(chart.takeaway for chart in story.charts), *([story.no_twin] if story.no_twin else [])])
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


def _row(cells: Sequence[str]) -> list[str]:
    return ["| " + " | ".join(_escaped(cell) for cell in cells) + " |"]


def _bullets(sentences: list[str]) -> list[str]:
    return [*(f"* {_escaped(sentence)}" for sentence in sentences), ""] if sentences else []


def _escaped(text: str) -> str:
    """Text that Markdown, and the HTML that it lets through, reads as it is."""
    return re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", text)
