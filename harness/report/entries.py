"""run.json as it is found: a key may be missing, null, or of another kind, and the reader still gets an answer.

An Entry wraps one JSON object. Whatever a user or a plugin can name comes out with control characters, marks of
direction and lone surrogates escaped, and cut to a length that a page can hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from exchanges.errors import safe
from harness.report.palette import model_of

_LONGEST: Final = 400
_NAME: Final = 80
_SENTENCE: Final = 2000
_LABEL: Final = 40
"""What a chart has room for."""


@dataclass(frozen=True)
class Entry:
    """One object of run.json. ``raw`` is what was read."""

    raw: Mapping[str, Any]

    def text(self, key: str, missing: str = "", limit: int = _LONGEST) -> str:
        """A string, a number or a boolean as safe text."""
        found = self.raw.get(key)
        return safe(str(found), limit) if isinstance(found, (str, int, float)) else missing

    def number(self, key: str) -> float | None:
        """A finite number, or None."""
        found = self.raw.get(key)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return None
        return float(found) if abs(found) <= 1e300 else None

    def entry(self, key: str) -> Entry:
        found = self.raw.get(key)
        return Entry(found if isinstance(found, dict) else {})

    def entries(self, key: str) -> list[Entry]:
        found = self.raw.get(key)
        return [Entry(item) for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def texts(self, key: str, limit: int = _LONGEST) -> list[str]:
        found = self.raw.get(key)
        return [safe(str(item), limit) for item in found] if isinstance(found, list) else []

    def numbers(self, key: str) -> dict[str, float]:
        """The finite numbers of an object, by key."""
        inner = self.entry(key)
        found = {name: inner.number(name) for name in inner.raw}
        return {safe(name): value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class ArmEntry(Entry):
    """One arm's row in a scenario. ``key`` is its name as the other files spell it, ``name`` as tables show it,
    ``label`` as charts do."""

    @cached_property
    def key(self) -> str:
        return str(self.raw.get("name") or "")

    @cached_property
    def name(self) -> str:
        return safe(self.key, _NAME) or "(no name)"

    @cached_property
    def label(self) -> str:
        return safe(self.key, _LABEL) or "(no name)"

    @cached_property
    def model(self) -> str:
        return model_of(self.key)

    @cached_property
    def status(self) -> str:
        return self.text("status", "failed")

    @cached_property
    def plan(self) -> str:
        """``single`` (one request a market), as in all older runs, or ``batch``."""
        return self.text("plan", "single", 40)

    @cached_property
    def with_import_s(self) -> float | None:
        """Importing, opening and the cold batch in seconds: the least that a script pays which runs once."""
        once, importing = self.number("one_shot_s"), self.number("import_s")
        return None if once is None or importing is None else importing + once

    @cached_property
    def place(self) -> str:
        """The rank, with an equals sign where it is shared: ``2=``."""
        rank = self.number("rank")
        return "" if rank is None else f"{rank:.6g}{'=' if self.status == 'tied' else ''}"

    @cached_property
    def medians(self) -> dict[int, float]:
        """The arm's median time in each block, in seconds."""
        return {int(block): value for block, value in self.numbers("block_medians_s").items() if block.isdecimal()}


@dataclass(frozen=True)
class ScenarioEntry(Entry):
    """One scenario of a run, its arms sorted into those that count and those that are out."""

    @cached_property
    def name(self) -> str:
        return self.text("name", "scenario", _NAME)

    @cached_property
    def arms(self) -> list[ArmEntry]:
        return [ArmEntry(entry.raw) for entry in self.entries("strategies")]

    @cached_property
    def measured(self) -> list[ArmEntry]:
        """The arms that may be compared: by rank, or by name where there is no ranking."""
        ranked = [arm for arm in self.arms if arm.status in ("ranked", "tied") and (arm.number("time_s") or 0) > 0]
        loose = [arm for arm in self._loose if arm.plan == "single"]
        by_rank = sorted(ranked, key=lambda arm: (arm.number("rank") or math.inf, arm.number("time_s") or math.inf))
        return by_rank + sorted(loose, key=lambda arm: arm.name)

    @cached_property
    def other_plans(self) -> list[ArmEntry]:
        """The sound arms that made other requests for the same quotes: beside the others, and never ranked."""
        return sorted((arm for arm in self._loose if arm.plan != "single"), key=lambda arm: arm.number("time_s") or 0.0)

    @cached_property
    def _loose(self) -> list[ArmEntry]:
        return [arm for arm in self.arms if arm.status == "unranked" and (arm.number("time_s") or 0) > 0]

    @cached_property
    def out(self) -> list[ArmEntry]:
        """The arms that have no place: disqualified, failed, skipped, or without a number."""
        counted = {id(arm) for arm in [*self.measured, *self.other_plans]}
        return [arm for arm in self.arms if id(arm) not in counted]

    @cached_property
    def has_ranking(self) -> bool:
        return any(arm.status in ("ranked", "tied") for arm in self.measured)

    @cached_property
    def state(self) -> str:
        return self.entry("verdict").text("state", "UNKNOWN", 40)

    @cached_property
    def is_logged(self) -> bool:
        """Whether the servers were our own, of which a log was had, and not others'."""
        return not self.origins

    @cached_property
    def origins(self) -> list[tuple[str, str]]:
        """Others' servers, by exchange, in its order; none where the mock served."""
        found = self.raw.get("origins")
        listed = found if isinstance(found, list) else []
        return [(str(one[0]), str(one[1])) for one in listed if isinstance(one, list) and len(one) == 2]

    @cached_property
    def is_sequential(self) -> bool:
        """Whether the arms ran in the same order in every block; a run that does not say shuffled them."""
        return self.raw.get("order_mode") == "sequential"

    @cached_property
    def twin_is_off(self) -> bool:
        """Whether the interval of the same arm raced twice excludes 1."""
        low, high = self.entry("twin").number("low"), self.entry("twin").number("high")
        return low is not None and high is not None and not low <= 1 <= high

    @cached_property
    def firsts(self) -> list[ArmEntry]:
        """Who may be called the fastest: the arms that share the first place, the shortest time first; none without a
        ranking."""
        if not self.has_ranking:
            return []
        first = self.measured[0].number("rank")
        return [arm for arm in self.measured if arm is self.measured[0] or (first and arm.number("rank") == first)]

    @cached_property
    def fastest(self) -> ArmEntry | None:
        return self.firsts[0] if self.firsts else None

    @cached_property
    def shares_first(self) -> list[str]:
        """The names of those who cannot be told from the fastest."""
        return [arm.name for arm in self.firsts[1:]]

    @cached_property
    def baseline_is_first(self) -> bool:
        """Whether nobody can be told to be faster than the baseline, so that no speedup may be claimed."""
        return any(arm.key == self.raw.get("baseline") for arm in self.firsts)

    @cached_property
    def is_provisional(self) -> bool:
        """Whether there is a ranking, and it is in doubt. Connections that were lost in cold batches alone are in the
        one shot, and in no ranking."""
        return self.has_ranking and self.state != "VALID" and set(self.causes) != {"network"}

    @cached_property
    def causes(self) -> list[str]:
        """The causes of the verdict's reasons (``harness.reason.CAUSES``); none in the files of older runs."""
        return self.entry("verdict").texts("causes", 40)

    @cached_property
    def baseline(self) -> str:
        return self.text("baseline", "the baseline", _NAME)

    @cached_property
    def limit_s(self) -> float | None:
        """The bound, in seconds, where it is one."""
        bound = self.number("bound_s")
        return bound if bound and bound > 0 else None

    @cached_property
    def limit_speedup(self) -> float | None:
        """What no schedule with this many in flight could beat, as a speedup over the baseline."""
        base = next((arm.number("time_s") for arm in self.measured if arm.key == self.raw.get("baseline")), None)
        return base / self.limit_s if base and self.limit_s else None


@dataclass(frozen=True)
class RunEntry(Entry):
    """A whole run."""

    @cached_property
    def state(self) -> str:
        """The verdict."""
        return self.entry("verdict").text("state", "UNKNOWN", 40)

    @cached_property
    def sentence(self) -> str:
        """The verdict in words. What it is true of stands at its end, and must not be cut."""
        return self.entry("verdict").text("sentence", limit=_SENTENCE) or f"The verdict is {self.state}."

    @cached_property
    def scenarios(self) -> list[ScenarioEntry]:
        return [ScenarioEntry(entry.raw) for entry in self.entries("scenarios")]
