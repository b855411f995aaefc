"""A reading on the terminal (``harness.reading_table``)."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.reading_table import engine, not_fresh, print_known, print_notes, print_state
from harness.seen import Seen
from harness.sighting import Sighting
from harness.tracker.reading import ExchangeState, Known, Reading

BTC, ETH = Pair("BTC", "USD"), Pair("ETH", "USD")


def known(name, pair, freshness, age_us=None, error=None):
    quote = Quote(name, pair, Decimal("91191.50"), Decimal("91200.10"), None, Decimal("0.5"))
    return Known((name, pair), freshness, None if age_us is None else Sighting(quote, 1, 2), age_us, error)


MARKETS = [
    known("kraken", BTC, "stale", 4_200_000), known("kraken", ETH, "stale", 6_000_000, "kraken: deadline"),
    known("okx", BTC, "fresh", 120_000), known("gate", BTC, "waiting"), known("bybit", ETH, "dead", 60_000_000),
    known("\x1b[2J", BTC, "waiting", error="refused"),
]  # fmt: skip
READING = Reading(
    at=datetime(2026, 11, 30, tzinfo=UTC), version=1, strategy="threads", beat_s=1.0, seen=Seen([], 0, {}),
    known={one.market: one for one in MARKETS},
    exchanges={
        "okx": ExchangeState("okx", 2, 3, 4, 0, budget_used=0.25),
        "kraken": ExchangeState("kraken", 1, 3, 4, 1, resumes_in_s=4.2, why="rate_limited", budget_used=0.5),
    },
    asked=4, answered=3, late=("kraken",), sentence="3 of 4 exchanges answered; late: kraken",
    failures=("one", "two", "three", "four"), notes=("a note",), refreshes_per_s=10.21,
)  # fmt: skip


def printed(show, *args, width=100):
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    show(out, *args)
    return out.file.getvalue()


def test_what_is_not_fresh_is_told_by_exchange_with_the_age_of_the_oldest():
    assert not_fresh(READING) == (
        "kraken 2 markets (stale, 6.00 s old); gate BTC/USD (nothing came yet); bybit ETH/USD (dead, 60.0 s old); "
        r"\x1b[2J BTC/USD (nothing came yet)"
    )


def test_the_engine_is_one_line_with_who_is_left_alone_and_why():
    assert engine(READING) == (
        "threads, 3 requests in flight; 10.2 refreshes a second; at most 50 % of a rate limit used (kraken); "
        "kraken is left alone for 4.20 s: rate_limited"
    )


def test_late_exchanges_and_failures_are_a_line_each():
    text = printed(print_state, READING, "the mock server")
    assert text.splitlines()[0] == "3 of 4 exchanges answered; late: kraken"
    assert "one; two; three; and 1 more" in text
    assert "from the mock server" in text


def test_where_all_is_well_nothing_else_is_said():
    fresh = {("okx", BTC): known("okx", BTC, "fresh", 1)}
    text = printed(print_state, replace(READING, known=fresh, failures=(), late=(), exchanges={}), "x")
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("width", [100, 60])
def test_every_market_is_shown_with_its_age_and_what_is_old_says_so_without_colours(width):
    rows = [line.split() for line in printed(print_known, READING, width=width).splitlines()[3:]]
    ages = {(row[1], row[0]): " ".join(row[-3:]) for row in rows}
    assert ages["kraken", "BTC/USD"] == "4.20 s stale"
    assert ages["bybit", "ETH/USD"] == "60.0 s dead"
    assert ages["okx", "BTC/USD"].endswith("120 ms")
    assert ages["gate", "BTC/USD"].endswith("no answer yet")
    assert ages[r"\x1b[2J", "BTC/USD"].endswith("failed")
    assert sum("91191.50" in row for row in rows) == 4


def test_notes_for_which_there_is_no_room_are_counted():
    assert printed(print_notes, ["a", "b", "c"], 1) == "a\n2 notes more; --json has all\n"
    assert printed(print_notes, ["a"]) == "a\n"
