"""A race without a server's log: what is known of an arm's batches by the client alone, and what it is held to.

Others' servers keep no log for us, hold no delays by plan, and nobody knows what they should have sent. So there is no
bound, no efficiency, no account of where the time went, no true market to decide by, and no witness for what an arm
says of itself. What is not known is None, never a guess. An arm is still held to what needs no witness: one outcome for
each request, prices of the pairs that were asked for, requests inside of their batch and no more of them in flight than
it declares, and failures that are few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from exchanges.errors import safe
from exchanges.units import text_from_seconds, text_from_share
from harness.measurement import Batch, Measurement, by_the_client, measurement_of
from harness.scenario import Scenario

_FAILURES: Final = 0.05
"""Of a batch's requests. A refusal is quicker than an answer: of more, the time would be that of less work."""
_WITHIN: Final = 0.02
_ROUNDING: Final = 1e-6
_LONGEST: Final = 400
"""Of a price in text: a guest may put anything there."""


def unlogged_measurement(
    side: dict[str, Any], scenario: Scenario, arm: str, block: int, position: int
) -> Measurement:  # fmt: skip
    """Read a worker's side file and hold every batch to what can be known without a log.

    Raises:
        LookupError, TypeError, ValueError: it is nothing that a worker leaves.
    """
    declared = min(int(side["declared_in_flight"]), scenario.concurrency)
    batches: list[Batch] = []
    broken: list[str] = []
    for record in side["batches"]:
        if not record["time_s"] > 0:
            raise ValueError(f"a batch of {record['time_s']} s")
        latencies = [outcome["ended"] - outcome["started"] for outcome in record["outcomes"]]
        batches.append(Batch(
            **by_the_client(record, scenario), reached=peak(record["outcomes"]), bound_s=None, held_bound_s=None,
            overshoot_s=None, accepted=None, connections=None, server_cpu=None, skew_s=None, age_s=None, parts=None,
            way_out_s=max(latencies, default=0.0),
        ))  # fmt: skip
        broken += breaches(record, scenario, declared)
    return measurement_of(side, arm, block, position, batches, broken)


def breaches(record: Mapping[str, Any], scenario: Scenario, declared: int) -> list[str]:
    """Every promise that a batch broke, as far as the client's own account shows it; the gravest first."""
    outcomes, time_s = record["outcomes"], float(record["time_s"])
    found = []
    if len(outcomes) != scenario.requests:
        found.append(f"returned {len(outcomes)} outcomes for {scenario.requests} requests")
    found += _other_values(outcomes, scenario)
    failed = [outcome for outcome in outcomes if "kind" in outcome]
    if len(failed) > _FAILURES * scenario.requests:
        kinds = Counter(outcome["kind"] for outcome in failed)
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        found.append(
            f"{len(failed)} of {scenario.requests} requests failed ({told}), more than the "
            f"{text_from_share(_FAILURES)} of a batch that may; the first: {failed[0].get('detail')}"
        )
    spans = [(float(outcome["started"]), float(outcome["ended"])) for outcome in outcomes]
    strange = [span for span in spans if not -_ROUNDING <= span[0] <= span[1] <= time_s + _ROUNDING]
    if strange:
        reported = f"{text_from_seconds(strange[0][0])} to {text_from_seconds(strange[0][1])}"
        found.append(f"reports a request from {reported} in a batch of {text_from_seconds(time_s)}")
    mean = sum(ended - started for started, ended in spans) / time_s
    if mean > (1 + _WITHIN) * declared:
        found.append(f"has {mean:.2f} requests in flight on average by its own account, {declared} allowed")
    return found


def peak(outcomes: Sequence[Mapping[str, Any]]) -> int:
    """The most requests in flight at once, by the client's own account: one that begins when another one ends is
    not in flight beside it."""
    steps = sorted(
        (float(outcome[key]), step) for outcome in outcomes for key, step in (("ended", -1), ("started", 1))
    )  # fmt: skip
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def _other_values(outcomes: Sequence[Mapping[str, Any]], scenario: Scenario) -> list[str]:
    """Values in hand that are no quotes of what was asked for. Whether they are those that were sent, nobody knows."""
    turns, wrong = scenario.turns, []
    for index, outcome in enumerate(outcomes[: scenario.requests]):
        name, pairs = turns[index % len(turns)]
        if "kind" not in outcome and not _are_quotes(outcome.get("quotes"), name, pairs):
            asked = pairs[0] if len(pairs) == 1 else f"{len(pairs)} markets"
            wrong.append(f"{name} {safe(asked)}")
    if not wrong:
        return []
    return [f"has no quotes of what was asked for in {len(wrong)} of {len(outcomes)} answers; the first: {wrong[0]}"]


def _are_quotes(rows: Any, name: str, pairs: Sequence[str]) -> bool:
    try:
        named = [(str(row[0]), str(row[1])) for row in rows]
        prices = [Decimal(str(price)[:_LONGEST]) for row in rows for price in row[2:4]]
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False
    return named == [(name, pair) for pair in pairs] and all(price.is_finite() and price >= 0 for price in prices)
