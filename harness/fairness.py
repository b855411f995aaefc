"""Fair or out: what the server's own log must say of a batch, or the arm is not ranked.

The log is the witness, because it cannot be talked into anything by the client. An arm is out when the
server did not see every request exactly once, saw more in flight than declared, when a price in hand is not
the price that was sent, when a request failed, or when the time beats what the held delays allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import exchanges
from exchanges.errors import safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.units import text_from_seconds
from harness.quote_rows import quotes_from_rows
from harness.scenario import Scenario
from mock_server.market import Market

_REUSE = 0.5
# The client's clock and the server's are one, and a reply is logged before it is sent: nothing to forgive
# but the rounding of the sums.
_ROUNDING = 1e-6


def log_rows(server: dict[str, Any]) -> list[dict[str, Any]]:
    """The server's log of a batch, each line as a mapping."""
    return [dict(zip(server["columns"], row, strict=True)) for row in server["rows"]]


def breaches(
    record: dict[str, Any], log: Sequence[dict[str, Any]], scenario: Scenario, block: int, number: int,
    declared: int, asked: Sequence[float], held_bound_s: float,
) -> list[str]:  # fmt: skip
    """Every promise that a batch broke, as a sentence with its evidence; the gravest first."""
    outcomes = record["outcomes"]
    found = []
    if len(outcomes) != scenario.requests:
        found.append(f"returned {len(outcomes)} outcomes for {scenario.requests} requests")
    found += _seen_once(log, scenario)
    reached = record["server"]["batch"]["peak_in_flight"]
    # An arm may declare less than the scenario's concurrency, never more.
    allowed = min(declared, scenario.concurrency)
    if reached > allowed:
        found.append(f"had {reached} requests in flight, {allowed} allowed")
    failed = Counter(outcome["kind"] for outcome in outcomes if "kind" in outcome)
    if failed:
        kinds = ", ".join(f"{count} {kind}" for kind, count in failed.most_common())
        first = next(outcome["detail"] for outcome in outcomes if "kind" in outcome)
        found.append(
            f"{failed.total()} of {scenario.requests} requests failed ({kinds}) where none should; the first: {first}"
        )
    found += _other_delays(log, asked)
    found += _wrong_values(outcomes, log, scenario, block, number)
    found += _impossible(record, log, held_bound_s)
    return found


def reuse_breach(batches: Sequence[tuple[int, int]]) -> list[str]:
    """Whether warm batches, given as (connections accepted, requests), re-used what was open."""
    accepted, requests = (sum(column) for column in zip(*batches, strict=True)) if batches else (0, 0)
    if requests and 1 - accepted / requests < _REUSE:
        return [f"opened {accepted} new connections for {requests} warm requests without declaring reuse=False"]
    return []


def _seen_once(log: Sequence[dict[str, Any]], scenario: Scenario) -> list[str]:
    seen = Counter(row["index"] for row in log)
    never = [index for index in range(scenario.requests) if not seen[index]]
    if never:
        return [f"the server saw {scenario.requests - len(never)} of {scenario.requests} requests"]
    repeated = [index for index, count in seen.items() if count > 1 or not isinstance(index, int)]
    if repeated or len(log) != scenario.requests:
        return [f"the server saw {len(log)} requests where {scenario.requests} were asked for"]
    for row in log:
        planned = scenario.markets[row["index"] % len(scenario.markets)]
        if (row["exchange"], row["pair"]) != planned:
            found = f"{row['exchange']} {safe(str(row['pair']))}"
            return [f"asked for {found} where the plan has {' '.join(planned)}"]
    return []


def _other_delays(log: Sequence[dict[str, Any]], asked: Sequence[float]) -> list[str]:
    """A client names its request's index, and by it the delay: it must be the plan's, drawn at the first attempt."""
    for row in log:
        index = row["index"]
        if not isinstance(index, int) or not 0 <= index < len(asked):
            continue
        if row["attempt"] != 0:
            return [f"asked for request {index} as attempt {row['attempt']}, where nothing is to be repeated"]
        if row["asked"] != asked[index]:
            had, drawn = text_from_seconds(row["asked"]), text_from_seconds(asked[index])
            return [f"request {index} was held for a delay of {had}, the plan has {drawn}"]
    return []


def _wrong_values(
    outcomes: Sequence[dict[str, Any]], log: Sequence[dict[str, Any]], scenario: Scenario, block: int, number: int
) -> list[str]:
    market = Market(scenario.seed, block, number)
    rows = {row["index"]: row for row in log}
    wrong = []
    for index, outcome in enumerate(outcomes[: scenario.requests]):
        row = rows.get(index)
        if "kind" in outcome or row is None:
            continue
        exchange_name, pair = scenario.markets[index % len(scenario.markets)]
        if row["priced_at"] is None:
            # Hung up before the answer, or was refused: whatever is in hand was made up.
            wrong.append(f"{exchange_name} {pair}: a price in hand, none sent")
            continue
        sent = market.quote(exchanges.load(exchange_name), Pair.parse(pair), row["priced_at"])
        difference = _difference(outcome["quotes"], sent)
        if difference:
            wrong.append(f"{exchange_name} {pair}: {difference}")
    if not wrong:
        return []
    return [f"{len(wrong)} of {scenario.requests} prices are not what the server sent; the first: {wrong[0]}"]


def _difference(rows: Any, sent: Quote) -> str | None:
    """What sets the quotes in hand apart from the one that was sent; None where nothing does."""
    if not rows or len(rows) != 1:
        return f"{len(rows or ())} quotes in hand, 1 sent"
    try:
        (had,) = quotes_from_rows(rows)
        for field in fields(Quote):
            if getattr(had, field.name) != getattr(sent, field.name):
                return f"{field.name} {safe(str(getattr(had, field.name)))} in hand, {getattr(sent, field.name)} sent"
    except (ArithmeticError, ValueError, TypeError):  # a signalling NaN raises when it is compared
        return f"what is in hand is no quote: {safe(str(rows[0]))}"
    return None


def _impossible(record: dict[str, Any], log: Sequence[dict[str, Any]], held_bound_s: float) -> list[str]:
    time_s, began = record["time_s"], record["began"]
    if time_s < held_bound_s - _ROUNDING:
        least = text_from_seconds(held_bound_s)
        return [f"claims {text_from_seconds(time_s)}, but the delays that the server held allow no less than {least}"]
    for outcome in record["outcomes"]:
        if not -_ROUNDING <= outcome["started"] <= outcome["ended"] <= time_s + _ROUNDING:
            span = f"{text_from_seconds(outcome['started'])} to {text_from_seconds(outcome['ended'])}"
            return [f"reports a request from {span} in a batch of {text_from_seconds(time_s)}"]
    outcomes = dict(enumerate(record["outcomes"]))
    for row in log:
        outcome = outcomes.get(row["index"])
        if outcome is None or "kind" in outcome:
            continue
        arrived, replied = row["arrived"] - began, row["replied"] - began
        if outcome["started"] > arrived + _ROUNDING or outcome["ended"] < replied - _ROUNDING:
            said = f"{text_from_seconds(outcome['started'])} to {text_from_seconds(outcome['ended'])}"
            seen = f"{text_from_seconds(arrived)} to {text_from_seconds(replied)}"
            return [f"reports request {row['index']} from {said}, while the server had it from {seen}"]
    return []
