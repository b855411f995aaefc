"""Kraken's three names for a market, its arrays and its errors inside HTTP 200."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from exchanges import BadReply, Pair, Quote, Rejected, Request, Response, UnknownPair
from exchanges.book import Book, Level
from exchanges.kraken import KRAKEN

BTC, DOGE = Pair("BTC", "USD"), Pair("DOGE", "USD")
QUOTE = Quote(
    "kraken", BTC, Decimal("30300.0"), Decimal("30300.1"), Decimal("30303.2"), Decimal("0.125"), Decimal("12.75")
)
BODY = json.loads(KRAKEN.response_for(QUOTE).body)
BOOK = Book(
    "kraken",
    BTC,
    (Level(QUOTE.bid, Decimal("0.125")), Level(Decimal("30299.9"), Decimal(4))),
    (Level(QUOTE.ask, Decimal("12.75")), Level(Decimal("30300.4"), Decimal("0.001"))),
)


def asking(pair):
    return Request("kraken", "http://127.0.0.1:1", f"/0/public/Ticker?pair={pair}")


def calling(method):
    return Request("kraken", "http://127.0.0.1:1", f"/0/public/{method}")


def read(body, pair=BTC):
    return KRAKEN.quote_from(pair, Response(200, json.dumps(body).encode()))


def refused(*errors):
    return read({"error": list(errors)})


def with_ticker(**changes):
    return {"error": [], "result": {"XXBTZUSD": BODY["result"]["XXBTZUSD"] | changes}}


def test_a_pair_is_asked_for_by_its_altname_and_many_by_a_comma_list():
    assert KRAKEN.request_for(BTC).target == "/0/public/Ticker?pair=XBTUSD"
    (request,) = KRAKEN.requests_for([BTC, DOGE])
    assert request.target == "/0/public/Ticker?pair=XBTUSD%2CXDGUSD"


@pytest.mark.parametrize("name", ["XBTUSD", "XXBTZUSD", "XBT/USD", "XBT%2FUSD", "BTCUSD", "BTC/USD"])
def test_every_name_of_a_market_is_understood(name):
    assert KRAKEN.pair_from(asking(name)) == BTC


@pytest.mark.parametrize("names", ["XXBTZUSD,XDGUSD", "BTCUSD%2CDOGEUSD", "XBTUSD,XDG/USD,XXBTZUSD", "XBTUSD, XDGUSD"])
def test_a_comma_list_may_mix_names_and_a_market_comes_once(names):
    assert KRAKEN.pairs_from(asking(names)) == (BTC, DOGE)


def test_no_pair_asks_for_all():
    everything = tuple(one.pair for one in KRAKEN.instruments)
    assert KRAKEN.pairs_from(asking("")) == everything
    assert KRAKEN.pairs_from(Request("kraken", "", "/0/public/Ticker")) == everything
    with pytest.raises(LookupError, match="expected a request for one pair"):
        KRAKEN.pair_from(asking(""))


@pytest.mark.parametrize("name", ["XBTUSE", "xbtusd", "XBTUSD,", ",", "XBTUSD,NOPE"])
def test_one_unknown_name_makes_the_whole_request_unknown(name):
    with pytest.raises(UnknownPair):
        KRAKEN.pairs_from(asking(name))


@pytest.mark.parametrize(
    ("pair", "key"),
    [
        ("BTC/USD", "XXBTZUSD"),
        ("ETH/USD", "XETHZUSD"),
        ("BTC/USDT", "XBTUSDT"),
        ("SOL/USD", "SOLUSD"),
        ("DOGE/USD", "XDGUSD"),
    ],
)
def test_an_answer_is_keyed_by_the_markets_id(pair, key):
    one = next(one for one in KRAKEN.instruments if str(one.pair) == pair)
    quote = Quote("kraken", one.pair, one.price_step * 100, one.price_step * 101)
    assert list(json.loads(KRAKEN.response_for(quote).body)["result"]) == [key]


def test_a_ticker_has_every_field_of_the_real_one():
    assert list(BODY) == ["error", "result"]
    ticker = BODY["result"]["XXBTZUSD"]
    assert list(ticker) == ["a", "b", "c", "v", "p", "t", "l", "h", "o"]
    assert ticker["a"] == ["30300.10000", "12", "12.750"]
    assert ticker["b"] == ["30300.00000", "0", "0.125"]
    assert Decimal(ticker["l"][1]) < Decimal(ticker["o"]) < Decimal(ticker["h"][1])


def test_the_finest_price_grid_is_printed_in_full():
    quote = Quote("kraken", DOGE, Decimal("0.1234567"), Decimal("0.1234568"))
    assert json.loads(KRAKEN.response_for(quote).body)["result"]["XDGUSD"]["b"][0] == "0.1234567"


def test_an_answer_under_the_name_that_was_asked_is_read_too():
    assert read({"error": [], "result": {"XBTUSD": BODY["result"]["XXBTZUSD"]}}) == QUOTE


def test_an_answer_of_two_items_a_side_has_no_sizes():
    quote = read(with_ticker(a=["30300.1", "1"], b=["30300.0", "1"]))
    assert (quote.bid, quote.bid_size, quote.ask_size) == (QUOTE.bid, None, None)


def test_a_warning_does_not_spoil_an_answer():
    assert read({"error": ["WGeneral:Something"], "result": BODY["result"]}) == QUOTE


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EQuery:Unknown asset pair", "unknown_symbol"),
        ("EAPI:Rate limit exceeded", "rate_limited"),
        ("EGeneral:Too many requests", "rate_limited"),
        ("EGeneral:Temporary lockout", "banned"),
        ("EGeneral:Permission denied", "blocked"),
        ("EService:Unavailable", "server"),
        ("EService:Busy", "server"),
        ("EService:Market in cancel_only mode", "server"),
        ("EGeneral:Internal error", "server"),
        ("EGeneral:Invalid arguments", "protocol"),
        ("EGeneral:Unknown method", "protocol"),
        ("EQuery:Invalid asset pair", "unknown_symbol"),
        ("EAPI:Invalid key", "blocked"),
    ],
)
def test_an_error_inside_http_200_is_a_refusal(error, kind):
    found = refused(error)
    assert isinstance(found, Rejected)
    assert (found.kind, found.retry_after) == (kind, None)
    assert error in found.detail


def test_the_first_error_that_is_no_warning_decides():
    assert refused("WGeneral:Odd", "EAPI:Rate limit exceeded", "EService:Busy").kind == "rate_limited"


@pytest.mark.parametrize("form", ["EService: Throttled: {}", "EService:Throttled:{}"])
def test_a_throttle_names_the_moment_until_which_to_wait(form, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    found = refused(form.format(1_700_000_030))
    assert (found.kind, found.retry_after) == ("rate_limited", 30.0)


@pytest.mark.parametrize(
    "target",
    [
        "Ticker?pair=XBTUSD&pair=XDGUSD",
        "Depth",
        "Depth?pair=XBTUSD,XDGUSD",
        "Depth?pair=XBTUSD&count=0",
        "Depth?pair=XBTUSD&count=many",
        "Trades?pair=XBTUSD&since=-1",
        "OHLC?pair=XBTUSD&interval=7",
        "AssetPairs?info=everything",
    ],
)
def test_arguments_that_break_the_rules_are_refused_as_invalid(target, still):
    request = calling(target)
    for ask in (KRAKEN.pairs_from, lambda request: KRAKEN.answer(request, still())):
        with pytest.raises(LookupError):
            ask(request)
    assert json.loads(KRAKEN.refusal_for("not_found", request).body) == {"error": ["EGeneral:Invalid arguments"]}


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("/0/public/Nothing?pair=XBTUSD", "EGeneral:Unknown method"),
        ("/0/public/ticker", "EGeneral:Unknown method"),
        ("/0/private/Balance", "EAPI:Invalid key"),
        ("/", "EGeneral:Unknown method"),
    ],
)
def test_a_method_that_is_not_served_is_unknown_and_a_private_one_wants_a_key(target, error, still):
    request = Request("kraken", "", target)
    with pytest.raises(LookupError):
        KRAKEN.answer(request, still())
    assert json.loads(KRAKEN.refusal_for("not_found", request).body) == {"error": [error]}


@pytest.mark.parametrize("error", ["EWhat:Ever", "", 7])
def test_an_error_that_we_do_not_know_breaks_the_schema(error):
    with pytest.raises(BadReply, match="which this adapter does not know") as caught:
        refused(error)
    assert caught.value.kind == "schema"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"result": {}}, "schema"),
        ({"error": []}, "schema"),
        ({"error": {}, "result": {}}, "schema"),
        ({"error": [], "result": []}, "schema"),
        ({"error": [], "result": {}}, "schema"),
        (with_ticker(b="30300"), "schema"),
        (with_ticker(b=[]), "schema"),
        (with_ticker(c=[]), "schema"),
        (with_ticker(b=["0.00000", "0", "0.000"]), "bad_value"),
        (with_ticker(b=["30300.2", "1", "1.000"]), "bad_value"),
        (with_ticker(a=["30300.1", "1", ""]), "bad_value"),
    ],
    ids=str,
)
def test_an_answer_of_another_shape_or_without_a_price_is_a_bad_reply(body, kind):
    with pytest.raises(BadReply) as caught:
        read(body)
    assert caught.value.kind == kind


def test_a_cloudflare_page_is_trouble_on_their_side():
    found = KRAKEN.quote_from(BTC, Response(520, b"<html>error code: 520</html>", {"content-type": "text/html"}))
    assert found.kind == "server"


@pytest.mark.parametrize("name", ["XBTUSD", "XXBTZUSD", "XBT/USD"])
def test_a_book_is_answered_under_the_id_whatever_the_name_it_was_asked_by(name, still):
    view = still({}, {BTC: BOOK})
    reply = KRAKEN.answer(calling(f"Depth?pair={name}&count=1"), view)
    second = view.time_us // 1_000_000
    assert json.loads(reply.body) == {
        "error": [],
        "result": {
            "XXBTZUSD": {"asks": [["30300.10000", "12.750", second]], "bids": [["30300.00000", "0.125", second]]}
        },
    }


def test_a_book_has_a_hundred_levels_where_no_count_is_named_and_never_more_than_five_hundred(still):
    rows = [Level(Decimal(n), Decimal(1)) for n in range(1, 2001)]
    view = still({}, {BTC: Book("kraken", BTC, tuple(rows[999::-1]), tuple(rows[1000:]))})
    shown = [
        KRAKEN.book_from(BTC, KRAKEN.answer(calling(target), view))
        for target in ("Depth?pair=XBTUSD", "Depth?pair=XBTUSD&count=2000")
    ]
    assert [len(book.asks) for book in shown] == [100, 500]


@pytest.mark.parametrize("side", ["bids", "asks"])
def test_a_book_that_lacks_a_side_is_a_book(side):
    lacking = Book(BOOK.exchange, BTC, **{"bids": BOOK.bids, "asks": BOOK.asks, side: ()})
    assert KRAKEN.book_from(BTC, KRAKEN.book_response_for(lacking)) == lacking


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"bids": [["30300.1", "1", 0]]}, "bad_value"),
        ({"bids": [["30300.0"]]}, "schema"),
        ({"bids": [{"price": "30300.0", "size": "1"}]}, "schema"),
        ({"asks": [["0.00000", "1", 0]]}, "bad_value"),
        ({"asks": {}}, "schema"),
    ],
    ids=str,
)
def test_a_level_that_cannot_be_read_spoils_the_book(change, kind):
    sides = {"bids": [["30300.0", "1.000", 0]], "asks": [["30300.1", "1.000", 0]]} | change
    with pytest.raises(BadReply) as caught:
        KRAKEN.book_from(BTC, Response(200, json.dumps({"error": [], "result": {"XXBTZUSD": sides}}).encode()))
    assert caught.value.kind == kind


def test_all_markets_come_in_one_request_that_names_none(still):
    request = KRAKEN.market_request()
    assert request.target == "/0/public/Ticker"
    assert request.pairs == KRAKEN.pairs_from(request) == tuple(one.pair for one in KRAKEN.instruments)
    view = still({pair: Quote("kraken", pair, Decimal(1), Decimal(2)) for pair in request.pairs})
    quotes = KRAKEN.quotes_from(request.pairs, KRAKEN.answer(request, view))
    assert [quote.pair for quote in quotes] == list(request.pairs)


def test_an_address_has_fifteen_calls_in_a_row_and_then_one_a_second():
    charge = KRAKEN.charge_for(calling("Ticker?pair=XBTUSD"))
    assert (charge.weight, charge.limit.capacity, charge.limit.per_s, charge.limit.window) == (1, 15, 15.0, False)
    assert charge == KRAKEN.charge_for(calling("Depth?pair=XBTUSD")) == KRAKEN.charge_for(calling("Nothing"))
    assert KRAKEN.usage_headers(charge, 3, 1.0) == {}
    assert KRAKEN.charge_for(Request("kraken", "", "/")) is None


@pytest.mark.parametrize("method", ["Trades", "OHLC"])
def test_trades_and_candles_are_counted_by_market_whatever_its_name(method):
    bitcoin, same, dogecoin, unknown = (
        KRAKEN.charge_for(calling(f"{method}?pair={name}")) for name in ("XBTUSD", "XXBTZUSD", "XDGUSD", "NOPE")
    )
    assert bitcoin == same
    assert len({charge.bucket for charge in (bitcoin, dogecoin, unknown, KRAKEN.charge_for(calling("Time")))}) == 3


@pytest.mark.parametrize(
    ("target", "entries"),
    [
        ("Ticker?pair=XBTUSD", 1),
        ("Ticker", len(KRAKEN.instruments)),
        ("Depth?pair=XBTUSD", 100),
        ("Depth?pair=XBTUSD&count=9", 9),
        ("Trades?pair=XBTUSD", 1000),
        ("Trades?pair=XBTUSD&count=5", 5),
        ("Spread?pair=XBTUSD", 200),
        ("OHLC?pair=XBTUSD", 720),
        ("AssetPairs", 0),
        ("Time", 0),
        ("Ticker?pair=NOPE", 0),
        ("OHLC?pair=XBTUSD&interval=7", 0),
    ],
)
def test_an_answer_has_as_many_entries_as_it_prices(target, entries):
    assert KRAKEN.entries_in(calling(target)) == entries


def test_a_public_call_too_many_is_said_in_the_words_of_public_calls():
    refusal = KRAKEN.refusal_for("rate_limited", calling("Ticker"))
    assert (refusal.status, json.loads(refusal.body)) == (200, {"error": ["EGeneral:Too many requests"]})


def test_where_the_time_to_wait_is_known_it_is_told_in_whole_seconds_since_1970(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.25)
    refusal = KRAKEN.refusal_for("rate_limited", calling("Ticker"), retry_after=3.5)
    assert (refusal.status, json.loads(refusal.body)) == (200, {"error": ["EService:Throttled: 1700000004"]})
    assert "retry-after" not in refusal.headers
    assert KRAKEN.quote_from(BTC, refusal).retry_after == 3.75


def test_in_maintenance_the_status_says_so_and_nothing_else_is_told(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_714_735_425.9)
    status = KRAKEN.refusal_for("server", calling("SystemStatus"))
    assert status.status == 200
    assert json.loads(status.body) == {
        "error": [],
        "result": {"status": "maintenance", "timestamp": "2024-05-03T11:23:45Z"},
    }
    assert json.loads(KRAKEN.refusal_for("server", calling("Time")).body) == {"error": ["EService:Unavailable"]}


@pytest.mark.parametrize("verb", ["DELETE", "PUT"])
def test_another_verb_than_get_and_post_is_no_method(verb):
    refusal = KRAKEN.refusal_for("not_found", replace(calling("Ticker?pair=XBTUSD"), method=verb))
    assert json.loads(refusal.body) == {"error": ["EGeneral:Unknown method"]}


def test_the_day_of_a_ticker_opens_where_todays_candle_does_and_stays_as_it_is(still):
    view = still({BTC: QUOTE})
    later = still({BTC: replace(QUOTE, last=QUOTE.bid, bid_size=Decimal(7))}, time_us=view.time_us + 10**6)
    later.at = view.at
    candle = json.loads(KRAKEN.answer(calling("OHLC?pair=XBTUSD&interval=1440"), view).body)["result"]["XXBTZUSD"][-1]
    sooner_day, later_day = (
        json.loads(KRAKEN.answer(asking("XBTUSD"), seen).body)["result"]["XXBTZUSD"] for seen in (view, later)
    )
    assert Decimal(sooner_day["o"]) == Decimal(candle[1])
    for field in "vptlho":
        assert sooner_day[field] == later_day[field]
    assert sooner_day["c"] != later_day["c"]


def test_public_methods_may_be_posted():
    assert KRAKEN.accepts_post
