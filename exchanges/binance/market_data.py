"""The bodies of Binance's other public answers: instruments, average price, time, status; and the way to ``history``.

    GET /api/v3/time            {"serverTime": 1499827319559}
    GET /api/v3/exchangeInfo    {"symbols": [{"symbol": "ETHBTC", "status": "TRADING", "baseAsset": "ETH", ...}], ...}

Instruments have the fields of ``exchangeInfo`` as recorded in 2025. One whose status is not TRADING (BREAK, HALT,
END_OF_DAY ...) stays in the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from exchanges.binance.endpoints import INSTRUMENTS
from exchanges.binance.history import candles, trades
from exchanges.binance.instruments import status_of
from exchanges.binance.query import Asked
from exchanges.binance.tickers import Mark
from exchanges.exchange import Instrument
from exchanges.instruments import listed_pair
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.reading import Unreadable, integer, items, member, step
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
            return f'{{"serverTime":{_now(asked, view)}}}'
        case "status":
            return '{"status":0,"msg":"normal"}'
        case "exchangeInfo" if asked.path != INSTRUMENTS:
            return _FUTURES % (view.time_us // 1000)
        case "exchangeInfo":
            return _exchange_info(_now(asked, view), [instruments[pair] for pair in asked.pairs])
        case "avgPrice":
            return _average(view.quote(asked.pairs[0]), _now(asked, view))
        case "klines" | "uiKlines":
            return candles(asked, view, marks[asked.pairs[0]].on_grid)
        case _:
            return trades(asked, view)


def _now(asked: Asked, view: View) -> int:
    """The exchange's time, in the unit that was asked for."""
    return view.time_us // 1000 * asked.units


def time_of(reply: Any) -> int:
    """What the exchange's clock said, in microseconds. Raises Unreadable."""
    return integer(member(reply, "serverTime"), "serverTime") * 1000


def instruments_of(exchange: str, reply: Any) -> tuple[Instrument, ...]:
    """The list of ``exchangeInfo``, without what has a name that is no currency's. Raises Unreadable."""
    found = []
    for entry in items(member(reply, "symbols"), "symbols"):
        pair = listed_pair(exchange, member(entry, "baseAsset"), member(entry, "quoteAsset"))
        if pair is not None:
            price, size = _grid(entry, "PRICE_FILTER", "tickSize"), _grid(entry, "LOT_SIZE", "stepSize")
            trading = member(entry, "status") == "TRADING" and entry.get("isSpotTradingAllowed") is not False
            found.append(Instrument(pair, str(member(entry, "symbol")), price, size, trading))
    return tuple(found)


def _grid(entry: Any, kind: str, field: str) -> Decimal:
    found = [one for one in items(member(entry, "filters"), "filters") if member(one, "filterType") == kind]
    if len(found) != 1:
        raise Unreadable("schema", f"expected one filter of the type {kind} for each symbol, found {len(found)}")
    return step(member(found[0], field), field)


def instrument(one: Instrument) -> str:
    """One entry of ``exchangeInfo``'s ``symbols``, with the grids that its prices keep to."""
    price, size = f"{one.price_step:.8f}", f"{one.size_step:.8f}"
    return (
        f'{{"symbol":"{one.symbol}","status":"{status_of(one)}","baseAsset":"{one.pair.base}","baseAssetPrecision":8,'
        f'"quoteAsset":"{one.pair.quote}","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,'
        f'"quoteCommissionPrecision":8,{_ALLOWED},"filters":['
        f'{{"filterType":"PRICE_FILTER","minPrice":"{price}","maxPrice":"{one.price_step * 10**8:.8f}",'
        f'"tickSize":"{price}"}},'
        f'{{"filterType":"LOT_SIZE","minQty":"{size}","maxQty":"{one.size_step * 10**9:.8f}","stepSize":"{size}"}},'
        f'{{"filterType":"ICEBERG_PARTS","limit":10}},'
        f'{{"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"{one.size_step * 10**7:.8f}",'
        f'"stepSize":"0.00000000"}},{_OTHER_FILTERS}],{_MODES}}}'
    )


def _exchange_info(time: int, instruments: Sequence[str]) -> str:
    """``instruments`` are the entries, rendered."""
    return f'{{"timezone":"UTC","serverTime":{time},{_HEAD},"symbols":[{",".join(instruments)}]}}'


def _average(quote: Quote, time: int) -> str:
    mean = (quote.bid + quote.ask) / 2
    return f'{{"mins":5,"price":"{mean:.8f}","closeTime":{time}}}'
