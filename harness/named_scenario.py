"""Named scenarios: sets of defaults for the options of ``run``, of ours or from a file. What is given beside one wins.

$ python -m harness run --scenario trading --concurrency 100
$ cat mine.toml
exchange = "kraken,coinbase"
requests = 200
latency = "lognormal:80ms,300ms"
tls = true
$ python -m harness run --scenario mine.toml
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from harness import options
from harness.exits import UsageError
from harness.sweep import ALONE
from harness.toml_file import read_toml
from harness.toml_table import TomlTable

TEXTS: Final = (
    "exchange", "pairs", "workload", "levels", "listed", "requests", "concurrency", "latency", "motion", "faults",
    "seed", "deadline", "max-body", "affinity", "blocks", "warm",
)  # fmt: skip
FLAGS: Final = ("tls",)
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """``options`` maps options, as the command line spells them without dashes, to what stands behind them there (True
    for a flag); ``table`` is the file that they are from (None: they are ours)."""

    name: str
    says: str
    options: Mapping[str, str | bool]
    table: TomlTable | None = None

    def fill(self, args: argparse.Namespace, given: Collection[str]) -> None:
        """Set what is not among the options ``given`` (with underscores), nor overruled by one that is."""
        for option, value in self.options.items():
            name = option.replace("-", "_")
            if name not in given and not self._is_overruled(option, args, given):
                setattr(args, name, value)

    def _is_overruled(self, option: str, args: argparse.Namespace, given: Collection[str]) -> bool:
        if option in ("blocks", "warm"):
            return bool({"fast", "rigorous"} & set(given)) or (option == "blocks" and "budget" in given)
        # A depth is an error where there are no books.
        return option == "levels" and "workload" in given and "books" not in str(args.workload).split(",")

    def placed(self, error: UsageError, given: Collection[str]) -> UsageError:
        """The error, with the file and the line where the value that it names came from one."""
        if self.table is not None:
            for option in self.options:
                flag, said = f"--{option}", str(error)
                if option.replace("-", "_") not in given and said.startswith((f"{flag}:", f"{flag} ")):
                    return self.table.error(option, said.removeprefix(flag).lstrip(": "))
        return error


SCENARIOS: Final = {
    one.name: one
    for one in (
        NamedScenario(ALONE, "three exchanges, 40 requests, a constant delay: how fast, in a minute", {}),
        NamedScenario(
            "trading",
            "all exchanges, each market once, delays of a real network, fast prices: what slowness costs in decisions",
            {
                "exchange": "all",
                "pairs": "BTC/USD,ETH/USD,SOL/USD,XRP/USD,BTC/USDT,ETH/USDT,SOL/USDT,XRP/USDT,DOGE/USDT",
                "requests": "all",
                "concurrency": "100",
                "latency": "lognormal:80ms,200ms",
                "motion": "waves:3",
            },
        ),
    )
}


def add_argument(parser: options.TakesOptions) -> None:
    """``--scenario``, for whoever races."""
    parser.add_argument(
        "--scenario",
        default=ALONE,
        metavar="NAME|FILE",
        help=f"defaults for options: {', '.join(SCENARIOS)}, or a TOML file; what is given beside it wins ({ALONE})",
    )


def scenario_named(word: str) -> NamedScenario:
    """The scenario of a name, or that of a TOML file.

    Raises:
        UsageError: there is neither, or the file is not what a scenario can be.
        EnvironmentGap: the file cannot be read.
    """
    if word in SCENARIOS:
        return SCENARIOS[word]
    if not word.endswith(".toml") and "/" not in word and not Path(word[:255]).is_file():
        hint = nearest(word, SCENARIOS) or f"; there are {' and '.join(SCENARIOS)}, and TOML files such as mine.toml"
        raise UsageError(f"--scenario: unknown scenario {safe(word, 60)!r}{hint}")
    table = read_toml(Path(word), "scenario")
    table.only(*TEXTS, *FLAGS)
    if not table.values:
        raise UsageError(f'{table.file}: expected options of run, such as latency = "20ms", found none')
    found = {option: _value(table, option) for option in table.values}
    name = safe(Path(word).stem, _LONGEST_NAME)
    return NamedScenario(
        name, f"from {table.file}", {option: value for option, value in found.items() if value is not False}, table
    )


def _value(table: TomlTable, option: str) -> str | bool:
    value = table.values[option]
    if option in FLAGS:
        if not isinstance(value, bool):
            raise table.error(option, f"expected true or false, found {safe(repr(value), 40)}")
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise table.error(option, f"expected text or a number, as --{option} takes it, found {_kind(value)}")
    return str(value)


def _kind(value: object) -> str:
    kinds = {bool: str(value).lower(), list: "an array", dict: "a table"}
    return kinds.get(type(value), f"a {type(value).__name__}")
