"""Colours: one per concurrency model, one per part of a batch's time, and the few that paper, ink and lines need, in
a light and a dark theme.

The law of this module: **every light colour is a token**. No two are equal, so that a chart drawn once in the
light theme can be turned into the page's by replacing each colour with its ``var(--token)``; the saved SVG
and PNG stay light.

The model colours are told apart with normal sight, deuteranopia, protanopia and tritanopia (they follow M. Okabe
and K. Ito, "Color Universal Design", 2008, darkened or lightened until each stands out from its paper by 3:1 or
more, WCAG 2.2, 1.4.11), and each model has a marker of its own. Text is in ink or muted: 4.5:1 or more, and so it is
upon a part's colour, in ink upon that of the physical limit and in paper upon the others.
"""

from __future__ import annotations

import re
from typing import Final

LIGHT: Final = {
    "paper": "#fdfefe",
    "ink": "#1b1f24",
    "muted": "#57606b",
    "grid": "#dde2e8",
    "limit": "#8a3033",
    "sequential": "#6a717b",
    "threads": "#0a6cae",
    "processes": "#c95000",
    "asyncio": "#00795b",
    "trio": "#a8478d",
    "other": "#8a6a00",
    "slower": "#d4691e",
    "quicker": "#2f7fc1",
    "part-bound": "#8a939e",
    "part-queueing": "#525c68",
    "part-overshoot": "#9a3d1f",
    "part-connecting": "#0b7285",
    "part-client": "#3b45a6",
    "part-decode": "#7d57c1",
}

DARK: Final = {
    "paper": "#0e1217",
    "ink": "#e7ecf2",
    "muted": "#a1abb7",
    "grid": "#2b323b",
    "limit": "#ff9a94",
    "sequential": "#aab3bf",
    "threads": "#5ab4ee",
    "processes": "#ff8f45",
    "asyncio": "#35d3a2",
    "trio": "#e794cb",
    "other": "#e3c34a",
    "slower": "#ff9d57",
    "quicker": "#6cb8f5",
    "part-bound": "#5c6570",
    "part-queueing": "#a9b4c1",
    "part-overshoot": "#f0916d",
    "part-connecting": "#4cc3d9",
    "part-client": "#8b9bff",
    "part-decode": "#c6a8ff",
}

MARKERS: Final = {"sequential": "s", "threads": "^", "processes": "D", "asyncio": "o", "trio": "v", "other": "X"}
MODELS: Final = tuple(MARKERS)


def model_of(name: str) -> str:
    """The concurrency model that an arm's name says first (``dask+asyncio-aiohttp`` says asyncio), or other."""
    for word in re.split(r"[^a-z]+", name.rpartition(".py:")[2].lower()):
        if word in MARKERS:
            return word
    return "other"


def theme_css() -> str:
    """Both themes as custom properties: the reader's system decides, the page's button overrules it."""
    light, dark = (
        "".join(f"--{token}:{colour};" for token, colour in theme.items()) for theme in (LIGHT, DARK)
    )  # fmt: skip
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
    )
