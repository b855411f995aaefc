"""``python -m harness`` and the console script ``fetchrace``: check that our packages are ours, then begin.

The four top-level names are ordinary words. Run from a folder with a ``strategies/`` of its own, Python
would take that one, so the origin of each is looked at before any is imported.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_HOME = Path(__file__).resolve().parent.parent
_SIBLINGS = ("exchanges", "strategies", "mock_server")


def strangers() -> list[str]:
    """A sentence for each of our packages that an import would not find beside this one."""
    found = []
    for name in _SIBLINGS:
        spec = importlib.util.find_spec(name)
        places = [Path(place).resolve() for place in (spec.submodule_search_locations or [])] if spec else []
        if _HOME / name not in places[:1]:
            where = str(places[0]) if places else str(spec.origin) if spec else "nowhere"
            found.append(f"the name {name!r} leads to {where}, expected the one beside {Path(__file__).parent}")
    return found


def main() -> int:
    """Run the command line; return the exit code."""
    try:
        shadowed = strangers()
        if shadowed:
            sys.stderr.write(f"fetchrace: {shadowed[0]}; run it from another folder\n")
            return 3
        from harness.cli import main as cli_main

        return cli_main(sys.argv[1:])
    except KeyboardInterrupt:  # before, or after, the command line minds signals itself
        sys.stderr.write("fetchrace: interrupted; nothing was begun, or all was done\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
