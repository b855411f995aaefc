"""``--watch``: what each form shows of each reading, and how it ends (``harness.watching``)."""

import contextlib
import csv
import io
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness import cli, configuration, history_options, place_options, snapshot, watch_forms, watching
from harness.exits import Ended
from harness.history.search import Search, Wanted
from harness.place import Place
from harness.seen import Seen
from harness.sighting import Sighting
from harness.tracker.reading import ExchangeState, Known, Reading
from mock_server.market import EPOCH_US

BTC = Pair("BTC", "USD")
AT = datetime(2026, 11, 30, 22, 30, 1, 250_000, tzinfo=UTC)
WORDS = ["prices", "-x", "kraken,coinbase", "--pairs", "BTC/USD", "--watch", "1s"]


def reading_of(number, prices, old=(), **more):
    """The reading after ``number`` beats: of each exchange a bid, a basis point above it an ask."""
    quotes = {name: Quote(name, BTC, Decimal(bid), Decimal(bid) + 1) for name, bid in prices.items()}
    sightings = {name: Sighting(quote, EPOCH_US, EPOCH_US) for name, quote in quotes.items()}
    known = {
        (name, BTC): Known((name, BTC), "stale" if name in old else "fresh", one, 7_000_000 if name in old else 1000)
        for name, one in sightings.items()
    }
    made = Reading(
        at=AT + timedelta(seconds=number), version=number, strategy="threads", beat_s=1.0,
        seen=Seen([one for name, one in sightings.items() if name not in old], EPOCH_US + 1000, {}), known=known,
        exchanges={name: ExchangeState(name, 0, 1, 1, 0) for name in prices},
        asked=len(prices), answered=len(prices), late=(), sentence="all answered",
    )  # fmt: skip
    return replace(made, **more)


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """No server is started, and nobody's files are touched."""
    monkeypatch.setattr(history_options, "folder", lambda: tmp_path / "own")
    monkeypatch.setattr(configuration, "folder", lambda: tmp_path / "own")
    monkeypatch.setattr(snapshot, "fetch", None)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)

    @contextlib.contextmanager
    def place_from(args, names, how):
        yield Place(dict.fromkeys(names, "http://127.0.0.1:1"), False, "the mock server: invented")

    monkeypatch.setattr(place_options, "place_from", place_from)


@dataclass
class Between:
    """What is known before the next beat is over."""

    reading: Reading


@pytest.fixture
def read(monkeypatch):
    """Puts readings in the place of a tracker's; after the last of them somebody presses Ctrl-C. Returns what the
    tracker was made with."""
    made = []

    def readings(*several):
        class Tracker:
            def __init__(self, beat, place, strategy, in_flight, dice, **more):
                made.append((beat, strategy, in_flight, more))
                self.left, self.told_beat, self.on_sightings = list(several), -1, None

            def __enter__(self):
                return self

            def __exit__(self, *error):
                pass

            def next_reading(self, timeout_s=None):
                if not self.left:
                    raise Ended(130)
                if isinstance(self.left[0], Between):
                    return None
                self.told_beat += 1
                found = self.left.pop(0)
                if self.on_sightings is not None:
                    self.on_sightings(found.seen.sightings, found.at)
                return found

            def reading(self):
                return self.left.pop(0).reading

        monkeypatch.setattr(watching, "Tracker", Tracker)
        return made

    return readings


TWO = reading_of(0, {"kraken": "100", "coinbase": "102"}), reading_of(1, {"kraken": "103", "coinbase": "102"})


def test_with_json_each_reading_is_a_document_on_a_line_of_its_own(capsys, read):
    read(*TWO)
    assert cli.main([*WORDS, "--json", "--count", "2"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["at"], second["at"]) == ("2026-11-30T22:30:01.250Z", "2026-11-30T22:30:02.250Z")
    assert [one["prices"][0]["bid"] for one in (first, second)] == ["102", "103"]
    assert first["reading"] == {
        "asked": 2, "answered": 2, "late": [], "sentence": "all answered", "beat_s": 1.0, "ttl_s": 3.0,
        "refreshes_per_s": 0.0,
    }  # fmt: skip
    assert first["place"]["real"] is False


def test_with_csv_the_header_comes_once_and_each_row_has_its_readings_time(capsys, read):
    read(*TWO)
    assert cli.main([*WORDS, "--csv", "--count", "2"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["at"], row["exchange"], row["bid"]) for row in rows] == [
        ("2026-11-30T22:30:01.250Z", "kraken", "100"), ("2026-11-30T22:30:01.250Z", "coinbase", "102"),
        ("2026-11-30T22:30:02.250Z", "kraken", "103"), ("2026-11-30T22:30:02.250Z", "coinbase", "102"),
    ]  # fmt: skip


def test_elsewhere_than_on_a_terminal_each_reading_is_a_block_and_a_note_is_told_once(capsys, read):
    read(*(replace(one, notes=("kraken: seldom",)) for one in TWO))
    assert cli.main([*WORDS, "--count", "2"]) == 0
    out = capsys.readouterr().out
    assert out.count("prices, as threads fetched them") == 2
    assert "2026-11-30 22:30:02 UTC, every 1.00 s, reading 2 of 2" in out
    assert out.count("kraken: seldom") == 1
    assert "\x1b" not in out


def test_what_is_old_is_no_price_in_any_form(capsys, read):
    old = reading_of(0, {"kraken": "100", "coinbase": "102"}, old=["coinbase"])
    for form in ("--json", "--csv", "--each"):
        read(old)
        assert cli.main([*WORDS, form, "--count", "1"]) == 0
        out = capsys.readouterr().out
        if form == "--json":
            document = json.loads(out)
            assert [row["exchange"] for row in document["quotes"]] == ["kraken"]
            assert document["not_fresh"] == [
                {"exchange": "coinbase", "pair": "BTC/USD", "freshness": "stale", "age_us": 7_000_000}
            ]
        elif form == "--csv":
            assert "coinbase" not in out
        else:
            (row,) = [line for line in out.splitlines() if "102.00" in line]
            assert row.endswith("7.00 s stale")


def test_ctrl_c_ends_it_with_what_was_shown_and_kept(capsys, read, tmp_path):
    read(*TWO)
    assert cli.main(WORDS) == 130
    err = capsys.readouterr().err
    assert err == f"fetchrace: interrupted; 2 readings shown, 3 quotes kept in '{tmp_path}/own/history.sqlite3'\n"
    with Search(tmp_path / "own" / "history.sqlite3") as search:
        kept = search.latest(Wanted("mock"), 9)
    assert [(one.quote.exchange, str(one.quote.bid)) for one in kept] == [
        ("kraken", "100"), ("coinbase", "102"), ("kraken", "103")
    ]  # fmt: skip
    assert kept[1].until_us - kept[1].at_us == 1_000_000


def test_nothing_is_kept_where_that_is_not_wanted(capsys, read, tmp_path):
    read(*TWO)
    assert cli.main([*WORDS, "--db", "off"]) == 130
    assert capsys.readouterr().err == "fetchrace: interrupted; 2 readings shown\n"
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("lack", [{"failures": ("kraken BTC/USD: deadline",)}, {"late": ("kraken",), "answered": 1}])
def test_a_last_reading_that_lacks_something_is_exit_code_1(capsys, read, lack):
    read(TWO[0], replace(TWO[1], **lack))
    assert cli.main([*WORDS, "--csv", "--count", "2"]) == 1
    read(replace(TWO[0], **lack), TWO[1])
    assert cli.main([*WORDS, "--csv", "--count", "2"]) == 0


def test_who_is_late_where_others_are_enough_lacks_nothing(capsys, read):
    read(replace(TWO[0], late=("kraken",), answered=1))
    assert cli.main([*WORDS, "--csv", "--count", "1", "--enough", "1"]) == 0


def test_a_failure_that_lasts_is_told_once_and_again_when_it_comes_back(capsys, read):
    broken = replace(TWO[0], failures=("kraken BTC/USD: deadline",))
    read(broken, broken, TWO[0], broken)
    assert cli.main([*WORDS, "--csv", "--count", "4"]) == 1
    assert capsys.readouterr().err == "fetchrace: kraken BTC/USD: deadline\n" * 2


def test_on_a_terminal_it_is_drawn_in_place_and_the_last_picture_stays(capsys, monkeypatch, read):
    monkeypatch.setattr(watch_forms.Screen, "fits", lambda stream: True)
    monkeypatch.setenv("LINES", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    read(*TWO)
    assert cli.main(WORDS) == 130
    out, err = capsys.readouterr()
    assert out.count("\x1b[H") == 2
    assert "every 1.00 s, reading 1; Ctrl-C ends" in out
    left = out.split("\x1b[?1049l")[1]
    assert "reading 2" in left
    assert "103.00  kraken" in left
    assert "\x1b" not in left
    assert err.startswith("fetchrace: interrupted; 2 readings shown")


def test_on_a_terminal_what_grows_old_between_two_readings_is_seen_to(capsys, monkeypatch, read):
    monkeypatch.setattr(watch_forms.Screen, "fits", lambda stream: True)
    monkeypatch.setenv("NO_COLOR", "1")
    read(TWO[0], Between(reading_of(0, {"kraken": "100", "coinbase": "102"}, old=["kraken"])))
    assert cli.main(WORDS) == 130
    out, err = capsys.readouterr()
    _, first, second = out.split("\x1b[H")
    assert "not fresh" not in first
    assert "not fresh, and not used: kraken BTC/USD (stale, 7.00 s old)" in second
    assert "reading 1;" in second
    assert "1 reading shown" in err


def test_on_a_terminal_what_is_wrong_with_the_history_is_in_the_picture_and_told_at_the_end(
    capsys, monkeypatch, read, tmp_path
):
    monkeypatch.setattr(watch_forms.Screen, "fits", lambda stream: True)
    (tmp_path / "own" / "history.sqlite3").mkdir(parents=True)
    read(*TWO)
    assert cli.main(WORDS) == 130
    assert "is a folder, expected a history" in capsys.readouterr().err


def test_arbitrage_is_watched_by_books_and_fees(capsys, read):
    made = read(reading_of(0, {"kraken": "100", "coinbase": "109"}))
    words = ["arbitrage", *WORDS[1:], "--json", "--count", "1", "--levels", "7", "--notional", "best", "--hold", "1s"]
    assert cli.main([*words, "--fee", "kraken=0.001"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["taker_fees"]["kraken"] == "0.001"
    assert (document["arbitrage"][0]["buy"], document["arbitrage"][0]["sell"]) == ("kraken", "coinbase")
    ((beat, strategy, in_flight, more),) = made
    assert (beat.levels, beat.every_s, beat.ttl_s, strategy, in_flight) == (7, 1.0, 3.0, "asyncio-aiohttp", 64)
    assert more["held"] is True
    read(reading_of(0, {"kraken": "100", "coinbase": "109"}))
    assert cli.main(["arbitrage", *WORDS[1:], "--count", "1"]) == 0
    assert "kraken  coinbase" in capsys.readouterr().out


PORTFOLIO = """
currency = "USD"
[[holding]]
asset = "BTC"
amount = "2"
[[holding]]
asset = "XBT"
amount = "7"
"""


def test_a_portfolios_total_is_one_number_a_line_and_what_is_missing_is_said_once(capsys, read, tmp_path):
    (tmp_path / "p.toml").write_text(PORTFOLIO)
    words = ["portfolio", "p.toml", "-x", "kraken,coinbase", "--watch", "1s", "--count", "2"]
    read(*TWO)
    assert cli.main([*words, "--total"]) == 1
    out, err = capsys.readouterr()
    assert out == "205.00\n207.00\n"
    assert err.count("\n") == 1
    assert "not valued: XBT" in err
    read(*TWO)
    assert cli.main([*words, "--csv"]) == 1
    assert capsys.readouterr().out.startswith("time,holding,asset,amount,at,")
    read(*TWO)
    assert cli.main([*words, "--json"]) == 1
    assert [json.loads(line)["unvalued"][0]["asset"] for line in capsys.readouterr().out.splitlines()] == ["XBT"] * 2


def test_a_portfolio_is_valued_by_fresh_prices_alone(capsys, read, tmp_path):
    (tmp_path / "p.toml").write_text(PORTFOLIO)
    read(reading_of(0, {"kraken": "100", "coinbase": "102"}, old=["coinbase", "kraken"]))
    words = ["portfolio", "p.toml", "-x", "kraken,coinbase", "--watch", "1s", "--count", "1"]
    assert cli.main(words) == 1
    out = capsys.readouterr().out
    assert "0.00 USD in all" in out
    assert "not in it: 2 BTC" in out
    assert "not fresh, and not used: kraken BTC/USD (stale, 7.00 s old)" in out


def test_a_portfolio_that_nothing_has_to_be_asked_for_is_not_watched(capsys, tmp_path):
    (tmp_path / "p.toml").write_text('currency = "USD"\n[[holding]]\nasset = "USD"\namount = "1"\n')
    assert cli.main(["portfolio", "p.toml", "--watch", "1s"]) == 2
    assert "--watch: no exchange that is asked has a market" in capsys.readouterr().err


def test_an_exchange_that_lists_none_of_the_pairs_is_no_beat(capsys, read):
    assert cli.main(["prices", "--watch", "1s", "--pairs", "BTC/USD,BTC/USD"]) == 2
    assert "named twice" in capsys.readouterr().err
