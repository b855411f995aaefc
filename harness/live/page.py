"""The live page: a frame with its controls and the race, around the market that reports and exports draw as well."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from harness.report.entries import Entry
from harness.report.market import Market
from harness.report.market_cells import cells_of
from harness.report.market_page import export_html
from harness.report.market_page import fragment_html as market_fragment
from harness.report.palette import theme_css
from harness.report.self_contained import resource

__all__ = ["export_html", "fragment_html", "page_html", "script", "style"]


def page_html(document: Mapping[str, Any]) -> str:
    """The whole page, with the document's prices in it already: it works without its script, and a reload resumes. It
    has no style and no script of its own, only links to ``/live.css`` and ``/live.js``."""
    controls = Market(document).entry("controls")
    return _template().render(
        cells=cells_of(document),
        strategies=controls.texts("strategies", 80),
        mock=_has_mock(controls),
        market=Markup(fragment_html(document)),  # noqa: S704 (its template escaped it)
    )


def fragment_html(document: Mapping[str, Any]) -> str:
    """The element ``#market``, for a page whose document has another shape by now."""
    return market_fragment(document, live=True)


@functools.cache
def style() -> str:
    """The text of ``/live.css``."""
    return f"{theme_css()}{resource('page.css')}{resource('market.css')}{_own('live.css')}"


@functools.cache
def script() -> str:
    """The text of ``/live.js``."""
    return "".join((resource("theme.js"), *(_own(name) for name in ("waterfall.js", "grid.js", "live.js"))))


def _has_mock(controls: Entry) -> bool:
    return any(controls.raw.get(key) is not None for key in ("latency", "faults"))


def _own(name: str) -> str:
    return (files("harness.live") / name).read_text(encoding="utf-8")


@functools.cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_own("live.html.j2"))
