"""Throttling: how long a limit on CPU time has held us back, as in a container that may use one core and a half.

Linux counts it for every control group that has such a limit: ``cpu.stat`` of the group that we are in, and of those
above it as far as they can be seen from here, for each has a limit of its own (cgroup v2: cgroups(7), and the kernel's
"Control Group v2"; v1: its "CFS Bandwidth Control").
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_MEMBERSHIP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_UNITS = {"throttled_usec": 1e-6, "throttled_time": 1e-9}
"""In seconds; v2 has the first, v1 the second."""


def throttled_s() -> float | None:
    """Seconds, added up over the cores, for which our processes and others in our groups were ready to run and not let,
    since these groups were made. None where the system does not say: there is no such limit, or no such account."""
    found = [seconds for group in set(_groups()) if (seconds := _throttled_in(group)) is not None]
    return sum(found) if found else None


def _groups() -> Iterator[Path]:
    """The folders of the groups that may limit us. A container sees its own group at the top, whatever path the
    system outside knows it by: what is not there has nothing to say."""
    with contextlib.suppress(OSError, ValueError):
        for line in _MEMBERSHIP.read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            for top in _tops(controllers):
                own = PurePosixPath(path.lstrip("/"))
                # Above the top that we can see: of what lies there, we know no more than the top.
                own = PurePosixPath() if ".." in own.parts else own
                yield from (top / level for level in (own, *own.parents))


def _tops(controllers: str) -> tuple[Path, ...]:
    """Where the groups of a line of /proc/self/cgroup are to be found: v2 names no controllers."""
    if not controllers:
        return (_GROUPS,)
    return (_GROUPS / controllers,) if "cpu" in controllers.split(",") else ()


def _throttled_in(group: Path) -> float | None:
    with contextlib.suppress(OSError, ValueError):
        for line in (group / "cpu.stat").read_text(encoding="ascii").splitlines():
            name, _, number = line.partition(" ")
            if name in _UNITS:
                return int(number) * _UNITS[name]
    return None
