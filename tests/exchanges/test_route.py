"""Routes: what the client writes as a target, the server reads as what was meant."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges import Pair, Request, UnknownPair
from exchanges.book import Book, Level
from exchanges.instruments import Listing, instruments_from
from exchanges.limit import Charge, RateLimit
from exchanges.route import Asked, Route, asked_in, routes_at

TABLE = instruments_from("""
    BTC/USD  btc-usd  0.01  0.0001
    ETH/USD  eth-usd  0.01  0.0001
    SOL/USD  sol-usd  0.01  0.0001
""")
BTC, ETH, SOL = TABLE
LISTING = Listing("toy", TABLE)
SPOT = (("type", "SPOT"),)
ONE = Route("one", "/ticker", symbol="id")
ALL = Route("all", "/ticker", fixed=SPOT)
SOME = Route("some", "/tickers", symbol="ids")
BOOK = Route("book", "/book", symbol="id", depth="size", usual=1, most=400)
STEPS = Route("book", "/{symbol}/book", depth="len", depths=(25, 1, 100))
WHOLE = Route("book", "/{symbol}/whole/", usual=50)
SIDES = Route("book", "/sides/{symbol}", depth="bids,asks", usual=50, most=500, whole="0")
ROUTES = (ONE, ALL, SOME, BOOK, STEPS, WHOLE, SIDES, Route("time", "/time"), Route("instruments", "/v1.0/list"))

lawful = settings(database=None)


def asked(target, method="GET", routes=ROUTES, listing=LISTING):
    return asked_in(Request("toy", "http://127.0.0.1:1", target, method=method), routes, listing)


@lawful
@given(st.sampled_from([BOOK, STEPS, WHOLE, SIDES]), st.sampled_from(TABLE), st.integers(1, 1000))
def test_a_book_survives_its_target_with_the_levels_that_it_will_have(route, instrument, levels):
    found = asked(route.target_for(instrument.symbol, levels))
    assert (found.route, found.instruments, found.levels) == (route, (instrument,), route.levels_for(levels))


@lawful
@given(st.sampled_from(["/t", "/t/{symbol}/x"]), st.text(st.characters(exclude_characters="/"), min_size=1, max_size=9))
def test_any_name_without_a_slash_survives_its_target(path, name):
    # A lone surrogate is no text that could be sent.
    name = name.encode("utf-8", "replace").decode()
    route = Route("one", path, symbol="" if "{" in path else "id", fixed=SPOT)
    listing = Listing("toy", [replace(BTC, symbol=name)])
    target = route.target_for(name)
    assert target.isascii()
    assert target.isprintable()
    assert [one.symbol for one in asked(target, routes=[route], listing=listing).instruments] == [name]


def test_a_target_is_the_path_with_the_fixed_fields_first():
    route = Route("book", "/book", symbol="pair", fixed=(("type", "a b&c"),), depth="n", most=9)
    target = route.target_for("BTC/USD", 12)
    assert urlsplit(target).path == "/book"
    assert list(parse_qs(urlsplit(target).query).items()) == [("type", ["a b&c"]), ("pair", ["BTC/USD"]), ("n", ["9"])]
    assert ALL.target_for() == "/ticker?type=SPOT"
    assert Route("time", "/time").target_for() == "/time"


@pytest.mark.parametrize(
    ("route", "wanted", "levels"),
    [
        (BOOK, 7, 7),
        (BOOK, 401, 400),
        (STEPS, 1, 1),
        (STEPS, 2, 25),
        (STEPS, 26, 100),
        (STEPS, 101, 100),
        (WHOLE, 1, 50),
        (WHOLE, 400, 50),
    ],
)
def test_where_a_depth_cannot_be_asked_for_the_next_one_comes(route, wanted, levels):
    assert route.levels_for(wanted) == levels


def test_of_the_routes_at_a_path_the_first_whose_fields_are_there_is_meant():
    assert asked("/ticker?id=btc-usd") == Asked(ONE, (BTC,), fields={"id": "btc-usd"})
    assert asked("/ticker?type=spot").route == ALL
    assert asked("/ticker?type=SPOT&id=eth-usd").route == ONE
    assert asked("/ticker?type=SPOT&id=").instruments == TABLE


@pytest.mark.parametrize("target", ["/ticker", "/ticker?id=", "/ticker?type=SWAP", "/ticker?symbol=btc-usd"])
def test_a_request_without_the_fields_is_told_which_are_wanted(target):
    with pytest.raises(LookupError, match="expected the fields id or type=SPOT for /ticker, found"):
        asked(target)


@pytest.mark.parametrize(
    "target", ["/", "", "/tickers/", "/ticker/btc-usd", "/v1x0/list", "/a/b/book", "//book", "/%00"]
)
def test_a_path_that_is_no_route_s_is_no_public_request(target):
    with pytest.raises(LookupError, match="is no public request"):
        asked(target)
    assert routes_at(ROUTES, target) == []


@pytest.mark.parametrize("method", ["POST", "HEAD", "get", ""])
def test_nothing_but_a_get_is_answered(method):
    with pytest.raises(LookupError, match="is no public request"):
        asked("/time", method)


def test_routes_are_found_by_the_path_whatever_the_query_and_its_encoding():
    assert routes_at(ROUTES, "/ticker?nothing=of+it") == [ONE, ALL]
    assert routes_at(ROUTES, "/%74icker") == [ONE, ALL]
    assert routes_at(ROUTES, "/v1.0/list?x=/time")[0].about == "instruments"


def test_a_list_of_names_is_taken_in_its_order_and_each_once():
    assert asked("/tickers?ids=sol-usd,btc-usd,sol-usd").instruments == (SOL, BTC)
    assert asked("/tickers?ids=sol-usd%2Cbtc-usd").instruments == (SOL, BTC)


@pytest.mark.parametrize("names", ["btc-usd,btx-usd", "btx-usd", "btc-usd,", ",", "btc-usd;eth-usd"])
def test_one_name_that_is_not_listed_fails_a_list(names):
    with pytest.raises(UnknownPair):
        asked(f"/tickers?ids={names}")


def test_a_route_that_omits_leaves_out_what_is_not_listed_unless_nothing_is_left():
    omits = [replace(SOME, omits=True)]
    assert asked("/tickers?ids=nothing,sol-usd,nil", routes=omits).instruments == (SOL,)
    with pytest.raises(UnknownPair) as caught:
        asked("/tickers?ids=nothing,nil", routes=omits)
    assert caught.value.asked == "nothing"


def test_what_names_no_market_is_about_all_of_them_or_none():
    assert asked("/ticker?type=SPOT").instruments == asked("/v1.0/list").instruments == TABLE
    assert asked("/time") == Asked(Route("time", "/time"))


def test_where_no_depth_is_named_the_usual_one_is_meant():
    found = [asked(target).levels for target in ("/book?id=btc-usd", "/btc-usd/book", "/btc-usd/whole/?size=3")]
    assert found == [1, 25, 50]
    assert asked("/book?id=btc-usd&size=").levels == 1


@pytest.mark.parametrize("words", ["0", "-1", "+5", "5.0", "1e2", " 5", "five", "٣", "9" * 7])
def test_levels_are_a_whole_number_above_zero(words):
    with pytest.raises(LookupError, match="expected size"):
        asked(f"/book?id=btc-usd&size={words}")


def test_a_depth_that_is_not_offered_is_refused_with_those_that_are():
    with pytest.raises(LookupError, match=re.escape("expected len to be 1, 25, 100, found 5")):
        asked("/btc-usd/book?len=5")


def test_each_side_may_have_its_own_depth_and_a_word_that_means_all():
    assert SIDES.target_for("btc-usd", 7) == "/sides/btc-usd?bids=7&asks=7"
    found = asked("/sides/btc-usd?bids=0&asks=2")
    assert (found.levels, found.sides) == (500, (500, 2))
    assert asked("/sides/btc-usd?asks=9").sides == (50, 9)
    with pytest.raises(LookupError, match="expected asks"):
        asked("/sides/btc-usd?bids=1&asks=none")


def test_a_book_is_cut_to_the_depth_that_was_asked_for_on_each_side():
    levels = tuple(Level(number, 1) for number in range(9))
    book = Book("toy", Pair("BTC", "USD"), levels, levels)
    assert tuple(map(len, asked("/sides/btc-usd?bids=3&asks=5").cut(book))) == (3, 5)
    assert tuple(map(len, asked("/book?id=btc-usd&size=4").cut(book))) == (4, 4)
    assert Asked(WHOLE).cut(book) == (levels, levels)


def test_any_other_word_of_a_path_is_a_field():
    listed = Route("lists", "/conf/{labels}", fixed=())
    found = asked("/conf/pub:list,pub:map?x=1", routes=[listed])
    assert found == Asked(listed, fields={"x": "1", "labels": "pub:list,pub:map"})


def test_a_request_costs_its_weight_in_the_budget_of_its_path_or_a_shared_one():
    limit = RateLimit(10, 1.0)
    assert Route("time", "/time", weight=3, limit=limit).charge == Charge("/time", 3, limit)
    assert Route("time", "/time", limit=limit, bucket="all").charge == Charge("all", 1, limit)
    assert Route("time", "/time").charge is None
