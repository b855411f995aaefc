"""A reading of the tracker on the terminal: what is known of each market, and how it goes with the exchanges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console

from exchanges.errors import safe
from exchanges.units import counted, text_from_price, text_from_seconds, text_from_share
from harness.prices_table import name_room
from harness.terminal import say, table
from harness.tracker.reading import ExchangeState, Freshness, Known, Reading

_STYLE: Final[Mapping[Freshness, str]] = {"fresh": "", "stale": "yellow", "dead": "dim red", "waiting": "dim"}
_FAILURES: Final = 3
_NAME: Final = 20
_WIDE: Final = 100


def print_known(out: Console, reading: Reading) -> None:
    """Every market with what came last, and how long ago; what is not fresh says so."""
    out.print()
    say(out, f"quotes, as {safe(reading.strategy, 40)} fetches them", "bold")
    sizes, room = ("bid size", "ask size") if out.width >= _WIDE else (), name_room(out.width)
    made = table("pair", "exchange", "bid", *sizes[:1], "ask", *sizes[1:], "age")
    for one in sorted(reading.known.values(), key=lambda one: (str(one.market[1]), one.market[0])):
        name, pair = one.market
        quote = None if one.sighting is None else one.sighting.quote
        if quote is None:
            prices = [""] * (4 if sizes else 2)
        else:
            values = (quote.bid, quote.bid_size, quote.ask, quote.ask_size) if sizes else (quote.bid, quote.ask)
            prices = ["" if value is None else text_from_price(str(value)) for value in values]
        made.add_row(str(pair), safe(name, room), *prices, _age(one), style=_STYLE[one.freshness])
    out.print(made)


def print_state(out: Console, reading: Reading, source: str) -> None:
    """Who answered, what is not fresh, what failed, and how it goes: a line each, and only where there is something to
    be said. ``source`` is where prices come from."""
    say(out, safe(reading.sentence, 600), "yellow" if reading.late else "green")
    if old := not_fresh(reading):
        say(out, f"not fresh, and not used: {old}", "yellow")
    if failures := reading.failures:
        more = f"; and {len(failures) - _FAILURES} more" if len(failures) > _FAILURES else ""
        say(out, "; ".join(safe(one, 200) for one in failures[:_FAILURES]) + more, "red")
    say(out, f"{engine(reading)}; from {safe(source, 600)}", "dim")


def print_notes(out: Console, notes: Sequence[str], most: int | None = None) -> None:
    """What else there is to be told, ``most`` of it (None: all)."""
    shown = notes[:most]
    for note in shown:
        say(out, safe(note, 300), "yellow")
    if len(notes) > len(shown):
        say(out, f"{counted(len(notes) - len(shown), 'note')} more; --json has all", "yellow")


def not_fresh(reading: Reading) -> str:
    """The markets whose value is older than its time to live, or which have none yet, by exchange; "" for none."""
    found: dict[tuple[str, Freshness], list[Known]] = {}
    for one in reading.known.values():
        if one.freshness != "fresh":
            found.setdefault((one.market[0], one.freshness), []).append(one)
    return "; ".join(_group(name, freshness, several) for (name, freshness), several in found.items())


def engine(reading: Reading) -> str:
    """How it goes, in one line: the strategy, refreshes a second, budgets, and who is left alone."""
    states = reading.exchanges.values()
    parts = [
        f"{safe(reading.strategy, 40)}, {counted(sum(one.in_flight for one in states), 'request')} in flight",
        f"{reading.refreshes_per_s:.1f} refreshes a second",
    ]
    spent = [(one.budget_used, one.name) for one in states if one.budget_used is not None]
    if spent:
        most, name = max(spent)
        parts.append(f"at most {text_from_share(most)} of a rate limit used ({safe(name, _NAME)})")
    parts += [_left_alone(one) for one in states if one.resumes_in_s is not None]
    return "; ".join(parts)


def _left_alone(one: ExchangeState) -> str:
    why = f": {safe(one.why, 80)}" if one.why else ""
    return f"{safe(one.name, _NAME)} is left alone for {text_from_seconds(one.resumes_in_s or 0)}{why}"


def _group(name: str, freshness: Freshness, several: list[Known]) -> str:
    what = str(several[0].market[1]) if len(several) == 1 else counted(len(several), "market")
    ages = [one.age_us for one in several if one.age_us is not None]
    state = f"{freshness}, {text_from_seconds(max(ages) / 1e6)} old" if ages else "nothing came yet"
    return f"{safe(name, _NAME)} {what} ({state})"


def _age(one: Known) -> str:
    if one.age_us is None:
        return "no answer yet" if one.error is None else "failed"
    mark = "" if one.freshness == "fresh" else f" {one.freshness}"
    return f"{text_from_seconds(one.age_us / 1e6)}{mark}"
