"""``list``, ``report``, ``prices``, ``arbitrage`` and ``mock``: the errors at their doors, and what they print."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges.pair import Pair
from exchanges.plugins import BrokenPlugin
from exchanges.quote import Quote
from harness import cli, listing, place_options, probe, snapshot
from harness.exchange_clock import ExchangeClock
from harness.probe import Finding
from harness.seen import Seen
from harness.sighting import Sighting
from harness.snapshot import Snapshot
from harness.store import RunFolder
from mock_server.market import EPOCH_US
from mock_server.process import MockFailed

BTC = Pair("BTC", "USD")
QUOTES = [
    Quote("coinbase", BTC, Decimal("109.10"), Decimal("111.00"), bid_size=Decimal("0.5"), ask_size=Decimal(1)),
    Quote("kraken", BTC, Decimal("99.00"), Decimal("100.00"), Decimal("99.50"), Decimal(2), Decimal("0.7")),
]


def brought(monkeypatch, quotes, failures=(), now_us=EPOCH_US):
    """A snapshot of these quotes; the clocks of the exchanges are ours."""
    sightings = [Sighting(quote, EPOCH_US, EPOCH_US) for quote in quotes]
    clocks = {name: ExchangeClock(0, 0) for name in ("coinbase", "kraken")}
    made = Snapshot(Seen(sightings, now_us, clocks), list(failures), "threads")
    monkeypatch.setattr(snapshot, "take", lambda *args, **options: made)
    return made


@pytest.fixture
def taken(monkeypatch):
    """What a snapshot brings, without fetching it."""
    return brought(monkeypatch, QUOTES)


@pytest.fixture
def no_mock(monkeypatch):
    def started(*args, **kwargs):
        raise AssertionError("the mock server was started")

    monkeypatch.setattr(place_options, "running", started)


@pytest.mark.parametrize("verb", ["prices", "arbitrage"])
@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["-x", "krakn"], 2, "unknown exchange 'krakn'; did you mean kraken?"),
        (["--pairs", "BTC"], 2, "--pairs: expected a pair such as BTC/USD, found 'BTC'"),
        (["--pairs", "0"], 2, "--pairs: expected a whole number from 1"),
        (["-s", "thread"], 2, "unknown strategy 'thread'; did you mean threads?"),
        (["-s", "nowhere.py:x"], 2, "no file 'nowhere.py'"),
        (["-c", "0"], 2, "--concurrency: expected a whole number from 1"),
        (["--latency", "soon"], 2, "--latency: expected a duration"),
        (["--seed", "x"], 2, "--seed: expected a whole number, found 'x'"),
        (["--deadline", "0s"], 2, "--deadline: expected more than nothing"),
        (["--hold", "200000s"], 2, "--hold: expected at most a day, found 200000s"),
        (["--hold", "soon"], 2, "--hold: expected a duration such as 20ms, 1.5s or 500us, found 'soon'"),
        (["--max-age", "0s"], 2, "--max-age: expected more than nothing"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_nothing_is_fetched(capsys, no_mock, verb, options, code, said):
    assert cli.main([verb, *options]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--notional", "some"], "--notional: expected an amount such as 1000 or 0.5, found 'some'"),
        (["--notional", "0"], "--notional: expected more than nothing, found 0"),
        (["--notional", "-5"], "--notional: expected an amount"),
        (["--levels", "0"], "--levels: expected a whole number from 1 to 5,000"),
        (["--max-skew", "x"], "--max-skew: expected a duration"),
        (["--drift", "fast"], "--drift: expected an amount"),
        (["--fee", "krakn=0.001"], "--fee: 'krakn' is none of the exchanges that are asked; did you mean kraken?"),
        (["--fee", "kraken=much"], "--fee kraken: expected a fraction of the notional below 0.1"),
        (["--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_a_wrong_allowance_is_one_sentence_and_nothing_is_fetched(capsys, no_mock, options, said):
    assert cli.main(["arbitrage", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_fee_of_ones_own_takes_the_place_of_the_base_tier(capsys, taken):
    assert cli.main(["arbitrage", "--json", "--fee", "kraken=8bp,coinbase=0.5%"]) == 0
    assert json.loads(capsys.readouterr().out)["taker_fees"] == {"coinbase": "0.005", "kraken": "0.0008"}


def test_every_route_and_every_quote_can_be_asked_for(capsys, taken):
    assert cli.main(["arbitrage", "--all"]) == 0
    assert "2  no overlap" in capsys.readouterr().out
    assert cli.main(["prices", "--each"]) == 0
    assert "quotes, as threads fetched them" in capsys.readouterr().out


def test_a_mock_server_that_does_not_start_is_one_sentence(capsys, monkeypatch):
    def failing(*args, **kwargs):
        raise MockFailed("the mock server did not start: no ports")

    monkeypatch.setattr(place_options, "running", failing)
    assert cli.main(["prices"]) == 3
    assert capsys.readouterr() == ("", "fetchrace: the mock server did not start: no ports\n")


def test_prices_as_json_are_one_document_with_exact_decimals(capsys, taken):
    assert cli.main(["prices", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["strategy"] == "threads"
    assert document["failures"] == []
    assert document["quotes"][0]["bid"] == "109.10"
    assert document["prices"][0]["bid_exchange"] == "coinbase"


def test_prices_as_csv_are_rows_with_exact_decimals(capsys, taken):
    assert cli.main(["prices", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["exchange"] for row in rows] == ["coinbase", "kraken"]
    assert (rows[1]["bid"], rows[1]["last"], rows[0]["last"]) == ("99.00", "99.50", "")


def test_arbitrage_as_csv_keeps_negative_numbers_numbers(capsys, taken):
    assert cli.main(["arbitrage", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (rows[0]["buy"], rows[0]["sell"], rows[0]["verdict"]) == ("kraken", "coinbase", "trade")
    assert all(float(row["net_bps"]) is not None for row in rows)
    assert rows[-1]["net_bps"].startswith("-")


def test_arbitrage_as_json_has_routes_and_fees_and_no_quotes(capsys, taken):
    assert cli.main(["arbitrage", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {
        "strategy", "arbitrage", "routes", "not_compared", "left_out", "taker_fees", "clocks", "allowance", "failures",
        "place", "notes",
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["prices", "arbitrage"])
def test_tables_are_at_most_80_columns_wide_and_without_escape_codes(capsys, monkeypatch, taken, verb):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert cli.main([verb]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert "coinbase" in out


@pytest.mark.parametrize("options", [[], ["--json"], ["--csv"]])
@pytest.mark.parametrize("verb", ["prices", "arbitrage"])
def test_a_request_that_failed_is_exit_code_1_and_the_others_are_printed(capsys, monkeypatch, verb, options):
    brought(monkeypatch, QUOTES, ["binance BTC/USDT: deadline: no whole answer"])
    assert cli.main([verb, *options]) == 1
    out, err = capsys.readouterr()
    assert err == "fetchrace: binance BTC/USDT: deadline: no whole answer\n"
    assert "coinbase" in out


@pytest.mark.parametrize("verb", ["prices", "arbitrage"])
def test_quotes_that_are_not_used_are_named_with_the_reason(capsys, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "100")
    late = [replace(QUOTES[0], time_us=EPOCH_US), QUOTES[1]]
    brought(monkeypatch, late, now_us=EPOCH_US + 60_000_000)
    assert cli.main([verb, "--max-age", "30s"]) == 0
    out = capsys.readouterr().out
    assert "not used: coinbase BTC/USD: stale, at least 60.0 s old by the exchange's time, at most 30.0 s" in out
    assert "109.10" not in out


def test_no_quotes_at_all_are_an_empty_table_and_no_crash(capsys, monkeypatch):
    brought(monkeypatch, [], ["x"])
    for argv in (["prices"], ["arbitrage"], ["prices", "--csv"], ["arbitrage", "--json"]):
        assert cli.main(argv) == 1


@pytest.fixture
def listed(monkeypatch):
    monkeypatch.setattr(
        probe, "look",
        lambda names, in_flight: [
            Finding(name, "missing", "needs 'trio': pip install trio")
            if name == "trio-httpx"
            else Finding(name, None, "", (1,) if name == "sequential" else tuple(in_flight))
            for name in names
        ],
    )  # fmt: skip


def test_the_list_as_json_has_strategies_exchanges_and_runs_by_name(capsys, listed, tmp_path):
    assert cli.main(["list", "--json", "--results-dir", str(tmp_path / "none")]) == 0
    found = json.loads(capsys.readouterr().out)
    by_name = {row["name"]: row for row in found["strategies"]}
    assert by_name["trio-httpx"]["installed"] is False
    assert by_name["trio-httpx"]["problem"] == "needs 'trio': pip install trio"
    found_in_flight = [by_name[name]["in_flight_of_100"] for name in ("sequential", "threads", "trio-httpx")]
    assert found_in_flight == [1, 100, 0]
    assert {"binance", "coinbase", "kraken"} <= {row["name"] for row in found["exchanges"]}
    assert all({"BTC", "ETH", "SOL"} <= {pair.split("/")[0] for pair in row["pairs"]} for row in found["exchanges"])
    assert found["runs"] == []


def test_the_list_says_what_a_cluster_is_and_that_it_is_raced_only_when_named(capsys, listed, tmp_path, monkeypatch):
    assert cli.main(["list", "--json", "--results-dir", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    (dask,) = found["clusters"]
    assert (dask["name"], dask["written"], dask["installed"], dask["problem"]) == ("dask", "dask+STRATEGY", True, None)
    assert not any("dask" in row["name"] for row in found["strategies"])
    gap = "cluster dask needs the library 'distributed', which is not installed: pip install 'fetchrace[cluster]'"
    monkeypatch.setattr(probe, "look", lambda names, in_flight: [Finding(name, "missing", gap) for name in names])
    assert cli.main(["list", "--results-dir", str(tmp_path)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  dask+STRATEGY")]
    assert gap in line
    assert "raced only when named" in line


def test_the_list_goes_on_past_an_exchange_that_is_broken_and_says_why(capsys, listed, tmp_path, monkeypatch):
    real = listing.exchange

    def exchange(name):
        if name == "kraken":
            raise BrokenPlugin(name, "exchange kraken: expected a method answer")
        return real(name)

    monkeypatch.setattr(listing, "exchange", exchange)
    assert cli.main(["list", "--json", "--results-dir", str(tmp_path)]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["exchanges"]}
    assert (rows["kraken"]["problem"], rows["kraken"]["pairs"]) == ("exchange kraken: expected a method answer", [])
    assert rows["binance"]["problem"] is None
    assert cli.main(["list", "--results-dir", str(tmp_path)]) == 0
    assert "expected a method answer" in capsys.readouterr().out


def test_the_list_goes_on_past_runs_that_cannot_be_read(capsys, listed, tmp_path):
    good = RunFolder.create(tmp_path)
    good.write_run({"schema": 1, "id": good.id, "state": "complete", "verdict": {"sentence": "It was so."}})
    good.point_latest_here()
    for name, content in {
        "1": "{", "2": '{"schema": 9}', "3": '{"schema": 1}',
        "4": '{"schema": 1, "id": null, "state": [], "verdict": 7}',
        "5": '{"schema": 1, "id": null, "state": null, "verdict": {"sentence": "\\u001b[2J\\n"}}',
    }.items():  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(content)
    assert cli.main(["list", "--json", "--results-dir", str(tmp_path)]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert len(runs) == 6  # ``latest`` is not a run of its own
    assert [row for row in runs if row["id"] == good.id] == [
        {"id": good.id, "state": "complete", "sentence": "It was so."}
    ]
    assert [row["state"] for row in runs if row["id"] in "1234"] == ["unreadable"] * 4
    assert cli.main(["list", "--results-dir", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert all(line.isprintable() for line in text.splitlines())
    assert "It was so." in text


def test_the_list_says_what_is_missing_and_how_to_get_it(capsys, listed, tmp_path):
    assert cli.main(["list", "--results-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "needs 'trio': pip install trio" in out
    assert "none yet" in out


@pytest.mark.parametrize("content", [None, "", "{", '{"schema": 2}', '{"schema": 1, "x": NaN}'])
@pytest.mark.parametrize("name", ["", "run.json"])
def test_a_report_of_what_is_no_run_is_refused_before_anything_is_drawn(capsys, tmp_path, content, name):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    assert cli.main(["report", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ([] if content is None else ["run.json"])


def test_a_report_of_another_file_of_a_run_is_refused(capsys, tmp_path):
    (tmp_path / "other.json").write_text('{"schema": 1}')
    assert cli.main(["report", str(tmp_path / "other.json")]) == 2
    assert "is a file, expected a run's folder, such as results/latest" in capsys.readouterr().err


def test_a_report_of_a_run_that_is_not_there_names_what_was_expected(capsys, tmp_path):
    assert cli.main(["report", str(tmp_path / "none")]) == 2
    assert "expected a folder with a run.json, such as results/latest" in capsys.readouterr().err


def test_mock_hands_its_arguments_to_the_mock_server(monkeypatch):
    import mock_server.__main__ as server

    given = []
    monkeypatch.setattr(server, "main", lambda argv: given.append(argv) or 7)
    assert cli.main(["mock", "--latency", "5ms", "--nonsense"]) == 7
    assert given == [["--latency", "5ms", "--nonsense"]]
