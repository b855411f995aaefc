"""``prices --history``: what it prints, and that no content and no file makes a traceback."""

import csv
import io
import json
from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness import cli, history_options, snapshot
from harness.history import database
from harness.history.ledger import Ledger

AT_US = 1_606_775_401_250_001  # 2020-11-30T22:30:01.250001Z


@pytest.fixture(autouse=True)
def own(monkeypatch, tmp_path):
    """Whoever runs the tests may have a history."""
    monkeypatch.setattr(history_options, "folder", lambda: tmp_path / "own")
    monkeypatch.setattr(snapshot, "take", None)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "own" / "history.sqlite3"


@pytest.fixture
def kept(own):
    ledger = Ledger(own, 10**15)
    pair = Pair("BTC", "USD")
    for later_us, bid in ((0, "91191.50"), (2_500_000, "91191.50"), (3_000_000, "91190.00")):
        quote = Quote("kraken", pair, Decimal(bid), Decimal("91200.1"), None, Decimal("0.50"), time_us=7)
        ledger.write([("mock", AT_US + later_us, quote)])
    ledger.write([("real", AT_US, Quote("=1+1", pair, Decimal(-1), Decimal(2)))])
    ledger.close()


def test_the_table_has_the_time_and_how_long_it_was_seen_oldest_first(capsys, kept):
    assert cli.main(["prices", "--history"]) == 0
    out, err = capsys.readouterr()
    title, _, first, second = out.strip().splitlines()
    assert title == "2 quotes of the mock server, invented"
    assert first.split() == ["11-30", "22:30:01.250", "2.50", "s", "kraken", "BTC/USD", "91191.50", "91200.10"]
    assert second.split()[-2:] == ["91190.00", "91200.10"]
    assert err == ""


def test_csv_has_exact_numbers_and_no_name_is_a_formula(capsys, kept):
    assert cli.main(["prices", "--history", "--csv", "--real"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row == {
        "at": "2020-11-30T22:30:01.250001Z", "until": "2020-11-30T22:30:01.250001Z", "source": "real",
        "exchange": "'=1+1", "pair": "BTC/USD", "bid": "-1", "ask": "2", "last": "", "bid_size": "", "ask_size": "",
        "time_us": "",
    }  # fmt: skip


def test_json_is_one_document_with_the_digits_that_were_sent(capsys, kept):
    assert cli.main(["prices", "--history", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["source"], document["since"]) == (1, "mock", None)
    assert document["quotes"][0] == {
        "at": "2020-11-30T22:30:01.250001Z", "until": "2020-11-30T22:30:03.750001Z", "source": "mock",
        "exchange": "kraken", "pair": "BTC/USD", "bid": "91191.50", "ask": "91200.1", "last": None,
        "bid_size": "0.50", "ask_size": None, "time_us": 7,
    }  # fmt: skip
    assert len(document["quotes"]) == 2


def test_names_with_control_characters_are_shown_escaped(capsys, own):
    ledger = Ledger(own, 10**15)
    ledger.write([("mock", AT_US, Quote("\x1b[2Jx\n", Pair("BTC", "USD"), Decimal(1), Decimal(2)))])
    ledger.close()
    assert cli.main(["prices", "--history"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"\x1b[2Jx\n" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "there is no history yet at"),
        (["--since", "1h"], "there is no history yet at"),
    ],
)
@pytest.mark.parametrize(("form", "empty"), [([], ""), (["--json"], "{"), (["--csv"], "at,until")])
def test_without_a_history_a_sentence_says_how_to_begin_one(capsys, words, said, form, empty):
    assert cli.main(["prices", "--history", *words, *form]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(empty)
    assert said in err
    assert "prices --watch 2s keeps what it sees" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "1s"], "nothing of that is in the history; it has 2 quotes of the mock server, invented"),
        (["--pairs", "BTC/EUR"], "nothing of that is in the history; it has 2 quotes of the mock"),
        (["-x", "okx"], "nothing of that is in the history"),
    ],
)
def test_where_nothing_of_it_is_there_the_sentence_says_what_is(capsys, kept, words, said):
    assert cli.main(["prices", "--history", *words]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_where_only_invented_or_only_real_quotes_are_there_the_sentence_says_how_to_see_them(capsys, own):
    ledger = Ledger(own, 10**15)
    ledger.write([("real", AT_US, Quote("okx", Pair("BTC", "USD"), Decimal(1), Decimal(2)))])
    ledger.close()
    assert cli.main(["prices", "--history"]) == 0
    assert "no quotes of the mock server, invented; it has 1 quote of real exchanges, which are shown with --real" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--db", "none.sqlite3"], "no history at 'none.sqlite3'"),
        (["--db", "."], "'.' is a folder"),
        (["--db", "rubbish"], "'rubbish' is no history: it is no SQLite database"),
        (["--db", "newer"], "a newer fetchrace wrote it"),
        (["--db", "off"], "--db off keeps no history, so that there is none to show"),
        (["--db", ""], "--db: expected a file or off"),
        (["--db", "a\0b"], "no history at"),
        (["--each"], "--each is for prices that are fetched"),
    ],
)
def test_a_file_that_is_no_history_is_one_sentence(capsys, tmp_path, words, said):
    (tmp_path / "rubbish").write_text("rubbish")
    newer = database.open_to_write(tmp_path / "newer")
    newer.execute("PRAGMA user_version = 9")
    newer.close()
    assert cli.main(["prices", "--history", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
