"""libcurl's multi interface, driven by one thread: sockets and HTTP in C, and Python for what an answer must keep to.

Easy handles are made once and used again: one per request takes 1.05 to 1.17 times as long and 1.18 times the CPU
(100 in flight, answers after 50 ms). ``socket_action`` with a selector, and not ``perform``: that costs the same with
100 in flight, but pycurl can wait for it with select alone, which ends at descriptor 1,023. With 1,000 in flight all
places on one multi handle take 1.13 to 1.37 times as long and 1.16 to 1.30 times the CPU of 128 on each
(``strategies.curl_loop``). What libcurl can send by itself is no line of ours: a microsecond a request. epoll without
Python's selectors gains nothing that shows.

By itself libcurl repeats a request whose re-used connection breaks, takes a head that was cut for a whole one, and
looks at idle connections once in a second: ``strategies.curl_place`` and ``curl_loop`` see to that, and ``raw_head``
to what it lets through.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from exchanges.wire import Request
from strategies.authorities import authorities_of
from strategies.curl_loop import Loop
from strategies.curl_place import Place
from strategies.held_signals import HeldSignals
from strategies.strategy import Decode, Fetch, Limits, Outcome
from strategies.terms import Trust


@contextmanager
def multi_pycurl(limits: Limits, decode: Decode) -> Iterator[Fetch]:
    """As many places as requests in flight, made once; no thread of ours but the caller's."""
    trust = Trust(limits.ca_file)
    signals = HeldSignals()
    dead: set[tuple[str, int]] = set()
    places = [Place(limits, dead) for _ in range(limits.in_flight)]
    authorities: str | None = None

    def fetch(requests: Sequence[Request]) -> list[Outcome]:
        nonlocal authorities
        if authorities is None and any(request.origin.startswith("https:") for request in requests):
            authorities = stack.enter_context(_file_of(trust))
            for place in places:
                place.trust(authorities)
        outcomes: dict[int, Outcome] = {}
        work = enumerate(requests)
        # The first place takes the first request in every batch, so that it finds its connection open.
        free = places[::-1]
        at: dict[Place, int] = {}
        with signals.held():
            try:
                loop.look()
                while True:
                    for index, request in work if free else ():
                        place = free.pop()
                        at[place] = index
                        place.begin(request)
                        loop.start(place)
                        if not free:
                            break
                    if not at:
                        break
                    for place, code in loop.done(signals):
                        outcomes[at.pop(place)] = place.outcome(code, decode)
                        free.append(place)
            except BaseException:
                loop.give_up()
                raise
        return [outcomes[index] for index in range(len(requests))]

    with ExitStack() as stack:
        for place in places:
            stack.callback(place.curl.close)
        loop = Loop(places, dead)
        stack.callback(loop.close)
        yield fetch


@contextmanager
def _file_of(trust: Trust) -> Iterator[str]:
    """The path of a file with the authorities, which libcurl reads once where it has a path, and for each connection
    where it has the text. It lives in memory where the system allows that, so that even a kill leaves nothing."""
    text = "".join(map(ssl.DER_cert_to_PEM_cert, authorities_of(trust))).encode("ascii")
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("fetchrace-authorities"), "wb") as file:
            file.write(text)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(prefix="fetchrace-", suffix=".pem") as kept:
            kept.write(text)
            kept.flush()
            yield kept.name
