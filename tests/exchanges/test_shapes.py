"""The server halves against recorded answers of the real servers: the same keys, with the same types of JSON.

The recordings lie where those of ``test_fixtures`` do; without them these tests are skipped.
"""

import json
import os
from pathlib import Path

import pytest

import exchanges
from exchanges import Quote, Request
from exchanges.book import Book, Level

FOLDER = Path(os.environ.get("FETCHRACE_FIXTURES") or Path(__file__).parents[3] / "shared" / "fixtures")

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recordings here; set FETCHRACE_FIXTURES to their folder"
)

PRODUCTS = "/api/v3/brokerage/market/products"
NEWER_FIELDS = (
    "products[].alias products[].approximate_quote_24h_volume products[].base_display_symbol products[].best_ "
    "products[].display_name products[].price_increment products[].product_venue products[].quote_display_symbol "
    "products[].view_only"
)
OF_FUTURES = "products[].fcm_trading_session_details products[].future_product_details"

# What is recorded, what we are asked for it, and the places (with what lies below them) in which the two differ:
# recordings are of several years, and some tell of futures.
TABLE = [
    ("binance-006", "/sapi/v1/system/status", ""),
    ("binance-010", "/api/v3/ticker/bookTicker?symbol=BTCUSDT", ""),
    ("binance-012", "/api/v3/ticker?symbol=BTCUSDT&windowSize=1h", ""),
    ("binance-013", "/api/v3/time", ""),
    ("binance-014", "/api/v3/ticker/24hr?symbol=BTCUSDT", ""),
    ("binance-015", "/api/v3/ticker/tradingDay?symbol=BTCUSDT", ""),
    ("binance-026", '/api/v3/ticker/24hr?symbols=["BTCUSDT"]', ""),
    ("binance-028", "/api/v3/ticker/price?symbol=BTCUSDT", ""),
    ("binance-030", "/api/v3/exchangeInfo?symbol=BTCUSDT", "symbols[].opoAllowed symbols[].pegInstructionsAllowed"),
    ("binance-032", "/api/v3/depth?symbol=BTCUSDT", ""),
    ("binance-036", "/api/v3/ticker/bookTicker", ""),
    ("binance-037", "/api/v3/ticker/price", ""),
    ("binance-039", "/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI", ""),
    ("coinbase-000", "/api/v3/brokerage/market/products/BTC-USD/ticker?limit=1", ""),
    ("coinbase-001", "/v2/time", ""),
    ("coinbase-002", "/api/v3/brokerage/time", ""),
    ("coinbase-004", "/v2/exchange-rates", ""),
    ("coinbase-006", "/v2/prices/BTC-USD/spot", ""),
    (
        "coinbase-008",
        "/api/v3/brokerage/market/product_book?product_id=BTC-USD&limit=1",
        "last mid_market spread_absolute spread_bps",
    ),
    ("coinbase-005", PRODUCTS, NEWER_FIELDS),
    ("coinbase-014", PRODUCTS, "products[].alias_to[] products[].best_ " + OF_FUTURES),
    ("kraken-000", "/0/public/Ticker?pair=XBTUSD", ""),
    ("kraken-003", "/0/public/Time", ""),
    ("kraken-004", "/0/public/Assets", ""),
    ("kraken-006", "/0/public/AssetPairs", ""),
    ("kraken-007", "/0/public/SystemStatus", ""),
    ("kraken-008", "/0/public/Ticker?pair=XBTUSD", ""),
    ("kraken-016", "/0/public/Depth?pair=XBTUSD", ""),
    ("coinbase_exchange-007", "/products/BTC-USD/ticker", "rfq_volume"),
    ("coinbase_exchange-003", "/products/BTC-USD/book?level=2", "auction time"),
    ("coinbase_exchange-006", "/time", ""),
    ("coinbase_exchange-002", "/products", "[].base_m [].max_market_funds"),
]
_TYPES = {str: "text", bool: "truth", int: "number", float: "number", type(None): "null"}
NAMES_AS_KEYS = {"result", "rates"}  # whose keys are markets or currencies


def shapes_in(value, place=""):
    """Every place in a body and the type of JSON that stands there; all items of a list share one place."""
    if isinstance(value, dict):
        named = place.rpartition(".")[2] in NAMES_AS_KEYS and not {"status", "unixtime"} & value.keys()
        for key, each in value.items():
            yield from shapes_in(each, f"{place}.{'*' if named else key}")
    elif isinstance(value, list):
        yield place, "list"
        for each in value:
            yield from shapes_in(each, f"{place}[]")
    else:
        yield place, _TYPES[type(value)]


def answered(name, target, still):
    exchange = exchanges.load(name)
    quotes, books = {}, {}
    for one in exchange.instruments:
        price, size = one.price_step * 10_000, one.size_step * 1000
        fields = {"last": price, "bid_size": size, "ask_size": size, "time_us": 1_767_225_601_500_000}
        quotes[one.pair] = Quote(
            name, one.pair, price, price + one.price_step, **{key: fields[key] for key in exchange.carries}
        )
        books[one.pair] = Book(
            name, one.pair, (Level(price, size),), (Level(price + one.price_step, size),), 1_767_225_601_500_000
        )
    return json.loads(exchange.answer(Request(name, "", target), still(quotes, books)).body)


@pytest.mark.parametrize(("case", "target", "others"), TABLE, ids=[f"{case} {target}" for case, target, _ in TABLE])
def test_an_answer_has_the_keys_and_the_types_of_the_recorded_one(case, target, others, still):
    name = case.partition("-")[0]
    recorded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    (body,) = (one["http_response"] for one in recorded if one["id"] == case)
    theirs, ours = set(shapes_in(body)), set(shapes_in(answered(name, target, still)))
    differing, allowed = {place.removeprefix(".") for place, _ in theirs ^ ours}, others.split()
    assert [place for place in differing if not place.startswith(tuple(allowed))] == []
    # What has come to agree is to be struck off the list.
    assert [start for start in allowed if not any(place.startswith(start) for place in differing)] == []
