"""The command line: which verb, which code on the way out. Every error of ours becomes a sentence here.

Modules under ``commands`` are imported for the verb that was asked for only, and heavy libraries inside
them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

from exchanges.errors import safe
from exchanges.plugins import PluginError, UnknownName, nearest
from harness.exits import ENVIRONMENT, FAILURES, INTERRUPTED, TERMINATED, USAGE, Ended, Stop, UsageError

_LONGEST = 1500
"""Of a last line: it may hold a command with several paths."""
_ONCE_S = 0.1
"""A signal that comes again so soon is the same one: timeout(1) sends it to the process and to its whole group."""

VERBS = {
    "run": "race the strategies (meant when no command is named)",
    "list": "what is there: strategies, exchanges, runs; what is missing and how to get it",
    "report": "draw a run's report again, from its files alone",
    "compare": "runs laid over each other: how the ratios inside each changed; gates for CI",
    "prices": "best bid and ask of every pair across the exchanges",
    "arbitrage": "what buying here and selling there would leave, fees paid",
    "portfolio": "what your holdings are worth, by whose prices, and what they have gained",
    "live": "prices as they come, with their spreads and who delivers them how fast, on a page in the browser",
    "profile": "record how long the real exchanges take, to be replayed by run --latency profile:FILE",
    "doctor": "examine the machine and the installation: what is fine, what is not and what to do",
    "parity": "whether every strategy tells every fault by the same name",
    "selftest": "bench the bench: sabotage it and see which lies it catches",
    "new-strategy": "write a working strategy to begin with, and the test that holds it to its promises",
    "mock": "run the mock server alone (same as python -m mock_server)",
}


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is one sentence, with the nearest flag named."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            flags = [flag for action in self._actions for flag in action.option_strings]
            first = (unknown.split() or [""])[0]  # an empty argument is unknown as well
            message = f"unknown argument {first!r}{nearest(first.split('=')[0], flags)}"
        raise UsageError(message)

    def print_help(self, file: object = None) -> None:
        """To stdout, at once: argparse swallows what a full disk says."""
        sys.stdout.write(self.format_help())
        sys.stdout.flush()


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a question mark for ×, where the terminal has no ×
    try:
        with _signals():
            code = _dispatch(list(argv))
            sys.stdout.flush()
        return code
    except Stop as error:
        return _leave(error.code, str(error))
    except UnknownName as error:
        return _leave(USAGE, str(error))
    except PluginError as error:
        return _leave(ENVIRONMENT, str(error))
    except Ended as ended:
        return _leave(ended.code, str(ended))
    except BrokenPipeError:
        return _leave(FAILURES, "nobody reads the output any more")
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        return _leave(ENVIRONMENT, f"{what}{error.strerror or error}")


def _dispatch(argv: list[str]) -> int:
    if argv[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_help())
        return 0
    if argv[:1] == ["--version"]:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("fetchrace")
        except PackageNotFoundError:
            number = "(a checkout that is not installed)"
        sys.stdout.write(f"fetchrace {number}\n")
        return 0
    verb = argv.pop(0) if argv and not argv[0].startswith("-") else "run"
    if verb not in VERBS:
        raise UsageError(f"unknown command {verb!r}{nearest(verb, VERBS)}")
    command = importlib.import_module(f"harness.commands.{verb.replace('-', '_')}")
    if verb == "mock":
        return int(command.run(argv))
    # allow_abbrev would let a typo pass as another flag's beginning.
    parser = _Parser(prog=f"python -m harness {verb}", description=VERBS[verb].capitalize() + ".", allow_abbrev=False)
    command.add_arguments(parser)
    args = parser.parse_args(argv)
    try:
        return int(command.run(args, argv))
    except SystemExit as error:  # nothing of ours leaves this way
        raise Stop(f"a plugin ended the program: sys.exit({error.code!r})") from error


def _help() -> str:
    verbs = "\n".join(f"  {name:<12} {what}" for name, what in VERBS.items())
    return (
        "usage: python -m harness [COMMAND] [OPTIONS]\n\n"
        "Which way of fetching many prices at once is fastest, by how much, and how close to physics.\n\n"
        f"commands:\n{verbs}\n\n"
        "Try:    python -m harness --strategy all\n"
        "More:   python -m harness COMMAND --help\n"
    )


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """SIGINT and SIGTERM end the program in good order; a second one ends it at once, with a sentence of its own.
    Children hold a lifeline and go when this process goes."""
    seen: list[tuple[int, float]] = []

    def end(number: int, frame: FrameType | None) -> None:
        code = INTERRUPTED if number == signal.SIGINT else TERMINATED
        now = time.monotonic()
        if any(number == first and now - at < _ONCE_S for first, at in seen):
            return
        if seen:
            # Whatever was being written then: nothing of Python's is asked, which may be in the middle of it.
            with contextlib.suppress(OSError):
                os.write(2, b"fetchrace: told twice to end, so ended at once\n")
            os._exit(code)
        seen.append((number, now))
        raise Ended(code)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(code: int, sentence: str) -> int:
    with contextlib.suppress(OSError):
        # One line, whatever a path or a plugin put into it.
        sys.stderr.write(f"fetchrace: {safe(sentence, _LONGEST)}\n")
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except OSError:
        _forget_stdout()
    return code


def _forget_stdout() -> None:
    """Keep the interpreter from failing once more when it flushes a stdout that is full or gone."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
