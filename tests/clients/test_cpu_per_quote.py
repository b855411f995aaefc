"""What a user would pick instead: the same pairs by ccxt's async client, on the same mock, in the same run.

Its rate limiter is off and its markets are loaded beforehand; both clients have a hundred requests in flight, and both
turn answers into prices. What is compared is processor time of this process, round by round in turns, on open
connections: a share, never a time.
"""

import asyncio
import itertools
import json
import statistics
import time

import pytest

import exchanges
import strategies
from exchanges.decode import decode_quotes
from mock_server.process import running
from strategies.strategy import Fetched, Limits

ccxt = pytest.importorskip("ccxt.async_support", reason="ccxt is not installed: pip install ccxt")

pytestmark = pytest.mark.clients

QUOTES, ROUNDS = 400, 7
IN_FLIGHT = 100


@pytest.fixture(scope="module")
def mock():
    with running(["binance"], latency="10ms", seed=7) as started:
        yield started


def by_ccxt(runner, client, symbols):
    async def one(symbol, places):
        async with places:
            return await client.fetch_ticker(symbol)

    async def everything():
        places = asyncio.Semaphore(IN_FLIGHT)
        return await asyncio.gather(*(one(symbol, places) for symbol in symbols))

    began = time.process_time()
    tickers = runner.run(everything())
    spent = time.process_time() - began
    assert all(ticker["bid"] and ticker["ask"] for ticker in tickers)
    return spent


def by_us(fetch, requests):
    began = time.process_time()
    outcomes = fetch(requests)
    spent = time.process_time() - began
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    return spent


def test_our_leanest_arm_spends_at_most_a_third_of_the_processor_time_of_ccxt_a_quote(mock, record_property):
    exchange = exchanges.load("binance")
    pairs = list(itertools.islice(itertools.cycle([one.pair for one in exchange.instruments[:15]]), QUOTES))
    requests = [exchange.request_for(pair).at(mock.origins["binance"]) for pair in pairs]
    shares = []
    with asyncio.Runner() as runner, strategies.load("asyncio-protocol")(Limits(IN_FLIGHT), decode_quotes) as fetch:

        async def opened():
            return ccxt.binance({"enableRateLimit": False, "options": {"fetchMarkets": {"types": ["spot"]}}})

        client = runner.run(opened())
        try:
            urls = json.dumps(client.urls["api"]).replace("https://api.binance.com", mock.origins["binance"])
            client.urls["api"] = json.loads(urls)
            runner.run(client.load_markets())
            for number in range(1 + ROUNDS):
                ours, theirs = by_us(fetch, requests), by_ccxt(runner, client, list(map(str, pairs)))
                if number:  # the first opens connections
                    shares.append(ours / theirs)
        finally:
            runner.run(client.close())
    share = statistics.median(shares)
    record_property("share", share)
    print(f"asyncio-protocol spends {share:.2f} of ccxt's CPU a quote ({min(shares):.2f} to {max(shares):.2f})")
    assert share <= 1 / 3
