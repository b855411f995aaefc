"""Who races: from the words after ``--strategy`` to arms, with what is skipped, broken or not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import strategies
from exchanges.plugins import BrokenPlugin, nearest
from harness import probe
from harness.arm import Arm, in_batch, in_single, label_of, on_cluster, slug
from harness.exits import EnvironmentGap, UsageError

_TWIN = "asyncio-aiohttp"


@dataclass(frozen=True, slots=True)
class Entries:
    """``arms`` can race (the twin last); ``declared`` maps every arm to its requests in flight, by those
    that a scenario allows; ``skipped`` lack a library; ``broken`` raised at import or hold no strategy. Both map
    names to sentences. ``sources`` has each arm's digest (``harness.source``)."""

    arms: tuple[Arm, ...]
    declared: dict[str, dict[int, int]]
    skipped: dict[str, str]
    broken: dict[str, str]
    sources: dict[str, str | None] = field(default_factory=dict)

    def declared_at(self, concurrency: int) -> dict[str, int]:
        """Each arm's requests in flight in a scenario that allows so many. Raises KeyError: nobody was asked."""
        return {name: declared[concurrency] for name, declared in self.declared.items()}


def chosen_names(text: str) -> tuple[list[str], bool]:
    """The names meant by ``all``, ``all,-sequential``, ``threads+batch,mine.py:honest``; and whether ``all`` was said.

    Raises:
        UsageError: an unknown name, a name twice, nothing left.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    known = strategies.names()
    wanted: list[str] = []
    for word in words:
        name = word.removeprefix("-")
        inner = on_cluster(in_single(name))[1]
        if name != "all" and ".py:" not in name and inner not in known:
            raise UsageError(f"unknown strategy {name!r}{nearest(inner, [*known, 'all'])}")
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


def entries_for(text: str, in_flight: Sequence[int], plans: Sequence[str] = ("single",)) -> Entries:
    """Probe the chosen strategies in processes of their own and make arms of those that can race in scenarios that
    allow so many requests ``in_flight``. With the plan "batch" each races in batches as well; one that is named with it
    (``threads+batch``) races beside the same strategy without, by which it is measured.

    Raises:
        UsageError: an unknown name or file.
        EnvironmentGap: a strategy named explicitly lacks a library; a library is not the one that was installed.
    """
    chosen, said_all = chosen_names(text)
    names = list(dict.fromkeys(map(in_single, chosen)))
    batched = set(chosen) - set(names) | set(map(in_batch, names) if "batch" in plans else ())
    in_flight = sorted(set(in_flight))
    arms: list[Arm] = []
    declared: dict[str, dict[int, int]] = {}
    skipped: dict[str, str] = {}
    broken: dict[str, str] = {}
    sources: dict[str, str | None] = {}
    explicit = {in_single(word.strip()) for word in text.split(",")}
    labels = _labels(names)
    # Probes and workers run in folders of their own, so they are given absolute paths.
    for name, finding in zip(names, probe.look([_absolute(name) for name in names], in_flight), strict=True):
        label = labels[name]
        if finding.problem == "unknown":
            raise UsageError(_as_said(finding, name))
        if finding.problem == "shadowed":
            raise EnvironmentGap(f"nothing was measured: {_as_said(finding, name)}")
        if finding.problem == "missing":
            if name in explicit or not said_all:
                raise EnvironmentGap(_as_said(finding, name))
            skipped[label] = _as_said(finding, label)
        elif finding.problem == "broken":
            broken[label] = _as_said(finding, label)
        else:
            arms.append(Arm(label, finding.name))
            declared[label] = dict(zip(in_flight, finding.declared_in_flight, strict=True))
            sources[label] = finding.source
            if in_batch(name) in batched:
                arms.append(Arm(in_batch(label), finding.name))
                declared[arms[-1].name], sources[arms[-1].name] = declared[label], finding.source
    if arms:
        arms.append(_twin([arm for arm in arms if arm.plan == "single"], declared))
        original = arms[-1].twin_of or ""
        declared[arms[-1].name], sources[arms[-1].name] = declared[original], sources[original]
    return Entries(tuple(arms), declared, skipped, broken, sources)


def loadable(name: str, in_flight: int) -> str:
    """What ``strategies.load`` takes for a strategy that is to run in this process. A guest is probed in another
    one first: it may hang at import, or end the process.

    Raises:
        UsageError: an unknown name or file.
        EnvironmentGap: it lacks a library.
        BrokenPlugin: it cannot be imported or holds no strategy.
    """
    if name in strategies.GROUP.builtins:
        return name
    inner = on_cluster(name)[1]
    if ".py:" not in name and inner not in strategies.names():
        raise UsageError(f"unknown strategy {name!r}{nearest(inner, strategies.names())}")
    (finding,) = probe.look([_absolute(name)], [in_flight])
    if finding.problem == "unknown":
        raise UsageError(_as_said(finding, name))
    if finding.problem in ("missing", "shadowed"):
        raise EnvironmentGap(_as_said(finding, name))
    if finding.problem is not None:
        raise BrokenPlugin(name, _as_said(finding, name))
    return finding.name


def _twin(arms: Sequence[Arm], declared: dict[str, dict[int, int]]) -> Arm:
    """A second asyncio-aiohttp; where that is not in the race, of the first arm that has several requests in
    flight: one that goes through them one by one would take longest and tell least about the others' noise."""
    preferred = [
        *(arm for arm in arms if arm.name == _TWIN),
        *(arm for arm in arms if max(declared[arm.name].values()) > 1),
    ]
    original = (preferred or arms)[0]
    return Arm(f"{original.name} (twin)", original.strategy, twin_of=original.name)


def _labels(names: Sequence[str]) -> dict[str, str]:
    """What tables and files call each strategy.

    Raises:
        UsageError: two would have one name, or share a file.
    """
    labels: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in names:
        label = labels[name] = label_of(name)
        other = taken.setdefault(slug(label), name)
        if other != name:
            raise UsageError(
                f"{other!r} and {name!r} would both be called {label!r}; give one of the files another name"
            )
    return labels


def _as_said(finding: probe.Finding, name: str) -> str:
    """A finding's sentence with the path as the user wrote it, or without its folders."""
    there, here = (on_cluster(one)[1].rpartition(":")[0] for one in (finding.name, name))
    return finding.message.replace(there, here) if there else finding.message


def _absolute(name: str) -> str:
    cluster, inner = on_cluster(name)
    path, colon, attribute = inner.rpartition(":")
    # Path.expanduser raises where there is no such user; a file that is not there is told later.
    absolute = f"{cluster}{Path(os.path.expanduser(path)).resolve()}:{attribute}"  # noqa: PTH111
    return absolute if ".py:" in name and colon else name
