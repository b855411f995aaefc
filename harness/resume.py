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
from harness.arm import Arm, in_batch, in_single, label_of, plan_of
from harness.comparability import MACHINE
from harness.entries import Entries
from harness.exits import EnvironmentGap, UsageError
from harness.gate import Gate
from harness.heat import Heat
from harness.journal import Journal, replay
from harness.machine import machine, versions
from harness.redaction import redacted
from harness.report.entries import Entry
from harness.rollback import roll_back
from harness.scenario import Scenario
from harness.session import Session
from harness.store import RunFolder, read_run


def reopened(path: Path, argv: Sequence[str], gates: Sequence[Gate] = ()) -> tuple[Session, Entries]:
    """The session of a run that was stopped, with its finished blocks in its heats, and who races. Of ``argv`` only
    ``--strategy`` is read, for where the files of guests are. The gates are those that the run began with, unless
    there are others.

    Raises:
        UsageError: no such run, nothing is left to play, the run still goes on, a guest's file is not named, or
            something else is, or a gate names nobody who races.
        EnvironmentGap: the machine, the interpreter, a version or the source of a strategy is another than when the run
            began.
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
        entered = _entered(folder, journal.head, run, _named(argv))
        gates = gates or [Gate.parse(text) for text in journal.head["gates"]]
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
    folder: RunFolder, head: Mapping[str, Any], run: Mapping[str, Any], named: Mapping[str, str]
) -> Entries:  # fmt: skip
    """Who raced, probed once more: it may lack a library by now, declare something else, or be another program.
    ``named`` are the words of ``--strategy`` by the names of the arms that they would be."""
    there = {arm["name"]: arm for arm in head["arms"]}
    raced = [name for name, arm in there.items() if arm["twin_of"] is None]
    files = [name for name in raced if ".py:" in name and plan_of(name) == "single"]
    strange = [word for name, word in named.items() if name not in files]
    if strange:
        whose = f"the paths of {_listed(files)}" if files else "none, for no strategy of the run is from a file"
        raise UsageError(
            f"--resume goes on with the strategies of the run {folder.id}: expected of --strategy {whose}, found "
            f"{safe(strange[0])!r}"
        )
    missing = [name for name in files if name not in named]
    if missing:
        raise UsageError(
            f"the run {folder.id} has strategies from files, and a run does not keep where they are: give --strategy "
            f"again, with the path of {_listed(missing)}"
        )
    words = ",".join(
        in_batch(word) if plan_of(name) == "batch" else word
        for name in raced
        for word in [named.get(in_single(name), in_single(name))]
    )
    found = entries.entries_for(words, [scenario["concurrency"] for scenario in run["scenarios"]])
    here = {arm.name: arm for arm in found.arms}
    changed = [_change(name, there, here, found) for name in dict.fromkeys([*there, *here])]
    said = next((one for one in changed if one is not None), None)
    if said is not None:
        raise EnvironmentGap(f"the run {folder.id} cannot be resumed: {safe(said, 300)}; start a new run")
    return Entries(tuple(here[name] for name in there), found.declared, head["skipped"], head["broken"], found.sources)


def _change(
    name: str, there: Mapping[str, Mapping[str, Any]], here: Mapping[str, Arm], found: Entries
) -> str | None:  # fmt: skip
    """How an arm is not what it was when the run began, as a sentence; None where it is."""
    if name in found.broken:
        return found.broken[name]
    if name not in here or name not in there:
        return f"{name} is in the race {'no longer' if name in there else 'only now'}"
    then = there[name]
    if found.sources.get(name) != then["source"]:
        return f"the source of {name} is not what it was when the run began"
    declared = {str(number): count for number, count in found.declared[name].items()}
    if (here[name].twin_of, declared) != (then["twin_of"], then["declared"]):
        return f"{name} does not declare the requests in flight that it declared when the run began"
    return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(safe(name) for name in names)


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


def _named(argv: Sequence[str]) -> dict[str, str]:
    """The words after ``--strategy``, by the names of the arms that they would be."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-s", "--strategy", default="")
    words = [word.strip() for word in parser.parse_known_args(list(argv))[0].strategy.split(",")]
    return {label_of(word): word for word in map(in_single, words) if word}
