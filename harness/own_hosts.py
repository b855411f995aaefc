"""The exchanges' own hosts, looked up before one shot, so that a resolver that says nothing costs one deadline at most.

Pinned for the shot alone: such hosts move, and whoever goes on asking has to look again. They are not judged; TLS by
name says whether it is they who answer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from harness.address_guard import parsed
from harness.lookup import looked_up
from harness.pinned_names import pinned
from harness.place import Place


@contextlib.contextmanager
def pinned_hosts(place: Place, names: Sequence[str], deadline_s: float) -> Iterator[dict[str, str]]:
    """Gives the exchanges whose hosts lead nowhere, with the reason: it is of no use to ask them."""
    hosts = {name: urlsplit(place.origins[name]).hostname or "" for name in names if place.real}
    own = {name: host for name, host in hosts.items() if host not in place.pins and parsed(host) is None}
    found = looked_up(own.values(), deadline_s)
    lost = {
        name: f"dns: the name {host} could not be resolved: {found.failures[host]}"
        for name, host in own.items()
        if host in found.failures
    }
    with pinned(found.addresses):
        yield lost
