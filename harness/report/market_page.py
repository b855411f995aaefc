"""The market document as HTML: a fragment for the live page and a report, or one file that needs nothing else.

What is drawn of a document is the same everywhere: one template, one style sheet. Text goes through the template's
escaping; nothing from a document goes into a script or a style.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from exchanges.errors import safe
from harness.report.alerts import ALERTS
from harness.report.cell import Cell
from harness.report.market import Market
from harness.report.market_cells import cells_of, shape_of
from harness.report.palette import theme_css
from harness.report.self_contained import policy, resource
from harness.report.spreads import ROWS
from harness.report.squares import MISSING
from harness.report.wording import age_text, tick

_SHORT: Final = 8
"""Digits of a price, its point among them, that the usual column has room for beside a mark."""


def fragment_html(document: Mapping[str, Any], live: bool = False, level: int = 2, of: str = "") -> str:
    """The document as one element. ``live``: with the ids that cells are sent to, and the moments that ages count from;
    ``level`` is that of its headings; ``of`` tells it from others on the same page."""
    market, cells = Market(document), cells_of(document)
    asof = "" if live else market.text("at", limit=40).replace("T", " ").removesuffix("Z")[:19]

    def ago(cell: Cell) -> str:
        return age_text(market.now_us - cell.since_us) if cell.since_us else ""

    def until(cell: Cell) -> str:
        return f"in {age_text(cell.since_us - market.now_us)}" if cell.since_us else ""

    return _template("market.html.j2").render(
        market=market, cells=cells, live=live, level=level, suffix=f", {safe(of)}" if of else "", ago=ago, until=until,
        shape=shape_of(document), ttl=tick(market.ttl_us / 1e6) if market.ttl_us else "", asof=asof and f"{asof} UTC",
        exchanges=[safe(name, 20) for name in market.exchanges], rows=_rows(market), missing=MISSING, routes=ROWS,
        looks=_looks(cells), broken=_broken,
        told=ALERTS, alerts=live or bool(market.entry("alerts").entries("told")),
        sparks=live or any(cell.points for name, cell in cells.items() if name.endswith("-spark")),
        engine=[one.text("name", limit=40) for one in market.entry("engine").entries("exchanges")],
    )  # fmt: skip


def export_html(document: Mapping[str, Any]) -> str:
    """The document as one file: no address in it, a policy that forbids all but its own style and script."""
    style = f"{theme_css()}{resource('page.css')}{resource('market.css')}"
    script = resource("theme.js")
    return _template("export.html.j2").render(
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704 (ours: files of this package)
        script=Markup(script),  # noqa: S704 (ours: a file of this package)
        market=Markup(fragment_html(document)),  # noqa: S704 (the template above escaped it)
        at=Market(document).text("at", "an unknown time", 40),
    )


def _rows(market: Market) -> list[dict[str, Any]]:
    return [
        {
            "pair": safe(pair, 40),
            "squares": [
                {"name": f"m-{row}-{column}" if (name, pair) in market.markets else "", "exchange": safe(name, 20)}
                for column, name in enumerate(market.exchanges)
            ],
        }
        for row, pair in enumerate(market.pairs)
    ]


def _looks(cells: Mapping[str, Cell]) -> str:
    """How wide the columns of prices are: as the longest price wants them."""
    prices = (cell.text for name, cell in cells.items() if name.endswith(("-bid", "-ask")))
    return "long" if max(map(len, prices), default=0) > _SHORT else ""


def _broken(name: str) -> Markup:
    """A name that may be broken into two lines behind an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


@functools.cache
def _template(name: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource(name))
