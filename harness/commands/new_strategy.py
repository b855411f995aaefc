"""``new-strategy``: a working strategy to begin with, and the test that holds it to its promises."""

from __future__ import annotations

import argparse
import importlib.util
import keyword
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import strategies
from exchanges.errors import safe
from harness import options
from harness.exits import EnvironmentGap, UsageError
from harness.strategy_template import strategy_text, test_text

_LONGEST: Final = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="such as mine or my-client: what the race will call it")
    parser.add_argument(
        "--folder",
        type=options.folder("--folder"),
        default=Path(),
        metavar="DIR",
        help="where NAME.py and test_NAME.py go (here)",
    )


def run(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Write both files, and say what to do with them. Returns the exit code.

    Raises:
        UsageError: no name for a file and a function, or one that is taken; a file is there already.
        EnvironmentGap: the folder cannot be written to.
    """
    name = identifier_from(args.name)
    texts = {f"{name}.py": strategy_text(name), f"test_{name}.py": test_text(name)}
    for place in (args.folder / file for file in texts):
        if place.exists() or place.is_symlink():
            raise UsageError(f"{str(place)!r} is there already, and nothing is written over; try another name")
    _hides_nothing(name, args.name)
    try:
        for file, text in texts.items():
            with (args.folder / file).open("x", encoding="utf-8") as new:
                new.write(text)
    except FileExistsError as error:
        raise UsageError(f"{str(error.filename)!r} is there already, and nothing is written over") from None
    except OSError as error:
        raise EnvironmentGap(f"{args.folder}: {error.strerror}; expected a folder that can be written to") from error
    sys.stdout.write(_next_steps(args.folder, name, args.name))
    return 0


def identifier_from(text: str) -> str:
    """The name of the module and of the function: ``my-client`` is ``my_client``.

    Raises:
        UsageError: it would be none, or that of something else.
    """
    name = text.replace("-", "_")
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name) or len(name) > _LONGEST:
        raise UsageError(
            f"expected a name of letters, digits and hyphens, {_LONGEST} at most and beginning with a letter, such as "
            f"mine or my-client; found {safe(text, 60)!r}"
        )
    if name.startswith(("_", "test_")):
        raise UsageError(f"{safe(text, 60)!r} begins as private things or tests do; expected a name such as mine")
    if text in strategies.names() or name.replace("_", "-") in strategies.names():
        raise UsageError(f"there is a strategy {safe(text, 60)!r} already; try another name, such as my-{text}")
    return name


def _hides_nothing(name: str, text: str) -> None:
    if name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise UsageError(f"{name}.py would hide the module {name!r} from programs that import it; try my-{text}")


def _next_steps(folder: Path, name: str, shown: str) -> str:
    place = folder / f"{name}.py"
    file = shlex.quote(str(place) if place.is_absolute() else f"./{place}")
    test = shlex.quote(str(folder / f"test_{name}.py"))
    return (
        f"wrote {place} and {folder / f'test_{name}.py'}: threads, in one file, to be made into something of yours\n\n"
        f"race it             python -m harness -s all,{file}:{name}\n"
        f"the seven promises  python -m strategies.conformance {file}:{name}\n"
        f"the same, as tests  python -m pytest {test}\n"
        f"every fault         python -m harness parity -s {file}:{name}\n\n"
        "To give it to others, name it in the pyproject.toml of a package; who installs that has it by name:\n\n"
        '  [project.entry-points."fetchrace.strategies"]\n'
        f'  {shown} = "{name}:{name}"\n\n'
        "More: strategies/README.md\n"
    )
