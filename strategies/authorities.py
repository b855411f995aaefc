"""The authorities of a Trust, for clients that do not take a context of Python's ``ssl``."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from strategies.terms import Trust

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def authorities_of(trust: Trust) -> list[bytes]:
    """All certificates (DER) that ``trust`` believes in, each once: those that its context has read, and those of the
    system's folder, which a context reads only when it meets one that it needs."""
    found = dict.fromkeys(trust.context().get_ca_certs(binary_form=True))
    folder = Path(ssl.get_default_verify_paths().capath or "/nowhere")
    for file in folder.iterdir() if folder.is_dir() else ():
        if _HASHED.fullmatch(file.name):
            try:
                found[ssl.PEM_cert_to_DER_cert(file.read_text("ascii").strip())] = None
            except (OSError, ValueError):  # nothing that a context could read either
                continue
    return list(found)
