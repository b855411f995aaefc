"""``run --resume RUN``: a run that was stopped goes on where it was, and comes out as if it had not been.

A run is of one piece: the same machine, the same versions, the same strategies. Where one of them is another by now it
is not resumed, for nobody could tell its first blocks from its last ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import exchanges
from exchanges.errors import safe
from harness import entries, gate
from harness.arm import label_of
from harness.comparability import MACHINE
from harness.entries import Entries
from harness.exits import EnvironmentGap, UsageError
from harness.gate import Gate
from harness.heat import Heat
from harness.journal import Journal, digest_of, replay
from harness.machine import machine, versions
from harness.redaction import redacted
from harness.report.entries import Entry
from harness.rollback import roll_back
from harness.scenario import Scenario
from harness.session import Session
from harness.store import RunFolder, read_run


def reopened(path: Path, argv: Sequence[str], gates: Sequence[Gate] = ()) -> tuple[Session, Entries]:
    """The session of a run that was stopped, with its finished blocks in its heats, and who races. Of ``argv`` only
    ``--strategy`` is read, for where the files of guests are.

    Raises:
        UsageError: no such run, nothing is left to play, the run still goes on, a guest's file is not named, or a gate
            names nobody who races.
        EnvironmentGap: the machine, the interpreter, a version or a guest's file is another than when the run began.
    """
    run = read_run(path)
    folder = RunFolder((path if path.is_dir() else path.parent).resolve())
    if run.get("state") == "complete":
        raise UsageError(f"the run {folder.id} is complete: there is nothing to resume")
    _same_place(folder, run)
    try:
        journal = Journal.reopen(folder.path)
    except OSError as error:
        raise EnvironmentGap(f"{folder.path}: {error.strerror}; nothing was measured") from error
    try:
        entered = _entered(folder, journal.head, run, _guests(argv))
        gate.check_arms(
            gates, [*(arm.name for arm in entered.arms if not arm.twin_of), *entered.skipped, *entered.broken]
        )
        heats = [_heat(scenario, entered, journal) for scenario in run["scenarios"]]
        roll_back(folder, heats)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        journal.close(complete=False)
        said = safe(f"{type(error).__name__}: {error}", 200)
        raise UsageError(f"the run {folder.id} cannot be resumed: its files cannot be read ({said})") from error
    except OSError as error:
        journal.close(complete=False)
        raise EnvironmentGap(f"{error.filename or folder.path}: {error.strerror}; nothing was measured") from error
    except BaseException:
        journal.close(complete=False)
        raise
    finished = [heat.finished_blocks for heat in heats]
    facts = dict(journal.head["facts"])
    # What the files lose when they are written anew: the card of the first part, and what its clock did.
    before = {key: run.get(key) for key in ("calibration", "clock")}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    facts["resumed"] = [*(run.get("resumed") or ()), {"at": now, "finished_blocks": finished, **before}]
    folder.log("resumed", finished_blocks=finished)
    session = Session(folder, heats, entered, journal.head["fast"], facts, gates=gates, journal=journal)
    return session, entered


def _same_place(folder: RunFolder, run: Mapping[str, Any]) -> None:
    there, here = Entry(run).entry("machine").raw, redacted(machine())
    apart = [f"{key} was {there.get(key)} and is {here[key]}" for key in MACHINE if there.get(key) != here[key]]
    then, now = Entry(run).entry("versions").raw, versions()
    apart += [
        f"{name} was {then.get(name, 'not there')} and is {now.get(name, 'not there')}"
        for name in dict.fromkeys([*then, *now])
        if then.get(name) != now.get(name)
    ]
    if apart:
        raise EnvironmentGap(
            f"the run {folder.id} cannot be resumed here: {safe('; '.join(apart), 400)}; make that as it was, or start "
            "a new run"
        )


def _entered(
    folder: RunFolder, head: Mapping[str, Any], run: Mapping[str, Any], guests: Mapping[str, str]
) -> Entries:  # fmt: skip
    """Who raced, probed once more: it may lack a library by now, or declare something else."""
    wanted = [arm for arm in head["arms"] if arm["twin_of"] is None]
    missing = [arm["name"] for arm in wanted if arm["digest"] is not None and arm["name"] not in guests]
    if missing:
        raise UsageError(
            f"the run {folder.id} has strategies from files, and a run does not keep where they are: give --strategy "
            f"again, with the path of {', '.join(missing)}"
        )
    names = [guests[arm["name"]] if arm["digest"] is not None else arm["name"] for arm in wanted]
    found = entries.entries_for(",".join(names), [scenario["concurrency"] for scenario in run["scenarios"]])
    changed = [
        arm.name
        for arm, before in zip(found.arms, head["arms"], strict=False)
        if digest_of(arm.strategy) != before["digest"]
    ]
    if changed:
        raise EnvironmentGap(
            f"the run {folder.id} cannot be resumed: {changed[0]} is not what it was when it began; start a new run"
        )
    now = [
        (arm.name, arm.twin_of, {str(n): count for n, count in found.declared[arm.name].items()}) for arm in found.arms
    ]
    if now != [(arm["name"], arm["twin_of"], arm["declared"]) for arm in head["arms"]]:
        said = next(iter(found.broken.values()), "they declare other requests in flight, or are others")
        raise EnvironmentGap(
            f"the run {folder.id} cannot be resumed: its strategies are not what they were: {said}; start a new run"
        )
    return Entries(found.arms, found.declared, head["skipped"], head["broken"])


def _heat(data: Mapping[str, Any], entered: Entries, journal: Journal) -> Heat:
    kept = {field.name: data[field.name] for field in fields(Scenario) if field.name in data}
    scenario = Scenario.from_json(kept)
    strangers = [name for name in scenario.exchanges if name not in exchanges.names()]
    if strangers:
        raise UsageError(
            f"the exchange {strangers[0]!r} is not known here: a run with an exchange from a file cannot be resumed"
        )
    names = sorted(arm.name for arm in entered.arms)
    if len(data["order"]) != scenario.blocks or any(sorted(block) != names for block in data["order"]):
        raise ValueError("its order of play is not that of its arms")
    declared = entered.declared_at(scenario.concurrency)
    heat = Heat(scenario, entered.arms, data["order"], declared=declared, order_mode=data["order_mode"])
    replay(heat, journal.lines)
    return heat


def _guests(argv: Sequence[str]) -> dict[str, str]:
    """The files that ``--strategy`` names, by the names of their arms."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-s", "--strategy", default="")
    words = [word.strip() for word in parser.parse_known_args(list(argv))[0].strategy.split(",")]
    return {label_of(word): word for word in words if ".py:" in word and not word.startswith("-")}
