"""One worker: a fresh process that runs one job under pyperf's worker protocol. The only user of its Runner.

    python -m harness.worker --job FILE --lifeline FD --worker --loops 1 --warmups 1 --values V --pipe FD

It opens the strategy, runs one cold batch (pyperf's warm-up), then V warm batches (pyperf's values). What
pyperf's file has no place for goes to the job's side file: opening time, CPU, memory, every outcome, and the
server's own log of each batch. Only ``fetch(requests)`` is timed; everything else happens before or after.
"""

from __future__ import annotations

import gc
import json
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyperf

import strategies
from exchanges.book import Book
from exchanges.decode import decode_books, decode_quotes
from exchanges.errors import KINDS, safe
from exchanges.quote import Quote
from exchanges.wire import Request
from harness import cost, lifeline, self_witness, stopwatch
from harness.book_rows import best_of, digest_of
from harness.decode_cost import decode_s
from harness.job import Job
from harness.kernel_counters import counters, growth
from harness.pinned_names import pinned
from harness.quote_rows import row_from_quote
from harness.scenario import requests_for
from harness.seals import batch_begin
from harness.source import source_of
from harness.switches import SwitchMeter
from harness.turnstile import Refused, Turnstile
from mock_server.process import Control
from strategies.strategy import Failed, Fetched, Limits, declared_in_flight, declares_of

_now = time.monotonic
"""Bound before any guest is loaded: what a guest does to the module ``time`` afterwards is its own affair."""


def main() -> None:
    """Run the job named on the command line; leave with a non-zero code if the strategy broke."""
    runner = pyperf.Runner(program_args=("-m", "harness.worker"))
    runner.argparser.add_argument("--job", required=True)
    runner.argparser.add_argument("--lifeline", type=int, default=None)
    args = runner.parse_args()
    if args.lifeline is not None:
        lifeline.hold(args.lifeline)
    job = Job.read(Path(args.job))
    side: dict[str, Any] = {"batches": []}
    try:
        with pinned(job.pins):
            _run(job, side, lambda func: runner.bench_time_func(job.scenario.name, func))
    except Refused as error:
        side["error"] = side["refused"] = str(error)
    except Exception as error:
        traceback.print_exc()
        side["error"] = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    Path(job.side_file).write_text(json.dumps(side), encoding="utf-8")
    if "error" in side:
        sys.exit(1)


def _run(job: Job, side: dict[str, Any], bench: Callable[[Callable[[int], float]], object]) -> None:
    scenario = job.scenario
    limits = Limits(scenario.concurrency, scenario.deadline_s, scenario.max_body, job.ca_file)
    requests = requests_for(scenario, job.origins)  # loads the exchanges too: parsing them is nobody's cold cost
    started = _now()
    strategy = strategies.load(job.strategy)
    side["import_s"] = _now() - started
    side["declared_in_flight"] = declared_in_flight(strategy, limits)
    side["reuse"] = declares_of(strategy).reuse
    control = Control(job) if job.turnstile is None else Turnstile(**job.turnstile)
    decode = decode_books if scenario.workload == "books" else decode_quotes
    side["place"] = self_witness.place()
    source = source_of(job.strategy)

    started = _now()
    with strategy(limits, decode) as fetch:
        side["open_s"] = _now() - started

        def batch(loops: int) -> float:
            if loops != 1:
                raise ValueError(
                    f"expected pyperf to ask for 1 loop (more would call warm what is cold), found {loops}"
                )
            number = len(side["batches"])
            record = _batch(fetch, requests, control, job, number)
            side["batches"].append(record)
            if isinstance(control, Turnstile):
                control.heed(zip((request.exchange for request in requests), record["outcomes"], strict=False))
                side["turnstile"] = control.to_json()
            if number == job.warm:
                side["peak_rss_bytes"] = cost.tree_peak_bytes()
                side["threads"], side["files"] = cost.threads_and_files()
                side["scheduling"] = self_witness.scheduling()
            return float(record["time_s"])

        bench(batch)
        started = _now()
    side["close_s"] = _now() - started
    side["terms"] = {**self_witness.terms(), "scheduling": side.get("scheduling", []), "source": source}
    side["stopwatch_s"] = stopwatch.cost_s()
    # Answers to measure it by are to be had from our own server, which nobody has to spare.
    side["decode_s"] = None if isinstance(control, Turnstile) else decode_s(requests, decode, job, control)


def _batch(
    fetch: Callable[[Sequence[Request]], list[Any]],
    requests: list[Request],
    control: Control | Turnstile,
    job: Job,
    number: int,
) -> dict[str, Any]:
    gc.collect()
    control.begin(**batch_begin(job.scenario, job.block, number))
    network = counters()
    noted = len(getattr(fetch, "notes", ()))
    switches = SwitchMeter()
    meter = cost.CpuMeter()
    began = _now()
    outcomes = fetch(requests)
    ended = _now()
    cpu = meter.read()
    switched = switches.read()
    network = growth(network, counters())
    log = control.end()
    return {
        "time_s": ended - began,
        "began": began,
        "cpu_s": cpu,
        "switches": switched,
        "load": os.getloadavg()[0],
        "network": network,
        "outcomes": [_plain(outcome, began) for outcome in _as_list(outcomes)],
        "server": log,
        "notes": [safe(str(note), 300) for note in list(getattr(fetch, "notes", ()))[noted:]],
    }


def _as_list(outcomes: Any) -> list[Any]:
    try:
        return list(outcomes)
    except TypeError:
        raise TypeError(f"fetch() returned {type(outcomes).__name__}, expected a list of outcomes") from None


def _plain(outcome: Any, began: float) -> dict[str, Any]:
    """An outcome as JSON. Times are seconds since the batch began; a value that is not quotes becomes None,
    which no check will take for a price."""
    if isinstance(outcome, (Fetched, Failed)) and not math.isfinite(outcome.started + outcome.ended):
        raise ValueError(f"fetch() returned an outcome that ran from {outcome.started} to {outcome.ended}")
    match outcome:
        case Fetched(value, started, ended, status, size):
            return {
                "started": started - began, "ended": ended - began, "status": status, "size": size, **_in_hand(value),
            }  # fmt: skip
        case Failed(kind, detail, started, ended, status, after):
            if kind not in KINDS:
                raise ValueError(f"fetch() returned a failure of the kind {kind!r}, expected one of errors.KINDS")
            return {
                "started": started - began, "ended": ended - began, "status": status, "kind": kind,
                "detail": safe(str(detail), 300), **({} if after is None else {"retry_after": after}),
            }  # fmt: skip
    raise TypeError(f"fetch() returned {type(outcome).__name__} among its outcomes, expected Fetched or Failed")


def _in_hand(value: Any) -> dict[str, Any]:
    """The quotes of a value; of a book its best level as a quote, and the digest of all its levels."""
    if isinstance(value, Book):
        try:
            best = best_of(value)
            return {"quotes": None if best is None else [row_from_quote(best)], "digest": digest_of(value)}
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return {"quotes": None}  # a guest may have put anything into it
    are_quotes = isinstance(value, tuple) and all(isinstance(quote, Quote) for quote in value)
    return {"quotes": [row_from_quote(quote) for quote in value] if are_quotes else None}


if __name__ == "__main__":
    main()
