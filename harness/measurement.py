"""A measurement: what one worker left behind for one arm in one block, boiled down to what a run keeps.

The raw material (every outcome, every line of the server's log) goes to requests.csv; here are the numbers
that statistics and verdicts stand on, batch by batch: the cold one first, then the warm ones.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from harness import fairness
from harness.bound import bound
from harness.breakdown import Parts, mean_of, parts_of
from harness.connecting import longest_way_out_s, usual_way
from harness.decision import Decision, decision_of
from harness.fault_witness import held_delays, reached
from harness.ladder import Ladder, ladder_of
from harness.littles_law import contradictions
from harness.planned_faults import PlannedFaults, waits
from harness.scenario import DRAWS, Scenario
from harness.statistics import median
from harness.true_market import true_market
from mock_server.conditions import Latency


@dataclass(frozen=True, slots=True)
class Batch:
    """One call of ``fetch``. Times in seconds; ``bound_s`` from the delays asked for, ``held_bound_s`` from
    those that the server's log says it held; ``overshoot_s`` is what holding longer than asked cost the arm at
    its declared concurrency; ``accepted`` counts new connections to ports that let somebody in; ``struck`` counts the
    requests that a fault of the scenario struck, ``severed`` those of them that may have cost their connection;
    ``skew_s`` from the first to the last price of the snapshot, ``age_s`` the mean age of a price when the batch was in
    hand, and what else a ``Decision`` has. ``network`` is by how much the kernel's counters of lost connections grew,
    ``turned_away`` how many of the mock's own it counted (None: it does not say), ``parts`` where the time went.
    ``asked_s`` is what the delays asked for take by themselves, in the order of the arm's requests and with as many in
    flight as it may have; ``way_out_s`` the longest that a request took from its start to the server. ``voluntary`` and
    ``involuntary`` count the context switches of the arm's processes (None: a run that did not count them). What only a
    server of ours can tell is None where there is none (``harness.unlogged``), and ``reached`` is then the client's
    view, as ``way_out_s`` is, of which it is the most that it can have been."""

    time_s: float
    cpu_s: float
    bound_s: float | None
    held_bound_s: float | None
    overshoot_s: float | None
    reached: int
    accepted: int | None
    connections: int | None
    server_cpu: float | None
    skew_s: float | None
    age_s: float | None
    load: float
    requests: int
    failures: dict[str, int]
    latencies: tuple[float, ...] = field(repr=False)
    struck: int = 0
    severed: int = 0
    network: dict[str, int] = field(default_factory=dict)
    turned_away: int | None = None
    parts: Parts | None = field(default_factory=Parts)
    asked_s: float = 0.0
    way_out_s: float = 0.0
    voluntary: int | None = None
    involuntary: int | None = None
    age_p95_s: float | None = None
    signalled: int | None = None
    phantom: int | None = None
    present: int | None = None
    missed: int | None = None
    gap_bps: float | None = None

    @property
    def decision(self) -> Decision:
        """What it was worth to whoever decides by it."""
        return Decision(**{name.name: getattr(self, name.name) for name in fields(Decision)})

    def to_json(self) -> dict[str, Any]:
        """Everything but the raw latencies, which requests.csv has."""
        return {
            **{name: getattr(self, name) for name in self.__slots__ if name != "latencies"},
            "parts": None if self.parts is None else self.parts.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Measurement:
    """One arm in one block. ``problem`` says why there are no numbers; ``breaches`` are the promises broken,
    as sentences: one is enough to disqualify the arm. ``stopwatch_s`` is what an empty batch is measured at,
    ``decode_s`` what decoding a batch costs by itself (None: not measured); ``terms`` and ``place`` are what the worker
    tells of itself (``harness.self_witness``)."""

    arm: str
    block: int
    position: int
    batches: tuple[Batch, ...] = ()
    problem: str | None = None
    breaches: tuple[str, ...] = ()
    declared_in_flight: int = 0
    import_s: float = 0.0
    open_s: float = 0.0
    close_s: float = 0.0
    peak_rss_bytes: int = 0
    threads: int = 0
    files: int = 0
    stopwatch_s: float = 0.0
    decode_s: float | None = None
    terms: dict[str, Any] = field(default_factory=dict)
    place: dict[str, Any] = field(default_factory=dict)

    @property
    def cold(self) -> Batch:
        return self.batches[0]

    @property
    def warm(self) -> tuple[Batch, ...]:
        return self.batches[1:]

    @property
    def time_s(self) -> float:
        """The block's one number: the median of its warm times."""
        return median([batch.time_s for batch in self.warm])

    @property
    def parts(self) -> Parts | None:
        """Where ``time_s`` went: the parts of the warm batch of that time, or the mean of the two it lies between. None
        where nobody knows."""
        by_time = sorted(self.warm, key=lambda batch: batch.time_s)
        middle = (by_time[(len(by_time) - 1) // 2].parts, by_time[len(by_time) // 2].parts)
        known = [parts for parts in middle if parts is not None]
        return mean_of(known) if known else None

    def to_json(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in self.__slots__ if name not in ("arm", "batches", "breaches")}
        return {**kept, "breaches": list(self.breaches), "batches": [batch.to_json() for batch in self.batches]}


def medians_of(measurements: Sequence[Measurement]) -> dict[int, float]:
    """Each block's one number, in seconds, by block."""
    return {m.block: m.time_s for m in measurements if m.problem is None and m.warm}


def measurement_from(side: dict[str, Any], scenario: Scenario, arm: str, block: int, position: int) -> Measurement:
    """Read a worker's side file and hold every batch to the fairness contract."""
    declared, reuse = int(side["declared_in_flight"]), bool(side["reuse"])
    batches, breaches = [], []
    decode_s = side.get("decode_s")
    asked = asked_delays(scenario, block)
    raw = _with_known_connections(side["batches"])
    usual, most = usual_way(raw), max((reached(record, log, scenario) for record, log, _ in raw), default=0)
    for number, (record, log, known) in enumerate(raw):
        if not record["time_s"] > 0:
            raise ValueError(f"a batch of {record['time_s']} s")
        ladder = ladder_of(record, log, known, usual, scenario, declared, most, asked)
        decision = decision_of(record, log, scenario, true_market(scenario, block, number))
        batch = _batch(record, log, asked, scenario, declared, ladder, parts_of(record, ladder, decode_s), decision)
        batches.append(batch)
        breaches += fairness.breaches(record, log, scenario, block, number, declared, asked, batch.held_bound_s or 0.0)
        breaches += contradictions(record, log, min(declared, scenario.concurrency), scenario.deadline_s)
    if not breaches and reuse:
        # What the cold batch lost and did not open again: no more than there were in flight.
        severed = sum(batch.severed for batch in batches[1:]) + min(batches[0].severed, max(1, declared))
        arriving = len(waits(scenario, [0.0] * scenario.requests))
        breaches += fairness.reuse_breach([(batch.accepted or 0, arriving) for batch in batches[1:]], severed)
    return measurement_of(side, arm, block, position, batches, breaches)


def measurement_of(
    side: dict[str, Any], arm: str, block: int, position: int, batches: Sequence[Batch], breaches: Sequence[str]
) -> Measurement:
    """The measurement of a worker whose batches have been read, with what else its side file tells."""
    decode_s = side.get("decode_s")
    return Measurement(
        arm, block, position, tuple(batches), None, tuple(dict.fromkeys(breaches)), int(side["declared_in_flight"]),
        float(side["import_s"]), float(side["open_s"]), float(side.get("close_s", 0.0)),
        int(side.get("peak_rss_bytes", 0)), int(side.get("threads", 0)), int(side.get("files", 0)),
        float(side.get("stopwatch_s", 0.0)), None if decode_s is None else float(decode_s),
        dict(side.get("terms", {})), dict(side.get("place", {})),
    )  # fmt: skip


def asked_delays(scenario: Scenario, block: int) -> list[float]:
    """The delays that every arm faces in a block, in seconds, drawn here as the mock draws them: the same in
    each of its batches, so that an arm with one warm batch and an arm with three face equal work."""
    latency = Latency.parse(scenario.latency)
    turns = itertools.islice(itertools.cycle(scenario.turns), scenario.requests)
    return [latency.draw(exchange, scenario.seed, block, DRAWS, index, 0) for index, (exchange, _) in enumerate(turns)]


def _with_known_connections(
    records: Sequence[dict[str, Any]],
) -> list[tuple[dict[str, Any], list[dict[str, Any]], set[int]]]:
    """Each batch's record and log, and the connections (numbers of the log) that those before it had opened."""
    found, known = [], set[int]()
    for record in records:
        log = fairness.log_rows(record["server"])
        found.append((record, log, set(known)))
        known |= {row["connection"] for row in log}
    return found


def _batch(
    record: dict[str, Any], log: Sequence[dict[str, Any]], asked: list[float], scenario: Scenario, declared: int,
    ladder: Ladder, parts: Parts, decision: Decision,
) -> Batch:  # fmt: skip
    server = record["server"]["batch"]
    plan, outcomes, n = PlannedFaults(scenario), record["outcomes"], max(1, declared)
    arriving = waits(scenario, asked)
    nobody_let_in = sum(count for name, count in server.get("accepted_by", {}).items() if plan.is_unreachable(name))
    held_bound_s = bound(held_delays(outcomes, log, scenario), n)
    return Batch(
        **by_the_client(record, scenario),
        bound_s=ladder.bound_s,
        held_bound_s=held_bound_s,
        overshoot_s=max(0.0, held_bound_s - bound(held_delays(outcomes, log, scenario, "asked"), n)),
        reached=reached(record, log, scenario),
        accepted=server["accepted"] - nobody_let_in,
        connections=len({row["connection"] for row in log}),
        # Of the batch, not of the longer span between begin and end, in which the server mostly waits for us.
        server_cpu=server["cpu_s"] / record["time_s"],
        struck=len(asked) - len(arriving) + sum(bool(plan.struck(row["exchange"], row)) for row in log),
        turned_away=server.get("turned_away"),
        parts=parts,
        asked_s=ladder.asked_s,
        way_out_s=longest_way_out_s(record, log),
        severed=sum(plan.costs_connection(row["exchange"], row) for row in log),
        **asdict(decision),
    )


def by_the_client(record: dict[str, Any], scenario: Scenario) -> dict[str, Any]:
    """What of a batch no server has to tell: the fields of a Batch that are known from the client alone."""
    answered = [outcome for outcome in record["outcomes"] if "kind" not in outcome]
    voluntary, involuntary = record.get("switches", (None, None))
    return {
        "time_s": record["time_s"], "cpu_s": record["cpu_s"], "load": record["load"], "requests": scenario.requests,
        "failures": dict(Counter(outcome["kind"] for outcome in record["outcomes"] if "kind" in outcome)),
        "latencies": tuple(outcome["ended"] - outcome["started"] for outcome in answered),
        "network": dict(record.get("network", {})), "voluntary": voluntary, "involuntary": involuntary,
    }  # fmt: skip
