"""Who races: words to arms. The probe is replaced by findings made by hand; nothing is started."""

from pathlib import Path

import pytest

import strategies
from exchanges.plugins import BrokenPlugin
from harness import entries, probe
from harness.entries import chosen_names, entries_for
from harness.exits import EnvironmentGap, UsageError
from harness.probe import Finding


@pytest.fixture
def findings(monkeypatch):
    """What the probe will find, by name; everything else is found in order, sequential with one in flight."""
    special = {}

    def look(names, in_flight):
        return [
            special.get(name) or Finding(name, None, "", tuple(1 if name == "sequential" else n for n in in_flight))
            for name in names
        ]

    monkeypatch.setattr(probe, "look", look)
    return special


def test_all_are_all_strategies_in_their_order():
    assert chosen_names("all") == (strategies.names(), True)


def test_names_are_taken_in_the_order_given():
    assert chosen_names("threads, sequential,") == (["threads", "sequential"], False)


def test_all_but_one_leaves_that_one_out():
    found, said_all = chosen_names("all,-sequential")
    assert said_all
    assert found == [name for name in strategies.names() if name != "sequential"]


def test_a_name_beside_all_is_not_there_twice():
    assert chosen_names("all,threads")[0] == strategies.names()
    assert chosen_names("threads,all")[0][0] == "threads"
    assert sorted(chosen_names("threads,all")[0]) == sorted(strategies.names())


def test_a_file_is_a_name():
    assert chosen_names("mine.py:honest,threads")[0] == ["mine.py:honest", "threads"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("thread", "unknown strategy 'thread'; did you mean threads?"),
        ("alll", "unknown strategy 'alll'; did you mean all?"),
        ("-sequential", "cannot leave out 'sequential': it was not named before it"),
        ("-all", "cannot leave out 'all': it was not named before it"),
        ("threads,-sequential", "cannot leave out 'sequential': it was not named before it"),
        ("threads,threads", "the strategy 'threads' is named twice"),
        ("mine.py:x,mine.py:x", "the strategy 'mine.py:x' is named twice"),
        ("threads,-threads", "expected at least one strategy, found none in 'threads,-threads'"),
        ("", "expected at least one strategy, found none in ''"),
        (" , ,", "expected at least one strategy, found none in ' , ,'"),
        ("\x1b[2J", "unknown strategy '\\x1b[2J'"),
    ],
)
def test_words_that_name_nobody_are_a_usage_error(text, sentence):
    with pytest.raises(UsageError) as caught:
        chosen_names(text)
    assert str(caught.value) == sentence


def test_the_arms_are_those_named_and_a_twin_at_the_end(findings):
    found = entries_for("sequential,asyncio-aiohttp,threads", [20])
    assert [arm.name for arm in found.arms] == ["sequential", "asyncio-aiohttp", "threads", "asyncio-aiohttp (twin)"]
    assert [arm.twin_of for arm in found.arms] == [None, None, None, "asyncio-aiohttp"]
    assert found.arms[-1].strategy == "asyncio-aiohttp"
    assert found.declared_at(20) == {
        "sequential": 1, "asyncio-aiohttp": 20, "threads": 20, "asyncio-aiohttp (twin)": 20,
    }  # fmt: skip


def test_what_an_arm_has_in_flight_is_known_for_every_number_that_a_scenario_allows(findings):
    found = entries_for("threads,sequential", [32, 8, 32])
    assert found.declared_at(8) == {"threads": 8, "sequential": 1, "threads (twin)": 8}
    assert found.declared_at(32)["threads"] == 32
    with pytest.raises(KeyError):
        found.declared_at(20)


def test_a_number_that_several_scenarios_allow_is_asked_about_once(findings, monkeypatch):
    asked, look = [], probe.look
    monkeypatch.setattr(probe, "look", lambda names, in_flight: asked.append(in_flight) or look(names, in_flight))
    entries_for("threads", [32, 8, 32, 8])
    assert [list(numbers) for numbers in asked] == [[8, 32]]


def test_the_twin_is_of_an_arm_that_has_several_in_flight_in_any_scenario(findings):
    assert entries_for("sequential,threads", [1, 8]).arms[-1].twin_of == "threads"


def test_without_asyncio_aiohttp_the_twin_is_of_an_arm_with_several_in_flight(findings):
    assert entries_for("sequential,threads", [20]).arms[-1].twin_of == "threads"


def test_sequential_alone_is_its_own_twin(findings):
    assert entries_for("sequential", [20]).arms[-1].twin_of == "sequential"


def test_a_missing_library_is_skipped_under_all(findings):
    findings["trio-httpx"] = Finding("trio-httpx", "missing", "needs the library 'trio': pip install trio")
    found = entries_for("all", [20])
    assert found.skipped == {"trio-httpx": "needs the library 'trio': pip install trio"}
    assert "trio-httpx" not in found.declared


@pytest.mark.parametrize("text", ["trio-httpx", "threads,trio-httpx", "all,trio-httpx"])
def test_a_missing_library_of_a_strategy_that_was_named_is_an_environment_error(findings, text):
    findings["trio-httpx"] = Finding("trio-httpx", "missing", "needs the library 'trio': pip install trio")
    with pytest.raises(EnvironmentGap, match="pip install trio") as caught:
        entries_for(text, [20])
    assert caught.value.code == 3


def test_a_broken_strategy_is_named_and_the_others_race(findings):
    findings["threads"] = Finding("threads", "broken", "strategy threads failed at import: SyntaxError")
    found = entries_for("threads,sequential", [20])
    assert found.broken == {"threads": "strategy threads failed at import: SyntaxError"}
    assert [arm.name for arm in found.arms] == ["sequential", "sequential (twin)"]


def test_when_every_strategy_is_broken_there_are_no_arms_and_no_twin(findings):
    findings["threads"] = Finding("threads", "broken", "why")
    assert entries_for("threads", [20]).arms == ()


def test_a_file_is_raced_by_its_absolute_path_and_shown_without_its_folders(findings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arm = entries_for("./some/../mine.py:honest", [20]).arms[0]
    assert arm.name == "mine.py:honest"
    assert arm.strategy == f"{tmp_path.resolve()}/mine.py:honest"


def test_a_relative_file_is_found_though_probes_run_in_a_folder_of_their_own(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("def honest(limits, decode): ...\n")
    monkeypatch.chdir(tmp_path)
    found = entries_for("mine.py:honest", [20])
    assert [arm.name for arm in found.arms] == ["mine.py:honest", "mine.py:honest (twin)"]
    assert found.declared_at(20)["mine.py:honest"] == 20


def test_a_strategy_that_runs_in_this_process_is_probed_first_if_it_is_a_guests(findings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert entries.loadable("./mine.py:x", 20) == f"{tmp_path.resolve()}/mine.py:x"
    monkeypatch.setattr(probe, "look", None)
    assert entries.loadable("threads", 20) == "threads"


@pytest.mark.parametrize(
    ("problem", "error"), [("unknown", UsageError), ("missing", EnvironmentGap), ("broken", BrokenPlugin)]
)
def test_a_guest_that_cannot_run_in_this_process_is_an_error_in_the_users_own_words(
    findings, tmp_path, monkeypatch, problem, error
):
    monkeypatch.chdir(tmp_path)
    there = f"{tmp_path.resolve()}/mine.py:x"
    findings[there] = Finding(there, problem, f"strategy {there} is no good")
    with pytest.raises(error, match=r"strategy \./mine\.py:x is no good"):
        entries.loadable("./mine.py:x", 20)


def test_a_home_folder_of_nobody_is_a_file_that_is_not_there(findings):
    assert entries.loadable("~no_such_user/mine.py:x", 20).endswith("/~no_such_user/mine.py:x")


def test_a_file_that_is_not_there_is_a_usage_error_in_the_users_own_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        entries_for("./not.py:there", [20])
    assert "'./not.py'" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_the_folders_of_a_broken_file_are_not_told(findings, tmp_path):
    file = tmp_path.resolve() / "mine.py"
    findings[f"{file}:x"] = Finding(f"{file}:x", "broken", f"strategy {file}:x failed at import: KeyError")
    assert entries_for(f"{file}:x", [20]).broken == {"mine.py:x": "strategy mine.py:x failed at import: KeyError"}


@pytest.mark.parametrize("pair", ["a/mine.py:x,b/mine.py:x", "mine é.py:x,mine_.py:x"])
def test_two_files_that_would_share_a_name_or_a_file_are_refused(findings, pair):
    with pytest.raises(UsageError, match=r"would both be called .*give one of the files another name"):
        entries_for(pair, [20])


def test_a_file_with_a_hostile_name_has_a_label_that_moves_no_cursor(findings):
    (arm, _) = entries_for("\x1b[2J\n\u202e.py:x", [20]).arms
    assert arm.name.isprintable()
    assert Path(arm.strategy).name == "\x1b[2J\n\u202e.py:x"


def test_a_very_long_file_name_has_a_label_that_fits(findings):
    (arm, _) = entries_for("x" * 5000 + ".py:y", [20]).arms
    assert len(arm.name) <= 80


def test_entries_hold_no_twin_of_an_arm_that_is_not_there(findings):
    findings["asyncio-aiohttp"] = Finding("asyncio-aiohttp", "broken", "why")
    found = entries_for("asyncio-aiohttp,threads", [20])
    assert found.arms[-1].twin_of == "threads"
    assert isinstance(found, entries.Entries)


def test_every_arm_has_the_source_that_was_found_and_a_twin_that_of_its_original(findings):
    findings["threads"] = Finding("threads", None, "", (20,), "0123456789abcdef")
    assert entries_for("sequential,threads", [20]).sources == {
        "sequential": None, "threads": "0123456789abcdef", "threads (twin)": "0123456789abcdef",
    }  # fmt: skip


def test_with_the_batch_plan_every_strategy_races_in_batches_as_well_and_the_twin_is_of_none_of_these(findings):
    found = entries_for("sequential,threads", [20], ("batch",))
    assert [arm.name for arm in found.arms] == [
        "sequential", "sequential+batch", "threads", "threads+batch", "threads (twin)",
    ]  # fmt: skip
    assert [arm.plan for arm in found.arms] == ["single", "batch", "single", "batch", "single"]
    assert found.arms[3].strategy == "threads"
    assert found.declared_at(20)["sequential+batch"] == 1
    assert found.sources["threads+batch"] == found.sources["threads"]


@pytest.mark.parametrize("text", ["sequential,threads+batch", "sequential,threads,threads+batch"])
def test_one_that_is_named_with_the_plan_races_beside_the_same_strategy_without(findings, text):
    found = entries_for(text, [20])
    assert [arm.name for arm in found.arms[:-1]] == ["sequential", "threads", "threads+batch"]


def test_a_missing_library_is_an_error_where_it_was_named_with_a_plan(findings):
    findings["trio-httpx"] = Finding("trio-httpx", "missing", "needs the library 'trio': pip install trio")
    with pytest.raises(EnvironmentGap, match="pip install trio"):
        entries_for("all,trio-httpx+batch", [20])


def test_a_guest_from_a_file_has_the_plan_in_its_name_and_not_in_its_path(findings):
    arms = entries_for("./some/../mine.py:honest+batch", [20]).arms
    assert [arm.name for arm in arms] == ["mine.py:honest", "mine.py:honest+batch", "mine.py:honest (twin)"]
    assert arms[0].strategy == arms[1].strategy
    assert arms[0].strategy.endswith("/mine.py:honest")


def test_a_strategy_on_a_cluster_is_raced_only_when_it_is_named(findings):
    assert not [name for name in chosen_names("all")[0] if name.startswith("dask+")]
    found = entries_for("threads,dask+threads,dask+threads+batch", [20])
    assert [arm.name for arm in found.arms][:3] == ["threads", "dask+threads", "dask+threads+batch"]
    assert [arm.strategy for arm in found.arms][:3] == ["threads", "dask+threads", "dask+threads"]


def test_an_unknown_strategy_on_a_cluster_is_a_usage_error():
    with pytest.raises(UsageError, match=r"unknown strategy 'dask\+treads'; did you mean threads\?"):
        chosen_names("dask+treads")


def test_a_file_on_a_cluster_is_raced_by_its_absolute_path(findings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (arm, _) = entries_for("dask+./some/../mine.py:honest", [20]).arms
    assert (arm.name, arm.strategy) == ("dask+mine.py:honest", f"dask+{tmp_path / 'mine.py'}:honest")
