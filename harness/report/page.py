"""report.html: one file that needs nothing else, and may do nothing else.

The page carries its style, script and charts; a content security policy with the hash of each forbids everything
that is not them. All text from a run goes through the template's escaping; nothing from a run goes into the script.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from exchanges.units import text_from_bytes
from harness.report.calibration import COLUMNS, calibration_table
from harness.report.doubts import run_doubts
from harness.report.entries import RunEntry
from harness.report.facts import run_facts
from harness.report.glossary import GLOSSARY, method
from harness.report.market_page import fragment_html
from harness.report.palette import theme_css
from harness.report.self_contained import policy, resource
from harness.report.story import Story, mood_of
from harness.report.sweep_section import SweepSection
from harness.report.wording import unbroken


def page_html(
    run: RunEntry, stories: list[Story], sweep: list[SweepSection], markup: dict[str, str], chart_css: str
) -> str:
    """The whole page. ``markup`` holds each chart inline, by slug; ``chart_css`` is what the charts need."""
    style = f"{theme_css()}{resource('page.css')}{resource('market.css')}{chart_css}"
    script = f"{resource('theme.js')}{resource('page.js')}"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_kept_together
    )  # fmt: skip
    template = environment.from_string(resource("page.html.j2"))
    return template.render(
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704 (ours: files of this package and matplotlib's declarations)
        script=Markup(script),  # noqa: S704 (ours: files of this package)
        charts={slug: Markup(svg) for slug, svg in markup.items()},  # noqa: S704 (an XML serializer wrote them)
        market=lambda document, of: Markup(fragment_html(document, level=4, of=of)),  # noqa: S704 (its template escaped it)
        run=run,
        state=run.state,
        mood=mood_of(run.state, any(scenario.twin_is_off for scenario in run.scenarios)),
        sentence=run.sentence,
        doubts=run_doubts(run),
        stories=stories,
        sweep=sweep,
        several=len(stories) > 1,
        calibration=calibration_table(run),
        calibration_columns=COLUMNS,
        environment=[*_environment(run), *run_facts(run)],
        glossary=GLOSSARY,
        method=method(
            {scenario.is_sequential for scenario in run.scenarios}, all(one.is_logged for one in run.scenarios)
        ),
    )


def _kept_together(value: object) -> object:
    """Text whose lines break nowhere between a number and its unit. What is marked as HTML stays as it is, and so does
    what is marked so in the template because it is to be copied."""
    return unbroken(value) if type(value) is str else value


def _environment(run: RunEntry) -> list[tuple[str, str]]:
    machine, versions = run.entry("machine"), run.entry("versions")
    memory, cores = machine.number("memory_bytes"), machine.number("cores")
    load = machine.number("load_at_start")
    affinity = machine.texts("affinity", 10)
    gil = machine.raw.get("gil")
    rows: list[tuple[str, Any]] = [
        ("processor", f"{machine.text('cpu')}{f', {cores:.0f} cores' if cores else ''}"),
        ("allowed cores", ", ".join(affinity[:32])),
        ("memory", text_from_bytes(memory) if memory else ""),
        ("system", " ".join(machine.text(key) for key in ("system", "kernel", "architecture")).strip()),
        ("Python", f"{machine.text('implementation')} {machine.text('python')}".strip()),
        ("GIL", "on" if gil is True else "off" if gil is False else ""),
        ("load at start", "" if load is None else f"{load:.2f}"),
        ("libraries", ", ".join(f"{name} {versions.text(name, limit=40)}" for name in _names(versions.raw))),
        ("run", run.text("id")),
        ("began", run.text("started")),
        ("ended", run.text("finished")),
        ("seed", run.text("seed")),
    ]
    return [(name, value) for name, value in rows if value]


def _names(versions: Any) -> list[str]:
    return [name for name in versions if isinstance(name, str) and name.isprintable()][:40]
