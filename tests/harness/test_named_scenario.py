import argparse

import pytest

from harness.commands import run
from harness.exits import UsageError
from harness.named_scenario import FLAGS, SCENARIOS, TEXTS, scenario_named
from harness.scenario import Scenario


def options_of(*words):
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return parser.parse_args(words)


def scenarios_of(*words):
    return run._scenarios(options_of(*words), words)


@pytest.fixture
def file(tmp_path):
    def written(content, name="mine.toml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return written


def test_by_default_three_exchanges_are_asked_in_waves_however_many_there_are():
    (scenario,) = scenarios_of()
    assert (scenario.name, scenario.motion) == ("quick", "waves")
    assert scenario.exchanges == ("binance", "coinbase", "kraken")
    assert (scenario.requests, scenario.concurrency, scenario.latency) == (40, 20, "20ms")
    assert scenarios_of("--scenario", "quick") == [scenario]


def test_trading_asks_each_market_of_all_exchanges_once_all_at_once_in_fast_prices():
    (scenario,) = scenarios_of("--scenario", "trading")
    assert (scenario.name, scenario.motion) == ("trading", "waves:3")
    assert scenario.requests == len(scenario.markets) <= scenario.concurrency
    assert scenario.markets == tuple(dict.fromkeys(scenario.markets))
    assert len(scenario.exchanges) > 3
    pairs = [pair for _, pair in scenario.markets]
    assert all(pairs.count(pair) > 1 for pair in pairs)


def test_what_is_given_beside_a_scenario_wins_even_where_it_is_the_usual_value():
    (scenario,) = scenarios_of("--scenario", "trading", "--latency", "20ms", "-c", "20", "--motion=still")
    assert (scenario.latency, scenario.concurrency, scenario.motion) == ("20ms", 20, "still")
    assert scenario.requests == len(scenario.markets)


def test_a_file_has_options_by_their_names_as_text_or_numbers(file):
    path = file('exchange = "kraken"\nrequests = 12\nlatency = "5ms"\nmax-body = "2MiB"\ntls = true\nblocks = 4\n')
    (scenario,) = scenarios_of("--scenario", path)
    assert (scenario.name, scenario.exchanges, scenario.requests) == ("mine", ("kraken",), 12)
    assert (scenario.latency, scenario.max_body, scenario.tls, scenario.blocks) == ("5ms", 2 * 2**20, True, 4)


def test_every_option_that_makes_a_scenario_may_be_in_a_file():
    known = {action.dest.replace("_", "-") for action in argparse_actions()}
    assert {*TEXTS, *FLAGS} <= known
    # What a Scenario is made of, by the names that its options have.
    other = {
        "name": "scenario",
        "markets": "pairs",
        "deadline_s": "deadline",
        "max_body": "max-body",
        "baseline": "blocks",
        # A plan is of an arm, and its scenario is made of the single one.
        "plan": "requests",
        # Whom to ask in place of the mock is said on the command line, each time anew.
        "origins": "exchange",
        "real": "exchange",
    }
    assert {other.get(field, field) for field in Scenario.__slots__} <= {*TEXTS, *FLAGS, "scenario"}


def argparse_actions():
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return parser._actions


def test_a_flag_that_is_false_is_not_there(file):
    assert scenarios_of("--scenario", file("tls = false\n"))[0].tls is False


def test_a_file_may_hold_a_sweep(file):
    found = scenarios_of("--scenario", file('concurrency = "1,8"\n'))
    assert [scenario.name for scenario in found] == ["concurrency=1", "concurrency=8"]


@pytest.mark.parametrize(("words", "blocks", "warm"), [
    ((), 9, 4), (("--fast",), 3, 2), (("--rigorous",), 20, 5), (("--blocks", "7"), 7, 4), (("--budget", "60s"), 5, 4),
])  # fmt: skip
def test_how_long_a_file_wants_it_gives_way_to_whoever_says_otherwise(file, words, blocks, warm):
    (scenario,) = scenarios_of("--scenario", file("blocks = 9\nwarm = 4\n"), *words)
    assert (scenario.blocks, scenario.warm) == (blocks, warm)


def test_a_depth_in_a_file_is_nothing_where_other_things_than_books_are_asked_for(file):
    path = file('workload = "books"\nlevels = 5\n')
    assert scenarios_of("--scenario", path)[0].levels == 5
    assert scenarios_of("--scenario", path, "--workload", "tickers")[0].levels == 0


@pytest.mark.parametrize(("content", "words"), [
    ("", "expected options of run, such as latency"),
    ("# nothing\n", "expected options of run"),
    ("requests = 12\nconcurency = 3\n", "line 2: concurency: unknown key; did you mean concurrency?"),
    ("\nrequests = [1, 2]\n", "line 2: requests: expected text or a number, as --requests takes it, found an array"),
    ("[requests]\nn = 1\n", "requests: expected text or a number"),
    ("requests = true\n", "line 1: requests: expected text or a number, as --requests takes it, found true"),
    ("requests = 2026-01-31\n", "line 1: requests: expected text or a number"),
    ('tls = "yes"\n', "line 1: tls: expected true or false, found 'yes'"),
    ("tls = 1\n", "line 1: tls: expected true or false, found 1"),
    ("requests = 0\n", "line 1: requests: expected a whole number from 1 to 1,000,000, found 0"),
    ("requests = 1.5\n", "line 1: requests: expected a whole number, found '1.5'"),
    ('\n\nlatency = "20 parsecs"\n', "line 3: latency: expected a duration such as 20ms"),
    ('motion = "wave"\n', "line 1: motion: expected waves, waves:5, still or linear:10bp/s"),
    ("blocks = -1\n", "line 1: blocks: expected a whole number from 1"),
    ('requests = "12\n', "line 1"),
    ("requests = 12\nrequests = 13\n", "line 2"),
    (b"requests = \xff12\n", "line 1: expected UTF-8, found the byte 0xff"),
    (b"\x00", "line 1"),
    (b"a = 1\n" * 2_000_000, "is larger than 1 MiB"),
], ids=lambda value: str(value)[:30])  # fmt: skip
def test_what_is_wrong_in_a_file_is_one_sentence_with_its_place(file, content, words):
    with pytest.raises(UsageError) as raised:
        scenarios_of("--scenario", file(content))
    assert "mine.toml'" in str(raised.value)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_byte_order_mark_that_an_editor_left_is_no_part_of_a_file(file):
    assert scenarios_of("--scenario", file(b"\xef\xbb\xbfrequests = 12\n"))[0].requests == 12


def test_what_is_wrong_on_the_command_line_is_not_laid_upon_the_file(file):
    with pytest.raises(UsageError, match=r"^--latency: expected a duration"):
        scenarios_of("--scenario", file('latency = "5ms"\n'), "--latency", "20 parsecs")


@pytest.mark.parametrize(("word", "words"), [
    ("tradin", "unknown scenario 'tradin'; did you mean trading?"),
    ("xyz", "there are quick and trading, and TOML files such as mine.toml"),
    ("", "there are quick and trading"), ("nope.toml", "no scenario at 'nope.toml': expected a TOML file"),
    ("no/where", "no scenario at 'no/where'"), ("/", "is a folder, expected a scenario"),
    ("a\0b.toml", "no scenario at"), ("x" * 5000, "unknown scenario 'xxx"), ("\x1b[31m", "unknown scenario '\\\\x1b"),
], ids=lambda value: value[:20].encode("unicode_escape").decode())  # fmt: skip
def test_a_scenario_that_there_is_not_is_told_with_the_nearest_one(word, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as raised:
        scenario_named(word)
    assert words in str(raised.value)


def test_options_of_the_named_scenarios_are_options_that_a_file_may_have():
    for scenario in SCENARIOS.values():
        assert set(scenario.options) <= {*TEXTS, *FLAGS}


@pytest.mark.slow
def test_all_requests_are_as_many_as_there_are_markets_or_exchanges_to_ask():
    (tickers,) = scenarios_of("--requests", "all", "--pairs", "4")
    assert tickers.requests == len(tickers.markets) == 12
    (markets,) = scenarios_of("--requests", "all", "--workload", "markets", "-x", "binance,kraken")
    assert markets.requests == 2
    named = scenarios_of("--requests", "10,all")
    assert [(scenario.name, scenario.requests) for scenario in named] == [("requests=10", 10), ("requests=all", 15)]
