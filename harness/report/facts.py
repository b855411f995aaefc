"""What was watched beside the times, as facts.

Law: nothing here weakens a result. What a verdict's reason speaks of, or a doubt, is not repeated as a fact. Each fact
is a name and a sentence; what a run does not tell is left out.
"""

from __future__ import annotations

from typing import Final

from exchanges.errors import safe
from harness.report.entries import Entry, RunEntry, ScenarioEntry
from harness.report.wording import count, duration, listing, percent, share_of, signed_percent

Fact = tuple[str, str]

CHANCE = 0.05
"""A drift of less probability is more than chance."""
_DRIFTING: Final = 0.02
"""A drift that is larger than this over the session matters."""


def scenario_facts(scenario: ScenarioEntry) -> list[Fact]:
    """About one scenario: its surroundings, drift, stopwatch and workers."""
    facts = [
        ("surroundings", _surroundings(scenario)),
        ("drift", "" if scenario.state == "DRIFTED" or is_drifting(scenario) else drift_said(scenario.entry("drift"))),
        ("stopwatch", stopwatch_said(scenario.entry("stopwatch"))), ("workers", _workers(scenario)),
    ]  # fmt: skip
    return [(name, said) for name, said in facts if said and name not in scenario.causes]


def is_drifting(scenario: ScenarioEntry) -> bool:
    """Whether all arms together moved by more than chance explains, and far enough to matter."""
    whole, p = scenario.entry("drift").number("over_session"), scenario.entry("drift").number("p")
    return whole is not None and p is not None and p < CHANCE and abs(whole) > _DRIFTING


def drift_said(drift: Entry) -> str:
    """How all arms together moved over the session; empty where the run does not say."""
    whole, low, high = drift.number("over_session"), drift.number("low"), drift.number("high")
    if whole is None:
        return ""
    said = f"From the first block to the last, all arms together moved by {signed_percent(whole)}"
    if low is not None and high is not None:
        said += f" (95 % CI {signed_percent(low)} to {signed_percent(high)})"
    p = drift.number("p")
    if p is None:
        return f"{said}."
    return f"{said}: {'more than' if p < CHANCE else 'no more than'} chance explains (p = {max(p, 0.001):.3f})."


def _surroundings(scenario: ScenarioEntry) -> str:
    found = scenario.entry("surroundings")
    blocks = [found.entry(block) for block in found.raw]
    foreign = [value for block in blocks if (value := block.number("foreign")) is not None]
    stolen = [value for block in blocks if (value := block.number("stolen")) is not None]
    told = []
    if foreign:
        most = max(0.0, *foreign)
        cores = f"{most:.2f} of a core" if most < 1 else f"{most:.1f} cores"
        told.append(f"other programs kept at most {cores} busy")
    if stolen:
        told.append(f"a hypervisor took at most {percent(max(0.0, *stolen), 1)} of the machine's time")
    return f"In the blocks that count, {listing(told)}." if told else ""


def stopwatch_said(stopwatch: Entry) -> str:
    """What the stopwatch itself costs; empty where the run does not say."""
    cost, share = stopwatch.number("cost_s"), stopwatch.number("share")
    if cost is None:
        return ""
    of = f", {share_of(share)} of the shortest time" if share is not None else ""
    return f"The stopwatch itself costs {duration(cost)} a batch{of}."


def _workers(scenario: ScenarioEntry) -> str:
    """How much workers of one arm differ, for the steadiest arm and the least steady one."""
    known = [(between, arm) for arm in scenario.measured
             if (between := arm.entry("spread").number("between")) is not None]  # fmt: skip
    if not known:
        return ""
    least, most = min(known, key=lambda row: row[0]), max(known, key=lambda row: row[0])
    ends = [f"{percent(size, 1)} ({arm.name})" for size, arm in ([least, most] if most[1] is not least[1] else [least])]
    return (
        f"Workers of one arm differ by {' to '.join(ends)} (standard deviation, what moved the whole block taken out), "
        "each with a hash seed, an amount of environment and a folder of its own."
    )


def run_facts(run: RunEntry) -> list[Fact]:
    """About all workers of a run: the terms on which they went to the network, and the places they were given."""
    return [(name, said) for name, said in (("terms", _terms(run)), ("places", _places(run))) if said]


def _terms(run: RunEntry) -> str:
    terms = run.entry("terms")
    if not terms.raw or terms.texts("differences"):
        return ""
    variables, withheld = terms.texts("variables", 40), terms.text("withheld").rstrip(".")
    road = f"with {listing(variables, 6)} set" if variables else "no variable of the environment that chooses a road"
    libraries = terms.entry("libraries")
    told = [f"{name} {libraries.text(name, limit=40)}" for name in map(safe, libraries.raw)]
    same = f"the same libraries ({', '.join(told[:12])})" if told else "the same libraries"
    return f"All workers went the same way: {road}, the same certificates, {same}{f'; {withheld}' if withheld else ''}."


def _places(run: RunEntry) -> str:
    places = [
        measurement.entry("place")
        for scenario in run.scenarios for arm in scenario.arms for measurement in arm.entries("measurements")
    ]  # fmt: skip
    places = [place for place in places if place.raw]
    if not places:
        return ""
    seeds = {place.raw.get("hash_seed") for place in places if place.number("hash_seed") is not None}
    told = [f"{count(len(seeds))} hash seeds"] if seeds else []
    for key, what in (("padding", "{} bytes of padding in the environment"), ("folder", "folder names of {} letters")):
        sizes = [size for place in places if (size := place.number(key)) is not None]
        if sizes:
            told.append(what.format(f"{count(min(sizes))} to {count(max(sizes))}"))
    return (
        f"{count(len(places))} workers were given {listing(told)}, drawn at random; run.json has each." if told else ""
    )
