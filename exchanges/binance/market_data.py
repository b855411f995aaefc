"""The bodies of Binance's other public answers: instruments, trades, candles, average price, time and status.

Instruments have the fields of ``exchangeInfo`` as recorded in 2025. Trades and candles are made up from the quote:
the newest ends at its last price and time, and the ones before wander around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from exchanges.binance.query import INSTRUMENTS, Asked
from exchanges.binance.tickers import Mark
from exchanges.exchange import Instrument
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.view import View

_HEAD: Final = (
    '"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},'
    '{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},'
    '{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000},'
    '{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":61000}],"exchangeFilters":[]'
)
_FUTURES: Final = (
    '{"timezone":"UTC","serverTime":%d,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE",'
    '"intervalNum":1,"limit":2400}],"exchangeFilters":[],"assets":[],"symbols":[]}'
)
_ALLOWED: Final = (
    '"orderTypes":["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS","STOP_LOSS_LIMIT","TAKE_PROFIT","TAKE_PROFIT_LIMIT"],'
    '"icebergAllowed":true,"ocoAllowed":true,"otoAllowed":true,"opoAllowed":true,"quoteOrderQtyMarketAllowed":true,'
    '"allowTrailingStop":true,"cancelReplaceAllowed":true,"amendAllowed":true,"pegInstructionsAllowed":true,'
    '"isSpotTradingAllowed":true,"isMarginTradingAllowed":true'
)
_MODES: Final = (
    '"permissions":[],"permissionSets":[["SPOT","MARGIN"]],"defaultSelfTradePreventionMode":"EXPIRE_MAKER",'
    '"allowedSelfTradePreventionModes":["EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH","DECREMENT"]'
)
_OTHER_FILTERS: Final = (
    '{"filterType":"TRAILING_DELTA","minTrailingAboveDelta":10,"maxTrailingAboveDelta":2000,'
    '"minTrailingBelowDelta":10,"maxTrailingBelowDelta":2000},'
    '{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5","bidMultiplierDown":"0.2","askMultiplierUp":"5",'
    '"askMultiplierDown":"0.2","avgPriceMins":5},'
    '{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000",'
    '"applyMaxToMarket":false,"avgPriceMins":5},'
    '{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},{"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5}'
)


def market_data(asked: Asked, view: View, instruments: Mapping[Pair, str], marks: Mapping[Pair, Mark]) -> str:
    """The body of any answer that is neither a ticker nor a book; ``instruments`` are ``instrument``'s texts."""
    match asked.path.rpartition("/")[2]:
        case "ping":
            return "{}"
        case "time":
            return f'{{"serverTime":{view.time_us // 1000}}}'
        case "status":
            return '{"status":0,"msg":"normal"}'
        case "exchangeInfo" if asked.path != INSTRUMENTS:
            return _FUTURES % (view.time_us // 1000)
        case "exchangeInfo":
            return _exchange_info(view.time_us, [instruments[pair] for pair in asked.pairs])
        case "avgPrice":
            return _average(view.quote(asked.pairs[0]), view.time_us)
        case "klines" | "uiKlines":
            return _candles(marks[asked.pairs[0]], view.quote(asked.pairs[0]), view.time_us, asked)
        case _:
            return _trades(view.quote(asked.pairs[0]), view.time_us, asked)


def instrument(one: Instrument) -> str:
    """One entry of ``exchangeInfo``'s ``symbols``, with the grids that its prices keep to."""
    price, size = f"{one.price_step:.8f}", f"{one.size_step:.8f}"
    return (
        f'{{"symbol":"{one.symbol}","status":"TRADING","baseAsset":"{one.pair.base}","baseAssetPrecision":8,'
        f'"quoteAsset":"{one.pair.quote}","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,'
        f'"quoteCommissionPrecision":8,{_ALLOWED},"filters":['
        f'{{"filterType":"PRICE_FILTER","minPrice":"{price}","maxPrice":"{one.price_step * 10**8:.8f}",'
        f'"tickSize":"{price}"}},'
        f'{{"filterType":"LOT_SIZE","minQty":"{size}","maxQty":"{one.size_step * 10**9:.8f}","stepSize":"{size}"}},'
        f'{{"filterType":"ICEBERG_PARTS","limit":10}},'
        f'{{"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"{one.size_step * 10**7:.8f}",'
        f'"stepSize":"0.00000000"}},{_OTHER_FILTERS}],{_MODES}}}'
    )


def _exchange_info(time_us: int, instruments: Sequence[str]) -> str:
    """``instruments`` are the entries, rendered."""
    return f'{{"timezone":"UTC","serverTime":{time_us // 1000},{_HEAD},"symbols":[{",".join(instruments)}]}}'


def _average(quote: Quote, time_us: int) -> str:
    mean = (quote.bid + quote.ask) / 2
    return f'{{"mins":5,"price":"{mean:.8f}","closeTime":{time_us // 1000}}}'


def _trades(quote: Quote, time_us: int, asked: Asked) -> str:
    """The latest trades or those from a given one on, oldest first: one every 250 ms, at the ask or at the bid."""
    newest, size = time_us // 250_000, quote.bid_size or 1
    first, last = asked.first, None
    if first is None and asked.since_ms is not None:
        first = -(-asked.since_ms // 250)
    if asked.until_ms is not None:
        last = asked.until_ms // 250
    aggregate = asked.path.endswith("aggTrades")
    rows = []
    for number in _numbers(newest, asked.limit, first, last):
        sold = number % 2 == 0 if number < newest else quote.last == quote.bid
        price = quote.bid if sold else quote.ask
        maker = "true" if sold else "false"
        at_ms = number * 250
        rows.append(
            f'{{"a":{number},"p":"{price:.8f}","q":"{size:.8f}","f":{number},"l":{number},"T":{at_ms},"m":{maker},'
            f'"M":true}}'
            if aggregate
            else f'{{"id":{number},"price":"{price:.8f}","qty":"{size:.8f}","quoteQty":"{price * size:.8f}",'
            f'"time":{at_ms},"isBuyerMaker":{maker},"isBestMatch":true}}'
        )
    return f"[{','.join(rows)}]"


def _candles(mark: Mark, quote: Quote, time_us: int, asked: Asked) -> str:
    """The latest candles or those from a given time on, oldest first; the newest one is still open and closes at the
    last price."""
    length_ms, on_grid = asked.interval_s * 1000, mark.on_grid
    current = time_us // 1000 // length_ms
    first = None if asked.since_ms is None else -(-asked.since_ms // length_ms)
    until = None if asked.until_ms is None else asked.until_ms // length_ms
    last, volume = float(quote.last or quote.bid), float(quote.bid_size or 1) * 97
    rows = []
    for number in _numbers(current, asked.limit, first, until):
        opened = last * _wander(number)
        closed = last * _wander(number + 1) if number < current else last
        high, low = max(opened, closed) * 1.0005, min(opened, closed) * 0.9995
        rows.append(
            f'[{number * length_ms},"{on_grid % opened}","{on_grid % high}","{on_grid % low}","{on_grid % closed}",'
            f'"{volume:.8f}",{(number + 1) * length_ms - 1},"{volume * closed:.8f}",193,"{volume / 2:.8f}",'
            f'"{volume / 2 * closed:.8f}","0"]'
        )
    return f"[{','.join(rows)}]"


def _numbers(newest: int, most: int, first: int | None, last: int | None) -> range:
    """At most so many numbers up to the newest: from ``first`` on where one is given, else the last of them."""
    end = newest if last is None else min(last, newest)
    if first is None:
        return range(max(0, end - most + 1), end + 1)
    return range(first, min(end, first + most - 1) + 1)


def _wander(number: int) -> float:
    """The price at the start of a candle, relative to the last one: within half a percent."""
    return 1 + (number * 2_654_435_761 % 1000 - 500) * 1e-5
