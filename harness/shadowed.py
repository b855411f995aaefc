"""Packages that are not what was installed: another distribution has put its own in their place.

Installing niquests puts its urllib3 in the place of urllib3; pip still names the old version, and requests races on
something that nobody chose. What a package says of itself is set against what its distribution says.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Mapping
from typing import Final

CLIENTS: Final = ("aiohttp", "httpx", "requests", "urllib3", "trio")


def installed_version(name: str) -> str | None:
    """The version of a distribution; None where it is not there."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def imported_versions(names: Iterable[str]) -> dict[str, str]:
    """What those packages say of themselves that this process has imported."""
    said = {name: getattr(sys.modules.get(name), "__version__", None) for name in names}
    return {name: version for name, version in said.items() if isinstance(version, str)}


def shadowed(imported: Mapping[str, str], installed: Mapping[str, str | None]) -> list[str]:
    """The names of the packages that give another version than their distribution."""
    return [name for name, version in imported.items() if installed.get(name) not in (None, version)]


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
