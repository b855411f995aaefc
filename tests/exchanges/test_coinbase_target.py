"""Whatever is asked of Coinbase's server half: an answer, an unknown product, or a refusal come out."""

import json
from urllib.parse import quote as percent_encoded

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges import Quote, Request, UnknownPair
from exchanges.book import Book, Level
from exchanges.coinbase import COINBASE
from exchanges.coinbase.target import endpoint_in

thorough = settings(max_examples=settings.default.max_examples * 3 // 2, database=None)

MARKET, OLDER = "/api/v3/brokerage/market/", "/v2/"
paths = st.sampled_from(
    [
        MARKET + rest
        for rest in ("products", "product_book", "products/BTC-USD", "products/NOPE-USD", "products/BTC-USD/x")
    ]
    + [MARKET + f"products/{product}/{rest}" for product in ("BTC-USD", "SOL%2DUSD") for rest in ("ticker", "candles")]
    + [OLDER + rest for rest in ("time", "currencies", "currencies/crypto", "exchange-rates", "prices/ETH-USD/buy")]
    + ["/api/v3/brokerage/time", "/api/v3/brokerage/accounts", "/v2/user", "/", ""]
)
names = st.sampled_from(
    [
        "product_id",
        "product_ids",
        "product_type",
        "limit",
        "offset",
        "start",
        "end",
        "granularity",
        "currency",
        "aggregation_price_increment",
        "unknown",
    ]
)
numbers = st.sampled_from(["0", "1", "7", "2000", "1767225600", "9" * 10, "9" * 40, "-1", "0.5", "1e5", "٣", ""])
words = st.sampled_from(["BTC-USD", "ETH-USD", "NOPE", "SPOT", "FUTURE", "ONE_MINUTE", "ONE_DAY", "USD", "BTC", "\x00"])
values = numbers | words | st.text(max_size=5)
queries = st.lists(st.tuples(names, values), max_size=5)


QUOTES = {
    one.pair: Quote("coinbase", one.pair, one.price_step * 999, one.price_step * 1001, one.price_step * 1001)
    for one in COINBASE.instruments
}
BOOKS = {
    pair: Book("coinbase", pair, (Level(quote.bid, quote.bid),), (Level(quote.ask, quote.bid),))
    for pair, quote in QUOTES.items()
}


@thorough
@given(path=paths, query=queries)
def test_any_request_is_answered_or_refused_and_what_is_priced_is_what_was_asked_for(still, path, query):
    fields = "&".join(f"{name}={percent_encoded(value)}" for name, value in query)
    request, view = Request("coinbase", "", f"{path}?{fields}"), still(QUOTES, BOOKS)
    pairs = ()
    try:
        pairs = COINBASE.pairs_from(request)
    except (UnknownPair, LookupError) as error:
        assert type(error) in (UnknownPair, LookupError)  # noqa: PT017 - a KeyError would be a slip
    try:
        reply = COINBASE.answer(request, view)
    except (UnknownPair, LookupError) as error:
        assert type(error) in (UnknownPair, LookupError)  # noqa: PT017
        assert not pairs
    else:
        assert json.loads(reply.body)
        if pairs:
            assert set(view.seen) == set(pairs)


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (MARKET + "products/BTC-USD", ("product", "BTC-USD")),
        (MARKET + "products/BTC%2DUSD/ticker", ("ticker", "BTC-USD")),
        (MARKET + "products/BTC-USD/candles?x", ("candles", "BTC-USD")),
        (OLDER + "prices/BTC-USD/sell", ("sell", "BTC-USD")),
        (MARKET + "products/a%2Fb", None),
        (OLDER + "prices/BTC-USD", None),
        (OLDER, None),
    ],
)
def test_a_path_names_an_endpoint_and_perhaps_a_product(path, endpoint):
    assert endpoint_in(Request("coinbase", "", path)) == endpoint
