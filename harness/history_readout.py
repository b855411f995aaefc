"""The history, told: a table on the terminal, rows of CSV, or one JSON document.

Rows and documents are written page by page, so that a long history needs no more memory than a short one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from exchanges.errors import safe
from exchanges.units import counted, text_from_price, text_from_seconds
from harness.exits import UsageError
from harness.history.kept import Kept, Source, instant_of
from harness.history.search import Search, Wanted
from harness.quote_rows import row_from_quote
from harness.store import csv_text
from harness.toml_file import shown

COLUMNS: Final = (
    "at", "until", "source", "exchange", "pair", "bid", "ask", "last", "bid_size", "ask_size", "time_us"
)  # fmt: skip
_SHOWN: Final = 40
_OF_THEM: Final = {"mock": "of the mock server, invented", "real": "of real exchanges"}


def print_history(path: Path, wanted: Wanted, form: str, named: bool) -> None:
    """Print what is wanted of the history at ``path`` in the ``form`` table, csv or json. Where there is nothing, a
    sentence says so; ``named``: the file was named, so that it has to be there.

    Raises:
        UsageError: there is no such file, or it is no history that can be read.
        EnvironmentGap: it cannot be read now.
    """
    with Search(path) as search:
        if named and not search.there and not path.exists():
            raise UsageError(f"no history at {shown(path)}")
        number = search.number(wanted)
        if form == "json":
            _print_json(search, wanted)
        elif form == "csv":
            sys.stdout.write(csv_text([COLUMNS]))
            for page in search.pages(wanted):
                sys.stdout.write(csv_text([*_row(one, wanted.source).values()] for one in page))
        elif number:
            _print_table(search.latest(wanted, _SHOWN), wanted.source, number)
        if not number:
            sys.stderr.write(f"fetchrace: {_nothing(search, path, wanted)}\n")


def _row(one: Kept, source: Source) -> dict[str, Any]:
    values = _text(one.at_us), _text(one.until_us), source, *row_from_quote(one.quote)
    return dict(zip(COLUMNS, values, strict=True))


def _text(at_us: int) -> str:
    return instant_of(at_us).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _print_json(search: Search, wanted: Wanted) -> None:
    since = None if wanted.since_us is None else _text(wanted.since_us)
    sys.stdout.write(f'{{"schema": 1, "source": "{wanted.source}", "since": {json.dumps(since)}, "quotes": [')
    separator = "\n"
    for text in _json_rows(search, wanted):
        sys.stdout.write(separator + text)
        separator = ",\n"
    sys.stdout.write("\n]}\n")


def _json_rows(search: Search, wanted: Wanted) -> Iterator[str]:
    for page in search.pages(wanted):
        for one in page:
            yield json.dumps(_row(one, wanted.source))


def _print_table(latest: list[Kept], source: Source, number: int) -> None:
    from harness.terminal import console, say, table

    out = console()
    out.print()
    more = "" if number == len(latest) else f", the last {len(latest)} of them (--csv has all)"
    say(out, f"{counted(number, 'quote')} {_OF_THEM[source]}{more}", "bold")
    made = table("seen (UTC)", "for", "exchange", "pair", "bid", "ask")
    for one in latest:
        seen = instant_of(one.at_us).strftime("%m-%d %H:%M:%S.%f")[:-3]
        span = text_from_seconds(max(0, one.until_us - one.at_us) / 1e6)
        prices = text_from_price(str(one.quote.bid)), text_from_price(str(one.quote.ask))
        made.add_row(seen, span, safe(one.quote.exchange, 20), safe(str(one.quote.pair), 20), *prices)
    out.print(made)


def _nothing(search: Search, path: Path, wanted: Wanted) -> str:
    """Why there is nothing, and what to try."""
    if not search.there:
        return f"there is no history yet at {shown(path)}; prices --watch 2s keeps what it sees"
    whole = Wanted(wanted.source)
    if wanted != whole and (number := search.number(whole)):
        return f"nothing of that is in the history; it has {counted(number, 'quote')} {_OF_THEM[wanted.source]}"
    other: Source = "mock" if wanted.source == "real" else "real"
    hint = ""
    if number := search.number(Wanted(other)):
        how = "with --real" if other == "real" else "without --real"
        hint = f"; it has {counted(number, 'quote')} {_OF_THEM[other]}, which are shown {how}"
    return f"the history has no quotes {_OF_THEM[wanted.source]}{hint}"
