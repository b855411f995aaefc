"""The files of a run as they were when its last finished block was."""

import io

import pyperf
import pytest

from harness import raw_rows
from harness.arm import Arm
from harness.heat import Heat, Spoilt
from harness.rollback import roll_back
from harness.store import RunFolder
from harness.surroundings import Surroundings
from mock_server.market import time_us_at

NAMES = ("a", "=b")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pyperf").mkdir()
    return RunFolder(tmp_path)


@pytest.fixture
def heat(scenario, measured):
    arms = tuple(Arm(name, name) for name in NAMES)
    found = [measured(name, 0, 0.3 + place) for place, name in enumerate(NAMES)]
    return Heat(scenario, arms, [list(NAMES)] * 3, found, finished_blocks=1)


def write(folder, name, *rows):
    header = raw_rows.QUOTES_HEADER if name == "quotes.csv" else raw_rows.REQUESTS_HEADER
    folder.append_rows(name, header, rows)


def request(arm, block):
    return ["quick", arm, block, 0, 0, "kraken", "BTC/USD", *[None] * 12]


def quote(arm, block, bid, time_us=None):
    return ["quick", arm, block, 2, 0, "kraken", "BTC/USD", bid, "2", None, "-1", "5", time_us, 0.1, 0.05]


def benches(folder, name, **runs):
    made = [
        pyperf.Benchmark(
            [
                pyperf.Run([float(number + 1)], metadata={"name": scenario}, collect_metadata=False)
                for number in range(count)
            ]
        )
        for scenario, count in runs.items()
    ]
    buffer = io.StringIO()
    pyperf.BenchmarkSuite(made).dump(buffer)
    (folder.path / "pyperf" / name).write_text(buffer.getvalue())


def test_rows_of_blocks_that_were_not_finished_are_cut_off(folder, heat):
    write(folder, "requests.csv", request("a", 0), request("=b", 0))
    before = (folder.path / "requests.csv").read_bytes()
    write(folder, "requests.csv", request("a", 1), request("=b", 1))
    with (folder.path / "requests.csv").open("a") as file:
        file.write("quick,a,0,torn")
    roll_back(folder, [heat])
    assert (folder.path / "requests.csv").read_bytes() == before


def test_files_that_agree_with_the_run_are_not_touched(folder, heat):
    write(folder, "requests.csv", request("a", 0))
    write(folder, "quotes.csv", quote("=b", 0, "1"))
    benches(folder, "a.json", quick=1)
    files = [folder.path / name for name in ("requests.csv", "quotes.csv", "pyperf/a.json")]
    before = [file.stat().st_ino for file in files]
    roll_back(folder, [heat])
    assert [file.stat().st_ino for file in files] == before


def test_a_file_that_was_torn_in_its_header_begins_anew(folder, heat):
    (folder.path / "requests.csv").write_text("scenario,ar")
    roll_back(folder, [heat])
    assert not (folder.path / "requests.csv").exists()


def test_rows_of_spoilt_blocks_stay_where_the_run_knows_of_them(folder, heat, measured):
    heat.spoilt.append(Spoilt(1, ("busy",), Surroundings(1.0, 1.0, None), ()))
    write(folder, "spoilt.csv", request("a", 1))
    before = (folder.path / "spoilt.csv").read_bytes()
    write(folder, "spoilt.csv", request("a", 2))
    roll_back(folder, [heat])
    assert (folder.path / "spoilt.csv").read_bytes() == before


def test_pyperfs_runs_of_blocks_that_were_not_finished_are_cut_off(folder, heat):
    benches(folder, "a.json", quick=2)
    benches(folder, "b.json", other=1)
    roll_back(folder, [heat])
    bench = pyperf.Benchmark.load(str(folder.path / "pyperf" / "a.json"))
    assert (bench.get_name(), bench.get_values()) == ("quick", (1.0,))
    assert not (folder.path / "pyperf" / "b.json").exists()


def test_each_arms_newest_quotes_are_taken_from_the_file_with_the_moment_they_were_in_hand(folder, heat, measured):
    heat.measured += [measured("a", 1, 0.7)]
    heat.finished_blocks = 2
    write(folder, "quotes.csv", quote("a", 0, "1"), quote("=b", 0, "2.50", 17), quote("a", 1, "3"), quote("a", 2, "4"))
    roll_back(folder, [heat])
    assert heat.snapshots == {
        "a": [["kraken", "BTC/USD", "3", "2", None, "-1", "5", None, 0.1, 0.05]],
        "=b": [["kraken", "BTC/USD", "2.50", "2", None, "-1", "5", 17, 0.1, 0.05]],
    }
    assert heat.clocks == {"a": time_us_at(0.7), "=b": time_us_at(1.3)}


def test_a_run_without_a_finished_block_may_have_no_files_at_all(folder, heat):
    heat.measured.clear()
    roll_back(folder, [heat])
    assert (heat.snapshots, heat.clocks) == ({}, {})
