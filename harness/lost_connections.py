"""Connections that the kernel lost, batch by batch: time of somebody's that no strategy is to blame for.

Where the kernel counts for each listening socket what it turned away (Linux' SO_MEMINFO), the mock server's own sockets
tell, and a single connection convicts its batch. The counters of the whole network namespace count for everybody, so
that a growing one alone convicts nobody. But whoever lost something waited for it to be sent again, and of a batch it
is known whether any of its requests lasted that long:

* ``ListenOverflows``, ``ListenDrops``, where the sockets do not tell: a listener whose queue was full turned a connection away. Its client sends again
  after 0.2 s at the earliest (Linux' shortest timeout), after a second where that was the SYN.
* ``TCPSynRetrans``: a SYN, or the answer to it, was sent again, after a second at the earliest (V. Paxson and others,
  "Computing TCP's Retransmission Timer", RFC 6298, 2011, section 2.1).
* ``RetransSegs`` alone says nothing: mostly it is a connection's end that nobody waits for.

So a counter convicts a batch in which a request took that much longer than the shortest delay of its block, or failed
where no fault is planned: it may have been turned away. In any other batch it was somebody else's. No fault of the mock
loses a connection (it lets everybody in, and strikes later), and what faults stall costs its deadline either way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from harness.measurement import Batch, Measurement, asked_delays
from harness.scenario import Scenario

_WAITS_S: Final = {"ListenOverflows": 0.18, "ListenDrops": 0.18, "TCPSynRetrans": 0.9}
"""By counter, how long one waits at least; a tenth less, for timers are rounded."""
_OF_LISTENERS: Final = frozenset(("ListenOverflows", "ListenDrops"))
OWN: Final = "turned away by the mock server's full queue"
"""What the mock's own sockets counted."""


def lost_connections(measured: Mapping[str, Sequence[Measurement]], scenario: Scenario) -> str | None:
    """What was lost in the batches of these arms, cold ones included, as a sentence; None where nothing was."""
    lost, by_arm, batches = Counter[str](), Counter[str](), 0
    for name, measurements in measured.items():
        for measurement in measurements:
            for batch in measurement.batches:
                batches += 1
                found = _lost_in(batch, measurement.block, scenario)
                lost.update(found)
                by_arm[name] += bool(found)
    if not lost:
        return None
    numbers = ", ".join(
        f"{grown} {counter}" if counter == OWN else f"{counter} +{grown}" for counter, grown in lost.items()
    )
    arms = ", ".join(f"{name} {count}" for name, count in by_arm.most_common() if count)
    return (
        f"connections were turned away or tried again in {by_arm.total()} of {batches} batches ({arms}; the kernel "
        f"counted {numbers}): that costs a client 0.2 s or more; raise the queue of listeners (sysctl -w "
        "net.core.somaxconn=1024) or lower --concurrency, and race again"
    )


def _lost_in(batch: Batch, block: int, scenario: Scenario) -> dict[str, int]:
    """The counters that convict a batch, with their growth."""
    grown = {name: batch.network[name] for name in _WAITS_S if batch.network.get(name)}
    own = {}
    if batch.turned_away is not None:
        own = {OWN: batch.turned_away} if batch.turned_away else {}
        grown = {name: number for name, number in grown.items() if name not in _OF_LISTENERS}
    if not grown or (batch.failures and not scenario.faults):
        return own | grown
    waited_s = max(batch.latencies, default=batch.time_s) - min(asked_delays(scenario, block))
    return own | {name: number for name, number in grown.items() if waited_s >= _WAITS_S[name]}
