"""The files of a run as they were when its last finished block was: what a kill left beyond that is cut off.

A block's rows and pyperf's runs are on the disk a moment before the journal says that it is finished. Law: a file is
replaced as a whole or left as it is, and what belongs to finished blocks is not touched.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyperf

from harness.block import pyperf_file
from harness.heat import Heat
from harness.store import RunFolder, csv_text, replace_file
from mock_server.market import time_us_at

_BLOCK = 2
"""Where a row of these files has its block; the scenario's name comes first, the arm's second."""


def roll_back(folder: RunFolder, heats: Sequence[Heat]) -> None:
    """Let the files of a run agree with its heats, and take the newest quotes of each arm from them."""
    finished = {_cell(heat.scenario.name): heat.finished_blocks for heat in heats}
    spoilt = {(_cell(heat.scenario.name), str(one.block)) for heat in heats for one in heat.spoilt}
    _cut(folder.path / "requests.csv", lambda row: int(row[_BLOCK]) < finished[row[0]])
    _cut(folder.path / "quotes.csv", lambda row: int(row[_BLOCK]) < finished[row[0]])
    _cut(folder.path / "spoilt.csv", lambda row: (row[0], row[_BLOCK]) in spoilt)
    for name in dict.fromkeys(arm.name for heat in heats for arm in heat.arms):
        runs = {heat.scenario.name: _measured_blocks(heat, name) for heat in heats}
        _cut_pyperf(pyperf_file(folder, name), runs)
    for heat in heats:
        _take_snapshots(folder.path / "quotes.csv", heat)


def _cut(file: Path, is_kept: Callable[[Sequence[str]], bool]) -> None:
    if not file.exists():
        return
    text = file.read_bytes()
    header, *rows = list(_rows(file)) or [[]]
    buffer = io.StringIO()
    # As they were read: what a spreadsheet could run has its apostrophe already.
    csv.writer(buffer, lineterminator="\n").writerows([header, *(row for row in rows if is_kept(row))])
    data = buffer.getvalue().encode() if header else b""
    if not data:
        file.unlink()
    elif data != text:
        replace_file(file, data)


def _rows(file: Path) -> Iterator[list[str]]:
    """All rows but a last one without its newline."""
    whole, _, _ = file.read_bytes().decode("utf-8", "replace").rpartition("\n")
    yield from csv.reader(io.StringIO(whole, newline=""))


def _cut_pyperf(file: Path, runs: dict[str, int]) -> None:
    """Keep so many runs of each scenario, the oldest."""
    if not file.exists():
        return
    benches = pyperf.BenchmarkSuite.load(str(file)).get_benchmarks()
    kept = [(bench, runs.get(bench.get_name(), 0)) for bench in benches]
    if all(bench.get_nrun() == number for bench, number in kept):
        return
    left = [pyperf.Benchmark(bench.get_runs()[:number]) for bench, number in kept if number]
    if not left:
        file.unlink()
        return
    buffer = io.StringIO()
    pyperf.BenchmarkSuite(left).dump(buffer)
    replace_file(file, buffer.getvalue())


def _take_snapshots(file: Path, heat: Heat) -> None:
    cells = {(_cell(heat.scenario.name), _cell(arm.name)): arm.name for arm in heat.arms}
    newest: dict[str, str] = {}
    for row in list(_rows(file))[1:] if file.exists() else ():
        name = cells.get((row[0], row[1]))
        if name is None:
            continue
        if newest.get(name) != row[_BLOCK]:
            newest[name] = row[_BLOCK]
            heat.snapshots[name] = []
        *texts, time_us = [cell or None for cell in row[5:13]]
        moments = [float(cell) for cell in row[13:]]
        heat.snapshots[name].append([*texts, None if time_us is None else int(time_us), *moments])
    for measurement in heat.measured:
        if measurement.batches:
            heat.clocks[measurement.arm] = time_us_at(measurement.batches[-1].time_s)


def _measured_blocks(heat: Heat, name: str) -> int:
    return Counter(m.arm for m in heat.measured if m.problem is None)[name]


def _cell(name: str) -> str:
    """A name as a reader of a CSV file finds it."""
    return next(csv.reader(io.StringIO(csv_text([[name]]), newline="")))[0]
