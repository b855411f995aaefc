"""The parity matrix: every fault must be told by the same name by every strategy, in time, and harm nobody else.

A Round is one batch in which two exchanges are struck, each by a fault of its own, and a third is not. On a struck
exchange the first request is struck and the second is not (the dice are known beforehand), so that a fault stands
beside sound requests of its own exchange and of another. The exchanges take turns: what a fault leaves behind on a
connection meets the sound requests of the next round.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import exchanges
from exchanges.errors import safe
from exchanges.wire import Request
from harness.fairness import log_rows
from mock_server.fault import Fault
from mock_server.faults import Faults, kind_on
from mock_server.market import Market
from mock_server.moment import Moment
from mock_server.venue import INDEX_HEADER
from strategies.strategy import Failed, Outcome

SEED: Final = 7
SLACK_S: Final = 0.25
"""How much later than the deadline a request may end."""

_EACH = 2  # requests of one exchange in a round
_EARLY_S = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """A way in which a request can go wrong, and what every strategy must call it (``kind`` None: a value)."""

    name: str
    kind: str | None
    check: str
    says: str

    @classmethod
    def of(cls, fault: Fault) -> Case:
        return cls(fault.name, fault.kind, fault.check, fault.says)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one strategy made of one case: the ``kind`` it gave, in how many seconds, and what is wrong with that.
    ``late`` says that a request of the same round outlasted its deadline, which a busy machine may have caused;
    ``differs``, that ``strategies.failure`` documents this answer as this strategy's own."""

    case: str
    kind: str | None
    took_s: float
    problems: tuple[str, ...] = ()
    late: bool = False
    differs: bool = False


@dataclass(frozen=True)
class Round:
    """One batch. ``struck`` maps exchanges to faults; ``draws`` is chosen such that the dice strike as wanted."""

    names: tuple[str, ...]
    struck: Mapping[str, Fault]
    draws: int

    @property
    def faults(self) -> str:
        return _specification(self.struck)

    @property
    def secure(self) -> bool:
        """Whether its faults are certificates."""
        return any(fault.tls is not None for fault in self.struck.values())

    def requests(self, origins: Mapping[str, str]) -> list[Request]:
        found: list[Request] = []
        for name in self.names:
            exchange = exchanges.load(name)
            for instrument in exchange.instruments[:_EACH]:
                request = exchange.request_for(instrument.pair).at(origins[name])
                found.append(request.with_headers((INDEX_HEADER, str(len(found)))))
        return found


def rounds_of(faults: Sequence[Fault], names: Sequence[str]) -> Iterator[Round]:
    """The fewest rounds in which each fault strikes once. ``names`` are three exchanges or more."""
    # Those that cost a deadline by themselves, so that few rounds do.
    for slow in (False, True):
        group = [fault for fault in faults if (fault.kind == "deadline") is slow]
        for number, pair in enumerate(_pairs(group)):
            turned = [names[(number + place) % len(names)] for place in range(3)]
            struck = dict(zip(turned, pair, strict=False))
            yield Round(tuple(turned), struck, _draws(struck, turned))


def judged(
    round_: Round,
    outcomes: Sequence[Outcome],
    server: Mapping[str, Any],
    batch: int,
    deadline_s: float,
    differences: Mapping[str, str | None] | None = None,
) -> list[Finding]:
    """What a strategy made of a round, fault by fault; ``differences`` are the strategy's documented own answers."""
    own = differences or {}
    rows = {row["index"]: row for row in log_rows(dict(server))}
    market = Market(SEED, 0, batch)
    wanted = len(round_.names) * _EACH
    if len(outcomes) != wanted:
        sentence = f"{len(outcomes)} outcomes for {wanted} requests"
        return [Finding(fault.name, None, 0.0, (sentence,)) for fault in round_.struck.values()]
    harm: dict[str, list[str]] = {name: [] for name in round_.names}
    found: dict[str, Finding] = {}
    late = any(outcome.ended - outcome.started > deadline_s + SLACK_S for outcome in outcomes)
    for index, outcome in enumerate(outcomes):
        name = round_.names[index // _EACH]
        fault = round_.struck.get(name)
        if fault is not None and fault.tls is None and index % _EACH:
            fault = None
        wanted_kind = kind_on(name, fault) if fault is not None else None
        if fault is not None:
            wanted_kind = own.get(fault.name, wanted_kind)
        problems = list(_wrong(outcome, rows.get(index), name, index % _EACH, market, fault, wanted_kind))
        problems += untimely(outcome, deadline_s)
        if fault is None:
            harm[name] += [f"{name} beside it: {problem}" for problem in problems]
            continue
        if name not in found or problems:
            kind = outcome.kind if isinstance(outcome, Failed) else None
            took_s = outcome.ended - outcome.started
            found[name] = Finding(fault.name, kind, took_s, tuple(problems), late, fault.name in own)
    elsewhere = [problem for name in round_.names if name not in found for problem in harm[name]]
    return [replace(one, problems=(*one.problems, *harm[name], *elsewhere)) for name, one in found.items()]


def untimely(outcome: Outcome, deadline_s: float) -> list[str]:
    """Whether a request outlasted its deadline, or failed by it before it was over."""
    took_s = outcome.ended - outcome.started
    if took_s > deadline_s + SLACK_S:
        return [f"took {took_s:.2f} s of a deadline of {deadline_s:g} s"]
    if isinstance(outcome, Failed) and outcome.kind == "deadline" and took_s < deadline_s - _EARLY_S:
        return [f"failed by its deadline of {deadline_s:g} s after {took_s:.2f} s"]
    return []


def _wrong(
    outcome: Outcome,
    row: Mapping[str, Any] | None,
    name: str,
    place: int,
    market: Market,
    fault: Fault | None,
    wanted: str | None,
) -> Iterator[str]:
    # One that is sound may have nothing to change in this exchange's answers (a time that it does not send).
    must_strike = fault is not None and fault.tls is None and (wanted is not None or fault.wire is not None)
    if fault is not None and must_strike and (row is None or row["fault"] != fault.name):
        yield "the server did not strike"
    if isinstance(outcome, Failed):
        if outcome.kind != wanted:
            yield f"{outcome.kind} instead of {wanted or 'a value'}: {safe(outcome.detail, 160)}"
        return
    if wanted is not None:
        yield f"a value instead of {wanted}: {safe(repr(outcome.value), 160)}"
        return
    if row is None or row["priced_at"] is None:
        yield "a value in hand, none sent"
        return
    exchange = exchanges.load(name)
    changes = () if fault is None or fault.quote is None else (fault.quote,)
    moment = Moment(exchange, market, market.tick(row["priced_at"]), changes=changes)
    sent = moment.quote(exchange.instruments[place].pair)
    if outcome.value != (sent,):
        yield f"{safe(repr(outcome.value), 160)} in hand, {sent} sent"


def _pairs(faults: Sequence[Fault]) -> Iterator[tuple[Fault, ...]]:
    return (tuple(faults[at : at + 2]) for at in range(0, len(faults), 2))


def _specification(struck: Mapping[str, Fault]) -> str:
    # The certificate of a port has no probability.
    return ",".join(f"{name}:{fault.name}{'@0.5' if fault.tls is None else ''}" for name, fault in struck.items())


def _draws(struck: Mapping[str, Fault], names: Sequence[str]) -> int:
    """Draws by which the first request of each struck exchange is struck, and no other."""
    faults = Faults.parse(_specification(struck), names)
    places = [(name, place) for name in names for place in range(_EACH)]
    wanted = [place == 0 and name in struck and struck[name].tls is None for name, place in places]
    for draws in itertools.count():
        if [bool(faults.struck(name, SEED, 0, draws, n)) for n, (name, _) in enumerate(places)] == wanted:
            return draws
    raise AssertionError("unreachable")
