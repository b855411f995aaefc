"""Ways of fetching many things at once, one short file each, beginning with the plainest: ``sequential``.

``names()`` lists without importing; ``load(name)`` returns a Strategy, so that a plugin can wrap another.
"""

from __future__ import annotations

from typing import cast

from exchanges.errors import Rejected
from exchanges.plugins import Group
from strategies.strategy import Declares, Decode, Failed, Fetch, Fetched, Limits, Outcome, Strategy

__all__ = [
    "CLUSTERS", "Declares", "Decode", "Failed", "Fetch", "Fetched", "GROUP", "Limits", "Outcome", "Rejected",
    "SCHEDULER", "Strategy", "load", "names",
]  # fmt: skip

GROUP = Group(
    noun="strategy",
    entry_points="fetchrace.strategies",
    builtins={
        "sequential": "strategies.sequential:sequential",
        "threads": "strategies.threads:threads",
        "threads-urllib3": "strategies.threads_urllib3:threads_urllib3",
        "threads-httpx": "strategies.threads_httpx:threads_httpx",
        "processes": "strategies.processes:processes",
        "processes-asyncio": "strategies.processes_asyncio:processes_asyncio",
        "multi-pycurl": "strategies.multi_pycurl:multi_pycurl",
        "asyncio-protocol": "strategies.asyncio_protocol:asyncio_protocol",
        "asyncio-protocol-uvloop": "strategies.asyncio_protocol_uvloop:asyncio_protocol_uvloop",
        "asyncio-aiohttp": "strategies.asyncio_aiohttp:asyncio_aiohttp",
        "asyncio-aiohttp-uvloop": "strategies.asyncio_aiohttp_uvloop:asyncio_aiohttp_uvloop",
        "asyncio-pyreqwest": "strategies.asyncio_pyreqwest:asyncio_pyreqwest",
        "asyncio-httpx": "strategies.asyncio_httpx:asyncio_httpx",
        "asyncio-httpx2": "strategies.asyncio_httpx2:asyncio_httpx2",
        "trio-httpx": "strategies.trio_httpx:trio_httpx",
        "trio-httpx2": "strategies.trio_httpx2:trio_httpx2",
    },
    extras={
        "distributed": "cluster",
        "httpx2": "httpx2",
        "pycurl": "pycurl",
        "pyreqwest": "pyreqwest",
        "uvloop": "uvloop",
    },
)


CLUSTERS = Group(
    noun="cluster",
    entry_points="fetchrace.clusters",
    builtins={"dask": "strategies.dask_cluster:on_dask"},
    extras=GROUP.extras,
)
"""What runs another strategy on many machines: ``dask+threads`` is the strategy ``threads`` on the cluster ``dask``."""


SCHEDULER = "FETCHRACE_SCHEDULER"
"""The environment variable with the address of a cluster's scheduler, such as tcp://10.0.0.5:8786. Without it a cluster
is made on this machine."""


def names() -> list[str]:
    """Every strategy that this environment knows by name, built-ins first; imports none of them."""
    return GROUP.names()


def load(name: str) -> Strategy:
    """The strategy called ``name``, or ``path/to/file.py:name``, or either on a cluster (``dask+NAME``). Raises a
    PluginError that says what to do."""
    cluster, plus, inner = name.partition("+")
    if plus and cluster in CLUSTERS.builtins:
        return cast(Strategy, CLUSTERS.load(cluster)(inner))
    return cast(Strategy, GROUP.load(name))
