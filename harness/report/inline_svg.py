"""matplotlib's SVG as an element of a page that forbids inline styles, knows two themes and holds several charts.

Style attributes become classes of the page's own style sheet, each colour of the light theme the variable of its
token; identifiers get the chart's name in front; namespaces go, which HTML does not need.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET  # what is parsed is what matplotlib has just written

from harness.report.palette import LIGHT

_TOKENS: Final = {colour: f"var(--{token})" for token, colour in LIGHT.items()}
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}\b")
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"


class StyleSheet:
    """The classes that all charts of a page share: one per distinct set of declarations, in order of appearance."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def class_for(self, declarations: str) -> str:
        themed = _COLOUR.sub(lambda match: _TOKENS.get(match[0], match[0]), declarations)
        return self._classes.setdefault(themed, f"m{len(self._classes)}")

    def css(self) -> str:
        # A pattern's reference was made unique before it came here, so that url(#...) is the page's own.
        return "".join(f".{name}{{{declarations}}}\n" for declarations, name in self._classes.items())


def inline(svg: str, slug: str, title: str, description: str, sheet: StyleSheet) -> str:
    """The chart as markup for a page: an image to assistive technology, with ``title`` and ``description``."""
    root = ET.fromstring(svg)  # noqa: S314 (our own, see the import)
    referenced = set(re.findall(r'url\(#([^)"]+)\)|href="#([^"]+)"', svg))
    kept = {name for pair in referenced for name in pair if name}
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        if element.text and not element.text.strip() and element.tag != "text":
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
        element.attrib = _attributes(element.attrib, slug, kept, sheet)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.attrib.update({"class": "chart", "role": "img", "aria-labelledby": f"{slug}-title {slug}-desc"})
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(tag, {"id": f"{slug}-{tag}"})
        element.text = text
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def titled(svg: str, title: str, description: str) -> str:
    """The SVG for a file of its own, with the same title and description."""
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in (title, description)]
    heading = f"\n <title>{escaped[0]}</title>\n <desc>{escaped[1]}</desc>"
    return re.sub(r"(<svg\b[^>]*>)", lambda match: match[1].replace("<svg", '<svg role="img"') + heading, svg, count=1)


def _attributes(attributes: dict[str, str], slug: str, kept: set[str], sheet: StyleSheet) -> dict[str, str]:
    found = {}
    for name, value in attributes.items():
        if name == "style":
            found["class"] = sheet.class_for(value.replace("url(#", f"url(#{slug}-"))
        elif name == "id":
            if value in kept:
                found["id"] = f"{slug}-{value}"
        elif name == f"{{{_XLINK}}}href":
            found["href"] = value.replace("#", f"#{slug}-", 1)
        elif not name.startswith("{") and not (name == "transform" and value.startswith("rotate(-0 ")):
            value = " ".join(value.split()) if name == "d" else value
            found[name] = value.replace("url(#", f"url(#{slug}-")
    return found
