"""Whether the logs that a worker handed on are the server's: the mock seals what passes through a guest's hands.

A strategy shares its process with the worker, which begins and ends the batches, and could make up what it brings back.
For each batch the mock keeps what it was told and a digest of the log that it handed out, and gives them to whoever
knows the witness, a secret that no worker is told. Law: logs count only where the server was told to begin every batch
of the job, once, in order, as the scenario has it, and gave each log byte for byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchanges.errors import safe
from harness.exits import EnvironmentGap
from harness.scenario import DRAWS, Scenario
from mock_server.process import Control, MockFailed, Running

_ENDED: Final = "the mock server ended in the middle of the run"
_GRACE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Door:
    control: str
    token: str


def batch_begin(scenario: Scenario, block: int, number: int) -> dict[str, Any]:
    """What the server is told to begin a batch of the race."""
    return {
        "seed": scenario.seed, "block": block, "batch": number, "latency": scenario.latency, "draws": DRAWS,
        "faults": scenario.faults, "motion": scenario.motion,
    }  # fmt: skip


def decoding_begin(scenario: Scenario, block: int) -> dict[str, Any]:
    """What it is told when the race is over and decoding is measured: neither delays nor faults."""
    return {**batch_begin(scenario, block, 0), "latency": "0ms", "faults": ""}


def taken(mock: Running) -> list[dict[str, Any]]:
    """The seals of the batches since this was last called, which the server then forgets.

    Raises:
        EnvironmentGap: the server is gone, or does not answer.
    """
    if mock.process.poll() is not None:
        raise EnvironmentGap(_ENDED)
    try:
        with Control(_Door(mock.control, mock.witness)) as control:
            return control.seals()
    except MockFailed as error:
        # Where it was killed its sockets are closed a moment before the process can be waited for.
        with contextlib.suppress(subprocess.TimeoutExpired):
            mock.process.wait(_GRACE_S)
            raise EnvironmentGap(_ENDED) from error
        raise EnvironmentGap(str(error)) from error


def breaches(
    records: Sequence[Mapping[str, Any]], seals: Sequence[Mapping[str, Any]], scenario: Scenario, block: int, warm: int
) -> list[str]:
    """Why the logs in a worker's ``records`` (its batches: a cold one and ``warm`` others) are not to be believed, as a
    sentence with its evidence; empty where they are the server's own.

    Raises:
        LookupError, TypeError, ValueError: a record is nothing that a worker leaves.
    """
    planned = [batch_begin(scenario, block, number) for number in range(1 + warm)]
    raced, after = seals[: len(planned)], [seal["begin"] for seal in seals[len(planned) :]]
    if [seal["begin"] for seal in raced] != planned or after not in ([], [decoding_begin(scenario, block)]):
        return [f"the server was told to begin {_otherwise(planned, raced, after)}"]
    if len(records) != len(planned):
        return [f"its worker handed on {len(records)} logs, the server's are {len(planned)}"]
    forged = sum(_digest(record["server"]) != seal["sha256"] for record, seal in zip(records, raced, strict=True))
    if forged:
        return [f"its worker handed on another log than the server's in {forged} of {len(planned)} batches"]
    return []


def _otherwise(
    planned: Sequence[Mapping[str, Any]], raced: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> str:
    """What it was told to begin instead of the plan, up to the first difference."""
    for number, (wanted, seal) in enumerate(zip(planned, raced, strict=False)):
        said = seal["begin"]
        # A null says something where nothing was to be said: it lifts a lever.
        other = [name for name in {*wanted, *said} if said.get(name, ...) != wanted.get(name, ...)]
        if other:
            # Where one batch is begun again, all that follow have another number: what else differs tells more.
            name = min(other, key=lambda name: (name == "batch", name))
            return f"batch {number} with {name} {_shown(said, name)} where the plan has {_shown(wanted, name)}"
    return f"{len(raced) + len(after)} batches where the plan has {len(planned)}"


def _shown(told: Mapping[str, Any], name: str) -> str:
    return safe(json.dumps(told[name]), 40) if name in told else "nothing"


def _digest(log: object) -> str:
    """Of a log as the server wrote it: json gives back what it read, numbers to the last digit."""
    return hashlib.sha256(json.dumps(log).encode()).hexdigest()
