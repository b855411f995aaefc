"""What a reader should hold against a result: every reason to trust its numbers less, as sentences."""

from __future__ import annotations

from collections import Counter
from typing import Final

from exchanges.units import counted
from harness.report.entries import ArmEntry, RunEntry, ScenarioEntry
from harness.report.facts import drift_said, is_drifting
from harness.report.wording import count, duration, listing, percent
from harness.scope import hosts
from harness.sentence import failures_by_plan

_FEW_BLOCKS: Final = 5
_BUSY: Final = 0.9
_LOADED: Final = 0.5
_REASON: Final = 800
"""A verdict's reason has its evidence and its cure in it, and must not be cut."""


def run_doubts(run: RunEntry) -> list[str]:
    """About the session as a whole."""
    found = []
    state = run.text("state", "unknown")
    if state != "complete":
        done = [f"{scenario.name}: {_progress(scenario)}" for scenario in run.scenarios]
        found.append(f"This run is {state}; what follows covers only the finished blocks ({listing(done) or 'none'}).")
    machine = run.entry("machine")
    load, cores = machine.number("load_at_start"), machine.number("cores")
    if load is not None and cores and load > _LOADED * cores:
        found.append(f"The machine was busy when the run began: load {load:.2f} on {counted(int(cores), 'core')}.")
    if len(run.scenarios) > 1:
        # With one scenario these are its own, and stand with it.
        found += [_sentence(reason) for reason in run.entry("verdict").texts("reasons", _REASON)]
    return found + clock_said(run) + differences_said(run)


def differences_said(run: RunEntry) -> list[str]:
    """What was not the same for all workers."""
    differences = run.entry("terms").texts("differences")
    return [f"Workers did not all go the same way: {'; '.join(differences)}."] if differences else []


def clock_said(run: RunEntry) -> list[str]:
    """That somebody set the clock on the wall; no duration comes from it."""
    clock = run.entry("clock")
    stepped = clock.number("stepped_s")
    if not stepped:
        return []
    said = clock.text("said")
    size = f"{'forward' if stepped > 0 else 'back'} by {duration(abs(stepped))} in all"
    return [_sentence(said) if said else (
        f"The wall clock was set {size} while the run went on: its times of day are doubtful, its durations are not, "
        "for they come from a clock that nobody sets."
    )]  # fmt: skip


def scenario_doubts(scenario: ScenarioEntry) -> list[str]:
    """About one scenario: why there is no ranking, or what weakens it."""
    verdict = scenario.entry("verdict")
    reasons = verdict.texts("reasons", _REASON)
    found = [_sentence(reason) for reason in reasons]
    if scenario.measured and not scenario.has_ranking:
        # The gravest reason comes first, and it is the one that forbids a ranking.
        why = reasons[0].rstrip(".") if reasons else f"the verdict is {scenario.state}"
        found[:1] = [f"There is no ranking: {why}."]
    # Where the verdict speaks of the order, what that is worth is its to say: provisional, or no ranking at all.
    if scenario.is_sequential and "order" not in scenario.causes and "confounded" not in " ".join(reasons):
        found.append(
            "The arms ran in the same order in every block, so that order is confounded with time. No ranking should "
            "be quoted."
        )
    found += spoilt_said(scenario) + drifting_said(scenario)
    if scenario.twin_is_off:
        ratio = scenario.entry("twin").number("ratio")
        found.append(
            f"The same arm raced twice differs from itself{f' (ratio {ratio:.3f})' if ratio else ''}: the interval "
            "excludes 1, so that small differences between arms may be the apparatus's."
        )
    if not scenario.measured and not reasons:
        found.append("No arm has numbers that may be compared.")
    blocks = scenario.number("finished_blocks")
    if blocks is not None and 0 < blocks < _FEW_BLOCKS:
        found.append(f"Only {counted(int(blocks), 'block')}: intervals are wide, and small differences stay unseen.")
    out = Counter(arm.status for arm in scenario.out if arm.status in ("disqualified", "failed"))
    if out:
        said = " and ".join(f"{number} {status}" for status, number in sorted(out.items()))
        found.append(
            f"{said[0].upper()}{said[1:]}: the reasons are {'below the table' if scenario.measured else 'below'}."
        )
    lost = failures_by_plan([_counts(arm) for arm in scenario.measured]) if scenario.text("faults") else ""
    if lost:
        found.append(_sentence(lost))
    busy = [arm.name for arm in scenario.measured if (arm.number("cpu_share") or 0) > _BUSY]
    if busy:
        found.append(f"{listing(busy)} used over {percent(_BUSY)} of a core: the client is the limit, not the wait.")
    strange = [(arm.name, arm.number("outliers") or 0, arm.number("values") or 0) for arm in scenario.measured]
    if sum(number for _, number, _ in strange):
        told = [f"{name} {count(number)} of {count(values)}" for name, number, values in strange if number]
        found.append(f"Outliers among the warm times, kept and counted: {listing(told, 6)}.")
    return found


def spoilt_said(scenario: ScenarioEntry) -> list[str]:
    """The blocks that were played again, and why; the why only once, where the verdict names it as well."""
    spoilt = scenario.entries("spoilt")
    if not spoilt:
        return []
    told: list[str] = []
    was = "was" if len(spoilt) == 1 else "were"
    said = f"{counted(len(spoilt), 'block')} {was} spoilt and played again"
    if "surroundings" in scenario.causes:
        return [f"{said}. What was measured then is kept, not counted."]
    for one in spoilt:
        why = " and ".join(one.texts("reasons", 120))
        told.append(f"block {(one.number('block') or 0) + 1:.0f}{f', since {why}' if why else ''}")
    more = f"; and {len(told) - 4} more" if len(told) > 4 else ""
    return [f"{said}: {'; '.join(told[:4])}{more}. What was measured then is kept, not counted."]


def drifting_said(scenario: ScenarioEntry) -> list[str]:
    """A drift that chance does not explain and that is large enough to matter; a verdict of DRIFTED has told it."""
    if scenario.state == "DRIFTED" or not is_drifting(scenario):
        return []
    spread = "" if scenario.is_sequential else " The shuffled order spreads it nearly evenly over the arms."
    return [f"{drift_said(scenario.entry('drift'))}{spread}"]


def _counts(arm: ArmEntry) -> dict[str, float | str]:
    return {"status": arm.status, **{key: arm.number(key) or 0.0 for key in ("failed", "requests")}}


def detectable(scenario: ScenarioEntry) -> str:
    """How small a difference from the baseline the comparison could have seen, for its finest and its coarsest arm;
    empty without a ranking, which has no comparison."""
    measured = scenario.measured if scenario.has_ranking else []
    sizes = [(size, arm.name) for arm in measured if (size := arm.number("smallest_detectable"))]
    if not sizes:
        return ""
    least, most = min(sizes), max(sizes)
    told = [f"{percent(size, 1)} ({name})" if size < 1 else f"more than 100 % ({name})" for size, name in (least, most)]
    return (
        f"The smallest difference from {scenario.baseline} that would have shown (80 % power, after correction for "
        f"all pairs): {' to '.join(told if most is not least else told[:1])}."
    )


def _progress(scenario: ScenarioEntry) -> str:
    return f"{count(scenario.number('finished_blocks') or 0)} of {count(scenario.number('blocks'))} blocks"


def _sentence(text: str) -> str:
    text = f"{text[:1].upper()}{text[1:]}"
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def conditions(scenario: ScenarioEntry) -> str:
    """What every arm of a scenario faced, in a line."""
    markets = scenario.raw.get("markets")
    listed = markets if isinstance(markets, list) else []
    venues = {str(market[0]) for market in listed if isinstance(market, list) and market}
    workload, deadline = scenario.text("workload", limit=40), scenario.number("deadline_s")
    what = {
        "books": f"books of {count(scenario.number('levels'))} levels",
        "markets": "whole markets" + (f" of {count(scenario.number('listed'))} or more" if scenario.is_logged else ""),
    }
    asked = listing(hosts(scenario.origins), 12)
    said = [
        f"{count(scenario.number('requests'))} requests",
        what.get(workload, ""),
        counted(len(venues), "exchange") if venues else "",
        f"{count(scenario.number('concurrency'))} in flight",
        f"{scenario.text('latency', '?', 60)} delay" if scenario.is_logged else f"asked of {asked}",
        "TLS" if scenario.raw.get("tls") is True else "",
        f"prices {motion}" if (motion := scenario.text("motion", "waves", 60)) != "waves" else "",
        f"faults {scenario.text('faults', limit=60)}" if scenario.text("faults") else "",
        f"deadline {deadline:g} s" if scenario.text("faults") and deadline else "",
        f"limit {duration(scenario.limit_s)}" if scenario.limit_s else "",
    ]
    return " · ".join(part for part in said if part)
