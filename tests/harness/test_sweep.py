"""Lists in options, and what the scenarios of a sweep are called."""

import pytest

from harness import sweep
from harness.exits import UsageError

LONG = "quantiles:0=10ms,50=20ms,100=90ms"


def test_the_values_of_a_list_are_read_one_by_one_in_their_order():
    assert sweep.listed("--requests", "40, 10,100", int) == [40, 10, 100]
    assert sweep.listed("--requests", "40", int) == [40]


def test_a_name_has_the_swept_axes_alone_in_their_order():
    values = {"workload": "books", "concurrency": 8, "latency": "100ms", "requests": 40}
    assert sweep.name_of(values, ["concurrency", "latency"]) == "concurrency=8 latency=100ms"
    assert sweep.name_of(values, []) == "quick"


def test_a_long_value_is_short_in_a_name_and_still_told_from_one_that_begins_alike():
    names = [sweep.name_of({"latency": latency}, ["latency"]) for latency in (LONG, LONG.replace("90ms", "91ms"))]
    assert len(set(names)) == 2
    assert all(name.startswith("latency=quantiles:0~") and len(name) == len("latency=") + 20 for name in names)


def test_the_same_conditions_have_the_same_name_in_every_run():
    assert sweep.name_of({"latency": LONG}, ["latency"]) == "latency=quantiles:0~ef3746f3"
    assert sweep.name_of({"latency": "lognormal:20ms,200ms"}, ["latency"]) == "latency=lognormal:20ms,200ms"


def test_the_longest_name_fits_where_names_are_cut():
    values = {"concurrency": 20_000, "latency": LONG, "requests": 1_000_000, "workload": "tickers"}
    assert len(sweep.name_of(values, sweep.AXES)) <= 80


def test_24_scenarios_are_a_run_and_25_are_not():
    sweep.check_size({"concurrency": range(4), "latency": range(6)})
    with pytest.raises(UsageError, match=r"at most 24 scenarios in a run, found 25: 25 of --requests; try fewer"):
        sweep.check_size({"concurrency": [20], "requests": range(25)})


def test_an_axis_is_swept_where_scenarios_differ_along_it():
    scenarios = [{"concurrency": n, "latency": "5ms", "requests": 40, "workload": w} for n, w in ((1, "a"), (1, "b"))]
    assert sweep.swept_axes(scenarios) == ["workload"]
    assert sweep.swept_axes(scenarios[:1]) == sweep.swept_axes([]) == []
