"""The user's configuration file: what an exchange charges this user, and where the portfolio lies.

    portfolio = "coins.toml"        from this file's folder on

    [taker_fees]                    of the notional
    kraken = "0.0025"
    binance = "7.5bp"
    coinbase = "0.6%"

It is ``config.toml`` in the folder that the system has for such files (``~/.config/fetchrace`` on Linux), or the file
after ``--config``. Nobody needs one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import exchanges
from exchanges.plugins import nearest
from harness.exits import UsageError
from harness.fee import fee_from
from harness.options import TakesOptions
from harness.toml_file import read_toml
from harness.toml_table import TomlTable

FILE_NAME: Final = "config.toml"


@dataclass(frozen=True, slots=True)
class Configuration:
    """``taker_fees`` are fractions of the notional, by exchange, in place of the exchanges' own; ``portfolio`` is the
    file with the holdings. ``table`` is what was read, for telling what is wrong with it; None where nothing was."""

    taker_fees: Mapping[str, Decimal] = field(default_factory=dict)
    portfolio: Path | None = None
    table: TomlTable | None = None


def add_argument(parser: TakesOptions) -> None:
    parser.add_argument("--config", metavar="FILE", help="configuration: taker fees, portfolio (config.toml of yours)")


def folder() -> Path:
    """Where the user's own files lie on this system."""
    # Imported here, because most commands never ask.
    from platformdirs import user_config_path

    return user_config_path("fetchrace", appauthor=False)


def read(named: str | None) -> Configuration:
    """The configuration in the file that was ``named`` on the command line, else in the user's own; an empty one where
    the user has none.

    Raises:
        UsageError: the named file is not there, or what is in a file makes no sense.
        EnvironmentGap: it cannot be read.
    """
    if named == "":
        raise UsageError("--config: expected a file, found ''")
    path = folder() / FILE_NAME if named is None else Path(named)
    if named is None and not path.exists():
        return Configuration()
    table = read_toml(path, "configuration")
    table.only("taker_fees", "portfolio")
    fees = table.table("taker_fees")
    portfolio = (
        path.parent / _expanded(table, "portfolio", table.text_of("portfolio", "portfolio.toml"))
        if "portfolio" in table
        else None
    )
    return Configuration({name: _fee(fees, name) for name in fees.values}, portfolio, table)


def fees_for(names: Collection[str], configuration: Configuration) -> dict[str, Decimal]:
    """The taker fees of the exchanges ``names``: what the configuration says, else what the exchange charges at its
    base tier.

    Raises:
        UsageError: the configuration has a fee for an exchange that nobody knows.
        PluginError: an exchange is broken.
    """
    known = {*exchanges.names(), *names}
    for name in configuration.taker_fees:
        if name not in known:
            reason = f"unknown exchange{nearest(name, known) or '; known are ' + ', '.join(sorted(known))}"
            table = configuration.table
            raise UsageError(reason) if table is None else table.table("taker_fees").error(name, reason)
    return {
        name: fee if (fee := configuration.taker_fees.get(name)) is not None else exchanges.load(name).taker_fee
        for name in names
    }


def _fee(fees: TomlTable, name: str) -> Decimal:
    try:
        return fee_from(fees.text_of(name, "0.0025"))
    except ValueError as error:
        raise fees.error(name, str(error)) from None


def _expanded(table: TomlTable, key: str, text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise table.error(key, f"expected a file, found {text[:80]!r}: nobody knows that home folder") from None
