"""What a sweep says in a sentence or two, and what it leaves to the tables."""

from harness.curves import curves_of, sweep_sentence


def row(name, rank, speedup=None, reach=0.1, status="ranked"):
    ends = {"speedup_low": speedup and speedup - reach, "speedup_high": speedup and speedup + reach}
    return {"name": name, "rank": rank, "status": status, "time_s": 1.0, "speedup": speedup, **ends}


def scenario(*rows, state="VALID", **conditions):
    fastest = next((one["name"] for one in rows if one["rank"] == 1), None)
    plain = {"concurrency": 20, "latency": "20ms", "requests": 40, "workload": "tickers", "markets": [["kraken", "X"]]}
    return {
        **plain, "name": str(conditions), "baseline": "sequential", "finished_blocks": 3, "verdict": {"state": state},
        "fastest": fastest, "strategies": [*rows, row("sequential", 9, 1.0, 0.0)], **conditions,
    }  # fmt: skip


def said(*scenarios):
    return sweep_sentence(scenarios, curves_of(scenarios))


def test_it_says_who_came_first_how_often_and_from_where_to_where_its_speedup_goes():
    found = said(*(scenario(row("fast", 1, x), row("slow", 2, 1.1), concurrency=n) for n, x in ((4, 3.9), (16, 13.2))))
    assert found == (
        "Of 2 scenarios, fast came first in 2. The speedup of fast over sequential goes from 3.90× with 4 in flight "
        "(95 % CI 3.80 to 4.00) to 13.2× with 16 in flight (95 % CI 13.1 to 13.3)."
    )


def test_of_several_curves_it_tells_the_first_and_not_the_one_that_flatters_and_says_that_there_are_others():
    speedups = {(4, "5ms"): 3.0, (4, "20ms"): 3.5, (16, "5ms"): 8.0, (16, "20ms"): 12.0}
    found = said(*(scenario(row("fast", 1, x), concurrency=n, latency=d) for (n, d), x in speedups.items()))
    assert "goes from 3.00× with 4 in flight" in found
    assert found.endswith("(95 % CI 7.90 to 8.10), all with latency=5ms, the first of 2 such curves.")


def test_no_change_is_claimed_where_the_intervals_of_the_ends_overlap():
    found = said(*(scenario(row("fast", 1, x, 0.4), concurrency=n) for n, x in ((4, 3.0), (16, 3.5))))
    assert found.endswith(
        "The speedup of fast over sequential is 3.00× with 4 in flight (95 % CI 2.60 to 3.40) and 3.50× with 16 in "
        "flight (95 % CI 3.10 to 3.90): no change can be told."
    )


def test_each_axis_has_words_of_its_own():
    def end(**by_value):
        ((axis, values),) = by_value.items()
        ends = [scenario(row("fast", 1, x), **{axis: value}) for x, value in zip((1.5, 2.0), values, strict=True)]
        return said(*ends).split("to 2.00× ")[1]

    assert end(latency=["5ms", "20ms"]).startswith("at 20ms (95 % CI")
    assert end(requests=[10, 160]).startswith("with 160 requests (95 % CI")
    assert end(workload=["tickers", "books"]).startswith("with books (95 % CI")


def test_a_shared_first_place_counts_for_each_and_that_is_said():
    both = (row("one", 1, 2.0, status="tied"), row("other", 1, 2.0, status="tied"))
    found = said(scenario(*both, concurrency=4), scenario(row("other", 1, 2.0), row("one", 2, 1.5), concurrency=8))
    assert found.startswith("Of 2 scenarios, other came first in 2, one in 1 (a shared first place counts for each).")


def test_more_than_three_who_came_first_are_counted():
    found = said(*(scenario(row(name, 1, 2.0), concurrency=n) for n, name in enumerate("abcde", 1)))
    assert found == "Of 5 scenarios, a came first in 1, b in 1, c in 1, 2 others in at most 1."


def test_the_baseline_has_no_speedup_to_tell_of():
    found = said(*(scenario(row("sequential", 1, 1.0, 0.0), concurrency=n) for n in (4, 8)))
    assert found == "Of 2 scenarios, sequential came first in 2."


def test_what_has_no_interval_is_not_told():
    found = said(*(scenario({**row("fast", 1, 2.0), "speedup_high": None}, concurrency=n) for n in (4, 8)))
    assert found == "Of 2 scenarios, fast came first in 2."


def test_where_more_in_flight_does_not_help_it_says_so():
    times = {str(block): 1.0 + block / 100 for block in range(3)}
    rows = [{**row("fast", 1, speedup), "block_medians_s": times} for speedup in (2.0, 3.0)]
    assert said(*(scenario(one, concurrency=n) for one, n in zip(rows, (4, 8), strict=True))).endswith(
        "; above 4 in flight no gain can be told."
    )


def test_scenarios_without_ranking_and_provisional_ones_are_counted():
    found = said(
        scenario(row("fast", 1, 2.0), state="NOISY", concurrency=1),
        scenario(row("fast", None, 2.0, status="unranked"), state="SERVER-BOUND", concurrency=2),
    )
    assert found == (
        "Of 2 scenarios, fast came first in 1. No ranking in 1 of them. Provisional: 1 of them cannot be ranked firmly."
    )


def test_without_any_ranking_it_says_why():
    out = row("fast", None, status="unranked")
    both = [scenario(out, state=state, concurrency=n) for n, state in enumerate(("SERVER-BOUND", "DRIFTED"))]
    assert said(*both) == "No ranking in any of 2 scenarios: the verdicts are SERVER-BOUND and DRIFTED."
    nothing = [scenario(row("fast", None, status="failed"), state="NOISY", concurrency=n) for n in (1, 2)]
    assert said(*nothing) == "No arm can be ranked in any of 2 scenarios."


def test_a_hostile_name_moves_no_cursor():
    assert said(*(scenario(row("\x1b[2J", 1, 2.0), concurrency=n) for n in (1, 2))).isprintable()
