"""Values in hand against the market's: whoever knows the seed can compute what the server must have sent."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

import exchanges
from exchanges.errors import ExchangeError, Rejected, safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.book_rows import best_of, digest_of
from harness.planned_faults import PlannedFaults
from harness.quote_rows import quotes_from_rows
from harness.scenario import Scenario, Turn
from harness.true_market import market_of, true_market
from mock_server.market import Market
from mock_server.moment import Change, Moment

_Key: TypeAlias = tuple[int, int, int, str]
_OPTIONAL = frozenset(("last", "bid_size", "ask_size", "time_us"))


def wrong_values(
    outcomes: Sequence[Mapping[str, Any]], log: Sequence[Mapping[str, Any]], scenario: Scenario, block: int,
    number: int, plan: PlannedFaults,
) -> list[str]:  # fmt: skip
    """One sentence, where values in hand are not those that were sent; none where all are."""
    market = true_market(scenario, block, number)
    rows = {row["index"]: row for row in log}
    turns = scenario.turns
    venues = {name: exchanges.load(name) for name in scenario.exchanges}
    wrong = []
    for index, outcome in enumerate(outcomes[: scenario.requests]):
        row, turn = rows.get(index), turns[index % len(turns)]
        if "kind" in outcome or (row is None and not plan.is_unreachable(turn[0])):
            continue
        if row is None or row["priced_at"] is None:
            # Hung up before the answer, was refused, or never got there: whatever is in hand was made up.
            wrong.append(f"{_named(turn)}: a price in hand, none sent")
            continue
        changes = tuple(fault.quote for fault in plan.struck(turn[0], row) if fault.quote is not None)
        if scenario.workload == "books":
            difference = _other_book(outcome, (*market.key, scenario.motion), turn, row["priced_at"], scenario.levels,
                                     changes)  # fmt: skip
        else:
            view = Moment(venues[turn[0]], market, market.tick(row["priced_at"]), changes=changes)
            sent = [view.quote(Pair.parse(pair)) for pair in turn[1]]
            many = len(turn[1]) > 1 or scenario.workload == "markets"
            silent = _silent(*turn, scenario.plan) if many else frozenset()
            difference = _difference(outcome["quotes"], sent, silent)
        if difference:
            wrong.append(f"{_named(turn)}: {difference}")
    if not wrong:
        return []
    what = "books" if scenario.workload == "books" else "prices"
    return [f"{len(wrong)} of {scenario.requests} {what} are not what the server sent; the first: {wrong[0]}"]


def _named(turn: Turn) -> str:
    return f"{turn[0]} {turn[1][0]}" if len(turn[1]) == 1 else turn[0]


def _difference(rows: Any, sent: Sequence[Quote], silent: Collection[str] = ()) -> str | None:
    """What sets the quotes in hand apart from those that were sent; None where nothing does. Of ``silent`` fields it
    is known that the body does not have them."""
    if not rows or len(rows) != len(sent):
        return f"{len(rows or ())} quotes in hand, {len(sent)} sent"
    for row, quote in zip(rows, sent, strict=True):
        try:
            (had,) = quotes_from_rows([row])
            for field in fields(Quote):
                found, wanted = getattr(had, field.name), getattr(quote, field.name)
                if found != wanted and not (field.name in silent and found is None):
                    return f"{field.name} {safe(str(found))} in hand, {wanted} sent"
        except (ArithmeticError, ValueError, TypeError):  # a signalling NaN raises when it is compared
            return f"what is in hand is no quote: {safe(str(row))}"
    return None


def _other_book(
    outcome: Mapping[str, Any], key: _Key, turn: Turn, at_s: float, levels: int, changes: tuple[Change, ...]
) -> str | None:
    best, digest, depth = _sent_book(key, turn[0], turn[1][0], at_s, levels, changes)
    # The exchange's own time is not in every book.
    difference = _difference(outcome["quotes"], [best], ("time_us",))
    if difference is None and outcome.get("digest") != digest:
        difference = f"the best levels are right, others of the {depth} are not"
    return difference


@functools.lru_cache(maxsize=4096)
def _sent_book(
    key: _Key, name: str, pair: str, at_s: float, levels: int, changes: tuple[Change, ...]
) -> tuple[Quote, str, int]:
    """A deep book is priced once a second, and so asked for many times."""
    market = market_of(*key)
    exchange, priced = exchanges.load(name), Pair.parse(pair)
    # Where depths are fixed, more comes than was asked for.
    given = max(levels, exchange.entries_in(exchange.book_request_for(priced, levels)))
    book = Moment(exchange, market, market.tick(at_s), given, changes).book(priced, given)
    best = best_of(book)
    assert best is not None  # the market's books have both sides
    return best, digest_of(book), len(book.bids) + len(book.asks)


@functools.cache
def _silent(name: str, pairs: tuple[str, ...], plan: str) -> frozenset[str]:
    """The fields that an exchange's body of many markets does not have: of a batch by what it declares, of all markets
    by its own halves."""
    exchange = exchanges.load(name)
    if plan == "batch":
        return _OPTIONAL - exchange.batch_carries
    request = exchange.market_request()
    assert request is not None  # else it would not be in a scenario of markets
    response = exchange.answer(request, Moment(exchange, Market(0), 0))
    try:
        read = exchange.quotes_from([Pair.parse(pair) for pair in pairs], response)
    except ExchangeError:
        return frozenset()
    quotes = () if isinstance(read, Rejected) else read
    return frozenset(field for field in _OPTIONAL if all(getattr(quote, field) is None for quote in quotes))
