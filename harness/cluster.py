"""The cluster that ``dask+STRATEGY`` runs on: which one is an option of ``run``, and an environment variable for the
processes that it starts."""

from __future__ import annotations

import os
import re
from typing import Final

import strategies
from exchanges.errors import safe
from harness import options
from harness.arm import on_cluster
from harness.exits import UsageError

_ADDRESS: Final = re.compile(r"(tcp|tls|ws|wss)://[^\s/,;]+:\d{1,5}")


def add_argument(group: options.TakesOptions) -> None:
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a dask cluster for dask+NAME, such as tcp://10.0.0.5:8786: one that you trust, for it runs our code "
        "and we run its (without: a cluster of this machine's cores)",
    )


def heed(address: str | None, strategy: str | None) -> None:
    """Let every process that is started from now on find the scheduler at ``address``. ``strategy`` is the value of
    ``--strategy``, None where a run goes on whose strategies are settled.

    Raises:
        UsageError: it is no address, or nothing in the race runs on a cluster.
    """
    if address is None:
        return
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"--scheduler: expected an address such as tcp://10.0.0.5:8786, found {safe(address, 80)!r}")
    if strategy is not None and not any(on_cluster(word.strip())[0] for word in strategy.split(",")):
        raise UsageError(
            f"--scheduler: nothing in {safe(strategy, 80)!r} runs on a cluster; try --strategy dask+asyncio-aiohttp"
        )
    os.environ[strategies.SCHEDULER] = address


def check_resumed(command: str) -> None:
    """A run goes on where it began: on a cluster that was named, or not. ``command`` is the one that it began with.

    Raises:
        UsageError: it began otherwise.
    """
    then, now = "--scheduler" in command, strategies.SCHEDULER in os.environ
    if then and not now:
        raise UsageError(
            "the run began on a cluster of its own, and a run does not keep where that is: give --scheduler"
        )
    if now and not then:
        raise UsageError("the run did not begin with --scheduler: expected none, for a run is of one piece")
