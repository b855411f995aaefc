"""What a worker can tell of itself: the terms on which it went to the network, and the place it was given."""

from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path
from typing import Any

from harness.influences import roads
from harness.shadowed import CLIENTS, imported_versions, shadowed_here


def terms() -> dict[str, Any]:
    """What would make one client take another road than the next. Asked when all is done, so that what a strategy
    sets or loads late is in it.

    ``variables``: names of the environment's variables that choose a road (``harness.influences``); ``certificates``:
    see ``certificates``, and ``certificates_at_first``: the same before any strategy was loaded; ``libraries``: the
    clients that are loaded and their parts, with the versions that they say themselves; ``shadowed``: those that are
    not what was installed, as a sentence, or None.
    """
    return {
        "variables": roads(os.environ),
        "certificates": certificates(),
        "certificates_at_first": _AT_FIRST,
        "libraries": imported_versions(CLIENTS),
        "shadowed": shadowed_here(),
    }


def certificates() -> dict[str, Any]:
    """Whom this process would trust by default: ``authorities``, a digest of where they lie (a place is nobody else's
    business), and the names of what makes a TLS context, which some packages replace for everybody."""
    paths = ssl.get_default_verify_paths()
    places = hashlib.sha256(f"{paths.cafile}\n{paths.capath}".encode()).hexdigest()[:8]
    makers = (ssl.SSLContext, ssl.create_default_context)
    return {
        "authorities": places,
        "made_by": [f"{maker.__module__}.{getattr(maker, '__qualname__', '?')}" for maker in makers],
    }


def place() -> dict[str, Any]:
    """What was drawn for this worker, or given to it: ``hash_seed`` (None: Python's own dice), ``padding`` of the
    environment in bytes, ``folder`` (the length of its working folder's name), ``cores`` that it may use (None where
    the system does not tell)."""
    seed = os.environ.get("PYTHONHASHSEED", "")
    return {
        "hash_seed": int(seed) if seed.isdecimal() else None,
        "padding": len(os.environ.get("FETCHRACE_PADDING", "")),
        "folder": len(Path.cwd().name),
        "cores": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
    }


_AT_FIRST = certificates()
"""Taken when this module is imported, which is before any strategy is."""
