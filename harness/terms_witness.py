"""All arms on the same terms: the same road to the server, the same trust, the same versions of the same libraries.

A worker is given no variable that chooses a road, it trusts whom Python trusts, it runs where and as the system lets
all run, and what it imports is what was installed. A strategy shares its process with the worker and may change any of
this for itself. Law: where all arms are on the same terms nobody is out, whatever the terms are; where they are not,
those are out that left what all were given. And an arm is one program: one whose source was another in some of its
workers is out.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.heat import Heat
from harness.influences import told
from harness.measurement import Measurement
from harness.shadowed import installed_version, is_same_version


def differing(by_arm: Mapping[str, Sequence[Measurement]]) -> dict[str, str]:
    """The arms that raced on other terms than the others, by their measurements, each with a sentence that says which.
    One whose library is not what its distribution says, or whose source changed, is among them even where all are
    alike."""
    terms = {arm: [m.terms for m in found if m.terms] for arm, found in by_arm.items()}
    out: dict[str, str] = {}
    for arm, theirs in terms.items():
        shadowed = [one["shadowed"] for one in theirs if one.get("shadowed")]
        if shadowed:
            out[arm] = f"it raced on a library that is not the one that was installed: {shadowed[0]}"
        if len({one["source"] for one in theirs if one.get("source")}) > 1:
            out.setdefault(arm, "its source changed in the middle of the race")
    names = {name for theirs in terms.values() for one in theirs for name in one.get("libraries", ())}
    given = {name: installed_version(name) for name in names}
    ways: dict[str, dict[str, tuple[str, ...]]] = {}
    for arm, theirs in terms.items():
        for one in theirs:
            for term, way in _departures(one, given).items():
                so_far = ways.setdefault(term, {}).setdefault(arm, ())
                ways[term][arm] = so_far if way is None or way in so_far else (*so_far, way)
    for by_name in ways.values():
        if len(set(by_name.values())) > 1:
            for arm, left in by_name.items():
                if left:
                    out.setdefault(arm, left[0])
    return out


def common_terms(heats: Sequence[Heat]) -> dict[str, Any]:
    """For run.json, by all workers of all arms. ``withheld``: what is set here and no worker was given, as a sentence,
    or None; ``variables`` that choose a road and that a worker had in the end all the same; ``certificates``: the
    default that most had; ``libraries``: each with the version that it gave of itself most often; ``differences``:
    sentences about what was not the same for all."""
    found = [m.terms for heat in heats for m in heat.measured if m.terms]
    libraries: dict[str, Counter[str]] = {}
    for one in found:
        for name, version in one.get("libraries", {}).items():
            libraries.setdefault(name, Counter())[version] += 1
    certificates = [one.get("certificates") for one in found]
    mixed = [
        f"{name} called itself {' and '.join(f'{version} in {count}' for version, count in versions.items())} workers"
        for name, versions in libraries.items()
        if len(versions) > 1
    ]
    return {
        "withheld": told(os.environ),
        "variables": sorted({name for one in found for name in one.get("variables", ())}),
        "certificates": max(certificates, key=certificates.count, default=None),
        "libraries": {name: versions.most_common(1)[0][0] for name, versions in sorted(libraries.items())},
        "differences": [*_of_arms(heats), *mixed],
    }


def _departures(terms: Mapping[str, Any], given: Mapping[str, str | None]) -> dict[str, str | None]:
    """How a worker left each of the terms that all were given, as a sentence about its arm; None where it did not.
    ``given`` are the versions that are installed; a library that is not installed here was given to nobody."""
    names = terms.get("variables", ())
    found = {
        "variables": f"its workers had {', '.join(names)} set in the end, others had not" if names else None,
        "certificates": None
        if terms.get("certificates") == terms.get("certificates_at_first")
        else "its workers changed whom TLS trusts by default, others did not",
        "scheduling": _rescheduled(terms.get("scheduling", ()), terms.get("scheduling_at_first", ())),
    }
    for name, version in terms.get("libraries", {}).items():
        installed = given.get(name)
        if installed is not None:
            same = is_same_version(version, installed)
            found[name] = None if same else f"it raced on {name} {version}, others on {installed}, which is installed"
    return found


def _rescheduled(now: Sequence[str], at_first: Sequence[str]) -> str | None:
    left = [way for way in now if way not in at_first]
    if not left or not at_first:
        return None
    return f"its workers were started on {at_first[0]} and raced on {left[0]}, others did not"


def _of_arms(heats: Sequence[Heat]) -> list[str]:
    said = []
    for heat in heats:
        by_arm: dict[str, list[Measurement]] = {}
        for measurement in heat.measured:
            by_arm.setdefault(measurement.arm, []).append(measurement)
        said += [f"{arm}: {sentence}" for arm, sentence in differing(by_arm).items()]
    return list(dict.fromkeys(said))
