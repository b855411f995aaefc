"""What the network is like here: connections that the kernel lost, and what would send our requests elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.doctor.finding import Finding
from harness.influences import roads

_SOMAXCONN: Final = Path("/proc/sys/net/core/somaxconn")
_BACKLOG: Final = 1024


def kernel(before: Mapping[str, int], after: Mapping[str, int]) -> Finding:
    """The counters' growth while the calibration card was made: connections that had to be tried again took a second
    each, and no strategy is to blame for them."""
    grown = {name: after[name] - before.get(name, 0) for name in after}
    try:
        somaxconn = int(_SOMAXCONN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        somaxconn = None
    facts = {"grown": grown, "somaxconn": somaxconn}
    if not after or somaxconn is None:
        return Finding("kernel", "fine", "this system shows no counters of lost connections", facts=facts)
    said = f"a queue of {somaxconn:,} for new connections; none was lost or sent again"
    lost = [f"{name} +{number}" for name, number in grown.items() if number]
    if lost:
        advice = "another program's traffic counts as well: look again; if they grow each time, raise somaxconn"
        return Finding(
            "kernel", "doubtful", f"while the card was made, the kernel counted {', '.join(lost)}", advice, facts
        )
    if somaxconn < _BACKLOG:
        advice = f"sysctl -w net.core.somaxconn={_BACKLOG}: a burst of more connections than that waits for a second"
        return Finding("kernel", "doubtful", f"a queue of only {somaxconn:,} for new connections", advice, facts)
    return Finding("kernel", "fine", said, facts=facts)


def proxies(environment: Mapping[str, str] = os.environ) -> Finding:
    """Variables that would make some clients take another road than the others. Names only: values may be secret."""
    found = roads(environment)
    facts = {"variables": found}
    if not found:
        return Finding("proxies", "fine", "none in the environment", facts=facts)
    said = f"the environment has {', '.join(found)}; a run leaves them out for all its workers alike"
    return Finding("proxies", "fine", said, facts=facts)
