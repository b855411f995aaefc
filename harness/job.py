"""A job: one arm, one block of one scenario, for one fresh worker process. It travels as a JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Job:
    """``origins`` maps exchanges to the servers' addresses, ``control`` and ``token`` open the mock's control port,
    ``ca_file`` vouches for its certificates (None without TLS); ``side_file`` is where the worker leaves everything
    that pyperf's file has no place for. ``turnstile`` has the fields of a ``harness.turnstile.Turnstile`` that stands
    in place of the control port where the servers are not ours (None: they are), and ``pins`` are names that lead to
    the addresses that were checked and no others (``harness.pinned_names``)."""

    strategy: str
    scenario: Scenario
    block: int
    warm: int
    origins: dict[str, str]
    control: str
    token: str
    side_file: str
    ca_file: str | None = None
    turnstile: dict[str, Any] | None = None
    pins: dict[str, list[str]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Job:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**data, "scenario": Scenario.from_json(data["scenario"])})
