"""What else the machine was doing, from invented readings of its clocks."""

import subprocess
import sys

import pytest

from harness import surroundings
from harness.surroundings import Moment, Surroundings, SurroundingsMeter, Ticks, between

STAT = """cpu  1000 20 300 5000 40 10 30 60 500 7
cpu0 500 10 150 2500 20 5 15 30 250 3
cpu1 500 10 150 2500 20 5 15 30 250 4
intr 1 2 3
ctxt 99
"""


@pytest.mark.parametrize("cores", [None, {0, 1}, {0, 1, 2}])
def test_ticks_are_read_for_each_core_and_guests_are_not_counted_twice(cores):
    assert Ticks.parse(STAT, cores) == Ticks(busy=1000 + 20 + 300 + 10 + 30, stolen=60, all=6460, cores=2)


def test_cores_that_are_not_for_us_do_not_count():
    assert Ticks.parse(STAT, {1}) == Ticks(busy=680, stolen=30, all=3230, cores=1)


@pytest.mark.parametrize("text", ["", "intr 1 2 3\n", "cpu  1 2 3 4\ncpu0 1 2 3 4\n", "cpu\n"])
def test_where_the_system_does_not_count_there_are_no_ticks(text):
    assert Ticks.parse(text) is None


def moment(at_s, busy_s=0.0, ours_s=0.0, stolen_s=0.0, cores=2):
    """All that two cores did by a moment, in seconds."""
    return Moment(at_s, Ticks(round(busy_s * 100), round(stolen_s * 100), round(at_s * cores * 100), cores), ours_s)


def test_what_others_used_is_what_the_machine_did_less_what_we_used():
    found = between(moment(10, 3, 1), moment(15, 12, 5.5, stolen_s=0.2))
    # 9 s of work in 5 s, 4.5 s of it ours.
    assert (found.span_s, found.foreign, found.stolen, found.cores) == (5, pytest.approx(0.9), pytest.approx(0.02), 2)


def test_a_little_less_than_nothing_is_nothing():
    assert between(moment(10), moment(15, 4.0, 4.1)).foreign == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Moment(1, None, 0), moment(5)),
        (moment(1), Moment(5, None, 0)),
        (moment(1), moment(1.1, 0.1)),
        (moment(1), Moment(5, moment(1).ticks, 0)),
    ],
    ids=["no ticks at first", "no ticks in the end", "too short", "ticks stand still"],
)
def test_where_nothing_can_be_told_there_are_no_numbers_and_no_reasons(before, after):
    found = between(before, after)
    assert (found.foreign, found.stolen, found.reasons) == (None, None, ())
    assert found.span_s == after.at_s - before.at_s


@pytest.mark.parametrize(
    ("foreign", "stolen", "cores", "reasons"),
    [
        (0.05, 0.0, 2, ()),
        (0.25, 0.02, 2, ()),
        (0.9, 0.0, 2, ("other programs kept 0.90 of a core busy (at most 0.25 may be)",)),
        (1.34, 0.0, None, ("other programs kept 1.3 cores busy (at most 0.25 may be)",)),
        (0.25, 0.0, 3, ()),
        (0.5, 0.0, 4, ()),
        (0.6, 0.0, 4, ("other programs kept 0.60 of a core busy (at most 0.50 may be)",)),
        (1.4, 0.0, 8, ()),
        (1.6, 0.0, 8, ("other programs kept 1.6 cores busy (at most 1.50 may be)",)),
        (0.0, 0.06, 2, ("a hypervisor took 6.0 % of the machine's time (at most 2 % may be)",)),
        (None, None, None, ()),
    ],
)
def test_reasons_are_sentences_with_the_numbers(foreign, stolen, cores, reasons):
    assert Surroundings(5.0, foreign, stolen, cores).reasons == reasons


def test_all_can_be_reasons_at_once_and_a_limit_of_our_own_is_nobody_elses_work():
    found = Surroundings(5.0, 1.0, 0.1, 2, 0.034)
    said = "a limit on CPU time held the race back for 3.4 % of the time (at most 1 % may be)"
    assert (found.reasons[:2], found.reasons[2:]) == (found.others_work, (said,))
    assert len(found.others_work) == 2


def test_a_hundredth_of_the_time_held_back_is_no_reason():
    assert Surroundings(5.0, 0.0, 0.0, 2, 0.01).reasons == ()


@pytest.mark.parametrize("ticks", [None, Ticks(0, 0, 0, 2)], ids=["no ticks", "ticks stand still"])
def test_how_long_we_were_held_back_is_a_share_of_the_span_whatever_the_ticks_say(ticks):
    found = between(Moment(10, ticks, 0, 3.0), Moment(15, ticks, 0, 3.5))
    assert (found.throttled, found.foreign, found.cores) == (pytest.approx(0.1), None, ticks and 2)


@pytest.mark.parametrize(("before", "after"), [(None, 1.0), (1.0, None), (None, None)])
def test_where_the_system_does_not_say_how_long_we_were_held_back_there_is_no_number(before, after):
    assert between(Moment(10, None, 0, before), Moment(15, None, 0, after)).throttled is None


def test_surroundings_come_back_from_json():
    found = Surroundings(5.0, 0.1, 0.0, 2, 0.02)
    assert Surroundings(**found.to_json()) == found


def test_without_proc_stat_a_meter_knows_the_span_and_no_more(monkeypatch, tmp_path):
    monkeypatch.setattr(surroundings, "_STAT", tmp_path / "nothing")
    monkeypatch.setattr(surroundings, "throttled_s", lambda: None)
    found = SurroundingsMeter(()).read()
    assert (found.foreign, found.stolen, found.cores, found.throttled) == (None, None, None, None)
    assert found.span_s >= 0


def test_a_meter_asks_how_long_we_were_held_back_at_both_ends(monkeypatch):
    held = iter((1.0, 1.3))
    monkeypatch.setattr(surroundings, "throttled_s", lambda: next(held))
    monkeypatch.setattr(surroundings.time, "monotonic", iter((100.0, 103.0)).__next__)
    assert SurroundingsMeter(()).read().throttled == pytest.approx(0.1)


def test_a_process_that_is_gone_has_used_nothing_since():
    assert surroundings._tree_s(2**22 + 1) == 0.0


BURN = "import time\nuntil = time.process_time() + {}\nwhile time.process_time() < until: pass"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc/stat")
def test_a_child_of_ours_is_no_stranger_and_a_strangers_child_is():
    meter = SurroundingsMeter(())
    subprocess.run([sys.executable, "-c", BURN.format(0.6)], check=True)
    ours = meter.read()
    # Started by a process that ends before it: init has its time, and nobody here.
    meter = SurroundingsMeter(())
    double = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN.format(0.6)!r}])"
    subprocess.run([sys.executable, "-c", double], check=True, stdout=subprocess.PIPE)  # until both have closed it
    stranger = meter.read()
    assert ours.foreign is not None
    assert stranger.foreign is not None
    # Other work on the machine makes both of them larger.
    assert stranger.foreign * stranger.span_s > 0.5
