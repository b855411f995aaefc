"""A job: one arm, one block of one scenario, for one fresh worker process. It travels as a JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Job:
    """``origins`` maps exchanges to the mock's addresses, ``control`` and ``token`` open its control port, ``ca_file``
    vouches for its certificates (None without TLS); ``side_file`` is where the worker leaves everything that pyperf's
    file has no place for."""

    strategy: str
    scenario: Scenario
    block: int
    warm: int
    origins: dict[str, str]
    control: str
    token: str
    side_file: str
    ca_file: str | None = None

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Job:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**data, "scenario": Scenario.from_json(data["scenario"])})
