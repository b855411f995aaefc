"""Prices and arbitrage on the terminal: what is shown, in how much room, and what is said of it."""

from decimal import Decimal

import pytest
from rich.cells import cell_len

from exchanges.pair import Pair
from exchanges.quote import Quote
from harness.allowance import Allowance
from harness.prices_table import print_arbitrage, print_left_out, print_place, print_prices, print_quotes
from harness.readout import readout
from harness.seen import Seen
from harness.sighting import Sighting
from harness.terminal import console

NOW_US = 50_000
FEES = {"binance": Decimal("0.001"), "coinbase_exchange": Decimal("0.006"), "kraken": Decimal("0.004")}


def seen_as(name, pair, bid, ask, size="2", last=None):
    sizes = [None if size is None else Decimal(size)] * 2
    quote = Quote(name, Pair.parse(pair), Decimal(bid), Decimal(ask), last and Decimal(last), *sizes)
    return Sighting(quote, NOW_US - 30_000, NOW_US - 1_000)


def read(*sightings, **allowance):
    return readout(Seen(sightings, NOW_US, {}), FEES, Allowance(**allowance))


@pytest.fixture
def said(capsys, monkeypatch):
    """What ``show`` prints at a width, as one text in which no line is too long."""

    def go(show, *given, columns="100"):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.delenv("FORCE_COLOR", raising=False)
        show(console(), *given)
        text = capsys.readouterr().out
        assert max(cell_len(line) for line in text.splitlines()) <= int(columns)
        assert "\x1b" not in text
        return text

    return go


TRADE = read(
    seen_as("kraken", "BTC/USD", "99.90", "100.00"), seen_as("coinbase_exchange", "BTC/USD", "110.00", "110.10"),
    notional=Decimal(150),
)  # fmt: skip
NO_TRADE = read(
    *(seen_as(name, f"{base}/USD", "100.00", "100.10") for base in ("BTC", "ETH") for name in FEES),
    notional=Decimal(100),
)  # fmt: skip


def test_prices_name_their_source_where_they_are_best_and_how_old_they_may_be(said):
    text = said(print_prices, TRADE, "threads")
    assert "prices, as threads fetched them" in text
    row = next(line.split() for line in text.splitlines() if line.startswith("BTC/USD"))
    assert row == ["BTC/USD", "110.00", "coinbase_ex…", "100.00", "kraken", "-952.38", "2", "30.0", "ms"]
    assert "[/b][red].py:x fetched them" in said(print_prices, TRADE, "[/b][red].py:x")


def test_where_there_is_no_room_prices_go_without_their_age(said):
    assert "age" not in said(print_prices, TRADE, "threads", columns="80")


@pytest.mark.parametrize("columns", ["80", "100"])
def test_every_quote_has_its_exchange_and_its_age(said, columns):
    text = said(print_quotes, TRADE, "threads", columns=columns)
    assert "coinbase_exchange" in text
    assert text.count("30.0 ms") == 2
    assert ("bid size" in text) is (columns == "100")


@pytest.mark.parametrize("columns", ["80", "100"])
def test_a_trade_is_told_in_words_and_the_others_with_what_stands_against_them(said, columns):
    text = said(print_arbitrage, TRADE, columns=columns)
    title = "arbitrage: 1 of 2 routes leaves something after taker fees; at most 150.00 spent on each"
    assert title in " ".join(text.split())
    # 1.5 bought for 150 and 0.6 of fee; sold for 165 less 0.99.
    told = "1  buy 1.50 BTC at 100.00 on kraken, sell at 110.00 on coinbase_exchange: 13.41 USD after fees"
    assert told in " ".join(text.split("\n"))
    assert "2  no overlap: the bid 99.90 on kraken is not above the ask 110.10 on coinbase_exchange" in " ".join(
        text.split("\n")
    )


def test_the_first_routes_are_shown_and_the_others_counted(said):
    text = said(print_arbitrage, NO_TRADE)
    assert "0 of 12 routes leave something" in text
    assert "6 more routes; --all" in text
    assert text.count("no overlap:") == 4


def test_everything_is_shown_with_every_reason_where_that_is_wanted(said):
    text = said(print_arbitrage, NO_TRADE, 12, True)
    assert text.count("no overlap:") == 12
    assert "more routes" not in text


def test_of_the_ways_to_sell_one_asset_on_one_exchange_the_best_is_shown_however_few_were_wanted(said):
    high = [seen_as("kraken", f"{base}/USD", "110.00", "110.10") for base in ("BTC", "ETH")]
    low = [seen_as(n, f"{b}/USD", "99.90", "100.00") for b in ("BTC", "ETH") for n in ("binance", "coinbase_exchange")]
    found = read(*high, *low)
    assert found["routes"]["trade"] == 4
    text = said(print_arbitrage, found, 0)
    assert text.count(" trade\n") == 2
    assert "binance" in text
    assert said(print_arbitrage, found, 12, True).count(" trade\n") == 4


def test_a_winner_that_is_no_trade_is_counted_as_one(said):
    found = read(
        seen_as("kraken", "BTC/USD", "99.90", "100.00", None), seen_as("binance", "BTC/USD", "110.00", "110.10")
    )
    text = said(print_arbitrage, found)
    assert "1 of 2 routes leaves something after taker fees, 1 of them no trade all the same" in text
    assert "kraken gave no usable size" in text


def test_a_route_between_two_moneys_names_both_and_the_market_between_them(said):
    found = read(
        seen_as("kraken", "BTC/USD", "99.90", "100.00"),
        seen_as("binance", "BTC/USDT", "110.00", "110.10"),
        seen_as("kraken", "USDT/USD", "0.9990", "0.9991", "1000"),
    )
    text = said(print_arbitrage, found)
    assert "BTC/USD<USDT" in text
    assert "sell at 110.00 on binance, USDT into USD by USDT/USD on kraken" in " ".join(text.split("\n"))


def test_moneys_without_a_market_between_them_are_named(said):
    found = read(seen_as("kraken", "BTC/USD", "99", "100"), seen_as("binance", "BTC/USDT", "110", "111"))
    assert "USD and USDT are not compared: no market between them is among the prices" in said(print_arbitrage, found)


def test_quotes_that_are_not_used_are_named_up_to_six_and_the_rest_counted(said):
    found = read(*(seen_as("kraken", f"C{n}/USD", "2", "1") for n in range(9)))
    text = said(print_left_out, found)
    assert text.count("crossed") == 6
    assert "not used either: 3 quotes more" in text


def test_where_nothing_can_be_compared_or_used_that_is_said_and_no_table_is_empty(said):
    alone = read(seen_as("kraken", "BTC/USD", "99.90", "100.00"))
    text = said(print_arbitrage, alone).split("\n")
    assert text[1] == "arbitrage: no asset has a usable price on two exchanges, so that there is nothing to compare"
    crossed = read(seen_as("kraken", "BTC/USD", "101", "100"))
    text = said(print_prices, crossed, "threads").splitlines()
    assert text[1:3] == ["prices, as threads fetched them", "none that may be used"]
    assert text[3].startswith("not used: kraken BTC/USD: crossed")


def test_a_notional_is_the_most_that_is_spent_and_a_loss_of_less_than_a_cent_has_no_sign(said):
    quotes = [seen_as(name, "DOGE/USD", "0.10", "0.1001") for name in ("kraken", "binance")]
    text = said(print_arbitrage, read(*quotes, notional=Decimal("0.1")))
    assert "at most 0.10 spent on each" in text
    assert "-0.00" not in text


def test_where_prices_come_from_is_one_line_that_says_of_the_mock_that_it_invents_them(said):
    assert said(print_place, {"real": False, "sentence": "the mock server on this machine: invented prices"}) == (
        "from the mock server on this machine: invented prices\n"
    )
    assert "asked \\x1b[2J" in said(print_place, {"real": True, "sentence": "asked \x1b[2J"})
