"""Options at the door: what is good passes, what is not is one sentence with exit code 2."""

import math
import subprocess
import sys

import pytest

import exchanges
from exchanges.pair import Pair
from exchanges.plugins import BrokenPlugin
from exchanges.units import bytes_from, seconds_from
from harness import listing, options, spawn
from harness.exits import EnvironmentGap, UsageError


def refused(call, *args):
    with pytest.raises(UsageError) as caught:
        call(*args)
    said = str(caught.value)
    assert caught.value.code == 2
    assert "\n" not in said
    assert len(said) < 200
    return said


def test_all_exchanges_or_those_named_in_that_order():
    assert options.exchange_names("all")[:3] == ["binance", "coinbase", "kraken"]
    assert options.exchange_names(" kraken, binance,") == ["kraken", "binance"]


def test_an_unknown_exchange_is_refused_with_the_nearest_name():
    assert refused(options.exchange_names, "krakn") == "unknown exchange 'krakn'; did you mean kraken?"


def test_a_pair_that_is_named_twice_is_refused():
    assert refused(options.pairs, "BTC/USD,ETH/USD,btc-usd", ["kraken"]) == "--pairs: BTC/USD is named twice"


def test_an_exchange_that_lists_none_of_the_pairs_is_told(capsys):
    options.pairs("BTC/USD", ["kraken", "binance", "coinbase"])
    said = "fetchrace: binance lists none of the chosen pairs; it is left out\n"
    assert capsys.readouterr() == ("", said)


@pytest.fixture
def broken(monkeypatch):
    """One guest exchange that is there and cannot be used."""

    def exchange(name):
        if name == "guest":
            raise BrokenPlugin(name, "exchange guest failed at import: KeyError: 'a'")

    monkeypatch.setattr(listing, "exchange", exchange)
    monkeypatch.setattr(exchanges, "names", lambda: ["binance", "guest", "kraken"])


def test_a_broken_exchange_is_left_out_of_all_with_a_sentence(broken, capsys):
    assert options.exchange_names("all") == ["binance", "kraken"]
    said = "fetchrace: exchange guest failed at import: KeyError: 'a'; it is left out\n"
    assert capsys.readouterr() == ("", said)


def test_a_broken_exchange_that_was_named_is_an_error(broken):
    with pytest.raises(BrokenPlugin):
        options.exchange_names("kraken,guest")
    assert options.exchange_names("kraken,binance") == ["kraken", "binance"]


def test_when_every_exchange_is_broken_there_is_nobody_to_ask(broken, monkeypatch):
    monkeypatch.setattr(exchanges, "names", lambda: ["guest"])
    with pytest.raises(EnvironmentGap, match="no exchange is left to ask"):
        options.exchange_names("all")


@pytest.mark.parametrize("text", ["", ",", " , ", "kraken,kraken"])
def test_no_exchange_or_one_twice_is_refused(text):
    assert "expected different names such as binance,kraken" in refused(options.exchange_names, text)


def test_pairs_are_a_number_or_a_list():
    assert options.pairs("3", ["kraken"]) == 3
    assert options.pairs("btc/usd,ETH-USD", ["kraken"]) == [Pair("BTC", "USD"), Pair("ETH", "USD")]


def test_a_pair_that_no_chosen_exchange_lists_is_refused_with_the_nearest():
    assert refused(options.pairs, "BTC/UST", ["binance"]).startswith(
        "no chosen exchange lists BTC/UST; did you mean BTC/US"
    )


@pytest.mark.parametrize("text", ["", ",", "BTC", "BTC/USD,", "BTC/USD/EUR", "$x_$/USD", "日本/USD", "x" * 5000, "-3"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(UsageError, match="--pairs: expected a pair such as BTC/USD"):
        options.pairs(text, ["kraken"])


@pytest.mark.parametrize("text", ["0", "00"])
def test_no_pairs_at_all_are_refused(text):
    assert "from 1 to" in refused(options.pairs, text, ["kraken"])


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("40", 40), (" 8 ", 8), ("1000000", 10**6)])
def test_a_count_is_a_whole_number_of_at_least_one(text, number):
    assert options.count("--requests", text) == number


@pytest.mark.parametrize("text", ["0", "-1", "1000001", "9" * 400])
def test_a_count_of_nothing_or_of_more_than_memory_holds_is_refused(text):
    assert refused(options.count, "--requests", text).startswith(
        "--requests: expected a whole number from 1 to 1,000,000, found "
    )


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e3", "nan", "²", "0x10", "9" * 5000, "\x1b[2J"])
def test_what_is_no_whole_number_is_refused_and_cut_short(text):
    said = refused(options.count, "--blocks", text)
    assert said.startswith("--blocks: expected a whole number, found ")
    assert said.isprintable()


@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_a_positive_number_is_above_nothing_and_below_infinity(number):
    assert refused(options.positive, "--deadline", number).startswith("--deadline: expected more than nothing")
    assert options.positive("--deadline", 1e-9) == 1e-9


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10.0), ("250ms", 0.25), ("2min", 120.0)])
def test_a_deadline_is_a_duration(text, seconds):
    assert options.deadline(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "10", "-1s", "0", "0s", "fast", "1 parsec", "9" * 400 + "s"])
def test_what_is_no_deadline_is_refused(text):
    assert refused(options.deadline, text).startswith("--deadline: expected ")


def test_a_size_beyond_all_numbers_is_refused_and_not_a_traceback():
    assert refused(options.read, "--max-body", "9" * 400 + "GiB", bytes_from).startswith(
        "--max-body: expected a smaller number, found '9999"
    )


def test_reading_names_the_flag_and_what_was_expected():
    assert refused(options.read, "--latency", "20", seconds_from) == (
        "--latency: expected a duration such as 20ms, 1.5s or 500us, found '20'"
    )


@pytest.mark.parametrize(("text", "share"), [("0", 0.0), ("0.05", 0.05), ("1", 1.0)])
def test_a_share_lies_between_0_and_1(text, share):
    assert options.share("--max-error-rate", text) == share


@pytest.mark.parametrize("text", ["-0.1", "1.1", "nan", "inf", "5%", ""])
def test_what_is_no_share_is_refused(text):
    assert refused(options.share, "--max-error-rate", text).startswith("--max-error-rate: expected a ")


GUEST = """
from dataclasses import replace
import exchanges
ITS = replace(exchanges.load("kraken"), name="{name}")
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A guest exchange in a file, which nobody knows any more afterwards."""
    monkeypatch.setenv(exchanges.GROUP.variable, "")

    def make(name, text=GUEST):
        path = tmp_path / f"{name}.py"
        path.write_text(text.format(name=name))
        return f"{path}:ITS"

    return make


def test_an_exchange_in_a_file_is_known_by_its_own_name_here_and_in_processes_of_ours(file):
    assert options.exchange_names(f"kraken,{file('mine')}") == ["kraken", "mine"]
    assert exchanges.load("mine").name == "mine"
    code = "import exchanges; print(exchanges.load('mine').name, exchanges.names()[-1])"
    said = subprocess.run([sys.executable, "-P", "-c", code], env=spawn.environment(), capture_output=True, text=True)
    assert said.stdout == "mine mine\n", said.stderr


def test_an_exchange_in_a_file_may_be_named_again(file):
    assert options.exchange_names(file("twice")) == options.exchange_names(file("twice")) == ["twice"]


def test_an_exchange_in_a_file_may_not_take_anothers_name(file):
    assert "is called 'kraken', and so is another" in refused(options.exchange_names, file("kraken"))


def test_a_file_that_is_not_there_is_refused():
    assert "no file './nothing.py' for exchange" in refused(options.exchange_names, "./nothing.py:ITS")


def test_a_file_without_a_whole_exchange_is_broken(file):
    with pytest.raises(BrokenPlugin, match="expected a name"):
        options.exchange_names(file("half", "ITS = 7\n"))
