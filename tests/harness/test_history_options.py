"""The options of the history, and what keeps the quotes of a tracker (``harness.history_options``)."""

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from harness import history_options
from harness.exits import EnvironmentGap, UsageError
from harness.history.kept import microseconds_at
from harness.history.search import Search, Wanted
from harness.place import Place
from harness.sighting import Sighting

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
PLACE = Place({"kraken": "https://api.kraken.com", "okx": "http://127.0.0.1:1"}, True, "both")


@pytest.fixture(autouse=True)
def own(monkeypatch, tmp_path):
    """Whoever runs the tests may have a history."""
    monkeypatch.setattr(history_options, "folder", lambda: tmp_path / "own" / "data")
    return tmp_path / "own" / "data" / "history.sqlite3"


def options(*words):
    parser = argparse.ArgumentParser()
    history_options.add_arguments(parser)
    history_options.add_reading(parser)
    for flag in ("--pairs", "--exchange"):
        parser.add_argument(flag, default="all")
    parser.add_argument("--real", action="store_true")
    return parser.parse_args(words)


def test_the_history_lies_in_the_systems_folder_for_a_users_data(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert history_options.path_from(options()) == tmp_path / "fetchrace" / "history.sqlite3"


def test_a_file_that_is_named_is_meant_and_off_means_none(tmp_path):
    assert history_options.path_from(options("--db", str(tmp_path / "x"))) == tmp_path / "x"
    assert history_options.path_from(options("--db", "off")) is None
    with history_options.recording(options("--db", "off"), PLACE, pytest.fail) as keep:
        assert keep is None


def test_what_was_seen_is_kept_in_ones_own_file_as_real_or_invented_by_who_was_asked(own, usable):
    seen = [Sighting(usable(name, "1", "2").quote, 1, 2) for name in ("kraken", "okx")]
    with history_options.recording(options(), PLACE, pytest.fail) as keep:
        keep(seen, NOW)
    with Search(own) as search:
        for name, source in (("kraken", "real"), ("okx", "mock")):
            assert [one.quote.exchange for one in search.latest(Wanted(source), 9)] == [name]


def test_ones_own_file_that_cannot_be_used_is_told_and_prices_go_on(own, usable):
    own.mkdir(parents=True)
    told = []
    with history_options.recording(options(), PLACE, told.append) as keep:
        keep([Sighting(usable("okx", "1", "2").quote, 1, 2)], NOW)
    (said,) = told
    assert "is a folder, expected a history" in said
    assert said.endswith("prices go on without it")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".", "is a folder"),
        ("rubbish", "no history: it is no SQLite"),
        ("no/such", "--db: there is no folder"),
        ("", "'"),
    ],
)
def test_a_file_that_was_named_has_to_be_a_history(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rubbish").write_text("rubbish")
    with (
        pytest.raises((UsageError, EnvironmentGap), match=said),
        history_options.recording(options("--db", name), PLACE, pytest.fail),
    ):
        pytest.fail("it began")


def test_what_is_wanted_is_said_by_time_exchange_and_pair_and_invented_unless_real():
    assert history_options.wanted_from(options(), NOW) == Wanted("mock")
    args = options("--since", "1h", "--pairs", "btc-usd,ETH/USDT", "--exchange", "okx", "--real")
    since_us = microseconds_at(NOW - timedelta(hours=1))
    assert history_options.wanted_from(args, NOW) == Wanted("real", since_us, ["okx"], ["BTC/USD", "ETH/USDT"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "soon"], "--since: expected a duration"),
        (["--since", "0s"], "--since: expected more than nothing"),
        (["--since", "99999999d"], "--since: expected at most a hundred years"),
        (["--pairs", "3"], "--pairs: with --history expected pairs such as BTC/USD, found '3'"),
        (["--pairs", "BTC"], "--pairs: expected a pair such as BTC/USD, found 'BTC'"),
        (["--exchange", "krakn"], "unknown exchange 'krakn'; did you mean kraken"),
    ],
)
def test_a_wish_that_makes_no_sense_is_one_sentence(words, said):
    with pytest.raises(UsageError, match=said):
        history_options.wanted_from(options(*words), NOW)


@pytest.mark.parametrize(
    ("words", "watching", "said"),
    [
        (["--history"], True, "choose one"),
        (["--history", "--keep", "1d"], False, "--keep is for --watch"),
        (["--since", "1h"], False, "--since is for --history"),
        (["--since", "1h"], True, "--since is for --history"),
        (["--db", "x"], False, "--db is for --watch"),
        (["--keep", "1d"], False, "--keep is for --watch"),
    ],
)
def test_an_option_that_would_say_nothing_is_told(words, watching, said):
    with pytest.raises(UsageError, match=said):
        history_options.check(options(*words), watching)


def test_options_that_go_together_do():
    history_options.check(options(), False)
    history_options.check(options("--db", "x", "--keep", "1d"), True)
    history_options.check(options("--history", "--db", "x", "--since", "1h"), False)
