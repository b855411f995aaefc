"""Whatever is asked of Kraken's server half: an answer, an unknown market, or a refusal come out."""

import json
from urllib.parse import quote as percent_encoded

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges import Quote, Request, UnknownPair
from exchanges.book import Book, Level
from exchanges.kraken import KRAKEN
from exchanges.kraken.target import method_in

thorough = settings(max_examples=settings.default.max_examples * 3 // 2, database=None)

METHODS = ["Time", "SystemStatus", "Assets", "AssetPairs", "Ticker", "Depth", "Trades", "Spread", "OHLC"]
paths = st.sampled_from([f"/0/public/{method}" for method in [*METHODS, "Nothing", ""]] + ["/0/private/Balance", "/"])
names = st.sampled_from(["pair", "asset", "info", "count", "since", "interval", "aclass", "nonce"])
numbers = st.sampled_from(["0", "1", "60", "1767225600", "1767225600000000000", "9" * 40, "-1", "1e5", "٣", ""])
words = st.sampled_from(
    ["XBTUSD", "XXBTZUSD,XDGUSD", "XBT/USD, ETHUSD", "NOPE", ",", "XBT", "ZUSD", "fees", "info", "\0"]
)
values = numbers | words | st.text(max_size=5)
queries = st.lists(st.tuples(names, values), max_size=4)


def view_of_everything(still):
    quotes = {
        one.pair: Quote("kraken", one.pair, one.price_step * 999, one.price_step * 1001, one.price_step * 1001)
        for one in KRAKEN.instruments
    }
    books = {
        pair: Book("kraken", pair, (Level(quote.bid, quote.bid),), (Level(quote.ask, quote.bid),))
        for pair, quote in quotes.items()
    }
    return still(quotes, books)


@thorough
@given(path=paths, query=queries)
def test_any_request_is_answered_or_refused_and_what_is_priced_is_what_was_asked_for(still, path, query):
    fields = "&".join(f"{name}={percent_encoded(value)}" for name, value in query)
    request, view = Request("kraken", "", f"{path}?{fields}"), view_of_everything(still)
    pairs = ()
    try:
        pairs = KRAKEN.pairs_from(request)
    except (UnknownPair, LookupError) as error:
        assert type(error) in (UnknownPair, LookupError)  # noqa: PT017 - a KeyError would be a slip
    try:
        reply = KRAKEN.answer(request, view)
    except (UnknownPair, LookupError) as error:
        assert type(error) in (UnknownPair, LookupError)  # noqa: PT017
        assert not pairs
    else:
        assert json.loads(reply.body)["error"] == []
        assert set(view.seen) == set(pairs)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/0/public/Ticker", "Ticker"),
        ("/0/public/%54icker?pair=XBTUSD", "Ticker"),
        ("/0/public/ticker", None),
        ("/0/public/Ticker/", None),
        ("/1/public/Ticker", None),
        ("Ticker", None),
    ],
)
def test_a_path_names_a_method(path, method):
    assert method_in(Request("kraken", "", path)) == method
