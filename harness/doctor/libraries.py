"""The libraries that race: which are there, in which version, and whether what is imported is what was installed.

Importing them takes a second and might do anything, so that it happens in another process
(``python -m harness.doctor.libraries --lifeline FD ANSWER``).
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness import lifeline, spawn
from harness.doctor.finding import Finding
from harness.scratch import scratch
from harness.shadowed import cure, imported_versions, installed_version, shadowed, told

_LIBRARIES: Final = ("aiohttp", "httpx", "requests", "urllib3", "trio", "pyperf", "psutil")
_LIMIT_S: Final = 20.0


def libraries() -> list[Finding]:
    """What is installed, what is imported, and uvloop."""
    installed = {name: version for name in _LIBRARIES if (version := installed_version(name)) is not None}
    imported = _imported()
    facts = {"installed": installed, "imported": imported}
    said = ", ".join(f"{name} {version}" for name, version in installed.items()) or "none of those that race"
    missing = [name for name in _LIBRARIES if name not in installed]
    advice = f"pip install {' '.join(missing)}" if missing else ""
    found = [Finding("libraries", "doubtful" if missing else "fine", said, advice, facts)]
    return [*found, shadows(installed, imported), _uvloop()]


def shadows(installed: Mapping[str, str], imported: Mapping[str, str]) -> Finding:
    """Packages that say another version of themselves than their distribution does."""
    names = shadowed(imported, installed)
    if not names:
        return Finding("shadowed packages", "fine", "none: what is imported is what was installed")
    return Finding("shadowed packages", "bad", told(imported, installed, names), cure(names))


def _uvloop() -> Finding:
    version = installed_version("uvloop")
    if version is not None:
        return Finding("uvloop", "fine", f"{version}: the mock server runs on it", facts={"uvloop": version})
    said = "not there: the mock server runs on asyncio's own loop, which is enough, and takes a little more CPU time"
    return Finding("uvloop", "fine", said, "pip install 'fetchrace[uvloop]' for a cheaper server", {"uvloop": None})


def _imported() -> dict[str, str]:
    """The versions that the packages give of themselves; those that cannot be imported, or say none, are not there."""
    with scratch() as folder, Path(folder, "said").open("w+b") as said:
        answer = Path(folder, "answer.json")
        with spawn.child("harness.doctor.libraries", [str(answer)], folder, spawn.environment(), said) as process:
            spawn.exit_code_of(process, time.monotonic() + _LIMIT_S)
        return dict(json.loads(answer.read_text(encoding="utf-8"))) if answer.exists() else {}


def main(argv: Sequence[str]) -> None:
    """Write the versions as JSON: ``--lifeline FD ANSWER``."""
    lifeline.hold(int(argv[1]))
    for name in _LIBRARIES:
        with contextlib.suppress(Exception):  # what cannot be imported says no version; ``list`` tells why
            importlib.import_module(name)
    Path(argv[2]).write_text(json.dumps(imported_versions(_LIBRARIES)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
