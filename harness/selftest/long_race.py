"""A race of the long checks, read: what its files say of arms, pairs of arms and the twin."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.selftest.raced import raced


class Broken(Exception):
    """A race left nothing that could be judged; the message says why."""


@dataclass(frozen=True, slots=True)
class LongRace:
    """``run`` is its run.json, ``folder`` where that lies; ``scenario`` is the first one."""

    run: dict[str, Any]
    folder: Path

    @property
    def scenario(self) -> dict[str, Any]:
        found: dict[str, Any] = self.run["scenarios"][0]
        return found

    @property
    def verdict(self) -> str:
        return f"the verdict is {self.run['verdict']['state']}"

    def row(self, name: str, scenario: int = 0) -> dict[str, Any]:
        """An arm's numbers. Raises Broken: it has none."""
        rows = self.run["scenarios"][scenario]["strategies"]
        found: dict[str, Any] = next(row for row in rows if row["name"] == name)
        if "time_s" not in found:
            raise Broken(f"{name} is {found['status']}: {found['reason']}")
        return found

    def pairing(self, one: str, other: str) -> dict[str, Any]:
        """The comparison of two arms. Raises Broken: they were not compared."""
        for pairing in self.scenario["pairings"]:
            if {pairing["first"], pairing["second"]} == {one, other}:
                return dict(pairing)
        raise Broken(f"{one} and {other} were not compared")

    def requests(self) -> list[dict[str, str]]:
        """The lines of requests.csv."""
        with (self.folder / "requests.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def twin_logs(self) -> list[float]:
        """The logarithm of the twin's time over its original's, block by block."""
        twin = self.scenario["twin"]
        row = self.row(twin["of"])
        return [
            math.log(twin["block_medians_s"][block] / time_s) for block, time_s in row["block_medians_s"].items()
        ]  # fmt: skip


def long_race(folder: Path, *options: str, variables: Mapping[str, str] | None = None) -> LongRace:
    """Run a race with these options of ``run``. Raises Broken where it did not end well."""
    race = raced(folder, options, variables)
    if race.problem is not None:
        raise Broken(race.problem)
    return LongRace(race.run, race.folder)
