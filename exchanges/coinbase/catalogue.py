"""What Coinbase tells of its markets: products, currencies, exchange rates, spot prices and the time.

    GET /api/v3/brokerage/market/products[?limit=&offset=&product_type=SPOT&product_ids=BTC-USD&product_ids=...]
    {"products": [{"product_id": "BTC-USD", "price": "67060", ..., "mid_market_price": ""}], "num_products": 646}
    GET /v2/currencies           {"data": [{"id": "USD", "name": "US Dollar", "min_size": "0.01"}]}
    GET /v2/currencies/crypto    {"data": [{"asset_id": "...", "code": "BTC", "name": "Bitcoin", ...}]}
    GET /v2/exchange-rates       {"data": {"currency": "USD", "rates": {"AED": "3.6731"}}}
    GET /v2/prices/BTC-USD/spot  {"data": {"base": "BTC", "currency": "USD", "amount": "48691.23"}}

The public list of products has a last price, and its fields of bid and ask are empty. A product trades that is
"online" and of which nothing is told that keeps takers away: ``trading_disabled``, ``is_disabled``, ``cancel_only``,
``limit_only``, ``post_only``, ``auction_mode``, ``view_only``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from exchanges.coinbase.history import size_text
from exchanges.coinbase.target import Asked
from exchanges.exchange import Instrument
from exchanges.instruments import listed_pair
from exchanges.quote import Quote
from exchanges.reading import integer, items, member, step, time_text_for
from exchanges.view import View
from exchanges.wire import json_text

_FIAT: Final = {"USD": "US Dollar", "EUR": "Euro", "GBP": "British Pound"}
_CRYPTO: Final = {
    "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "USDT": "Tether", "USDC": "USDC", "XRP": "XRP",
    "DOGE": "Dogecoin", "ADA": "Cardano", "LTC": "Litecoin", "LINK": "Chainlink", "DOT": "Polkadot",
    "AVAX": "Avalanche", "BCH": "Bitcoin Cash", "XLM": "Stellar Lumens", "UNI": "Uniswap", "ATOM": "Cosmos",
    "ETC": "Ethereum Classic", "AAVE": "Aave",
}  # fmt: skip
# What a euro and a pound cost in dollars where no market tells: every list of rates has them.
_DOLLARS: Final = {"USD": Decimal(1), "EUR": Decimal("1.16"), "GBP": Decimal("1.34")}
_KEEPS_AWAY: Final = (
    "trading_disabled", "is_disabled", "cancel_only", "limit_only", "post_only", "auction_mode", "view_only",
)  # fmt: skip
# Odd, so that no two currencies of up to sixteen letters share an id.
_ODD: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835


def catalogue_text(asked: Asked, view: View) -> str:
    """The answer of every endpoint that is about no single market.

    Raises:
        LookupError: rates in a currency that nobody lists.
    """
    match asked.endpoint:
        case "time":
            return time_text(view.time_us)
        case "older time":
            return older_time_text(view.time_us)
        case "fiat":
            return fiat_text()
        case "crypto":
            return crypto_text(asked.instruments)
        case "rates":
            return rates_text(asked.instruments, view, asked.currency)
    (instrument,) = asked.instruments
    return price_text(instrument, view.quote(instrument.pair), asked.endpoint)


def time_of(reply: Any) -> int:
    """What the third version's clock said, in microseconds. Raises Unreadable."""
    return integer(member(reply, "epochMillis"), "epochMillis") * 1000


def instruments_of(exchange: str, reply: Any) -> tuple[Instrument, ...]:
    """The spot markets of a list of products. Raises Unreadable."""
    found = []
    for entry in items(member(reply, "products"), "products"):
        pair = listed_pair(exchange, member(entry, "base_currency_id"), member(entry, "quote_currency_id"))
        if pair is not None and member(entry, "product_type") == "SPOT":
            price, size = (step(member(entry, grid), grid) for grid in ("quote_increment", "base_increment"))
            trading = member(entry, "status") == "online" and not any(entry.get(word) is True for word in _KEEPS_AWAY)
            found.append(Instrument(pair, str(member(entry, "product_id")), price, size, trading))
    return tuple(found)


def products_text(instruments: Iterable[Instrument], view: View) -> str:
    """The list of these products, priced."""
    rows = [product_text(instrument, view.quote(instrument.pair)) for instrument in instruments]
    return f'{{"products":[{",".join(rows)}],"num_products":{len(rows)}}}'


def product_text(instrument: Instrument, quote: Quote) -> str:
    """One product, with a day that rose by 2 % in a volume taken from its price: plausible, and repeatable."""
    symbol, pair = instrument.symbol, instrument.pair
    price, lot, step = quote.last or quote.bid, f"{instrument.size_step:f}", f"{instrument.price_step:f}"
    return (
        f'{{"product_id":"{symbol}","price":"{price:f}","price_percentage_change_24h":"2.04081632653061",'
        f'"volume_24h":"{size_text(400_000_000, price)}","volume_percentage_change_24h":"-3.50000000000000",'
        f'"base_increment":"{lot}","quote_increment":"{step}","quote_min_size":"1","quote_max_size":"150000000",'
        f'"base_min_size":"{lot}","base_max_size":"{size_text(150_000_000, price)}","base_name":"{_name(pair.base)}",'
        f'"quote_name":"{_name(pair.quote)}","watched":false,"is_disabled":false,"new":false,"status":"online",'
        '"cancel_only":false,"limit_only":false,"post_only":false,'
        f'"trading_disabled":{_truth(not instrument.trading)},"auction_mode":false,'
        f'"product_type":"SPOT","quote_currency_id":"{pair.quote}","base_currency_id":"{pair.base}",'
        '"fcm_trading_session_details":null,"mid_market_price":"","alias":"","alias_to":[],'
        f'"base_display_symbol":"{pair.base}","quote_display_symbol":"{pair.quote}","view_only":false,'
        f'"price_increment":"{step}","display_name":"{symbol}","product_venue":"CBE",'
        '"approximate_quote_24h_volume":"400000000","best_bid_price":"","best_ask_price":""}'
    )


def fiat_text() -> str:
    """The currencies of states; all of them are listed, whatever the markets."""
    return json_text({"data": [{"id": code, "name": name, "min_size": "0.01"} for code, name in _FIAT.items()]})


def crypto_text(instruments: Iterable[Instrument]) -> str:
    """Every other currency of the markets."""
    codes = dict.fromkeys(code for one in instruments for code in (one.pair.base, one.pair.quote))
    rows = [
        {
            "asset_id": _asset_id(code),
            "code": code,
            "name": _name(code),
            "color": "#0052FF",
            "sort_index": 100 + number,
            "exponent": 8,
            "type": "crypto",
            "address_regex": "^[A-Za-z0-9]{20,100}$",
        }
        for number, code in enumerate(code for code in codes if code not in _FIAT)
    ]
    return json_text({"data": rows})


def rates_text(instruments: Iterable[Instrument], view: View, currency: str) -> str:
    """How much of each currency one unit of ``currency`` is worth.

    Raises:
        LookupError: nobody lists the currency.
    """
    worth = _worth(instruments, view)
    if currency not in worth:
        raise LookupError("expected a currency that is listed")
    rates = {code: f"{worth[currency] / dollars:.12g}" for code, dollars in worth.items() if dollars > 0}
    plain = {code: f"{Decimal(rate):f}" for code, rate in rates.items()}
    return json_text({"data": {"currency": currency, "rates": plain}})


def price_text(instrument: Instrument, quote: Quote, kind: str) -> str:
    """A spot, buy or sell price."""
    price = {"buy": quote.ask, "sell": quote.bid}.get(kind) or quote.last or quote.bid
    pair = instrument.pair
    return f'{{"data":{{"amount":"{price:f}","base":"{pair.base}","currency":"{pair.quote}"}}}}'


def time_text(time_us: int) -> str:
    """The time as the third version of the interface tells it."""
    seconds, millis = time_us // 1_000_000, time_us // 1000
    return f'{{"iso":"{_whole_seconds(time_us)}","epochSeconds":"{seconds}","epochMillis":"{millis}"}}'


def older_time_text(time_us: int) -> str:
    """The time as the second version of the interface tells it."""
    return f'{{"data":{{"iso":"{_whole_seconds(time_us)}","epoch":{time_us // 1_000_000}}}}}'


def _whole_seconds(time_us: int) -> str:
    return time_text_for(time_us)[:19] + "Z"


def _worth(instruments: Iterable[Instrument], view: View) -> Mapping[str, Decimal]:
    # What is priced in dollars first; then what is worth something in money that is worth dollars, and money by what
    # it buys: EUR by way of BTC.
    worth = {"USD": Decimal(1)}
    for pair in sorted((one.pair for one in instruments), key=lambda pair: pair.quote != "USD"):
        quote = view.quote(pair)
        middle = (quote.bid + quote.ask) / 2
        if pair.quote in worth:
            worth.setdefault(pair.base, middle * worth[pair.quote])
        elif pair.base in worth and middle:
            worth[pair.quote] = worth[pair.base] / middle
    return {**_DOLLARS, **worth}


def _name(code: str) -> str:
    return _FIAT.get(code) or _CRYPTO.get(code) or code


def _asset_id(code: str) -> str:
    # In the form of a UUID, and always the same for the same currency.
    digits = f"{int.from_bytes(code.encode(), 'big') * _ODD % 2**128:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _truth(told: bool) -> str:
    return "true" if told else "false"
