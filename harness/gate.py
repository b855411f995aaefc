"""Gates: ``--fail-on 'threads.speedup<5'`` says when a run is to fail, in terms that mean the same tomorrow.

Law: a gate that cannot be judged has failed. An arm that is out, a verdict without ranking or a number that is not
there must never look like success to whoever reads nothing but the exit code.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import counted
from harness.arm import label_of
from harness.exits import UsageError
from harness.gate_field import FIELDS, field_for, rows_of
from harness.options import TakesOptions
from harness.report.entries import Entry
from harness.verdict import RANKED

_HOLDS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
# The first part is greedy: what an arm is called may hold dots and colons, a field never does.
_FORM: Final = re.compile(r"(?P<arm>.+)\.(?P<field>\w+)\s*(?P<sign><=|>=|<|>)\s*(?P<limit>[^<>=\s]+)", re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")
_FIT: Final = ("ranked", "tied")
_SOUND: Final = (*_FIT, "unranked")
"""An arm of the batch plan kept every promise too: what it is counted by may be gated on, what it is ranked by not."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a gate found in one scenario. ``value`` is None where ``reason`` says why it cannot be judged;
    ``provisional`` where the scenario's verdict is not VALID."""

    gate: Gate
    scenario: str
    value: float | None
    reason: str | None
    provisional: bool

    @property
    def outcome(self) -> str:
        if self.value is None:
            return "cannot be judged"
        return "failed" if _HOLDS[self.gate.sign](self.value, self.gate.limit) else "passed"

    def to_json(self) -> dict[str, Any]:
        gate = self.gate
        return {
            "gate": gate.text, "arm": gate.arm, "field": gate.field, "sign": gate.sign, "limit": gate.limit,
            "scenario": self.scenario, "value": self.value, "outcome": self.outcome, "reason": self.reason,
            "provisional": self.provisional,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """It fails where ``arm``'s ``field`` stands to ``limit`` as ``sign`` says. ``arm`` is a name as tables show it."""

    arm: str
    field: str
    sign: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """Read ``asyncio-aiohttp.efficiency<0.8``.

        Raises:
            UsageError: another form, an unknown field, an absolute measure, or a limit that makes no sense.
        """
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise UsageError(
                f"--fail-on: expected ARM.FIELD, one of < <= > >=, and a number, such as 'threads.speedup<5', "
                f"found {safe(text)!r}"
            )
        field = field_for(match["field"])
        if not _NUMBER.fullmatch(match["limit"]):
            raise UsageError(
                f"--fail-on: expected a number such as 0.8 as the limit, found {safe(match['limit'], 40)!r}"
            )
        limit = float(match["limit"])
        if field.share and not 0 <= limit <= 1:
            percent = f"; try {limit / 100:g}" if 1 < limit <= 100 else ""
            raise UsageError(f"--fail-on: {match['field']} is a share from 0 to 1, found the limit {limit:g}{percent}")
        return cls(label_of(match["arm"].strip()), match["field"], match["sign"], limit)

    @property
    def text(self) -> str:
        return f"{self.arm}.{self.field}{self.sign}{self.limit:.15g}"

    def judge(self, scenario: Mapping[str, Any]) -> Judgement:
        """Hold the gate against a scenario's entry in run.json."""
        entry = Entry(scenario)
        state = entry.entry("verdict").text("state", "UNKNOWN", 40)
        reason, value = self._obstacle(entry, state), None
        if reason is None:
            rows = rows_of(scenario)
            value = FIELDS[self.field].read(rows[self.arm], rows.get(str(scenario.get("baseline")), Entry({})))
            reason = None if value is not None else f"the run does not tell its {self.field}"
        return Judgement(self, entry.text("name", "scenario"), value, reason, state != "VALID")

    def _obstacle(self, scenario: Entry, state: str) -> str | None:
        """Why the gate cannot be judged."""
        rows, baseline = rows_of(scenario.raw), str(scenario.raw.get("baseline"))
        if self.arm not in rows:
            return f"{safe(self.arm)} is not in this scenario"
        if state not in RANKED:
            return f"the verdict is {state}: no ranking"
        field = FIELDS[self.field]
        needed, fit = [self.arm, *([baseline] if field.relative else [])], _SOUND if field.unranked else _FIT
        for name in needed:
            row = rows.get(name, Entry({}))
            status = row.text("status", "missing", 40)
            if status not in fit:
                return f"{safe(name)} is {status}: {row.text('reason', 'no reason is given', 200)}"
        return None


def add_argument(parser: TakesOptions, of: str = "of the run") -> None:
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="EXPR",
        help=f"exit 4 where a ratio or a count {of} is so, such as 'threads.speedup<5'; may be repeated",
    )


def check_arms(gates: Iterable[Gate], names: Collection[str]) -> None:
    """Raises UsageError where a gate is on an arm that is none of ``names``."""
    for gate in gates:
        if gate.arm not in names:
            raise UsageError(
                f"--fail-on: {safe(gate.arm)!r} is not in the race{nearest(gate.arm, names)}; "
                f"there are {', '.join(safe(name, 40) for name in names)}"
            )


def judged(gates: Sequence[Gate], scenarios: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every gate against every scenario, as run.json keeps it."""
    return [gate.judge(scenario).to_json() for gate in gates for scenario in scenarios]


def failure(judgements: Sequence[Mapping[str, Any]]) -> str | None:
    """Which gates failed, in a line, and in which scenarios where there are several; None where none did."""
    is_sweep = len({one["scenario"] for one in judgements}) > 1
    said = []
    for one in judgements:
        if one["outcome"] != "passed":
            where = f" in {safe(one['scenario'])}" if is_sweep else ""
            found = f"{one['value']:.6g}{where}" if one["value"] is not None else f"{one['reason']}{where}"
            said.append(f"{safe(one['gate'])} ({found})")
    of = f"{len(judgements)} judgements of gates" if is_sweep else counted(len(judgements), "gate")
    return f"{len(said)} of {of} failed: {', '.join(said)}" if said else None
