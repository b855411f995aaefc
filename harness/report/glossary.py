"""The method and the terms, in plain words; the page prints both."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_SHUFFLED: Final = "in an order shuffled for the block"
_SEQUENTIAL: Final = (
    "in the same order in every block: what the machine does over time then falls on the same arms each time, order is "
    "confounded with time, and a ranking is provisional at best"
)
_EITHER: Final = (
    "in an order shuffled for the block, or, where the scenario says so, in the same order in every block: there, "
    "order is confounded with time, and a ranking is provisional at best"
)


def method(modes: Collection[bool], is_logged: bool = True) -> tuple[str, ...]:
    """The paragraphs on how it was measured. ``modes`` has True where a scenario kept the order of the arms, False
    where it shuffled them; ``is_logged`` says that it was against our own server."""
    order = _SHUFFLED if True not in modes else _SEQUENTIAL if False not in modes else _EITHER
    asked, *between, held, where = _METHOD
    told = [asked, *between, held, where] if is_logged else [_ASKED_ELSEWHERE, *between, _HELD_ELSEWHERE, _ELSEWHERE]
    return tuple(paragraph.replace("{order}", order) for paragraph in told)


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
        "Each of these processes is given a hash seed, an amount of environment and a working folder of its own, drawn "
        "at random and recorded: the place of a program in memory can move its speed by some per cent. A block beside "
        "which other programs worked is played again, by what was measured of them and by no result of the race."
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

_ASKED_ELSEWHERE: Final = (
    "Every arm asks others' servers for the same requests, over TLS that is verified where they speak it, within the "
    "exchanges' rate limits: the waiting that this takes is between batches, never inside a time."
)
_HELD_ELSEWHERE: Final = (
    "There is no log of these servers. So an arm is held to what its own account shows: one outcome for each request, "
    "quotes of the pairs that were asked for, never more in flight than declared, few failures. How long the servers "
    "took, whether connections were re-used, and whether prices are those that were sent is not verified; there is no "
    "physical limit to measure by, and no true market."
)
_ELSEWHERE: Final = (
    "Arms were compared side by side, in the same blocks. The times are those of this place, these minutes and this "
    "load: the way to the servers and what they were doing is in them. Another day's ratios are another measurement."
)

GLOSSARY: Final = (
    ("age", "of a price: from the moment when the market had it to the moment when the whole batch was in hand"),
    ("arm", "what races: a strategy under a name"),
    ("baseline", "the arm that speedups are relative to"),
    ("batch", "one call that fetches all requests of the scenario"),
    (
        "batch plan",
        "the fewest requests that bring the same quotes, many markets in each: less work, so its arms are unranked",
    ),
    ("block", "one round in which every arm runs once, in its own process; the unit of statistics"),
    (
        "calibration card",
        "what the mock server, asked to hold replies for one delay, held them for: the ruler, measured before the race",
    ),
    (
        "client CPU",
        "CPU time of the arm's processes, without decoding, as far as the time beyond the other parts holds it",
    ),
    ("cold", "the first batch of a process: it also pays for connections"),
    ("connecting", "a part of a batch's time: what requests on new connections waited longer to reach the server"),
    ("conns", "connections: the most that the server saw in one batch"),
    ("decode", "CPU time of reading the answers, measured apart, when the race is over"),
    ("drift", "a straight line through what all arms have in common in each block: how the whole session moved"),
    ("DRIFTED", "a verdict: the arms ran in one fixed order, and times changed with time or place; no ranking"),
    ("fault", "a disturbance that the mock server injects by plan; a request that it strikes may fail"),
    ("gap", "the largest difference between two exchanges' prices of a pair that the fetching alone made up"),
    (
        "import",
        "loading the strategy and its libraries, where http.client, psutil and pyperf already are: a lower bound",
    ),
    ("in flight", "the most requests sent and not yet answered, by the server's count; reached / declared if fewer"),
    ("limited by", "the largest part of an arm's time beyond the physical limit; the limit itself from 95 % of it on"),
    ("missed", "an opportunity that was in the market when the batch was in hand, and not among the batch's signals"),
    (
        "multiple",
        "of CPU time: that of asyncio-protocol a request, or, where that does not race, of the arm that spent least",
    ),
    ("NETWORK-INVALID", "a verdict: the kernel lost connections and somebody waited for it; no ranking"),
    ("NOISY", "a verdict: the ranking is provisional, for the reasons that are told"),
    ("of limit", "the physical limit over the time taken: 100 % means that nothing is left to gain"),
    ("one shot", "opening plus the first batch; for a script that runs once, imports come on top"),
    ("opening", "what a strategy does before its first request: pools, threads, processes, an event loop"),
    ("outlier", "a warm time further than three interquartile ranges outside the quartiles (Tukey); kept, and counted"),
    ("phantom", "a signal that was not in the market when the batch was in hand"),
    ("physical limit", "the time that no schedule beats with these delays and this many in flight"),
    ("pre-emptions", "involuntary context switches: the system took the processor from a thread, for each request"),
    (
        "queueing",
        "a part of a batch's time: requests wait for a turn, as fewer are in flight than may be, or in a poor order",
    ),
    ("server overshoot", "a part of a batch's time: the server held replies longer than it was asked to"),
    ("SERVER-BOUND", "a verdict: the mock server was the bottleneck; no ranking"),
    (
        "signal",
        "a pair that, bought on one exchange and sold on another, leaves something after both base-tier taker fees",
    ),
    ("skew", "from the first to the last price of a batch, by the market's own clock"),
    (
        "smallest difference that would have shown",
        "a true difference of this size is found in 80 of 100 such runs, after correction for all pairs of arms",
    ),
    ("speedup", "the baseline's time over the arm's, within the same blocks"),
    (
        "spoilt block",
        "one beside which other programs worked: it was played again, and what was measured in it is kept",
    ),
    ("spread", "how much the workers of one arm differ, and how much the warm batches of one worker do"),
    ("stopwatch", "what an empty batch is measured at: the part of every time that is the harness's own"),
    ("twin", "one arm raced a second time under another name: its ratio shows the noise of the whole apparatus"),
    ("unexplained", "what is left of a batch's time when all measured parts are taken away"),
    ("UNVERIFIED", "a verdict: the servers were others', so that no log could find an arm out; ranks are provisional"),
    ("VALID", "a verdict: the ranking may be quoted, with its intervals"),
    ("waits", "voluntary context switches: a thread went to sleep until something came, for each request"),
    ("warm", "a batch after the first of its process: connections are open"),
)
