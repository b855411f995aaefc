"""Packages that are not what was installed: another distribution has put its own in their place.

Installing niquests puts its urllib3 in the place of urllib3; pip still names the old version, and requests races on
something that nobody chose. What a package says of itself is set against what its distribution says.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Final

CLIENTS: Final = (
    "aiohttp", "httpx", "requests", "urllib3", "trio",
    "anyio", "certifi", "charset_normalizer", "curl_cffi", "gevent", "geventhttpclient", "h11", "h2", "httpcore",
    "httpcore2", "httplib2", "httptools", "httpx2", "idna", "multidict", "niquests", "primp", "propcache", "sniffio",
    "treq", "urllib3_future", "uvloop", "yarl",
)  # fmt: skip
"""Clients and what they are built on, by the name that is imported; their distributions are called the same."""

_PART: Final = re.compile(r"[0-9]+|[a-z]+")
_POST: Final = re.compile(r"[-._]?post[-._]?[0-9]*$")
"""What a package that was only packed anew has behind its version, and need not know of itself (PEP 440,
"Post-releases"): certifi 2026.10.19.post1 calls itself 2026.10.19."""
_SHORT: Final = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


def installed_version(name: str) -> str | None:
    """The version of a distribution; None where it is not there."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def imported_versions(names: Iterable[str]) -> dict[str, str]:
    """What those packages say of themselves that this process has imported."""
    # Looked up, not asked for: a module may answer for a version that it has not with a warning, or with an import.
    said = {name: getattr(sys.modules.get(name), "__dict__", {}).get("__version__") for name in names}
    return {name: version for name, version in said.items() if isinstance(version, str)}


def shadowed(imported: Mapping[str, str], installed: Mapping[str, str | None]) -> list[str]:
    """The names of the packages that give another version than their distribution."""
    there = {name: version for name in imported if (version := installed.get(name)) is not None}
    return [name for name, version in there.items() if not is_same_version(imported[name], version)]


def is_same_version(one: str, other: str) -> bool:
    """Whether two versions are one and the same; 2026.01.04 is 2026.1.4 and 1.0-rc.1 is 1.0rc1, as packaging has it
    (PEP 440, "Normalization"), and 1.0.post1 is 1.0."""
    return _parts(one) == _parts(other)


def _parts(version: str) -> list[str | int]:
    found = _PART.findall(_POST.sub("", version.lower().removeprefix("v")))
    return [int(part) if part.isdecimal() else _SHORT.get(part, part) for part in found]


def told(imported: Mapping[str, str], installed: Mapping[str, str | None], names: Iterable[str]) -> str:
    """What is wrong with each of these packages."""
    return "; ".join(
        f"{name} is installed as {installed[name]}, but what is imported calls itself {imported[name]}"
        for name in names
    )


def cure(names: Iterable[str]) -> str:
    """What to do about it."""
    return (
        "another distribution (niquests, say) has put its own in their place: uninstall that one, then "
        f"pip install --force-reinstall {' '.join(names)}"
    )


def shadowed_here() -> str | None:
    """The clients that this process has imported and that are not what was installed, as a sentence with its cure."""
    imported = imported_versions(CLIENTS)
    installed = {name: installed_version(name) for name in imported}
    names = shadowed(imported, installed)
    return f"{told(imported, installed, names)}; {cure(names)}" if names else None
