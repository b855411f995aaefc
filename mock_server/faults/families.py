"""All faults by name, family by family: a new fault is a function and a row in one of these modules."""

from __future__ import annotations

from typing import Final

from mock_server.fault import Fault
from mock_server.faults import (
    certificates,
    chunks,
    encodings,
    ends,
    heads,
    lengths,
    prices,
    redirects,
    refusals,
    sizes,
    stalls,
    statuses,
    texts,
    times,
)

_FAMILIES: Final = (
    ends, stalls, lengths, chunks, heads, sizes, encodings, redirects, statuses, refusals, texts, prices, times,
    certificates,
)  # fmt: skip

catalogue: Final[dict[str, Fault]] = {fault.name: fault for family in _FAMILIES for fault in family.FAULTS}
