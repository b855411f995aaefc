"""A run's journal: what was measured comes out as it went in, whatever happened while it was written."""

import itertools
import json
import os
import sys
from dataclasses import asdict, replace

import pytest

from harness.arm import Arm
from harness.entries import Entries
from harness.exits import UsageError
from harness.heat import Heat, Spoilt
from harness.journal import FILE, Journal, measurement_from_json, replay
from harness.measurement import measurement_from
from harness.store import RunFolder
from harness.surroundings import Surroundings

BUSY = Surroundings(2.0, 0.9, None, 2)


@pytest.fixture
def heat(scenario):
    return Heat(scenario, (Arm("a", "a"), Arm("b", "b")), [["a", "b"]] * 3)


@pytest.fixture
def journal(tmp_path, heat):
    entered = Entries(
        heat.arms,
        {"a": {2: 2}, "b": {2: 1}},
        {"trio": "missing"},
        {"c": "broken"},
        {"a": None, "b": "0123456789abcdef"},
    )
    return Journal.begin(RunFolder(tmp_path), {"schema": 1}, entered, fast=True, gates=["a.speedup<5"])


def finish(heat, block, measured, **dropped):
    heat.measured += [measured(arm.name, block, 0.1 + block / 3) for arm in heat.arms]
    heat.dropped |= dropped
    heat.surroundings[block] = Surroundings(1.0, 0.1, 0.0, 2)
    heat.finished_blocks = block + 1


def reread(tmp_path, journal, heat):
    """What a heat that begins anew is given."""
    journal.close(complete=False)
    again = Journal.reopen(tmp_path)
    found = Heat(heat.scenario, heat.arms, heat.order)
    replay(found, again.lines)
    return again, found


def test_a_measurement_comes_out_as_it_went_in_to_the_last_digit(side, scenario):
    side.update(terms={"variables": [], "libraries": {"trio": "1"}}, place={"hash_seed": 3}, decode_s=0.1 + 0.2)
    went_in = measurement_from(side, scenario, "a", 0, 1)
    assert measurement_from_json(json.loads(json.dumps(asdict(went_in)))) == went_in


def test_a_heat_gets_back_what_was_measured_in_it(journal, heat, measured, tmp_path):
    finish(heat, 0, measured)
    journal.keep([heat])
    heat.spoilt.append(Spoilt(1, BUSY.reasons, BUSY, (measured("a", 1, 0.5),)))
    journal.keep([heat], ["the card was missed"])
    finish(heat, 1, measured, b="ValueError: no")
    journal.keep([heat], ["the card was missed"])
    again, found = reread(tmp_path, journal, heat)
    assert found == heat
    assert again.ruler == ("the card was missed",)
    assert again.head["arms"][1] == {"name": "b", "twin_of": None, "source": "0123456789abcdef", "declared": {"2": 1}}
    assert again.head["gates"] == ["a.speedup<5"]
    assert (again.head["skipped"], again.head["broken"], again.head["fast"]) == (
        {"trio": "missing"}, {"c": "broken"}, True,
    )  # fmt: skip


def test_a_block_is_written_once_and_after_reopening_only_what_is_new(journal, heat, measured, tmp_path):
    finish(heat, 0, measured)
    journal.keep([heat])
    journal.keep([heat])
    again, found = reread(tmp_path, journal, heat)
    finish(found, 1, measured)
    again.keep([found])
    lines = [json.loads(line) for line in (tmp_path / FILE).read_text().splitlines()[1:]]
    assert [line["block"] for line in lines] == [0, 1]


def test_a_line_that_was_torn_by_a_kill_is_written_over(journal, heat, measured, tmp_path):
    finish(heat, 0, measured)
    journal.keep([heat])
    with (tmp_path / FILE).open("a") as file:
        file.write('{"scenario": "quick", "bl' + "o" * 10_000)
    again, found = reread(tmp_path, journal, heat)
    assert found.finished_blocks == 1
    finish(found, 1, measured)
    again.keep([found])
    assert (tmp_path / FILE).read_text().endswith("}\n")
    assert reread(tmp_path, again, heat)[1] == found


def test_a_full_disk_leaves_no_half_a_line_before_the_next(journal, heat, measured, tmp_path, monkeypatch):
    finish(heat, 0, measured)
    real = os.write

    def full(fd, data):
        real(fd, data[:40])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            journal.keep([heat])
    journal.keep([heat])
    assert reread(tmp_path, journal, heat)[1] == heat


def test_nobody_else_has_a_journal_that_is_open(journal, tmp_path):
    with pytest.raises(UsageError, match="still goes on, in another process"):
        Journal.reopen(tmp_path)
    journal.close(complete=False)
    Journal.reopen(tmp_path).close(complete=True)
    with pytest.raises(UsageError, match=r"has no journal\.jsonl"):
        Journal.reopen(tmp_path)


def test_a_file_system_without_locks_is_no_reason_not_to_measure(tmp_path, heat, measured, monkeypatch):
    def unlockable(fd, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", unlockable)
    journal = Journal.begin(RunFolder(tmp_path), {}, Entries((), {}, {}, {}), fast=False)
    finish(heat, 0, measured)
    journal.keep([heat])
    assert reread(tmp_path, journal, heat)[1] == heat


@pytest.mark.parametrize("call", ["ftruncate", "lseek", "write", "fsync"])
def test_what_a_signal_broke_off_does_not_count_and_is_kept_once_in_the_end(
    journal, heat, measured, tmp_path, monkeypatch, call
):
    finish(heat, 0, measured)
    real = getattr(os, call)

    def broken_off(*args):
        real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, call, broken_off)
        with pytest.raises(KeyboardInterrupt):
            journal.keep([heat])
    assert journal.finished_blocks == 0
    journal.keep([heat])
    again, found = reread(tmp_path, journal, heat)
    assert (found, again.finished_blocks) == (heat, 1)


def test_no_signal_can_come_between_a_line_and_how_far_the_journal_goes(journal, heat, measured, tmp_path):
    """A tracer interrupts ``keep`` before its first line, its second, and so on, as a signal may."""
    finish(heat, 0, measured)
    heat.spoilt.append(Spoilt(1, BUSY.reasons, BUSY, (measured("a", 1, 0.5),)))

    def interrupting(left):
        def trace(frame, event, arg):
            nonlocal left
            if frame.f_code is Journal.keep.__code__ and event == "line":
                left -= 1
                if not left:
                    raise KeyboardInterrupt
            return trace

        return trace

    before = sys.gettrace()
    for at in itertools.count(1):
        sys.settrace(interrupting(at))
        try:
            journal.keep([heat])
        except KeyboardInterrupt:
            continue
        finally:
            sys.settrace(before)
        break
    assert at > 8
    assert reread(tmp_path, journal, heat)[1] == heat


@pytest.mark.parametrize("blocks", [[0, 0], [1], [0, 2]])
def test_a_journal_with_a_block_twice_or_left_out_is_refused(journal, heat, measured, tmp_path, blocks):
    finish(heat, 0, measured)
    journal.keep([heat])
    journal.close(complete=False)
    _, line = map(json.loads, (tmp_path / FILE).read_text().splitlines())
    lines = [{**line, "block": block} for block in blocks]
    with pytest.raises(ValueError, match=r"block \d where block \d was expected"):
        replay(Heat(heat.scenario, heat.arms, heat.order), lines)


def test_a_reason_that_names_a_place_of_this_machine_is_kept_without_it(journal, heat, measured, tmp_path):
    finish(heat, 0, measured, b="FileNotFoundError: '/home/bob/secret/mine.csv'")
    journal.keep([heat])
    assert "bob" not in (tmp_path / FILE).read_text()
    assert reread(tmp_path, journal, heat)[1].dropped == {"b": "FileNotFoundError: 'mine.csv'"}


def test_an_arms_path_is_not_in_the_journal(tmp_path, heat):
    file = tmp_path / "mine.py"
    file.write_text("")
    arm = Arm("mine.py:x", f"{file}:x")
    Journal.begin(RunFolder(tmp_path), {}, Entries((arm,), {arm.name: {2: 2}}, {}, {}), False).close(complete=False)
    assert str(tmp_path) not in (tmp_path / FILE).read_text()


def test_measurements_of_a_batch_without_latencies_come_back_too(measured):
    empty = replace(measured("a", 0, 0.3), batches=())
    assert measurement_from_json(json.loads(json.dumps(asdict(empty)))) == empty
