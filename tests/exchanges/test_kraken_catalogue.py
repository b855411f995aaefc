"""What Kraken tells of its markets: the time, its state, assets and pairs."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Instrument, Pair, Request, Response, UnknownPair
from exchanges.kraken import KRAKEN, Kraken


@pytest.fixture
def told(still):
    """The result of a public method; no price is looked at."""

    def ask(method, exchange=KRAKEN):
        view = still()
        reply = json.loads(exchange.answer(Request("kraken", "", "/0/public/" + method), view).body)
        assert reply["error"] == []
        assert view.seen == []
        return reply["result"]

    return ask


def test_the_time_is_told_in_seconds_and_in_words_with_a_day_that_is_padded(told):
    assert told("Time") == {"unixtime": 1767225601, "rfc1123": "Thu,  1 Jan 26 00:00:01 +0000"}


def test_the_exchange_is_online(told):
    assert told("SystemStatus") == {"status": "online", "timestamp": "2026-01-01T00:00:01Z"}


def test_every_currency_of_the_markets_is_an_asset_under_its_id(told):
    assets = told("Assets")
    codes = {code for one in KRAKEN.instruments for code in (one.pair.base, one.pair.quote)}
    assert len(assets) == len(codes)
    assert {"XXBT", "XETH", "XXDG", "ZUSD", "USDT", "SOL"} <= assets.keys()
    assert assets["XXBT"] == {
        "aclass": "currency",
        "altname": "XBT",
        "decimals": 10,
        "display_decimals": 5,
        "collateral_value": 1.0,
        "status": "enabled",
    }


def test_assets_are_chosen_by_any_of_their_names_and_come_once(told):
    assert list(told("Assets?asset=ZUSD,XBT,BTC")) == ["ZUSD", "XXBT"]


def test_an_unknown_asset_is_refused_as_one(told):
    with pytest.raises(UnknownPair):
        told("Assets?asset=XBT,NOPE")
    refusal = KRAKEN.refusal_for("unknown_symbol", Request("kraken", "", "/0/public/Assets?asset=NOPE"))
    assert json.loads(refusal.body) == {"error": ["EQuery:Unknown asset"]}


def test_a_pair_has_every_field_of_the_real_one(told):
    pair = told("AssetPairs?pair=XBTUSD")["XXBTZUSD"]
    assert list(pair) == [
        "altname", "wsname", "aclass_base", "base", "aclass_quote", "quote", "lot", "cost_decimals", "pair_decimals",
        "lot_decimals", "lot_multiplier", "leverage_buy", "leverage_sell", "fees", "fees_maker", "fee_volume_currency",
        "margin_call", "margin_stop", "ordermin", "costmin", "tick_size", "status", "long_position_limit",
        "short_position_limit",
    ]  # fmt: skip
    assert (pair["altname"], pair["wsname"], pair["base"], pair["quote"]) == ("XBTUSD", "XBT/USD", "XXBT", "ZUSD")
    assert (pair["pair_decimals"], pair["tick_size"], pair["status"]) == (1, "0.1", "online")


def test_the_first_fee_of_a_taker_is_that_of_the_exchange(told):
    assert told("AssetPairs?pair=XBTUSD")["XXBTZUSD"]["fees"][0] == [0, float(KRAKEN.taker_fee * 100)]


def test_all_pairs_are_listed_under_the_ids_under_which_they_answer(told):
    pairs = told("AssetPairs")
    assert [pair["altname"] for pair in pairs.values()] == [one.symbol for one in KRAKEN.instruments]
    for name in pairs:
        (found,) = KRAKEN.pairs_from(Request("kraken", "", f"/0/public/Ticker?pair={name}"))
        assert str(found) in {str(one.pair) for one in KRAKEN.instruments}


@pytest.mark.parametrize(
    ("info", "fields"),
    [
        ("leverage", ["leverage_buy", "leverage_sell"]),
        ("fees", ["fees", "fees_maker", "fee_volume_currency"]),
        ("margin", ["margin_call", "margin_stop"]),
    ],
)
def test_a_part_of_what_is_known_of_a_pair_may_be_asked_for(info, fields, told):
    pairs = told(f"AssetPairs?pair=XBT/USD,XDGUSD&info={info}")
    assert {name: list(pair) for name, pair in pairs.items()} == {"XXBTZUSD": fields, "XDGUSD": fields}


def test_an_unknown_pair_is_refused_as_one(told):
    with pytest.raises(UnknownPair):
        told("AssetPairs?pair=XBTUSD,NOPE")


def test_a_kraken_of_other_markets_tells_of_these(told):
    some = Kraken(instruments=tuple(one for one in KRAKEN.instruments if one.pair == Pair("DOGE", "USDT")))
    assert list(told("AssetPairs", some)) == ["XDGUSDT"]
    assert list(told("Assets", some)) == ["XXDG", "USDT"]


def read(**entries):
    return KRAKEN.instruments_from(Response(200, json.dumps({"error": [], "result": entries}).encode()))


def entry(**changes):
    """A pair as it was recorded in 2025, with the fields that are read."""
    return {
        "altname": "XBTUSD", "wsname": "XBT/USD", "aclass_base": "currency", "base": "XXBT", "aclass_quote": "currency",
        "quote": "ZUSD", "pair_decimals": 1, "lot_decimals": 8, "tick_size": "0.1", "status": "online", **changes,
    }  # fmt: skip


def test_a_pair_has_the_grids_of_its_tick_and_its_lot_and_the_common_names_of_its_currencies():
    found = Instrument(Pair("BTC", "USD"), "XBTUSD", Decimal("0.1"), Decimal("0.00000001"))
    assert read(XXBTZUSD=entry()) == (found,)


def test_a_pair_that_is_in_no_feed_is_known_by_the_ids_of_its_assets():
    unnamed = entry(altname="XDGEUR", base="XXDG", quote="ZEUR")
    del unnamed["wsname"]
    assert [one.pair for one in read(XDGEUR=unnamed)] == [Pair("DOGE", "EUR")]


@pytest.mark.parametrize("status", ["cancel_only", "post_only", "limit_only", "reduce_only", "something new"])
def test_a_pair_that_is_not_online_is_listed_and_does_not_trade(status):
    (found,) = read(XXBTZUSD=entry(status=status))
    assert not found.trading


@pytest.mark.parametrize(
    "change",
    [
        {"aclass_base": "tokenized_asset", "altname": "AAPLxUSD", "wsname": "AAPLx/USD"},
        {"altname": "XBTUSD.d", "wsname": None},
        {"wsname": "ETH2.S/ETH", "altname": "ETH2SETH"},
    ],
    ids=["a share", "a dark pool", "staked"],
)
def test_what_is_no_plain_market_of_two_currencies_is_left_out(change):
    assert read(first=entry(**change), XXBTZUSD=entry()) == read(XXBTZUSD=entry())


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": [], "result": []}', b'{"error": []}', b'{"error": [], "result": {"X": 7}}', b"[]",
        json.dumps({"error": [], "result": {"X": entry(lot_decimals="x")}}).encode(),
        json.dumps({"error": [], "result": {"X": entry(lot_decimals=10**17)}}).encode(),
        json.dumps({"error": [], "result": {"X": entry(tick_size="0")}}).encode(),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_a_bad_reply(body):
    with pytest.raises(BadReply):
        KRAKEN.instruments_from(Response(200, body))


def test_a_list_of_2021_has_the_decimals_of_a_pair_for_its_grid_and_lists_only_what_is_online():
    old = entry(pair_decimals=2)
    del old["tick_size"], old["status"]
    (found,) = read(XXBTZUSD=old)
    assert (found.price_step, found.trading) == (Decimal("0.01"), True)


def test_a_pair_that_is_halted_stays_in_the_list(told):
    halted = Kraken(instruments=(replace(KRAKEN.instruments[0], trading=False),))
    assert told("AssetPairs", halted)["XXBTZUSD"]["status"] == "cancel_only"


def test_the_clock_is_read_in_whole_seconds():
    body = b'{"error":[],"result":{"unixtime":1591502873,"rfc1123":"Sun,  7 Jun 20 04:07:53 +0000"}}'
    assert KRAKEN.time_from(Response(200, body)) == 1_591_502_873_000_000


@pytest.mark.parametrize(
    ("pair", "name"),
    [
        (Pair("USDT", "USD"), "USDTZUSD"), (Pair("USDC", "USD"), "USDCUSD"), (Pair("EUR", "USD"), "ZEURZUSD"),
        (Pair("USDC", "USDT"), "USDCUSDT"), (Pair("BTC", "EUR"), "XXBTZEUR"), (Pair("ETH", "EUR"), "XETHZEUR"),
    ],
)  # fmt: skip
def test_markets_between_moneys_answer_under_their_ids(pair, name, told):
    (symbol,) = (one.symbol for one in KRAKEN.instruments if one.pair == pair)
    assert list(told(f"AssetPairs?pair={symbol}")) == [name]
    assert KRAKEN.pair_from(Request("kraken", "", f"/0/public/Ticker?pair={name}")) == pair
