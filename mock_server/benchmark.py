"""``python -m mock_server.benchmark``: how fast and how true the mock server is, on this machine, in one run.

It prints everything that the project claims of it, each number beside its target. Exit code 0 also where a target is
missed, 5 under ``--strict``; 2 is a usage error, 3 the environment.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mock_server.options import Parser, Stop

if TYPE_CHECKING:
    from mock_server.benchmark_claim import Claim

SECTIONS = ("capacity", "accuracy", "memory")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(f"expected 1 or more, found {text}")
    return number


def _seconds(text: str) -> float:
    from exchanges.units import seconds_from

    seconds = seconds_from(text)
    if not 0 < seconds <= 3600:
        raise ValueError(f"expected a time of up to an hour, found {text}")
    return seconds


def _parser() -> Parser:
    parser = Parser(
        prog="python -m mock_server.benchmark",
        description="Measure the mock server: its capacity beside a minimal aiohttp server with a constant body, what "
        "its log costs, how true its delays are, and whether its memory is flat.",
        allow_abbrev=False,
    )
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this part alone (repeat for more)")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), action="append", help="default: those installed")
    parser.add_argument("--rounds", type=_count, default=5, metavar="N", help="of capacity; default 5")
    parser.add_argument(
        "--seconds", type=_seconds, default=1.0, metavar="TIME", help="per server and round; default 1s"
    )
    parser.add_argument("--connections", type=_count, default=64, metavar="N", help="of capacity; default 64")
    parser.add_argument("--workers", type=_count, default=1, metavar="N", help="measure a mock of N processes as well")
    parser.add_argument("--requests", type=_count, default=1_000_000, metavar="N", help="of memory; default 1000000")
    parser.add_argument(
        "--generator", choices=("auto", "wrk", "own"), default="auto", help="of capacity; auto: wrk where installed"
    )
    parser.add_argument("--quick", action="store_true", help="a look of some seconds, to see that all of it works")
    parser.add_argument("--strict", action="store_true", help="exit with 5 if a target is missed")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code."""
    try:
        options = _parser().parse_args(arguments)
        return _run(options)
    except Stop as wrong:
        _say(wrong.sentence)
        return wrong.code
    except KeyboardInterrupt:
        _say("interrupted; nothing was kept")
        return 130


def _run(options: argparse.Namespace) -> int:
    from mock_server.loadgen_answer import LoadFailed
    from mock_server.process import MockFailed

    try:
        found, claims, lines = _measured(options)
    except LoadFailed as error:
        raise Stop(3, str(error)) from error
    except MockFailed as error:
        raise Stop(error.code, str(error)) from error
    missed = [claim for claim in claims if not claim.met]
    if options.json:
        lines = [json.dumps({**found, "claims": [claim.plain() for claim in claims]}, indent=1)]
    else:
        lines += ["", "Targets", *(f"  {claim}" for claim in claims)]
        lines += ["", f"{len(claims) - len(missed)} of {len(claims)} targets met."]
    try:
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # or the interpreter complains once more at exit
        raise Stop(3, f"cannot write to stdout ({error.strerror})") from error
    return 5 if missed and options.strict else 0


def _measured(options: argparse.Namespace) -> tuple[dict[str, Any], list[Claim], list[str]]:
    from mock_server.benchmark_accuracy import accuracy
    from mock_server.benchmark_memory import memory
    from mock_server.benchmark_rounds import capacity

    sections = options.only or SECTIONS
    loops = _loops(options.loop)
    wrk = _generator(options)
    _allow_files(2500)
    found: dict[str, Any] = {"machine": _machine(), "quick": options.quick}
    claims: list[Claim] = []
    lines = [f"{_machine()['python']} on {_machine()['cores']} cores, {_machine()['system']}"]
    if "capacity" in sections:
        rounds, seconds = (2, 0.2) if options.quick else (options.rounds, options.seconds)
        measured = capacity(loops, options.workers, rounds, seconds, options.connections, wrk, _say)
        found["capacity"] = measured.plain()
        claims += measured.claims()
        what = f"{options.connections} connections, no delay, a body of {measured.body_bytes} bytes"
        load = f"load from {'wrk' if wrk else 'our own generator'}, median of {rounds} rounds (least..most)"
        lines += ["", f"Capacity: {what}, {load}", *measured.lines()]
    if "accuracy" in sections:
        held = accuracy(loops, 1 if options.quick else 3, 0.1 if options.quick else 1.0, _say)
        found["accuracy"] = held.plain()
        claims += held.claims()
        lines += ["", "Accuracy: the server's own log (held) and a cheap client's view (seen)", *held.lines()]
    if "memory" in sections:
        kept = memory(min(options.requests, 10_000) if options.quick else options.requests, loops[-1], _say)
        found["memory"] = [each.plain() for each in kept]
        claims += [claim for each in kept for claim in each.claims()]
        lines += ["", f"Memory on {loops[-1]}", *(line for each in kept for line in each.lines())]
    return found, claims, lines


def _loops(wanted: list[str] | None) -> list[str]:
    there = importlib.util.find_spec("uvloop") is not None
    if wanted and "uvloop" in wanted and not there:
        raise Stop(3, "--loop uvloop needs the library uvloop: pip install 'fetchrace[uvloop]'")
    return list(dict.fromkeys(wanted)) if wanted else ["asyncio", "uvloop"] if there else ["asyncio"]


def _generator(options: argparse.Namespace) -> str | None:
    from mock_server.flood import wrk_path

    # wrk counts whole seconds, too long for a quick look.
    if options.generator == "own" or (options.generator == "auto" and options.quick):
        return None
    path = wrk_path()
    if path is None and options.generator == "wrk":
        raise Stop(3, "--generator wrk needs the program wrk, found none; try --generator own")
    return path


def _allow_files(wanted: int) -> None:
    """As many file descriptors as a thousand connections need, for us and the servers that we start."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _machine() -> dict[str, Any]:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": os.getloadavg()[0],
    }


def _say(sentence: str) -> None:
    # Without a stderr there is still the exit code.
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"mock_server.benchmark: {sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
