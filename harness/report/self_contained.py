"""What makes a page need nothing else: its style and script from files of this package, and a policy that allows these
two and nothing besides."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files


def resource(name: str) -> str:
    """The text of a file of this package."""
    return (files("harness.report") / name).read_text(encoding="utf-8")


def policy(style: str, script: str) -> str:
    """A content security policy with the hash of the one style and the one script."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
