"""The kernel's own counters of what goes wrong between two sockets: connections that were not let in, or tried again.

They count for everybody in the same network namespace (most often: on the machine), not for us alone.
``harness.lost_connections`` has what may be concluded from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FILES: Final = (Path("/proc/net/netstat"), Path("/proc/net/snmp"))
_COUNTERS: Final = ("ListenOverflows", "ListenDrops", "TCPSynRetrans", "RetransSegs")


def counters() -> dict[str, int]:
    """What the kernel has counted since it started; empty where it does not say."""
    found: dict[str, int] = {}
    for file in _FILES:
        try:
            lines = file.read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for names, values in zip(lines[::2], lines[1::2], strict=False):
            table = dict(zip(names.split()[1:], values.split()[1:], strict=False))
            found.update({name: int(table[name]) for name in _COUNTERS if name in table})
    return found


def growth(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """By how much each counter has grown; those that have not are left out."""
    return {name: number for name in after if (number := after[name] - before.get(name, 0)) > 0}
