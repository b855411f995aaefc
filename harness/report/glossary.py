"""The method and the terms, in plain words; the page prints both."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_SHUFFLED: Final = "in an order shuffled for the block"
_SEQUENTIAL: Final = (
    "in the same order in every block: what the machine does over time then falls on the same arms each time, order is "
    "confounded with time, and no ranking should be quoted"
)
_EITHER: Final = (
    "in an order shuffled for the block, or, where the scenario says so, in the same order in every block: there, "
    "order is confounded with time, and no ranking should be quoted"
)


def method(modes: Collection[bool]) -> tuple[str, ...]:
    """The paragraphs on how it was measured. ``modes`` has True where a scenario kept the order of the arms, False
    where it shuffled them."""
    order = _SHUFFLED if True not in modes else _SEQUENTIAL if False not in modes else _EITHER
    return tuple(paragraph.replace("{order}", order) for paragraph in _METHOD)


_METHOD: Final = (
    (
        "Every arm fetches the same requests from the same local server, which holds each reply for a delay drawn from "
        "the seed: every arm meets the same delays, whatever the order in which it asks."
    ),
    (
        "A block races every arm once, each in a fresh process, {order}. An arm opens, runs one cold batch, then warm "
        "ones; the block's number is the median of the warm times. A batch takes until its prices are read, not until "
        "its bytes have arrived."
    ),
    (
        "Arms are compared within each block by the logarithm of the ratio of their times. Intervals are 95 % Student "
        "t intervals over blocks; p-values and the smallest difference that would have shown are those after "
        "correction for all pairs of arms (Holm). The rank is one more than the number of arms that are significantly "
        "faster; arms that share a rank could not be told apart."
    ),
    (
        "An arm is ranked only if the server's own log agrees: each request seen exactly once, never more in flight "
        "than declared, connections re-used, every price equal to the one sent, no failure but those that faults of "
        "the scenario planned, and no time below what the delays allow."
    ),
    "Server and clients share one machine. Differences between arms are theirs; absolute times are this machine's.",
)

GLOSSARY: Final = (
    ("arm", "what races: a strategy under a name"),
    ("baseline", "the arm that speedups are relative to"),
    ("batch", "one call that fetches all requests of the scenario"),
    ("block", "one round in which every arm runs once, in its own process; the unit of statistics"),
    (
        "calibration card",
        "what the mock server, asked to hold replies for one delay, held them for: the ruler, measured before the race",
    ),
    ("cold", "the first batch of a process: it also pays for connections"),
    ("conns", "connections: the most that the server saw in one batch"),
    ("fault", "a disturbance that the mock server injects by plan; a request that it strikes may fail"),
    (
        "import",
        "loading the strategy and its libraries, where http.client, psutil and pyperf already are: a lower bound",
    ),
    ("in flight", "the most requests sent and not yet answered, by the server's count; reached / declared if fewer"),
    ("of limit", "the physical limit over the time taken: 100 % means that nothing is left to gain"),
    ("one shot", "opening plus the first batch; for a script that runs once, imports come on top"),
    ("opening", "what a strategy does before its first request: pools, threads, processes, an event loop"),
    ("physical limit", "the time that no schedule beats with these delays and this many in flight"),
    ("speedup", "the baseline's time over the arm's, within the same blocks"),
    (
        "smallest difference that would have shown",
        "a true difference of this size is found in 80 of 100 such runs, after correction for all pairs of arms",
    ),
    ("twin", "one arm raced a second time under another name: its ratio shows the noise of the whole apparatus"),
    ("warm", "a batch after the first of its process: connections are open"),
)
