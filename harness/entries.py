"""Who races: from the words after ``--strategy`` to arms, with what is skipped, broken or not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import strategies
from exchanges.plugins import nearest
from harness import probe
from harness.arm import Arm
from harness.exits import EnvironmentGap, UsageError

_TWIN = "asyncio-aiohttp"


@dataclass(frozen=True, slots=True)
class Entries:
    """``arms`` can race (the twin last); ``declared`` maps every arm to its requests in flight; ``skipped``
    lack a library; ``broken`` raised at import or hold no strategy. Both map names to sentences."""

    arms: tuple[Arm, ...]
    declared: dict[str, int]
    skipped: dict[str, str]
    broken: dict[str, str]


def chosen_names(text: str) -> tuple[list[str], bool]:
    """The names meant by ``all``, ``all,-sequential``, ``threads,mine.py:honest``; and whether ``all`` was said.

    Raises:
        UsageError: an unknown name, a name twice, nothing left.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    known = strategies.names()
    wanted: list[str] = []
    for word in words:
        name = word.removeprefix("-")
        if name != "all" and ".py:" not in name and name not in known:
            raise UsageError(f"unknown strategy {name!r}{nearest(name, [*known, 'all'])}")
        if word.startswith("-"):
            if name not in wanted:
                raise UsageError(f"cannot leave out {name!r}: it was not named before it")
            wanted.remove(name)
        elif name == "all":
            wanted += [each for each in known if each not in wanted]
        elif name in wanted and "all" not in words:
            raise UsageError(f"the strategy {name!r} is named twice")
        elif name not in wanted:
            wanted.append(name)
    if not wanted:
        raise UsageError(f"expected at least one strategy, found none in {text!r}")
    return wanted, "all" in words


def entries_for(text: str, in_flight: int) -> Entries:
    """Probe the chosen strategies in processes of their own and make arms of those that can race.

    Raises:
        UsageError: an unknown name or file.
        EnvironmentGap: a strategy named explicitly lacks a library.
    """
    names, said_all = chosen_names(text)
    arms: list[Arm] = []
    declared: dict[str, int] = {}
    skipped: dict[str, str] = {}
    broken: dict[str, str] = {}
    explicit = {word.strip() for word in text.split(",")}
    for finding in probe.look(names, in_flight):
        label = _label(finding.name)
        if finding.problem == "unknown":
            raise UsageError(finding.message)
        if finding.problem == "missing":
            if finding.name in explicit or not said_all:
                raise EnvironmentGap(finding.message)
            skipped[label] = finding.message
        elif finding.problem == "broken":
            broken[label] = finding.message
        elif label in declared:
            raise UsageError(f"two strategies are called {label!r}; give one of the files another name")
        else:
            arms.append(Arm(label, _absolute(finding.name)))
            declared[label] = finding.declared_in_flight
    if arms:
        arms.append(_twin(arms))
        declared[arms[-1].name] = declared[arms[-1].twin_of or ""]
    return Entries(tuple(arms), declared, skipped, broken)


def _twin(arms: Sequence[Arm]) -> Arm:
    """A second asyncio-aiohttp; where that is not in the race, of the last arm named: never of sequential,
    which would take longest, unless it is alone."""
    original = next((arm for arm in arms if arm.name == _TWIN), arms[-1])
    return Arm(f"{original.name} (twin)", original.strategy, twin_of=original.name)


def _label(name: str) -> str:
    """``./some/where/mine.py:honest`` is shown as ``mine.py:honest``."""
    path, colon, attribute = name.rpartition(".py:")
    return f"{Path(path).name}.py:{attribute}" if colon else name


def _absolute(name: str) -> str:
    path, colon, attribute = name.rpartition(":")
    return f"{Path(path).expanduser().resolve()}:{attribute}" if ".py:" in name and colon else name
