"""The processors: how many there are, who else wants them, and whether the interpreter can use them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from exchanges.units import counted
from harness.doctor.finding import Finding
from harness.machine import machine

_LOADED: Final = 0.5
_STOLEN: Final = 0.01
_STAT: Final = Path("/proc/stat")


def processors() -> Finding:
    """Cores, and those that this process may use."""
    facts = machine()
    allowed = len(facts["affinity"] or ()) or facts["cores"]
    said = f"{counted(facts['cores'], 'core')}, {allowed} of them allowed: {facts['cpu']}"
    facts = {key: facts[key] for key in ("cpu", "cores", "affinity", "architecture", "kernel")}
    if allowed >= 2:
        return Finding("processors", "fine", said, facts=facts)
    advice = "client and mock server share one core, which costs clients 7 to 21 %; allow a second one (taskset)"
    return Finding("processors", "doubtful", said, advice, facts)


def load() -> Finding:
    """What else runs here, by the number of processes that wanted a core in the last minute."""
    last, cores = os.getloadavg()[0], os.cpu_count() or 1
    facts = {"load_1min": last, "cores": cores}
    if last <= _LOADED * cores:
        return Finding("load", "fine", f"{last:.2f} over the last minute on {counted(cores, 'core')}", facts=facts)
    said = f"{last:.2f} over the last minute on {counted(cores, 'core')}: the machine is busy with something else"
    return Finding("load", "doubtful", said, "end what else is running, or expect NOISY verdicts", facts)


def cpu_times() -> tuple[int, int] | None:
    """(stolen, all) clock ticks since the machine started, over all its cores; None where the system does not say."""
    try:
        first, *_ = _STAT.read_text(encoding="ascii").splitlines()
        ticks = [int(word) for word in first.split()[1:9]]
        return ticks[7], sum(ticks)
    except (OSError, ValueError, IndexError):
        return None


def steal(before: tuple[int, int] | None, after: tuple[int, int] | None) -> Finding:
    """What the hypervisor gave to others between two readings of ``cpu_times``; or that nothing can be told of others
    here, for their CPU time is in the same account (``harness.surroundings``)."""
    if before is None or after is None or after[1] <= before[1]:
        said = "this system says neither what other programs use nor whether a hypervisor takes time away"
        advice = "see to it that nothing else runs: a block that ran beside other work counts here like any other"
        return Finding("steal", "doubtful", said, advice)
    share = (after[0] - before[0]) / (after[1] - before[1])
    said = f"{share:.1%} of the processors' time went to other guests of the same host"
    if share <= _STOLEN:
        return Finding("steal", "fine", said, facts={"steal": share})
    return Finding("steal", "doubtful", said, "measure at another hour, or on a machine of your own", {"steal": share})


def interpreter() -> Finding:
    """Which Python, and whether its threads run at once."""
    facts = machine()
    is_built_free = bool(getattr(sys, "abiflags", "").count("t"))
    python = f"{facts['implementation']} {facts['python']}"
    facts = {"python": facts["python"], "implementation": facts["implementation"], "gil": facts["gil"]}
    if not is_built_free:
        return Finding("interpreter", "fine", f"{python} with the GIL: one thread runs Python at a time", facts=facts)
    if not facts["gil"]:
        return Finding("interpreter", "fine", f"{python}, free-threaded: threads run at once", facts=facts)
    said = f"{python} is a free-threaded build, but a library has switched the GIL on"
    return Finding("interpreter", "doubtful", said, "PYTHON_GIL=0 keeps it off; see which library warns", facts)
