"""What no file of the four packages does: run what it has read, or let an assert stand guard.

Where something is allowed its place and its reason are here, and the test fails where the place is gone.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("exchanges", "strategies", "harness", "mock_server")

CODE = {"eval", "exec", "compile", "__import__", "execfile"}
LOADERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "yaml", "jsonpickle"}
WRITES = {"dumps", "PicklingError", "HIGHEST_PROTOCOL"}
SHELLS = {"os.system", "os.popen", "builtins.eval", "builtins.exec"}
UNVERIFIED = {"CERT_NONE", "_create_unverified_context", "disable_warnings"}

OWN_CHILD = (
    "a pipe that nobody has but a worker which this process started, with messages that our own code pickled: what a "
    "server sent is a text or a number in them, and never the pickle itself"
)
ALLOWED = {
    "strategies/worker_process.py": ({"pickle.loads": 1, "pickle.Unpickler": 1}, f"{OWN_CHILD}; and the decode"),
    "strategies/loop_crew.py": ({"pickle.loads": 2}, OWN_CHILD),
    "strategies/loop_worker.py": ({"pickle.loads": 2}, "what was pickled a line before, to see whether it can be read"),
    "strategies/dask_worker.py": (
        {"pickle.loads": 1},
        "requests that the client pickled; whoever talks to a dask worker can run code there anyway (METHOD.md)",
    ),
}
"""By file: what it calls and how often, and why that may be."""


SUSPECT = re.compile(
    r"\b(?:eval|exec|execfile|__import__|os\.system|os\.popen|shell|verify|check_hostname|allow_pickle)\b|(?<!re\.)\bcompile\b"
    + "".join(f"|{word}" for word in sorted(LOADERS | UNVERIFIED))
)
"""To take a file apart takes a hundred times as long as to see that there is no need to."""


def sources(suspect: re.Pattern[str]) -> Iterator[tuple[str, ast.AST]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if suspect.search(text):
                yield str(file.relative_to(ROOT)), ast.parse(text)


def dotted(node: ast.AST) -> str:
    """``pickle.loads`` for the expression that says so; empty for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def is_constant(value: ast.AST, what: object) -> bool:
    return isinstance(value, ast.Constant) and value.value is what


def found_in(tree: ast.AST) -> Iterator[str]:
    """Whatever is forbidden unless it is listed, in words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in CODE:
            yield node.id
        elif isinstance(node, ast.Attribute):
            name = dotted(node)
            module, _, what = name.rpartition(".")
            if (module in LOADERS and what not in WRITES) or name in SHELLS or what in UNVERIFIED:
                yield name
        elif isinstance(node, ast.ImportFrom) and node.module in LOADERS:
            yield f"from {node.module} import"
        elif isinstance(node, ast.Import):
            yield from (f"import {alias.name}" for alias in node.names if alias.name in LOADERS - {"pickle"})
        elif isinstance(node, ast.keyword) and (
            (node.arg == "shell" and not is_constant(node.value, False))
            or (node.arg in ("verify", "check_hostname") and is_constant(node.value, False))
            or (node.arg == "allow_pickle" and not is_constant(node.value, False))
        ):
            yield f"{node.arg}="
        elif isinstance(node, ast.Assign) and is_constant(node.value, False):
            names = [dotted(to) for to in node.targets]
            yield from (name for name in names if name.rpartition(".")[2] in ("verify", "check_hostname"))


def test_nothing_that_was_read_is_run_but_where_it_is_listed_with_its_reason() -> None:
    found = {name: Counter(found_in(tree)) for name, tree in sources(SUSPECT)}
    allowed = {name: counts for name, (counts, _) in ALLOWED.items()}
    assert {name: dict(what) for name, what in found.items() if what} == allowed


@pytest.mark.parametrize(
    "line",
    [
        "eval('1')", "run(eval, '1')", "exec(text)", "__import__(name)", "pickle.load(file)", "pickle.Unpickler(file)",
        "from pickle import loads", "import yaml", "yaml.safe_load(text)", "marshal.loads(data)", "os.system('ls')",
        "subprocess.run('ls', shell=True)", "subprocess.run('ls', shell=flag)", "requests.get(url, verify=False)",
        "context.check_hostname = False", "session.verify = False", "context.verify_mode = ssl.CERT_NONE",
        "numpy.load(file, allow_pickle=True)",
    ],
)  # fmt: skip
def test_whatever_runs_what_was_read_is_found(line: str) -> None:
    assert SUSPECT.search(line)
    assert list(found_in(ast.parse(line)))


def test_an_assert_says_only_what_a_type_checker_cannot_see() -> None:
    """None of them stands guard: without it the next line fails as well, on what is None or of another class."""
    odd = [
        f"{name}:{node.lineno}"
        for name, tree in sources(re.compile(r"^\s*assert\b", re.MULTILINE))
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and not is_of_a_type(node.test)
    ]
    assert odd == []


def is_of_a_type(test: ast.expr) -> bool:
    """``x is not None`` or ``isinstance(x, C)``."""
    if isinstance(test, ast.Compare):
        return [type(one) for one in test.ops] == [ast.IsNot] and is_constant(test.comparators[0], None)
    return isinstance(test, ast.Call) and dotted(test.func) == "isinstance"


GUARDS = [
    "tests/exchanges/test_decode.py", "tests/exchanges/test_plain.py", "tests/strategies/test_body.py",
    "tests/strategies/test_lean_answer.py", "tests/strategies/test_lean_chunks.py",
    "tests/strategies/test_lean_request.py", "tests/strategies/test_plain_answer.py",
    "tests/strategies/test_sendable.py", "tests/strategies/test_strict_head.py", "tests/harness/test_cluster.py",
    "tests/harness/test_configuration.py", "tests/harness/test_gate.py", "tests/harness/test_options.py",
    "tests/harness/test_scenario_options.py", "tests/harness/test_toml_file.py", "tests/harness/test_toml_table.py",
]  # fmt: skip
"""Tests of what is refused: of answers, requests, options, files."""


@pytest.mark.slow
def test_what_is_refused_is_refused_where_asserts_are_switched_off_as_well() -> None:
    """pytest keeps the asserts of tests alive under -O; those of the packages are gone."""
    command = [sys.executable, "-O", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    done = subprocess.run(
        [*command, "-W", "ignore::pytest.PytestConfigWarning", *GUARDS],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
