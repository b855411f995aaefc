"""Checks that take minutes: real races whose outcome is known beforehand. ``selftest --long`` runs them, METHOD.md has
the figures of one time that they were run.

Each is named as in the project's acceptance checks; all of them want a machine that is otherwise idle.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.ranking import ranks
from harness.selftest import paced
from harness.selftest.long_race import Broken, long_race
from harness.selftest.row import Row
from harness.statistics import median

_PACED: Final = str(Path(paced.__file__).resolve())
_REPEATS: Final = 20
_REPLAYS: Final = 200


def known_ratio(folder: Path) -> Row:
    """A01: an arm slowed by 25 ms of 100 comes out at the ratio that the arms clocked themselves; its twin ties."""
    clocks = folder / "clocks"
    clocks.mkdir(parents=True)
    race = long_race(
        folder, "-s", _guests("plain", "same", "slowed"), "--latency", "100ms", "--requests", "20", "-c", "20",
        "--blocks", "20", "--baseline", "paced.py:plain", variables={paced.FOLDER: str(clocks)},
    )  # fmt: skip
    clocked = {name: _clocked(clocks, name) for name in ("plain", "same", "slowed")}
    errors = [abs(race.row(f"paced.py:{name}")["time_s"] / own_s - 1) for name, own_s in clocked.items()]
    true = clocked["slowed"] / clocked["plain"]
    pairing = race.pairing("paced.py:plain", "paced.py:slowed")
    ratio, low, high = _upright(pairing, "paced.py:slowed")
    twin = race.pairing("paced.py:plain", "paced.py:same")
    is_caught = low <= true <= high and max(errors) <= 0.01 and twin["faster"] is None
    return Row(
        "A01: an arm that is slower by 25 ms of 100",
        f"{true:.4f}, as it clocked itself, inside the interval; its equal ties; times within 1 %",
        f"{ratio:.4f}",
        f"95 % CI {low:.4f} to {high:.4f}; its equal {twin['ratio']:.4f}, {_told(twin)}; times off by "
        f"{max(errors):.3%} at most; {race.verdict}",
        is_caught,
    )


def three_per_cent(folder: Path) -> Row:
    """A06 for real: 3 ms of 100 ms are found with 20 blocks."""
    race = long_race(
        folder, "-s", _guests("plain", "slightly"), "--latency", "100ms", "--requests", "20", "-c", "20",
        "--blocks", "20", "--baseline", "paced.py:plain",
    )  # fmt: skip
    pairing = race.pairing("paced.py:plain", "paced.py:slightly")
    ratio, low, high = _upright(pairing, "paced.py:slightly")
    return Row(
        "A06: an arm that is slower by 3 ms of 100",
        "told from its equal, at 3 % within 1.5 points",
        f"{ratio - 1:+.2%}",
        f"95 % CI {low - 1:+.2%} to {high - 1:+.2%}; {_told(pairing)}; {race.verdict}",
        pairing["faster"] == "paced.py:plain" and abs(ratio - 1.03) <= 0.015,
    )  # fmt: skip


def sequential_is_the_sum(folder: Path) -> Row:
    """A02: one request after the other takes what the server held them for."""
    race = long_race(
        folder, "-s", "sequential", "--latency", "100ms", "--requests", "40", "-c", "1", "--blocks", "3", "--warm", "1"
    )
    rows = [row for row in race.requests() if row["arm"] == "sequential" and row["batch"] == "1"]
    held_s = sum(float(row["held"]) for row in rows) / 3
    time_s = race.row("sequential")["time_s"]
    off = time_s / held_s - 1
    return Row(
        "A02: 40 requests of 100 ms, one by one", "within 2 % of what the server's log says it held them for",
        f"{off:+.2%}", f"{time_s:.4f} s, held {held_s:.4f} s; {race.verdict}", 0 <= off <= 0.02,
    )  # fmt: skip


def ten_in_flight(folder: Path) -> Row:
    """A03: ten in flight are ten times as fast; with 40 of 20 ms on few cores the client's CPU is named."""
    race = long_race(
        folder / "ten", "-s", "sequential,threads,asyncio-aiohttp", "--latency", "100ms", "--requests", "40", "-c", "10"
    )
    speedups = {name: race.row(name)["speedup"] for name in ("threads", "asyncio-aiohttp")}
    crowded = long_race(
        folder / "forty", "-s", "threads,asyncio-aiohttp", "--latency", "20ms", "--requests", "40", "-c", "40"
    )
    limits = {name: (crowded.row(name)["limited_by"], crowded.row(name)["efficiency"]) for name in speedups}
    return Row(
        "A03: 10 in flight of 100 ms; 40 in flight of 20 ms",
        "10.0x within 3 %; its own CPU is named",
        ", ".join(f"{name} {speedup:.2f}x" for name, speedup in speedups.items()),
        ", ".join(f"{name} limited by {limit} at {share:.0%} of the limit" for name, (limit, share) in limits.items()),
        all(abs(speedup / 10 - 1) <= 0.03 for speedup in speedups.values())
        and all(limit in ("its own CPU", "decoding") for limit, _ in limits.values()),
    )


def twins_tie(folder: Path) -> Row:
    """A04, A05: the same arm twice, raced 20 times, and its blocks dealt again 200 times, to two arms and to eight."""
    found = 0
    logs: list[float] = []
    for number in range(_REPEATS):
        race = long_race(
            folder / str(number), "-s", "asyncio-aiohttp", "--requests", "20", "-c", "20", "--blocks", "5",
            "--warm", "3", "--seed", str(number + 1),
        )  # fmt: skip
        twin = race.scenario["twin"]
        found += not twin["low"] <= 1 <= twin["high"]
        logs += race.twin_logs()
    dice = random.Random(7)
    two = sum(_any_claim(_dealt(logs, 2, 20, dice)) for _ in range(_REPLAYS))
    eight = sum(_any_claim(_dealt(logs, 8, 20, dice)) for _ in range(_REPLAYS))
    return Row(
        f"A04, A05: the same arm twice, {_REPEATS} races and {_REPLAYS} replays of their blocks",
        "at most 3 races tell it from itself, 2 to 8.5 % of replays; eight of it at most 7 %",
        f"{found} of {_REPEATS}",
        f"replays: two arms {two / _REPLAYS:.1%}, eight arms {eight / _REPLAYS:.1%}",
        found <= 3 and 0.02 <= two / _REPLAYS <= 0.085 and eight / _REPLAYS <= 0.07,
    )


def drift_cancels(folder: Path) -> Row:
    """A07: while the server grows slower by 10 %, twins stay equal in shuffled order."""
    race = long_race(
        folder, "-s", "asyncio-aiohttp", "--latency", "100ms", "--requests", "20", "-c", "20", "--blocks", "20",
        "--sabotage", "ramp=10%/40s",
    )  # fmt: skip
    twin, drift = race.scenario["twin"], race.scenario["drift"]
    return Row(
        "A07: the server slows down by 10 % over the session",
        "the drift is told, twins differ by 0.5 % at most and not significantly",
        f"twin {twin['ratio'] - 1:+.2%}",
        f"95 % CI {twin['low'] - 1:+.2%} to {twin['high'] - 1:+.2%}; drift {drift['over_session']:+.1%}",
        abs(twin["ratio"] - 1) <= 0.005 and twin["low"] <= 1 <= twin["high"] and drift["over_session"] > 0.05,
    )


def doubling_doubles(folder: Path) -> Row:
    """A23: twice the latency is twice the time, and the same ratios; with few in flight, for what a client does beside
    waiting does not double with it."""
    race = long_race(
        folder, "-s", "sequential,threads,asyncio-aiohttp", "--latency", "100ms,200ms", "--requests", "8",
        "-c", "4", "--blocks", "10", "--baseline", "sequential",
    )  # fmt: skip
    names = [row["name"] for row in race.scenario["strategies"]]
    times = {name: race.row(name, 1)["time_s"] / race.row(name)["time_s"] for name in names}
    ratios = {name: race.row(name, 1)["speedup"] / race.row(name)["speedup"] for name in names}
    return Row(
        "A23: every latency doubled, 100 to 200 ms, 4 in flight",
        "times x2 within 2 %, speedups the same within 1 %",
        ", ".join(f"{name} x{times[name]:.3f}" for name in names),
        "speedups x" + ", x".join(f"{ratios[name]:.4f}" for name in names) + f"; {race.verdict}",
        all(abs(time / 2 - 1) <= 0.02 for time in times.values())
        and all(abs(ratio - 1) <= 0.01 for ratio in ratios.values()),
    )


def sessions_agree(folder: Path) -> Row:
    """A26: two sessions of one seed: their intervals of ratios overlap."""
    one, other = (long_race(folder / name, "-s", "all") for name in ("one", "other"))
    overlaps = []
    for first in one.scenario["pairings"]:
        second = other.pairing(first["first"], first["second"])
        overlaps.append(first["low"] <= second["high"] and second["low"] <= first["high"])
    share = sum(overlaps) / len(overlaps)
    return Row(
        "A26: two sessions of one seed", "90 % of the intervals of ratios overlap, or more", f"{share:.0%}",
        f"{sum(overlaps)} of {len(overlaps)} pairs of arms", share >= 0.9,
    )  # fmt: skip


LONG_CHECKS: Final[Mapping[str, Callable[[Path], Row]]] = {
    "A01": known_ratio,
    "A02": sequential_is_the_sum,
    "A03": ten_in_flight,
    "A04": twins_tie,
    "A06": three_per_cent,
    "A07": drift_cancels,
    "A23": doubling_doubles,
    "A26": sessions_agree,
}
"""By the first check that each of them answers."""


def answered(name: str, folder: Path) -> Row:
    """The row of one of LONG_CHECKS; one whose race broke is not caught, and says so."""
    try:
        return LONG_CHECKS[name](folder)
    except Broken as error:
        return Row(f"{name}: {LONG_CHECKS[name].__name__}", "a race that ends", "it broke", str(error), False)


def _upright(pairing: Mapping[str, Any], above: str) -> tuple[float, float, float]:
    """The ratio of ``above`` over the other with its interval."""
    ratio, low, high = (float(pairing[key]) for key in ("ratio", "low", "high"))
    return (ratio, low, high) if pairing["first"] == above else (1 / ratio, 1 / high, 1 / low)


def _told(pairing: Mapping[str, Any]) -> str:
    return "not told apart" if pairing["faster"] is None else f"{pairing['faster']} told to be faster"


def _guests(*names: str) -> str:
    return ",".join(f"{_PACED}:{name}" for name in names)


def _clocked(folder: Path, name: str) -> float:
    """The geometric mean over an arm's processes of the median of its warm batches, by its own clock, in seconds."""
    medians = [
        median([float(line) for line in file.read_text(encoding="utf-8").splitlines()[1:]])
        for file in folder.glob(f"{name}-*.txt")
    ]
    if not medians:
        raise Broken(f"{name} left no clocks")
    return math.exp(math.fsum(map(math.log, medians)) / len(medians))


def _dealt(logs: Sequence[float], arms: int, blocks: int, dice: random.Random) -> list[list[float]]:
    """Block medians of arms that are one and the same: each the half of a recorded difference, whichever way round."""
    half = math.sqrt(0.5)
    return [[math.exp(dice.choice((-half, half)) * dice.choice(logs)) for _ in range(blocks)] for _ in range(arms)]


def _any_claim(medians: Sequence[Sequence[float]]) -> bool:
    named = {str(number): found for number, found in enumerate(medians)}
    return any(pairing.significant for pairing in ranks(list(named), named).pairings)
