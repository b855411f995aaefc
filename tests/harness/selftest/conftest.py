"""Races that nobody ran: the parts of a run.json that are judged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.selftest.raced import Raced


@pytest.fixture
def race() -> Callable[..., Raced]:
    """A race that ended well, by its verdict and its arms; ``more`` replaces keys of run.json."""

    def made(state: str = "VALID", causes: tuple[str, ...] = (), reasons: tuple[str, ...] = (), **more: Any) -> Raced:
        verdict = {"state": state, "causes": list(causes), "reasons": list(reasons), "sentence": "A is fastest."}
        scenario = {
            "verdict": verdict, "twin": more.pop("twin", {"of": "a", "ratio": 1.01, "low": 0.97, "high": 1.05}),
            "strategies": more.pop("strategies", [arm("a"), arm("b")]),
        }  # fmt: skip
        took_s = more.pop("took_s", 9.0)
        run = {"state": "complete", "verdict": verdict, "clock": {"stepped_s": 0.0}, "scenarios": [scenario], **more}
        return Raced(run, Path(), took_s, by="by hand")

    return made


def arm(name: str, status: str = "ranked", reason: str | None = None, **more: Any) -> dict[str, Any]:
    """An arm's row, with three batches of 0.2 s that were held for 0.1 s."""
    batches = more.pop("batches", [{"time_s": 0.2, "held_bound_s": 0.1}] * 3)
    rank = 1 if status in ("ranked", "tied") else None
    return {
        "name": name, "status": status, "reason": reason, "rank": rank, "time_s": 0.2,
        "measurements": [{"batches": batches}], **more,
    }  # fmt: skip


@pytest.fixture(name="arm")
def arm_maker() -> Callable[..., dict[str, Any]]:
    return arm
