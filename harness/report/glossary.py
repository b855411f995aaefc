"""The method and the terms, in plain words; the page prints both."""

from __future__ import annotations

from typing import Final

METHOD: Final = (
    (
        "Every arm fetches the same requests from the same local server, which holds each reply for a delay drawn from "
        "the seed: every arm meets the same delays, whatever the order in which it asks."
    ),
    (
        "A block races every arm once, each in a fresh process, in an order shuffled for the block. An arm opens, runs "
        "one cold batch, then warm ones; the block's number is the median of the warm times. A batch takes until its "
        "prices are read, not until its bytes have arrived."
    ),
    (
        "Arms are compared within each block by the logarithm of the ratio of their times. Intervals are 95 % Student "
        "t intervals over blocks; p-values are adjusted for all pairs of arms (Holm). The rank is one more than the "
        "number of arms that are significantly faster; arms that share a rank could not be told apart."
    ),
    (
        "An arm is ranked only if the server's own log agrees: each request seen exactly once, never more in flight "
        "than declared, connections re-used, every price equal to the one sent, no failure, and no time below what the "
        "delays allow."
    ),
    "Server and clients share one machine. Differences between arms are theirs; absolute times are this machine's.",
)

GLOSSARY: Final = (
    ("arm", "what races: a strategy under a name"),
    ("baseline", "the arm that speedups are relative to"),
    ("batch", "one call that fetches all requests of the scenario"),
    ("block", "one round in which every arm runs once, in its own process; the unit of statistics"),
    ("cold", "the first batch of a process: it also pays for connections"),
    ("in flight", "requests sent and not yet answered, as counted by the server: reached of declared"),
    ("of limit", "the physical limit over the time taken: 100 % means that nothing is left to gain"),
    ("one shot", "opening plus the cold batch: what a script that runs once pays"),
    ("opening", "what a strategy does before its first request: pools, threads, processes, an event loop"),
    ("physical limit", "the time that no schedule beats with these delays and this many in flight"),
    ("speedup", "the baseline's time over the arm's, within the same blocks"),
    ("twin", "one arm raced a second time under another name: its ratio shows the noise of the whole apparatus"),
    ("warm", "a batch after the first of its process: connections are open"),
)
