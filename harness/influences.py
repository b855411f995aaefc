"""Variables of the environment that would send or slow one client and not the next, so that no worker is given them.

Each is here for a reason. What is not: what all clients feel alike and a user may mean, such as LD_PRELOAD, PYTHON_GIL
or PYTHONDONTWRITEBYTECODE.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final

ROADS: Final = {
    "http_proxy": "requests and httpx go through it, aiohttp and trio do not",
    "https_proxy": "likewise",
    "all_proxy": "likewise",
    "no_proxy": "takes some hosts out of them again",
    "netrc": "requests and httpx look for a password in it before each request",
    "ssl_cert_file": "httpx, and whoever asks OpenSSL, trusts other authorities; requests does not read it",
    "ssl_cert_dir": "likewise",
    "requests_ca_bundle": "requests alone trusts other authorities",
    "curl_ca_bundle": "likewise, and clients built on curl",
    "sslkeylogfile": "httpx and urllib3 write each connection's keys into a file",
}  # fmt: skip
"""By which road a client goes, and whom it trusts on it."""

_TRUST: Final = frozenset({"ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "curl_ca_bundle"})

PACES: Final = {
    "pythondevmode": "asyncio's debug mode, and checks in each allocation",
    "pythonasynciodebug": "asyncio notes where each task and callback came from: no other model pays for that",
    "pythontracemalloc": "each allocation is noted, and Python code allocates more than C code",
    "pythonmalloc": "another allocator, likewise",
    "pythonmallocstats": "prints at each new arena",
    "pythonverbose": "prints at each import",
    "pythonprofileimporttime": "prints at each import",
    "pythonoptimize": "takes the asserts out of clients that are written in Python, and leaves those in C as they are",
    "pythonperfsupport": "each Python function gets a trampoline, C functions do not",
    "python_perf_jit_support": "likewise",
    "aiohttp_no_extensions": "aiohttp parses in Python instead of C",
    "frozenlist_no_extensions": "likewise, a part of it",
    "multidict_no_extensions": "likewise",
    "propcache_no_extensions": "likewise",
    "yarl_no_extensions": "likewise",
}  # fmt: skip
"""How fast one client is beside another."""


def is_withheld(name: str) -> bool:
    """Whether no worker is given the variable, in whatever case its letters are."""
    return name.lower() in ROADS or name.lower() in PACES


def roads(variables: Mapping[str, str]) -> list[str]:
    """The names of those that choose a road, sorted. An empty one chooses none."""
    return sorted(name for name, value in variables.items() if value and name.lower() in ROADS)


def told(variables: Mapping[str, str]) -> str | None:
    """What is withheld from workers, as a sentence for whoever has set it; None where there is nothing. Names only:
    values may be secret."""
    found = sorted(name for name, value in variables.items() if value and is_withheld(name))
    if not found:
        return None
    which = "it would send or slow one client" if len(found) == 1 else "they would send or slow some clients"
    are = "is" if len(found) == 1 else "are"
    return f"{', '.join(found)} {are} set here and withheld from every worker: {which} and not the others"


@contextlib.contextmanager
def set_aside(variables: MutableMapping[str, str]) -> Iterator[str | None]:
    """Take the variables that choose a road out of an environment, this process's own, while the block runs: a client
    in here is to trust nobody else, go no other way and leave no keys on a disk. Gives a sentence for whoever has set
    them; None where there are none."""
    found = roads(variables)
    kept = {name: variables.pop(name) for name in found}
    are = "is" if len(found) == 1 else "are"
    trust = any(name.lower() in _TRUST for name in found)
    hint = "; to trust another authority, say --ca-file" if trust else ""
    try:
        yield f"{', '.join(found)} {are} set here and not heeded{hint}" if found else None
    finally:
        variables.update(kept)
