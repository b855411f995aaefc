"""A run, drawn: charts, report.html and summary.md, from the files of its folder alone.

``draw(folder)`` is all there is to call. The same folder gives the same bytes each time, on another day as well.

    RunEntry (run.json), RequestLog (requests.csv)
        -> charts, tables, sentences            one module each
        -> Story per scenario, SweepSection per axis of a sweep
        -> charts/*.svg, charts/*.png, report.html, summary.md

matplotlib and pandas are imported when something is drawn, not before.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.exits import EnvironmentGap
from harness.store import read_run, replace_file

__all__ = ["draw"]


def draw(folder: Path) -> Path:
    """Draw the run in ``folder`` and return the path of its report.html.

    Raises:
        UsageError: the folder holds no run that this version reads.
        EnvironmentGap: the folder cannot be written to.
    """
    from harness.report.chart import Chart
    from harness.report.curves import curves_of
    from harness.report.curves_chart import curves_charts
    from harness.report.entries import RunEntry
    from harness.report.figure import house_style, png_of, svg_of
    from harness.report.inline_svg import StyleSheet, inline, titled
    from harness.report.page import page_html
    from harness.report.request_log import RequestLog
    from harness.report.story import story_of
    from harness.report.summary import summary_md
    from harness.report.sweep_section import sweep_sections

    run = RunEntry(read_run(folder))
    log = RequestLog.read(folder)
    sheet = StyleSheet()
    files: dict[str, str | bytes] = {}
    markup: dict[str, str] = {}

    def show(chart: Chart) -> None:
        svg = svg_of(chart.figure)
        files[f"charts/{chart.slug}.svg"] = titled(svg, chart.question, chart.description)
        files[f"charts/{chart.slug}.png"] = png_of(chart.figure)
        markup[chart.slug] = inline(svg, f"chart-{chart.slug}", chart.question, chart.description, sheet)

    curves = curves_of(run)
    with house_style():
        sweep = curves_charts(curves)
        for chart in sweep:
            show(chart)
        stories = [story_of(scenario, log) for scenario in run.scenarios]
        if len(stories) > 1:
            stories = [
                replace(story, charts=[replace(chart, slug=f"{number}-{chart.slug}") for chart in story.charts])
                for number, story in enumerate(stories, 1)
            ]
        for story in stories:
            for chart in story.charts:
                show(chart)
    sections = sweep_sections(curves, sweep)
    files["summary.md"] = summary_md(run, stories, sections)
    files["report.html"] = page_html(run, stories, sections, markup, sheet.css())
    try:
        (folder / "charts").mkdir(exist_ok=True)
        for name, content in files.items():
            replace_file(folder / name, content)
    except OSError as error:
        raise EnvironmentGap(
            f"the report cannot be written to {folder.name!r} ({error.strerror}); what was measured is unharmed; "
            "free the space or the folder, then run: python -m harness report RUN"
        ) from error
    return folder / "report.html"
