"""Connections that the kernel lost, batch by batch: time of somebody's that no strategy is to blame for.

Where the kernel counts for each listening socket what it turned away (Linux' SO_MEMINFO), the mock server's own sockets
tell, and a single connection convicts its batch. The counters of the whole network namespace count for everybody, so
that a growing one alone convicts nobody. But whoever lost something waited for it to be sent again before the server
saw the request, and of a batch it is known whether any of its requests was that long on its way:

* ``ListenOverflows``, ``ListenDrops``, where the sockets do not tell: a listener whose queue was full turned a
  connection away. Its client sends again after 0.2 s at the earliest (Linux' shortest timeout), after a second where
  that was the SYN.
* ``TCPSynRetrans``: a SYN, or the answer to it, was sent again, after a second at the earliest (V. Paxson and others,
  "Computing TCP's Retransmission Timer", RFC 6298, 2011, section 2.1).
* ``RetransSegs`` alone says nothing: mostly it is a connection's end that nobody waits for.

So a counter convicts a batch in which a request took that long from its start to the server (``Batch.way_out_s``, on
which neither delays nor decoding lie), or failed where no fault is planned: it may have been turned away. In any other
batch it was somebody else's. No fault of the mock loses a connection (it lets everybody in, and strikes later).

Law: the ranking is of warm batches, so that only what was lost in one of them forbids it. What was lost in cold batches
alone lengthens them, and with them the one shot: that is a doubt, and is told as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.measurement import Batch, Measurement
from harness.scenario import Scenario

_SYN: Final = "TCPSynRetrans"
_WAITS_S: Final = {"ListenOverflows": 0.18, "ListenDrops": 0.18, _SYN: 0.9}
"""By counter, how long one waits at least; a tenth less, for timers are rounded."""
_OF_LISTENERS: Final = frozenset(("ListenOverflows", "ListenDrops"))
OWN: Final = "turned away by the mock server's full queue"
"""What the mock's own sockets counted."""


@dataclass(frozen=True, slots=True)
class Lost:
    """In how many ``warm`` and ``cold`` batches connections were lost, at least one in all, and that as a sentence."""

    warm: int
    cold: int
    said: str


def lost_connections(measured: Mapping[str, Sequence[Measurement]], scenario: Scenario) -> Lost | None:
    """What was lost in the batches of these arms; None where nothing was."""
    counters, by_arm = Counter[str](), Counter[str]()
    lost, batches = Counter[bool](), Counter[bool]()
    for name, measurements in measured.items():
        for measurement in measurements:
            for number, batch in enumerate(measurement.batches):
                found = _lost_in(batch, scenario)
                is_warm = number > 0
                batches[is_warm] += 1
                if found:
                    counters.update(found)
                    by_arm[name] += 1
                    lost[is_warm] += 1
    if not lost:
        return None
    where = f"{lost[True]} of {batches[True]} warm and {lost[False]} of {batches[False]} cold batches"
    numbers = ", ".join(
        f"{grown} {counter}" if counter == OWN else f"{counter} +{grown}" for counter, grown in counters.items()
    )
    arms = ", ".join(f"{name} {count}" for name, count in by_arm.most_common())
    cure = "raise the queue of listeners (sysctl -w net.core.somaxconn=1024) or lower --concurrency, and race again"
    said = (
        f"connections were turned away or tried again in {where} ({arms}; the kernel counted {numbers}): that costs a "
        f"client {_cost(counters)}, and is in {_touched(lost)}" + (f"; {cure}" if scenario.is_logged else "")
    )
    return Lost(lost[True], lost[False], said)


def _cost(counters: Mapping[str, int]) -> str:
    """What each of these counters stands for at least, to whom it met."""
    if _SYN not in counters:
        return "0.2 s or more"
    return "a second or more" if len(counters) == 1 else "0.2 s or more, a second or more where it was a SYN"


def _touched(lost: Mapping[bool, int]) -> str:
    """Which of an arm's times are longer for it, by whether the batches were warm."""
    if not lost.get(True):
        return "the one shot, not in the ranking, which is of warm batches"
    return "the ranking, which is of warm batches" + (", and in the one shot" if lost.get(False) else "")


def _lost_in(batch: Batch, scenario: Scenario) -> dict[str, int]:
    """The counters that convict a batch, with their growth."""
    # No listener of ours is asked in a race against others' servers.
    telling = _WAITS_S if scenario.is_logged else (_SYN,)
    grown = {name: batch.network[name] for name in telling if batch.network.get(name)}
    own = {}
    if batch.turned_away is not None:
        own = {OWN: batch.turned_away} if batch.turned_away else {}
        grown = {name: number for name, number in grown.items() if name not in _OF_LISTENERS}
    if not grown or (batch.failures and not scenario.faults):
        return own | grown
    return own | {name: number for name, number in grown.items() if batch.way_out_s >= _WAITS_S[name]}
