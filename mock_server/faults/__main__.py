"""``python -m mock_server.faults``: the catalogue as a table, as JSON, or as a table in Markdown."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from mock_server.faults import catalogue

_COLUMNS = ("fault", "kind", "check", "what happens")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the catalogue; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mock_server.faults", description="List the faults by name.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--markdown", action="store_true", help="a table in Markdown")
    options = parser.parse_args(arguments)
    text = _json() if options.json else _markdown() if options.markdown else _table()
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        # What is still in the buffer must not fail again, at exit and with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write(f"the list of faults could not be written: {error.strerror}\n")
        return 3
    return 0


def _rows() -> list[tuple[str, str, str, str]]:
    return [(fault.name, fault.kind or "a value", fault.check, fault.says) for fault in catalogue.values()]


def _json() -> str:
    faults = [{"name": f.name, "kind": f.kind, "check": f.check, "says": f.says} for f in catalogue.values()]
    return json.dumps({"faults": faults}, indent=2, ensure_ascii=False)


def _markdown() -> str:
    rows = [(f"`{name}`", kind, check, says.replace("|", r"\|")) for name, kind, check, says in _rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (_COLUMNS, ("---",) * len(_COLUMNS), *rows))


def _table() -> str:
    rows = [_COLUMNS, *_rows()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return "\n".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)), row[-1])) for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
