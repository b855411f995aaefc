"""A stranger's client, unmodified, takes the mock for the exchanges themselves: ccxt, with only its URLs replaced.

What ccxt makes of a body is held against what our adapter makes of the same bytes, and against the market at the tick
at which the server's log says that it was priced.
"""

import asyncio
import contextlib
import json

import pytest

import exchanges
from exchanges import Response
from mock_server.market import EPOCH_US, Market
from mock_server.process import Control, running

ccxt = pytest.importorskip("ccxt", reason="ccxt is not installed: pip install ccxt")
async_ccxt = pytest.importorskip("ccxt.async_support", reason="ccxt is not installed: pip install ccxt")

pytestmark = pytest.mark.clients

SEED = 7
IDS = {"coinbase_exchange": "coinbaseexchange", "binance_us": "binanceus"}  # elsewhere ccxt says as we do
NAMES = [name for name in exchanges.names() if hasattr(ccxt, IDS.get(name, name))]
# Signed, so beyond an exchange's public half.
NEEDS_A_KEY = {("coinbase", "fetchBidsAsks")}

# Where ccxt would ask for futures and options as well, or take those for what is meant.
SPOT = {"fetchMarkets": {"types": ["spot"]}, "defaultType": "spot"}
OPTIONS = {
    "bitfinex": {"fetchOrderBook": {"precision": "P0"}},  # R0 lists orders one by one, which is another endpoint
    "bitstamp": {"fetchMarkets": {"expires": -1}},  # it keeps a list of markets for a second
    "bybit": SPOT,
    "gate": SPOT,
    # Its currencies and grids are cut out of a web page, which is no part of its API.
    "gemini": {"fetchCurrencies": {"webApiEnable": False}},
    "kucoin": SPOT,
    "okx": SPOT,
}
# Bitfinex's prices have five significant digits, wherever they are; Gemini's grids would come from that page.
WITHOUT_GRIDS = {"bitfinex", "gemini"}
FEW_LEVELS = {"bitfinex": 25, "kucoin": 20}  # elsewhere five can be asked for
WHOLE_BOOKS = {"bitstamp", "coinbase_exchange"}  # ccxt asks for the same book whatever the depth that is wanted
WITH_A_PAST = {"binance", "coinbase", "kraken"}
# These answer for a market that is not listed as for one without prices, and ccxt reads a ticker that is empty.
SILENT_ABOUT_THE_UNKNOWN = {"kucoin"}


class Client:
    """One ccxt object. ``call`` calls a method, awaits it where it has to, and keeps the bytes and the log's rows."""

    def __init__(self, name, client, control, wait):
        self.name, self.client, self._control, self._wait = name, client, control, wait
        self.exchange = exchanges.load(name)
        self.instrument = self.exchange.instruments[0]
        self.pair, self.symbol = self.instrument.pair, str(self.instrument.pair)

    def call(self, method, *arguments):
        self._control.begin(seed=SEED)
        try:
            return self._wait(getattr(self.client, method)(*arguments))
        finally:
            log = self._control.end()
            self.rows = [dict(zip(log["columns"], row, strict=True)) for row in log["rows"]]
            assert {row["exchange"] for row in self.rows} == {self.name}
            self.response = Response(self.rows[-1]["status"], self.client.last_http_response.encode())

    def can(self, method):
        return bool(self.client.has.get(method)) and (self.name, method) not in NEEDS_A_KEY

    def true_quote(self, pair):
        """What the market says at the tick at which the last answer was priced."""
        (row,) = self.rows
        return Market(SEED).quote(self.exchange, pair, row["priced_at"])


def moved(urls, origin):
    """The same URLs, all with the origin of the mock."""
    if isinstance(urls, dict):
        return {key: moved(value, origin) for key, value in urls.items()}
    _, slash, path = urls.partition("://")[2].partition("/")
    return origin + slash + path


@pytest.fixture(scope="module")
def mock():
    with running(latency="0", seed=SEED) as started:
        yield started


@pytest.fixture(scope="module", params=["sync", "async"])
def flavour(request):
    return request.param


@pytest.fixture(scope="module", params=NAMES)
def client(mock, flavour, request):
    name = request.param
    with contextlib.ExitStack() as stack:
        control = stack.enter_context(Control(mock))
        made = getattr(ccxt if flavour == "sync" else async_ccxt, IDS.get(name, name))(
            {"enableRateLimit": False, "options": OPTIONS.get(name, {})}
        )
        hostname = getattr(made, "hostname", None) or ""
        urls = made.urls["api"] if isinstance(made.urls["api"], dict) else {"rest": made.urls["api"]}
        made.urls["api"] = json.loads(json.dumps(moved(urls, mock.origins[name])).replace("{hostname}", hostname))
        if flavour == "sync":
            stack.callback(made.session.close)
            client = Client(name, made, control, lambda value: value)
        else:
            runner = stack.enter_context(asyncio.Runner())
            stack.callback(lambda: runner.run(made.close()))
            client = Client(name, made, control, runner.run)
        client.call("load_markets")
        yield client


def test_every_listed_market_is_found_with_its_grids(client):
    markets = client.call("load_markets", True)
    for one in client.exchange.instruments:
        market = markets[str(one.pair)]
        assert market["id"]
        assert market["spot"]
        assert market["active"] in (True, None)
        if client.name not in WITHOUT_GRIDS:
            assert market["precision"]["price"] == pytest.approx(float(one.price_step))
    assert {row["status"] for row in client.rows} == {200}


def test_a_ticker_has_the_bid_the_ask_and_the_last_price_that_our_adapter_reads(client):
    for one in client.exchange.instruments:
        ticker = client.call("fetch_ticker", str(one.pair))
        quote = client.exchange.quote_from(one.pair, client.response)
        true = client.true_quote(one.pair)
        assert (ticker["bid"], ticker["ask"]) == (float(quote.bid), float(quote.ask))
        assert (quote.bid, quote.ask) == (true.bid, true.ask)
        assert quote.last is None or ticker["last"] == float(quote.last) == float(true.last)
        assert ticker["timestamp"] in (None, (quote.time_us or 0) // 1000)


@pytest.mark.parametrize("few", [False, True], ids=["default", "few"])
def test_a_book_has_the_levels_that_our_adapter_reads(client, few):
    levels = FEW_LEVELS.get(client.name, 5) if few else None
    found = client.call("fetch_order_book", client.symbol, *([levels] if few else []))
    book = client.exchange.book_from(client.pair, client.response)
    true = client.true_quote(client.pair)
    for ours, theirs in ((book.bids, found["bids"]), (book.asks, found["asks"])):
        assert len(theirs) == (levels if few and client.name not in WHOLE_BOOKS else len(ours)) > 4
        read = [[float(level.price), float(level.size)] for level in ours]
        assert [row[:2] for row in theirs] == read[: len(theirs)]
    assert (book.bids[0].price, book.asks[0].price) == (true.bid, true.ask)


def test_all_tickers_come_at_once_with_the_prices_of_the_market(client):
    tickers = client.call("fetch_tickers")
    pairs = [one.pair for one in client.exchange.instruments]
    assert {str(pair) for pair in pairs} <= set(tickers)
    if client.exchange.market_request() is not None:
        quotes = client.exchange.quotes_from(pairs, client.response)
        both = [(ticker["bid"], ticker["ask"]) for ticker in (tickers[str(pair)] for pair in pairs)]
        assert both == [(float(quote.bid), float(quote.ask)) for quote in quotes]
    for pair in pairs:
        assert tickers[str(pair)]["last"] == float(client.true_quote(pair).last)


def test_a_choice_of_tickers_is_answered_with_that_choice(client):
    chosen = [str(one.pair) for one in client.exchange.instruments[1:4]]
    tickers = client.call("fetch_tickers", chosen)
    assert sorted(tickers) == sorted(chosen)


def test_bids_and_asks_come_at_once_where_that_is_public(client):
    if not client.can("fetchBidsAsks"):
        pytest.skip(f"{client.name} has no public call for it")
    found = client.call("fetch_bids_asks")
    for one in client.exchange.instruments:
        true = client.true_quote(one.pair)
        assert (found[str(one.pair)]["bid"], found[str(one.pair)]["ask"]) == (float(true.bid), float(true.ask))


def test_the_exchange_s_clock_is_the_market_s(client):
    if not client.can("fetchTime"):
        pytest.skip(f"{client.name} tells no time")
    # Some clocks show whole seconds, and none of these calls takes a minute.
    assert EPOCH_US // 1000 - 1000 <= client.call("fetch_time") <= EPOCH_US // 1000 + 60_000


def test_the_exchange_is_in_good_health(client):
    if not client.can("fetchStatus"):
        pytest.skip(f"{client.name} tells no status")
    assert client.call("fetch_status")["status"] == "ok"


def test_candles_and_trades_are_understood_and_the_past_is_told_alike_twice(client):
    if client.name not in WITH_A_PAST:
        pytest.skip(f"the mock of {client.name} serves no candles and no trades")
    # By the exchange's clock, not by ours: nothing is told of what is to come.
    since = EPOCH_US // 1000 - 600_000
    candles, trades = (client.symbol, "1m", since, 5), (client.symbol, since, 5, {"until": since + 60_000})
    for method, arguments, entry in (("fetch_ohlcv", candles, list), ("fetch_trades", trades, dict)):
        found, again = (client.call(method, *arguments) for _ in range(2))
        assert len(found) == 5
        assert all(isinstance(one, entry) for one in found)
        times = [one["timestamp"] if entry is dict else one[0] for one in found]
        assert times == sorted(times)
        assert again == found


def test_a_symbol_that_is_not_listed_is_refused_in_words_that_both_understand(client):
    market = client.client.market(client.symbol)
    real = market["id"]
    market["id"] = real + "X"
    try:
        if client.name in SILENT_ABOUT_THE_UNKNOWN:
            assert client.call("fetch_ticker", client.symbol)["bid"] is None
        else:
            with pytest.raises(ccxt.ExchangeError):
                client.call("fetch_ticker", client.symbol)
    finally:
        market["id"] = real
    assert client.exchange.quote_from(client.pair, client.response).kind == "unknown_symbol"
