"""Gates: what may be asked, what is refused, and that none passes which cannot be judged."""

import json

import pytest

from harness import gate
from harness.exits import UsageError
from harness.gate import Gate
from harness.gate_field import FIELDS


@pytest.mark.parametrize(
    ("text", "arm", "field", "sign", "limit"),
    [
        ("threads.speedup<5", "threads", "speedup", "<", 5.0),
        ("asyncio-aiohttp.efficiency<=0.8", "asyncio-aiohttp", "efficiency", "<=", 0.8),
        ("asyncio-aiohttp@3.13.speedup_low<5.5", "asyncio-aiohttp@3.13", "speedup_low", "<", 5.5),
        ("./some/where/mine.py:honest.reuse >= .5", "mine.py:honest", "reuse", ">=", 0.5),
        ("mine.py:honest.failed>0", "mine.py:honest", "failed", ">", 0.0),
        ("dask+asyncio-aiohttp.cpu_ratio>1.5", "dask+asyncio-aiohttp", "cpu_ratio", ">", 1.5),
        ("a<b.speedup<5", "a<b", "speedup", "<", 5.0),
    ],
)
def test_a_gate_is_split_at_the_last_dot_before_its_field(text, arm, field, sign, limit):
    assert Gate.parse(text) == Gate(arm, field, sign, limit)


@pytest.mark.parametrize("text", ["threads.speedup<5", "asyncio-aiohttp@3.13.efficiency<=0.8", "m.py:f.rank>3"])
def test_the_text_of_a_gate_is_read_back_as_the_same_gate(text):
    assert Gate.parse(text).text == text
    assert Gate.parse(Gate.parse(text).text) == Gate.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected ARM.FIELD, one of < <= > >=, and a number, such as 'threads.speedup<5', found ''"),
        ("speedup<5", "expected ARM.FIELD"),
        ("threads.speedup", "expected ARM.FIELD"),
        ("threads.speedup==5", "expected ARM.FIELD"),
        ("threads.speedup<", "expected ARM.FIELD"),
        ("threads.speedup<5<6", "expected ARM.FIELD"),
        ("threads.speedup<fast", "expected a number such as 0.8 as the limit, found 'fast'"),
        ("threads.speedup<nan", "found 'nan'"),
        ("threads.speedup<1e999", "found '1e999'"),
        ("threads.speedup<" + "9" * 400, "expected a number"),
        ("threads.speedup<1_0", "found '1_0'"),
        ("threads.speedup<٣", "expected a number"),
        ("threads.efficiency<80", "efficiency is a share from 0 to 1, found the limit 80; try 0.8"),
        ("threads.reuse<-1", "reuse is a share from 0 to 1, found the limit -1"),
        ("threads.speed<5", "unknown field 'speed'; did you mean speedup?"),
        ("threads.zzz<5", "unknown field 'zzz'; there are speedup, speedup_low"),
        ("threads.verdict>1", "the verdict is no number; run --strict fails unless the verdict is VALID"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(text, said):
    with pytest.raises(UsageError, match=r"^--fail-on: ") as caught:
        Gate.parse(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("field", "instead"),
    [
        ("time_s", "speedup or efficiency"),
        ("low_s", "speedup or efficiency"),
        ("latency_s", "speedup or efficiency"),
        ("open_s", "speedup or efficiency"),
        ("cpu_s_per_request", "cpu_ratio"),
        ("peak_rss_bytes", "memory_ratio"),
        ("one_shot_s", "one_shot_speedup"),
    ],
)
def test_an_absolute_measure_is_refused_and_the_ratio_named_that_says_the_same(field, instead):
    with pytest.raises(UsageError, match="belongs to one machine and one day") as caught:
        Gate.parse(f"threads.{field}>1")
    assert instead in str(caught.value)


def test_an_unknown_arm_is_refused_with_the_nearest_name():
    gates = [Gate.parse("asyncio-aiohtp.speedup<5")]
    with pytest.raises(UsageError, match=r"'asyncio-aiohtp' is not in the race; did you mean asyncio-aiohttp\?"):
        gate.check_arms(gates, ["threads", "asyncio-aiohttp"])
    gate.check_arms([Gate.parse("threads.speedup<5")], ["threads"])


def judge(run, text):
    (found,) = gate.judged([Gate.parse(text)], run["scenarios"])
    json.dumps(found, allow_nan=False)
    return found


def test_every_field_there_is_can_be_judged_on_an_honest_run(run_of):
    run = run_of()
    values = {name: judge(run, f"fast.{name}>1")["value"] for name in FIELDS}
    of_other_plans = ["over_single", "over_single_low", "over_single_high"]
    assert [name for name, value in values.items() if value is None] == of_other_plans
    assert values["speedup"] == pytest.approx(2.0, rel=0.02)
    assert values["speedup_low"] < values["speedup"] < values["speedup_high"]
    assert values["efficiency"] == pytest.approx(0.3 / 0.51, rel=0.01)
    assert values["efficiency_low"] < values["efficiency"] < values["efficiency_high"]
    assert (values["failed_share"], values["reuse"], values["rank"]) == (0.0, 1.0, 1.0)
    assert (values["cpu_ratio"], values["memory_ratio"], values["one_shot_speedup"]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("fast.rank<1", "passed"),
        ("fast.rank<=1", "failed"),
        ("fast.rank>1", "passed"),
        ("fast.rank>=1", "failed"),
        ("slow.speedup<1.2", "passed"),
        ("slow.speedup<1.3", "failed"),
        ("slow.speedup_low<1.2", "passed"),
    ],
)
def test_a_gate_fails_where_its_condition_holds(run_of, text, outcome):
    found = judge(run_of(), text)
    assert (found["outcome"], found["provisional"], found["reason"]) == (outcome, False, None)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("fast+batch.failed>0", "passed"),
        ("fast+batch.reuse<1", "passed"),
        ("fast+batch.over_single<2", "passed"),
        ("fast+batch.over_single_low<2.45", "failed"),
        ("fast+batch.rank>1", "cannot be judged"),
        ("fast+batch.speedup<1", "cannot be judged"),
        ("fast+batch.cpu_ratio>1", "cannot be judged"),
        ("fast.over_single<2", "cannot be judged"),
    ],
)
def test_an_arm_of_the_batch_plan_is_judged_by_its_counts_and_against_itself_alone(run_of, text, outcome):
    run = run_of()
    arms = run["scenarios"][0]["strategies"]
    told = {
        "name": "fast+batch", "plan": "batch", "status": "unranked", "rank": None, "speedup": None, "over_single": 2.5,
        "over_single_low": 2.4, "over_single_high": 2.6, "reason": "another plan: fewer requests",
    }  # fmt: skip
    arms.append({**next(arm for arm in arms if arm["name"] == "fast"), **told})
    assert judge(run, text)["outcome"] == outcome


def test_a_gate_on_an_arm_that_is_out_cannot_be_judged_and_has_failed(run_of):
    run = run_of(breaches={"fast": ["the server saw 0 of 6 requests"]})
    found = judge(run, "fast.speedup<0.1")
    assert (found["outcome"], found["value"]) == ("cannot be judged", None)
    assert found["reason"].startswith("fast is disqualified: the server saw 0 of 6 requests")
    assert gate.failure([found]).startswith("1 of 1 gate failed: fast.speedup<0.1 (fast is disqualified")


def test_a_ratio_to_a_baseline_that_is_out_cannot_be_judged_but_a_share_can(run_of):
    run = run_of(breaches={"sequential": ["it fetched half"]})
    assert judge(run, "fast.cpu_ratio>9")["reason"].startswith("sequential is disqualified: it fetched half")
    assert judge(run, "fast.efficiency<0.1")["outcome"] == "passed"


def test_without_a_ranking_no_gate_passes(run_of):
    run = run_of()
    run["scenarios"][0]["verdict"]["state"] = "SERVER-BOUND"
    assert judge(run, "fast.speedup<0.1")["reason"] == "the verdict is SERVER-BOUND: no ranking"


def test_an_end_of_an_interval_that_one_block_does_not_have_cannot_be_judged(run_of):
    run = run_of(arms={"fast": (0.5,), "sequential": (1.0,)})
    for end in ("speedup_high", "efficiency_low", "efficiency_high"):
        found = judge(run, f"fast.{end}>1")
        assert (found["outcome"], found["reason"]) == ("cannot be judged", f"the run does not tell its {end}")


def test_an_arm_that_one_of_the_scenarios_lacks_cannot_be_judged_there(run_of):
    run = run_of()
    run["scenarios"].append(run_of(arms={"slow": (0.8, 0.9, 0.8), "sequential": (1.0, 1.0, 1.0)})["scenarios"][0])
    found = gate.judged([Gate.parse("fast.speedup<0.1")], run["scenarios"])
    assert [one["outcome"] for one in found] == ["passed", "cannot be judged"]
    assert found[1]["reason"] == "fast is not in this scenario"


def test_in_a_sweep_a_gate_must_hold_in_every_scenario_and_those_where_it_does_not_are_named(run_of):
    slower = {"fast": (0.9, 0.95, 0.92), "sequential": (1.0, 1.05, 1.02)}
    scenarios = [run_of(concurrency=2)["scenarios"][0], run_of(concurrency=1, arms=slower)["scenarios"][0]]
    for scenario in scenarios:
        scenario["name"] = f"concurrency={scenario['concurrency']}"
    found = gate.judged([Gate.parse("fast.speedup<1.5"), Gate.parse("fast.rank>1")], scenarios)
    assert [(one["scenario"], one["outcome"]) for one in found] == [
        ("concurrency=2", "passed"), ("concurrency=1", "failed"),
        ("concurrency=2", "passed"), ("concurrency=1", "passed"),
    ]  # fmt: skip
    said = gate.failure(found)
    assert said.startswith("1 of 4 judgements of gates failed: fast.speedup<1.5 (1.1")
    assert said.endswith(" in concurrency=1)")


def test_in_a_noisy_run_a_gate_is_judged_provisionally(run_of):
    run = run_of(twin_off=1.5)
    assert run["scenarios"][0]["verdict"]["state"] == "NOISY"
    found = judge(run, "fast.speedup<1")
    assert (found["outcome"], found["provisional"]) == ("passed", True)


def test_where_no_gate_failed_there_is_nothing_to_say(run_of):
    assert gate.failure([judge(run_of(), "fast.speedup<1")]) is None
    assert gate.failure([]) is None


def test_a_row_that_a_stranger_wrote_is_not_judged_and_breaks_nothing():
    scenario = {"baseline": ["x"], "verdict": {"state": "VALID"}, "strategies": [{"name": "fast", "status": "ranked"}]}
    for field in FIELDS:
        assert Gate.parse(f"fast.{field}<1").judge(scenario).outcome == "cannot be judged"
