"""The options that make scenarios, and the scenarios that they make: all that can be wrong is found here."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from typing import Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from exchanges.units import bytes_from, text_from_bytes
from harness import options, sweep, workload_options
from harness.arm import label_of
from harness.body_size import body_sizes
from harness.exits import UsageError
from harness.latency_list import latencies_in
from harness.scenario import Scenario
from harness.workload_options import Work, works_from
from mock_server.conditions import Latency
from mock_server.faults import Faults
from mock_server.motion import Motion

_ALMOST_NONE: Final = 1e-3
_GROWTH: Final = 1.02
"""Prices gain and lose digits as they move."""


def add_arguments(work: options.TakesOptions, conditions: options.TakesOptions) -> None:
    """What is fetched, and under which conditions: a group of options for each, or one parser for both. Lists of some
    of them make a sweep."""
    workload_options.add_arguments(work)
    work.add_argument(
        "--requests",
        default="40",
        metavar="N,...",
        help="requests in a batch; markets repeat; all: each market is asked for once (40)",
    )
    add = conditions.add_argument
    add(
        "-c",
        "--concurrency",
        default="20",
        metavar="N,...",
        help="requests in flight (20); of this, --requests, --latency and --workload a list with commas is a sweep: "
        "one scenario for each combination",
    )
    add(
        "--latency",
        default="20ms",
        metavar="D,...",
        help="20ms, lognormal:20ms,200ms, profile:FILE, ...; per exchange: 20ms;kraken=uniform:10ms,30ms (20ms)",
    )
    add("--motion", default="waves", metavar="HOW", help="of the prices: waves, waves:5, still, linear:10bp/s (waves)")
    add(
        "--faults",
        default="",
        metavar="SPEC",
        help="[EXCHANGE:]NAME[@PROBABILITY],..., such as kraken:stall-body@0.05; all: python -m mock_server.faults",
    )
    add("--tls", action="store_true", help="over https, with a certificate authority of the mock's own")
    add("--seed", default="7", metavar="N", help="for the order, the delays, the faults and the prices (7)")
    add("--deadline", default="10s", metavar="D", help="for one request, from its turn to its whole body (10s)")
    add("--max-body", default="4MiB", metavar="SIZE", help="largest decoded body (4MiB)")


def scenarios_from(args: argparse.Namespace, blocks: int, warm: int, name: str = sweep.ALONE) -> list[Scenario]:
    """The scenarios of the options, one for each combination of the lists among them, the last of ``sweep.AXES``
    changing fastest; what is left out of them is told on stderr. Their baseline is still to be named. The only one is
    called ``name``.

    Raises:
        UsageError: with a sentence for what makes no sense.
    """
    works = works_from(args)
    names = list(dict.fromkeys(name for work in works for name in work.exchanges))
    deadline_s = options.deadline(args.deadline)
    requests = sweep.listed("--requests", args.requests, _requests)
    concurrency = sweep.listed("--concurrency", args.concurrency, lambda word: options.count("--concurrency", word))
    latencies = _latencies(args.latency, names, deadline_s, args.deadline)
    seed = options.read("--seed", args.seed, int)
    max_body = int(options.positive("--max-body", options.read("--max-body", args.max_body, bytes_from)))
    faults = _faults(args.faults, names, args.tls)
    motion = str(options.read("--motion", args.motion, Motion.parse))
    axes: dict[str, Sequence[object]] = {
        "concurrency": concurrency,
        "latency": latencies,
        "requests": requests,
        "workload": works,
    }
    sweep.check_size(axes)
    swept = [axis for axis in sweep.AXES if len(axes[axis]) > 1]
    found = [
        Scenario(
            name=sweep.name_of(
                {"concurrency": width, "latency": latency, "requests": number, "workload": work.workload},
                swept,
                name,
            ),
            markets=work.markets,
            requests=work.turns if isinstance(number, str) else number,
            concurrency=width,
            latency=str(_latency_for(work, latency)),
            blocks=blocks,
            warm=warm,
            seed=seed,
            deadline_s=deadline_s,
            max_body=max_body,
            baseline="",
            workload=work.workload,
            levels=work.levels,
            listed=work.listed,
            faults=str(_faults_for(work, faults)),
            tls=args.tls,
            affinity=getattr(args, "affinity", "free"),
            motion=motion,
        )
        for width, latency, number, work in itertools.product(concurrency, latencies, requests, works)
    ]
    # The bodies of a workload are the same in all of its scenarios.
    for scenario in {scenario.workload: scenario for scenario in found}.values():
        _has_room(scenario, args.max_body)
    return found


def _requests(word: str) -> int | str:
    return "all" if word.strip() == "all" else options.count("--requests", word)


def with_baseline(scenario: Scenario, asked: str | None, names: Sequence[str]) -> Scenario:
    """The scenario with the baseline that was asked for, else ``sequential``, else the first of the arms ``names``."""
    # A guest is named as --strategy names it, or as tables show it.
    wanted = None if asked is None else label_of(asked)
    if wanted is not None and wanted not in names:
        raise UsageError(f"--baseline {safe(asked or '')!r} is not in the race{nearest(wanted, names)}")
    baseline = wanted or ("sequential" if "sequential" in names else names[0])
    return Scenario.from_json({**scenario.to_json(), "baseline": baseline})


def _has_room(scenario: Scenario, max_body: str) -> None:
    """Every request would fail where the limit leaves no room for a body."""
    for name, size in body_sizes(scenario).items():
        if size * _GROWTH > scenario.max_body:
            of = f" with {scenario.listed:,} markets" if scenario.workload == "markets" else ""
            raise UsageError(
                f"--max-body: a body of {name}{of} has about {text_from_bytes(size)}, expected more than that, found "
                f"{safe(max_body, 40)}{'; or try fewer --listed' if of else ''}"
            )


def _latencies(text: str, names: Sequence[str], deadline_s: float, deadline: str) -> list[Latency]:
    found = options.read("--latency", text, lambda text: latencies_in(text, names))
    sweep.check_different("--latency", [str(latency) for latency in found])
    for latency, name in itertools.product(found, names):
        if latency.of(name).quantile(_ALMOST_NONE) >= deadline_s:
            whom = "" if len(latency.by_exchange) == 0 else f" to {name}"
            raise UsageError(
                f"--latency {latency.of(name)} leaves no request{whom} a chance before the --deadline of {deadline}"
            )
    return found


def _latency_for(work: Work, latency: Latency) -> Latency:
    """What of a latency concerns the exchanges of a workload: its server knows no other ones."""
    kept = {name: delay for name, delay in latency.by_exchange.items() if name in work.exchanges}
    return Latency(latency.others, kept)


def _faults(text: str, names: Sequence[str], tls: bool) -> Faults:
    faults = options.read("--faults", text, lambda text: Faults.parse(text, names))
    for name in names:
        broken = faults.tls(name)
        if broken is not None and not tls:
            raise UsageError(f"--faults: {name} is to have a certificate that is {broken}, expected --tls with that")
    return faults


def _faults_for(work: Work, faults: Faults) -> Faults:
    """What of the faults concerns the exchanges of a workload."""
    return Faults(tuple(entry for entry in faults.entries if entry.exchange in (None, *work.exchanges)))
