"""``portfolio``: what it prints, and the errors at its door."""

import csv
import io
import json
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest

import exchanges
from exchanges.pair import Pair
from exchanges.quote import Quote
from harness import cli, configuration, snapshot
from harness.exchange_clock import ExchangeClock
from harness.portfolio import read_portfolio
from harness.seen import Seen
from harness.sighting import Sighting
from harness.snapshot import Snapshot

NOW_US = 1_767_225_600_000_000
OLD_US = 60_000_000
PORTFOLIO = """
currency = "USD"
[[holding]]
asset = "BTC"
at = "kraken"
[[holding.lot]]
amount = "0.5"
cost = "40"
[[holding]]
asset = "BTC"
amount = "2"
name = "=1+1"
[[holding]]
asset = "USDT"
amount = "10"
"""
UNKNOWN = '[[holding]]\nasset = "XBT"\namount = "7"\n'
PRICES = {
    ("kraken", "BTC/USD"): ("100", "102"), ("coinbase", "BTC/USD"): ("99.5", "103"),
    ("binance", "BTC/USDT"): ("100", "101"), ("kraken", "USDT/USD"): ("0.99", "1.01"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def of_nobody(monkeypatch, tmp_path):
    """Whoever runs the tests may have a configuration."""
    monkeypatch.setattr(configuration, "folder", lambda: tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def written(tmp_path):
    def write(text=PORTFOLIO, name="p.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return name

    return write


@pytest.fixture
def fetched(monkeypatch):
    """Puts prices in the place of fetching, and keeps what was asked for."""
    asked = []

    def prices(bid_ask=PRICES, old=(), halted=(), failures=()):
        def fetch(args, names, markets, how, may_cut):
            asked.extend(markets)
            wanted = [(market, bid_ask[market]) for market in markets if market in bid_ask]
            sightings = [
                Sighting(
                    Quote(name, Pair.parse(pair), Decimal(bid), Decimal(ask)),
                    *[NOW_US - (OLD_US if (name, pair) in old else 1000)] * 2,
                )
                for (name, pair), (bid, ask) in wanted
            ]
            clocks = {"kraken": ExchangeClock(0, 0)}
            stopped = frozenset((name, Pair.parse(pair)) for name, pair in halted)
            return Snapshot(Seen(sightings, NOW_US, clocks, stopped), list(failures), "threads")

        monkeypatch.setattr(snapshot, "fetch", fetch)
        return asked

    return prices


def test_the_table_begins_with_the_total_and_names_whose_prices_it_is_by(capsys, written, fetched):
    fetched()
    assert cli.main(["portfolio", written()]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[1] == "262.50 USD in all, between 259.90 at the bids and 265.10 at the asks, before fees"
    assert lines[2] == "+10.50 USD since it was bought (+26.2 %), on a cost of 40.00 USD; unknown costs aside"
    words = [" ".join(line.split()) for line in lines]
    assert "BTC at kraken 0.5 BTC 101.000 50.50 50.00 51.00 +10.50 +26.2 %" in words
    assert "=1+1 2 BTC 101.000 202.00 200.00 204.00 – –" in words
    assert "BTC used BTC/USD on kraken 100.000 102.000 1.00 ms" in words
    assert "BTC/USDT on binance, USDT/USD on kraken 99.0000 102.010 1.00 ms" in words
    assert "elsewhere 212.00 209.90 214.10 80.8 %" in words


@pytest.mark.parametrize("columns", ["80", "100"])
def test_the_table_is_no_wider_than_the_terminal_and_has_no_escape_codes(
    capsys, monkeypatch, written, fetched, columns
):
    monkeypatch.setenv("COLUMNS", columns)
    fetched()
    assert cli.main(["portfolio", written(PORTFOLIO + UNKNOWN)]) == 1
    out = capsys.readouterr().out
    words = " ".join(out.split())
    assert max(map(len, out.splitlines())) <= int(columns)
    assert "\x1b" not in out
    assert "not in it: 7 XBT: no exchange here lists XBT; did you mean BTC, which kraken calls XBT?" in words


def test_only_what_is_needed_is_fetched(written, fetched):
    asked = fetched()
    cli.main(["portfolio", written(), "-x", "kraken,binance"])
    listed = {(name, str(one.pair)) for name in ("kraken", "binance") for one in exchanges.load(name).instruments}
    codes = {"BTC", "USD", "USDT", "USDC", "EUR"}
    assert set(asked) == {market for market in listed if set(market[1].split("/")) <= codes}
    assert len(asked) == len(set(asked))


def test_the_json_is_one_document_with_exact_decimals_and_all_provenance(capsys, written, fetched):
    fetched()
    assert cli.main(["portfolio", written(), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {
        "strategy", "currency", "total", "holdings", "unvalued", "by_exchange", "left_out", "notes", "failures",
        "place",
    }  # fmt: skip
    assert document["total"] == {
        "value": "262.5", "low": "259.9", "high": "265.1", "cost": "40", "profit": "10.5", "profit_percent": "26.25"
    }  # fmt: skip
    first = document["holdings"][0]
    assert (first["holding"], first["at"], first["amount"], first["amount_with_cost"]) == (
        "BTC at kraken", "kraken", "0.5", "0.5"
    )  # fmt: skip
    assert [(rate["exchange"], rate["used"], rate["low"], rate["high"]) for rate in first["rates"]] == [
        ("kraken", True, "50", "51"), ("coinbase", False, "49.75", "51.5"), ("binance", False, "49.5", "51.005")
    ]  # fmt: skip
    assert first["rates"][2]["markets"] == [
        {"exchange": "binance", "pair": "BTC/USDT", "sells": "BTC", "bid": "100", "ask": "101"},
        {"exchange": "kraken", "pair": "USDT/USD", "sells": "USDT", "bid": "0.99", "ask": "1.01"},
    ]
    assert (first["rates"][0]["age_us"], first["rates"][0]["age_by"]) == ([1000, 1000], "our own clock")
    assert [row["exchange"] for row in document["by_exchange"]] == ["kraken", None]
    assert sum(Fraction(row["value"]) for row in document["by_exchange"]) == Fraction("262.5")


def test_the_csv_is_rows_in_which_no_spreadsheet_finds_a_formula(capsys, written, fetched):
    fetched(old=[("coinbase", "BTC/USD")])
    assert cli.main(["portfolio", written(PORTFOLIO + UNKNOWN), "--csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["holding"] for row in rows} == {"BTC at kraken", "'=1+1", "USDT", "XBT", ""}
    used = [(row["holding"], row["exchange"], row["value"], row["profit"]) for row in rows if row["used"] == "yes"]
    assert used == [
        ("BTC at kraken", "kraken", "50.5", "10.5"), ("'=1+1", "kraken", "202", ""), ("USDT", "kraken", "10", "")
    ]  # fmt: skip
    assert rows[-2]["reason"].startswith("no exchange here lists XBT")
    assert (rows[-1]["exchange"], rows[-1]["used"]) == ("coinbase", "no")
    assert "stale" in rows[-1]["reason"]


def test_the_total_is_one_number_and_what_is_missing_is_on_stderr(capsys, written, fetched):
    fetched()
    assert cli.main(["portfolio", written(), "--total"]) == 0
    assert capsys.readouterr() == ("262.50\n", "")
    assert cli.main(["portfolio", written(PORTFOLIO + UNKNOWN), "--total"]) == 1
    out, err = capsys.readouterr()
    assert out == "262.50\n"
    assert err == (
        "fetchrace: not valued: XBT: no exchange here lists XBT; did you mean BTC, which kraken calls XBT?\n"
    )  # fmt: skip


def test_the_total_is_plain_however_large_and_has_the_digits_of_its_currency(capsys, written, fetched):
    fetched()
    most = int("9" * 30)
    huge = f'currency = "BTC"\n[[holding]]\nasset = "USD"\namount = "{most}"\n'
    assert cli.main(["portfolio", written(huge), "--total"]) == 0
    assert capsys.readouterr().out == f"{_middle(most):f}\n"


def _middle(dollars):
    """Of what kraken's ask and bid make of dollars, to eight places."""
    with localcontext(prec=80):
        exact = dollars * (1 / Decimal(102) + 1 / Decimal(100)) / 2
        return exact.quantize(Decimal("1e-8"), ROUND_HALF_EVEN)


@pytest.mark.parametrize(("how", "why"), [("old", "stale"), ("halted", "halted")])
def test_a_price_that_is_not_usable_is_not_used_and_said(capsys, written, fetched, how, why):
    fetched(**{how: [("kraken", "BTC/USD")]})
    assert cli.main(["portfolio", written()]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "BTC at kraken: kraken, where it lies, has no usable price (kraken BTC/USD: " in out
    assert f"not used: kraken BTC/USD: {why}" in out
    assert "BTC used BTC/USD on coinbase" in out


def test_crossed_and_one_sided_prices_are_not_used(capsys, written, fetched):
    fetched({**PRICES, ("kraken", "BTC/USD"): ("103", "102"), ("coinbase", "BTC/USD"): ("0", "103")})
    assert cli.main(["portfolio", written(), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [rate["exchange"] for rate in document["holdings"][0]["rates"]] == ["binance"]
    reasons = [row["reason"] for row in document["left_out"]]
    assert "crossed" in reasons[0] + reasons[1]
    assert "one-sided" in reasons[0] + reasons[1]


def test_an_older_price_is_used_where_that_is_allowed(written, fetched):
    fetched(old=PRICES)
    assert cli.main(["portfolio", written()]) == 1
    assert cli.main(["portfolio", written(), "--max-age", "2min"]) == 0


@pytest.mark.parametrize("options", [[], ["--json"], ["--csv"], ["--total"]])
def test_a_request_that_failed_is_exit_code_1_and_the_others_are_printed(capsys, written, fetched, options):
    fetched(failures=["okx BTC/USDT: deadline: no whole answer"])
    assert cli.main(["portfolio", written(), *options]) == 1
    out, err = capsys.readouterr()
    assert err == "fetchrace: okx BTC/USDT: deadline: no whole answer\n"
    assert "262.5" in out or "50.5" in out


@pytest.mark.parametrize("options", [[], ["--json"], ["--csv"], ["--total"]])
def test_where_nobody_quotes_the_currency_nothing_is_fetched_and_everything_is_named(
    capsys, monkeypatch, written, options
):
    monkeypatch.setattr(snapshot, "fetch", None)
    text = 'currency = "ZZZ"\n[[holding]]\nasset = "BTC"\namount = "1"\n'
    assert cli.main(["portfolio", written(text), *options]) == 1
    out, err = capsys.readouterr()
    assert "no exchange here lists ZZZ" in out + err


def test_money_alone_is_valued_without_fetching(capsys, monkeypatch, written):
    monkeypatch.setattr(snapshot, "fetch", None)
    text = 'currency = "EUR"\n[[holding]]\nasset = "EUR"\namount = "0"\n[[holding]]\nasset = "EUR"\namount = "2.345"\n'
    assert cli.main(["portfolio", written(text)]) == 0
    assert "2.34 EUR in all" in capsys.readouterr().out


def test_the_file_is_the_configurations_else_the_users_own(capsys, written, fetched):
    fetched()
    written('currency = "USD"\n[[holding]]\nasset = "USD"\namount = "1"\n', "own/portfolio.toml")
    assert cli.main(["portfolio", "--total"]) == 0
    written('portfolio = "mine.toml"\n', "own/config.toml")
    written('currency = "USD"\n[[holding]]\nasset = "USD"\namount = "2"\n', "own/mine.toml")
    assert cli.main(["portfolio", "--total"]) == 0
    written('portfolio = "p.toml"\n', "c.toml")
    written('currency = "USD"\n[[holding]]\nasset = "USD"\namount = "3"\n')
    assert cli.main(["portfolio", "--total", "--config", "c.toml"]) == 0
    assert capsys.readouterr() == ("1.00\n2.00\n3.00\n", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "there is none at '~/own/portfolio.toml'; get a sample with: python -m harness portfolio --sample > "),
        (["none.toml"], "no portfolio at 'none.toml'"),
        ([""], "expected a portfolio file, found ''"),
        (["."], "'.' is a folder, expected a portfolio"),
        (["p.toml", "--config", "none.toml"], "no configuration at 'none.toml'"),
        (["p.toml", "--config", "c.toml"], "'c.toml', line 2: taker_fees, krakn: unknown exchange; did you"),
        (["p.toml", "-x", "krakn"], "unknown exchange 'krakn'; did you mean kraken?"),
        (["p.toml", "--total", "--json"], "leave out --json and --csv"),
        (["p.toml", "--max-age", "0s"], "--max-age: expected more than nothing"),
        (["bad.toml"], "'bad.toml', line 4: holding 1, amount: expected text in quotes"),
    ],
)  # fmt: skip
def test_a_wrong_option_or_file_is_one_sentence_and_nothing_is_fetched(
    capsys, monkeypatch, tmp_path, written, options, said
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(snapshot, "fetch", None)
    written()
    written('currency = "USD"\n[[holding]]\nasset = "BTC"\namount = 0.5\n', "bad.toml")
    written('[taker_fees]\nkrakn = "1bp"\n', "c.toml")
    assert cli.main(["portfolio", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_the_sample_has_coins_in_lots_euros_and_a_stable_coin_some_of_it_on_an_exchange(capsys, written):
    assert cli.main(["portfolio", "--sample"]) == 0
    text = capsys.readouterr().out
    portfolio = read_portfolio(Path(written(text)), exchanges.names())
    assert [holding.asset for holding in portfolio.holdings] == ["BTC", "ETH", "SOL", "EUR", "USDT"]
    assert {"kraken", None} <= {holding.at for holding in portfolio.holdings}
    assert sum(len(holding.lots) for holding in portfolio.holdings) >= 3
    assert text.isascii()


@pytest.mark.slow
def test_the_sample_is_valued_by_the_mock_out_of_the_box(capsys, written):
    assert cli.main(["portfolio", "--sample"]) == 0
    name = written(capsys.readouterr().out)
    assert cli.main(["portfolio", name, "--json", "--hold", "1s", "--latency", "1ms"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["holdings"]) == 5
    assert (document["unvalued"], document["failures"]) == ([], [])
    # Markets of the mock are a few per cent from each other at most; a mistaken conversion is more.
    for holding in document["holdings"]:
        values = [Fraction(rate["value"]) for rate in holding["rates"]]
        assert len(values) >= 3
        assert max(values) / min(values) < Fraction("1.05")
    assert cli.main(["portfolio", name, "--total", "--hold", "1s", "--latency", "1ms"]) == 0
    total = capsys.readouterr().out
    assert Fraction(total) == round(100 * Fraction(document["total"]["value"])) / Fraction(100)
