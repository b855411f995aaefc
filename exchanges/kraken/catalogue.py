"""What Kraken tells of its markets: the time, its state, assets and pairs.

    GET /0/public/Time            {"unixtime": 1591502873, "rfc1123": "Sun,  7 Jun 20 04:07:53 +0000"}
    GET /0/public/SystemStatus    {"status": "online", "timestamp": "2024-05-03T11:23:45Z"}
    GET /0/public/Assets          {"XXBT": {"aclass": "currency", "altname": "XBT", "decimals": 10, ...}}
    GET /0/public/AssetPairs      {"XXBTZUSD": {"altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", ...}}

each of them inside ``{"error": [], "result": ...}``. The clock shows whole seconds. A pair whose status is not "online"
(cancel_only, post_only, limit_only, reduce_only) stays in the list, and so do pairs of things that are no currency
(``aclass_base`` is "tokenized_asset"). The names of currencies in a wsname are altnames, and a pair that is not in the
feeds has none: there the ids XXBT and ZUSD say it. Lists of 2021 have neither a status nor a tick_size: then every pair
that is listed is online, and pair_decimals is its grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from exchanges.errors import UnknownPair
from exchanges.exchange import Instrument
from exchanges.instruments import decimals_of, listed_pair, step_from_digits
from exchanges.kraken.errors import status_at
from exchanges.kraken.listing import asset_id_of, asset_named, asset_of, id_of, wsname_of
from exchanges.kraken.target import Asked
from exchanges.pair import Pair
from exchanges.reading import Unreadable, integer, member, step
from exchanges.wire import json_text

_MONEY: Final = frozenset({"USD", "EUR", "GBP", "CAD", "JPY", "AUD"})
# In words of our own, because strftime would follow the locale.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Volume of thirty days in dollars, and per cent, as recorded in November 2025.
_TAKER: Final = [[0, 0.4], [10_000, 0.35], [50_000, 0.24], [100_000, 0.22], [250_000, 0.2], [500_000, 0.18]]
_MAKER: Final = [[0, 0.25], [10_000, 0.2], [50_000, 0.14], [100_000, 0.12], [250_000, 0.08], [500_000, 0.06]]
_PARTS: Final = {
    "leverage": ("leverage_buy", "leverage_sell"),
    "fees": ("fees", "fees_maker", "fee_volume_currency"),
    "margin": ("margin_call", "margin_stop"),
}


def catalogue_text(exchange: str, asked: Asked, time_us: int) -> str:
    """The result of a method that is about no price.

    Raises:
        UnknownPair: an asset that no market has.
    """
    match asked.method:
        case "Time":
            return json_text(_time(time_us))
        case "SystemStatus":
            return json_text(status_at(time_us, "online"))
        case "Assets":
            return json_text(_assets(exchange, asked.instruments, asked.named))
    pairs = ",".join(_pair_text(one, asked.info) for one in asked.instruments)
    return f"{{{pairs}}}"


def time_of(reply: Any) -> int:
    """What the exchange's clock said, in microseconds: the beginning of a second. Raises Unreadable."""
    return integer(member(member(reply, "result"), "unixtime"), "unixtime") * 1_000_000


def instruments_of(exchange: str, reply: Any) -> tuple[Instrument, ...]:
    """The pairs of currencies of a list of pairs. Raises Unreadable."""
    listed = member(reply, "result")
    if type(listed) is not dict:
        raise Unreadable("schema", "expected the pairs by their ids")
    found = []
    for entry in listed.values():
        pair, name = _pair_in(exchange, entry), str(member(entry, "altname"))
        # XBTUSD.d is the dark pool of XBTUSD: another market, of the same name.
        if pair is not None and "." not in name:
            size = step_from_digits(member(entry, "lot_decimals"), "lot_decimals")
            found.append(Instrument(pair, name, _tick(entry), size, entry.get("status", "online") == "online"))
    return tuple(found)


def _tick(entry: Any) -> Decimal:
    if "tick_size" in entry:
        return step(entry["tick_size"], "tick_size")
    return step_from_digits(member(entry, "pair_decimals"), "pair_decimals")


def _pair_in(exchange: str, entry: Any) -> Pair | None:
    if not member(entry, "aclass_base") == member(entry, "aclass_quote") == "currency":
        return None
    base, slash, quote = str(entry.get("wsname") or "").partition("/")
    ids = (asset_named(str(member(entry, side))) for side in ("base", "quote"))
    return listed_pair(exchange, *((base, quote) if slash else ids))


def _time(time_us: int) -> dict[str, Any]:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    date = f"{_DAYS[at.weekday()]}, {at.day:2} {_MONTHS[at.month - 1]} {at.year % 100:02}"
    return {"unixtime": time_us // 1_000_000, "rfc1123": f"{date} {at:%H:%M:%S} +0000"}


def _assets(exchange: str, instruments: Iterable[Instrument], named: Sequence[str]) -> dict[str, Any]:
    codes = dict.fromkeys(code for one in instruments for code in (one.pair.base, one.pair.quote))
    by_name = {name: code for code in codes for name in (code, asset_of(code), asset_id_of(code))}
    for name in named:
        if name not in by_name:
            raise UnknownPair(exchange, None, name[:80])
    wanted = dict.fromkeys(by_name[name] for name in named) if named else codes
    return {asset_id_of(code): _asset(code) for code in wanted}


def _asset(code: str) -> dict[str, Any]:
    name = asset_of(code)
    decimals, shown = (4, 2) if code in _MONEY else (10, 5) if asset_id_of(code) != name else (8, 6)
    return {
        "aclass": "currency",
        "altname": name,
        "decimals": decimals,
        "display_decimals": shown,
        "collateral_value": 1.0,
        "status": "enabled",
    }


# Nothing of it ever changes, and a list of all pairs has a megabyte or two where thousands are listed.
@lru_cache(maxsize=8192)
def _pair_text(instrument: Instrument, info: str) -> str:
    return f'"{id_of(instrument.symbol)}":{json_text(_pair(instrument, info))}'


def _pair(instrument: Instrument, info: str) -> dict[str, Any]:
    pair, decimals = instrument.pair, decimals_of(instrument.price_step)
    entry = {
        "altname": instrument.symbol,
        "wsname": wsname_of(instrument),
        "aclass_base": "currency",
        "base": asset_id_of(pair.base),
        "aclass_quote": "currency",
        "quote": asset_id_of(pair.quote),
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": decimals,
        "lot_decimals": decimals_of(instrument.size_step),
        "lot_multiplier": 1,
        "leverage_buy": [2, 3, 4, 5],
        "leverage_sell": [2, 3, 4, 5],
        "fees": _TAKER,
        "fees_maker": _MAKER,
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{instrument.size_step:f}",
        "costmin": "0.5",
        "tick_size": f"{instrument.price_step:f}",
        "status": "online" if instrument.trading else "cancel_only",
        "long_position_limit": 250,
        "short_position_limit": 200,
    }
    return {key: entry[key] for key in _PARTS[info]} if info in _PARTS else entry
