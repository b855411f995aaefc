"""One run from its first moment to its last: its folder, its state, and run.json as it grows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchanges.units import counted
from harness.analysis import scenario_result
from harness.calibration import Card
from harness.curves import curves_of, sweep_sentence
from harness.entries import Entries
from harness.gate import Gate, judged
from harness.heat import Heat
from harness.journal import Journal
from harness.machine import machine, shown_command, versions
from harness.race_readout import race_readout
from harness.scope import scope_of
from harness.sentence import sentence_for
from harness.store import RunFolder
from harness.terms_witness import common_terms
from harness.verdict import worst
from harness.wall_clock import WallClock


@dataclass
class Session:
    """``state`` is "interrupted" until the race says "complete"; ``result`` is run.json as last written; ``page``
    is the report once it is drawn, ``card`` the calibration card once it is made, ``gates`` are those to be judged,
    ``clock`` watches the clock that the run's stamps come from, ``journal`` holds what it takes to resume the run;
    ``judging`` are options that say how it is judged besides, for whoever resumes it."""

    folder: RunFolder
    heats: Sequence[Heat]
    entered: Entries
    fast: bool
    facts: dict[str, Any]
    state: str = "interrupted"
    result: dict[str, Any] = field(default_factory=dict)
    page: Path | None = None
    card: Card | None = None
    gates: Sequence[Gate] = ()
    clock: WallClock = field(default_factory=WallClock)
    journal: Journal | None = None
    judging: Sequence[str] = ()

    @classmethod
    def begin(
        cls, results: Path, argv: Sequence[str], heats: Sequence[Heat], entered: Entries, fast: bool,
        gates: Sequence[Gate] = (), budget_s: float | None = None, sabotage: str | None = None,
    ) -> Session:  # fmt: skip
        """Make the folder and write a first run.json, so that no run is ever without one. ``budget_s`` and ``sabotage``
        are noted: what sized the blocks, and what was broken on purpose."""
        folder = RunFolder.create(results)
        facts = {
            "schema": 1, "id": folder.id, "started": _now(), "finished": None, "state": "interrupted",
            "seed": heats[0].scenario.seed, "command": shown_command(argv), "fast": fast, "budget_s": budget_s,
            "sabotage": sabotage, "machine": machine(), "versions": versions(),
        }  # fmt: skip
        journal = Journal.begin(folder, facts, entered, fast, [gate.text for gate in gates])
        session = cls(folder, heats, entered, fast, facts, gates=gates, journal=journal)
        for name, why in entered.broken.items():
            folder.log("strategy_broken", strategy=name, reason=why)
        session.save()
        folder.point_latest_here()
        return session

    def save(self) -> None:
        """Write run.json with all blocks finished so far."""
        scenarios, verdicts = [], []
        ruler: tuple[str, ...] = () if self.card is None else self.card.reasons
        if self.journal is not None:
            self.journal.keep(self.heats, ruler)
            ruler = tuple(dict.fromkeys((*self.journal.ruler, *ruler)))
        for heat in self.heats:
            scenario, verdict = scenario_result(heat, self.entered.skipped, self.fast, ruler)
            scenario["strategies"] += [
                {"name": name, "status": "failed", "reason": why, "rank": None, "efficiency": None}
                for name, why in self.entered.broken.items()
            ]
            scenario["readout"] = race_readout(heat, scenario)
            scenarios.append(scenario)
            verdicts.append(verdict)
        verdict = worst(verdicts)
        curves = curves_of(scenarios)
        alone = len(scenarios) == 1
        said = sentence_for(scenarios[0], verdict.state) if alone else sweep_sentence(scenarios, curves)
        self.clock.look()
        finished = _now()
        scope = scope_of(scenarios, self.facts["started"], finished)
        said = said if scope is None else f"{said} {scope['sentence']}"
        run = {
            **self.facts, "state": self.state, "finished": finished, "scope": scope, "clock": self.clock.to_json(),
            "verdict": {**verdict.to_json(), "sentence": said},
            "calibration": None if self.card is None else self.card.to_json(),
            "terms": common_terms(self.heats), "gates": judged(self.gates, scenarios), "curves": curves,
            "scenarios": scenarios,
        }  # fmt: skip
        self.result = self.folder.write_run(run)

    def end(self) -> None:
        """Write run.json a last time, whatever has happened: where the analysis breaks, with the scenarios of the
        last one that did not. Its error is raised only where no other one can be on its way. What it takes to resume
        the run stays until run.json says that it is complete."""
        if self.state != "complete" and any(heat.finished_blocks for heat in self.heats):
            self.folder.log(self.state, finished_blocks=[heat.finished_blocks for heat in self.heats])
        is_written = False
        try:
            self._save_last()
            is_written = True
        finally:
            if self.journal is not None:
                self.journal.close(complete=is_written and self.state == "complete")

    def _save_last(self) -> None:
        try:
            self.save()
        except OSError:
            raise
        except Exception as error:
            nothing_before = self.state == "complete"
            self.state = "partial" if nothing_before else self.state
            self.result = self.folder.write_run({**self.result, "state": self.state, "finished": _now()})
            self.folder.log("analysis_failed", reason=f"{type(error).__name__}: {error}")
            if nothing_before:
                raise

    def draw(self) -> Path:
        """Charts and page, from the files alone."""
        from harness.report import draw

        self.page = draw(self.folder.path)
        return self.page

    def kept(self, may_go_on: bool = True) -> str:
        """What was kept and where, and how to see it, for the last line of a run that did not end well; and how to go
        on with it, unless it had its time."""
        finished = sum(heat.finished_blocks for heat in self.heats)
        blocks = finished if self.journal is None else self.journal.finished_blocks
        planned = sum(heat.scenario.blocks for heat in self.heats)
        said = f"kept: {blocks} of {counted(planned, 'block')}, in {self.folder.path}"
        if self.page or not blocks:
            return said
        resume = f"; to go on: {self.resume_command()}" if may_go_on and self._can_go_on else ""
        return f"{said}; for a report: {self.report_command()}{resume}"

    def report_command(self) -> str:
        """What draws this run's report on another day."""
        return f"python -m harness report {self._place()}"

    def resume_command(self) -> str:
        """What plays the blocks that are left: with the places of strategies from files, which no run keeps, and
        judged as this one is."""
        files = [
            arm.strategy
            for arm in self.entered.arms
            if ".py:" in arm.name and arm.twin_of is None and arm.plan == "single"
        ]
        words = ["--strategy", ",".join(files)] if files else []
        words += [word for gate in self.gates for word in ("--fail-on", gate.text)]
        return " ".join(["python -m harness run --resume", self._place(), *map(shlex.quote, [*words, *self.judging])])

    def _place(self) -> str:
        return shlex.quote(str(self.folder.path))

    @property
    def _can_go_on(self) -> bool:
        return self.journal is not None and self.journal.is_there and self.result.get("state") != "complete"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
