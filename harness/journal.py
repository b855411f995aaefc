"""A run's journal: what has been measured so far, exactly and in full, so that a run that was stopped can go on.

    {"journal": 1, "facts": {...}, "arms": [...], ...}      who races, in the first line
    {"scenario": "...", "block": 0, "measured": [...], ...}  then a line for each block, when it is finished
    {"scenario": "...", "spoilt": {...}, ...}                and for each that is played again

Lines are only ever added, and each is on the disk before the next block begins; one that was torn by a kill, or that a
signal broke off, is written over. Who writes it holds a lock on it, so that nobody resumes a run that still goes on. It
is there as long as there are blocks to play, and gone from a run that is complete. Law: a block is finished when it is
in the journal; what other files have beyond that is no part of the run.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from exchanges.errors import safe
from harness.breakdown import Parts
from harness.entries import Entries
from harness.exits import UsageError
from harness.heat import Heat, Spoilt
from harness.measurement import Batch, Measurement
from harness.redaction import redacted
from harness.store import RunFolder
from harness.surroundings import Surroundings

FILE: Final = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class _Kept:
    """How far the journal goes, in bytes, and how many blocks and spoilt ones that is, by scenario. It is replaced as
    a whole, which no signal can come between: a line counts and is passed by, or neither."""

    end: int
    blocks: Mapping[str, int]
    spoilt: Mapping[str, int]


class Journal:
    """``lines`` are those that it was opened with, the first one apart, which is ``head``; ``ruler`` is what earlier
    calibration cards of the run had against the mock server."""

    def __init__(
        self, path: Path, fd: int, head: dict[str, Any], lines: Sequence[dict[str, Any]] = (), end: int = 0
    ) -> None:
        self._path = path
        self._fd = fd
        self.head = head
        self.lines = list(lines)
        self.ruler = tuple(dict.fromkeys(reason for line in lines for reason in line["ruler"]))
        blocks = Counter(line["scenario"] for line in lines if "spoilt" not in line)
        self._kept = _Kept(end, blocks, Counter(line["scenario"] for line in lines if "spoilt" in line))

    @property
    def finished_blocks(self) -> int:
        """How many blocks are in it, of all scenarios together: what a run that goes on has not to play again."""
        return sum(self._kept.blocks.values())

    @property
    def is_there(self) -> bool:
        """Whether there is a file to go on from."""
        return self._path.exists()

    @classmethod
    def begin(
        cls, folder: RunFolder, facts: Mapping[str, Any], entered: Entries, fast: bool, gates: Sequence[str] = ()
    ) -> Journal:
        """Begin the journal of a new run, which ``gates`` are to judge. Of a strategy in a file it knows a digest and
        no path, which is nobody else's business."""
        arms = [
            {"name": arm.name, "twin_of": arm.twin_of, "source": entered.sources.get(arm.name), "declared": declared}
            for arm in entered.arms
            for declared in [{str(number): found for number, found in entered.declared[arm.name].items()}]
        ]
        head = {
            "journal": 1, "facts": dict(facts), "fast": fast, "arms": arms, "skipped": entered.skipped,
            "broken": entered.broken, "gates": list(gates),
        }  # fmt: skip
        path = folder.path / FILE
        journal = cls(path, _locked(path, os.O_CREAT), head)
        journal._kept = _Kept(journal._append(head), {}, {})
        return journal

    @classmethod
    def reopen(cls, folder: Path) -> Journal:
        """Open the journal of a run that was stopped; what a kill left of a last line is written over.

        Raises:
            UsageError: there is none, it cannot be read, or the run still goes on.
        """
        path = folder / FILE
        try:
            fd = _locked(path)
        except FileNotFoundError:
            raise UsageError(
                f"{str(folder)!r} cannot be resumed: it has no {FILE}, in which a run keeps what it needs to go on"
            ) from None
        try:
            whole, newline, _ = path.read_bytes().rpartition(b"\n")
            head, *lines = [json.loads(line) for line in whole.splitlines()]
            if head["journal"] != 1:
                raise ValueError("another fetchrace wrote it")
            return cls(path, fd, head, lines, len(whole + newline))
        except (ValueError, LookupError, TypeError) as error:
            os.close(fd)
            said = safe(str(error), 120)
            raise UsageError(f"{str(path)!r} is not the journal of a run that could be resumed: {said}") from None

    def keep(self, heats: Sequence[Heat], ruler: Sequence[str] = ()) -> None:
        """Add the blocks that have been finished, or set aside, since the last call. ``ruler`` is what the calibration
        card has against the mock server."""
        for heat in heats:
            name = heat.scenario.name
            for number in range(self._kept.spoilt.get(name, 0), len(heat.spoilt)):
                end = self._append({"scenario": name, "ruler": list(ruler), "spoilt": asdict(heat.spoilt[number])})
                self._kept = replace(self._kept, end=end, spoilt={**self._kept.spoilt, name: number + 1})
            for block in range(self._kept.blocks.get(name, 0), heat.finished_blocks):
                surroundings = heat.surroundings.get(block)
                end = self._append({
                    "scenario": name, "ruler": list(ruler), "block": block, "dropped": heat.dropped,
                    "measured": [asdict(m) for m in heat.measured if m.block == block],
                    "surroundings": None if surroundings is None else surroundings.to_json(),
                })  # fmt: skip
                self._kept = replace(self._kept, end=end, blocks={**self._kept.blocks, name: block + 1})

    def close(self, complete: bool) -> None:
        """Let go of the journal; of a run that is complete nothing is left to resume."""
        if complete:
            self._path.unlink(missing_ok=True)
        os.close(self._fd)

    def _append(self, line: Mapping[str, Any]) -> int:
        """Write a line behind what is kept; returns where it ends. It counts when ``_kept`` says so."""
        data = (json.dumps(redacted(line)) + "\n").encode()
        # What an earlier attempt wrote, on a full disk or before a signal, is written over.
        os.ftruncate(self._fd, self._kept.end)
        os.lseek(self._fd, self._kept.end, os.SEEK_SET)
        written = 0
        while written < len(data):
            written += os.write(self._fd, data[written:])
        os.fsync(self._fd)
        return self._kept.end + written


def replay(heat: Heat, lines: Sequence[Mapping[str, Any]]) -> None:
    """Give a heat what a journal says was measured in it.

    Raises:
        ValueError, LookupError, TypeError: it is not what a run writes: a block twice, say, or one that is left out.
    """
    for line in lines:
        if line["scenario"] != heat.scenario.name:
            continue
        if "spoilt" in line:
            one = line["spoilt"]
            measured = tuple(measurement_from_json(found) for found in one["measured"])
            surroundings = Surroundings(**one["surroundings"])
            heat.spoilt.append(Spoilt(one["block"], tuple(one["reasons"]), surroundings, measured))
            continue
        if line["block"] != heat.finished_blocks:
            raise ValueError(f"block {line['block']} where block {heat.finished_blocks} was expected")
        heat.measured += [measurement_from_json(found) for found in line["measured"]]
        heat.dropped |= line["dropped"]
        heat.finished_blocks = line["block"] + 1
        if line["surroundings"] is not None:
            heat.surroundings[line["block"]] = Surroundings(**line["surroundings"])


def measurement_from_json(data: Mapping[str, Any]) -> Measurement:
    """The measurement that ``dataclasses.asdict`` took apart."""
    batches = tuple(
        Batch(**{**batch, "latencies": tuple(batch["latencies"]), "parts": batch["parts"] and Parts(**batch["parts"])})
        for batch in data["batches"]
    )
    return Measurement(**{**data, "batches": batches, "breaches": tuple(data["breaches"])})


def _locked(path: Path, flags: int = 0) -> int:
    fd = os.open(path, os.O_RDWR | flags, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise UsageError(f"the run in {str(path.parent)!r} still goes on, in another process") from None
    except OSError:
        pass  # some network file systems have no locks; a run is worth more than the lock on it
    return fd
