"""What must not leave the machine with a run: the home folder's path, and the folders of every other path.

The message of any exception may hold a path, and a path may hold a person's, a client's or a project's name.
Of an absolute path its last part stays, which is what a reader needs: ``mine.py``, ``mine.py:12``. An address
(``http://127.0.0.1:43101/ticker``) and a pair (``BTC/USD``) are no paths.
"""

from __future__ import annotations

import os
import re
from typing import Any

# One part alone ("/ticker") tells nothing and stays. In quotation marks a path may hold spaces.
_IN_QUOTES = r"(?:(?!(?P=mark))[^/\n])+"
_QUOTED = re.compile(
    rf"(?P<mark>['\"`])(?P<path>(?:~(?:/{_IN_QUOTES})*|(?:/{_IN_QUOTES})+)/(?P<last>{_IN_QUOTES}))/?(?P=mark)"
)
_PART = r"""[^\s/'"`:;,()\[\]{}<>|=]+"""
_BARE = re.compile(rf"(?:file://|(?<![\w.~/-]))(?:~(?:/{_PART})*|(?:/{_PART})+)/(?P<last>{_PART})/?")


PRIVATE = "a-private-address"
_PRIVATE = re.compile(
    r"(?<![\w.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
    r"|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2})(?![\w.])"
    r"|\[?\bf[cd][0-9a-f]{2}:[0-9a-f:]*\]?"
)
"""Of networks that are somebody's own: nobody else's business, and no help to anybody."""


def redacted(node: Any) -> Any:
    """A JSON-like value with every text in it redacted; keys stay as they are."""
    if isinstance(node, str):
        text = _PRIVATE.sub(PRIVATE, node) if "." in node or ":" in node else node
        return _redacted_text(text) if "/" in text else text
    if isinstance(node, dict):
        return {key: redacted(value) for key, value in node.items()}
    return [redacted(value) for value in node] if isinstance(node, (list, tuple)) else node


def _redacted_text(text: str) -> str:
    homes = _homes()
    text = _QUOTED.sub(lambda m: m["mark"] + ("~" if m["path"] in homes else m["last"]) + m["mark"], text)
    for home in homes:
        text = re.sub(rf"(?<!\w){re.escape(home)}(?![\w-])", "~", text)
    return _BARE.sub(lambda match: match["last"], text)


def _homes() -> list[str]:
    """The home folder as it is named and as it really is; none where nobody knows it or it is the root."""
    home = os.path.expanduser("~")  # noqa: PTH111 (Path.home() raises where nobody knows a home folder)
    return [path for path in {home, os.path.realpath(home)} if path != "/"] if home.startswith("/") else []
