"""The market: a price path for every pair on every exchange, as a formula with nothing to remember.

Law: a quote depends on (seed, block, batch, exchange, pair, tick) and on nothing else, with
``tick = floor(at_s / tick_s)``. Whoever knows the seed can compute the true price of any tick, afterwards and
without the server. (The formula is in floats: two machines whose C libraries round ``sin`` differently could
disagree by one price step, once in a great while; one machine agrees with itself.)

All exchanges see the same motion of an asset; each adds a basis of its own that wobbles by a few basis points,
a spread, and planted windows: some hundred milliseconds in which its price is lifted above what buying elsewhere
and both taker fees cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from exchanges.errors import UnknownPair
from exchanges.exchange import Exchange, Instrument
from exchanges.pair import Pair
from exchanges.plugins import nearest_name
from exchanges.quote import Quote
from mock_server.dice import uniform

EPOCH_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, the exchange's own time at tick 0: a constant, so that replies can be computed again."""

# US dollars of early 2026, roughly. USDT is below par so that quotes in USD and in USDT differ visibly.
_USD = {
    "USD": 1.0, "USDT": 0.9995, "USDC": 0.9999, "DAI": 0.9997, "EUR": 1.16, "GBP": 1.34,
    "BTC": 91_000.0, "ETH": 3_150.0, "SOL": 138.0, "BNB": 880.0, "XRP": 2.05, "DOGE": 0.14, "ADA": 0.41,
    "LTC": 82.0, "LINK": 13.4, "DOT": 2.1, "AVAX": 13.8, "BCH": 590.0, "TRX": 0.29, "XLM": 0.24, "UNI": 5.9,
    "ATOM": 2.2, "ETC": 12.8, "FIL": 1.45, "NEAR": 1.7, "APT": 1.8, "AAVE": 175.0, "ALGO": 0.125, "SHIB": 0.0000082,
    "PEPE": 0.0000047, "SUI": 1.6, "ARB": 0.21, "OP": 0.31, "XMR": 420.0, "MATIC": 0.12, "POL": 0.12, "HBAR": 0.12,
}  # fmt: skip
_MONEY = frozenset(("USD", "USDT", "USDC", "DAI", "EUR", "GBP"))

# (amplitude as a fraction, shortest period in seconds): together at most about 1 % a second, so that prices
# 40 ms apart differ by as much as the spread, and a slow fetcher is seen to compare what never stood side by side.
_COIN_WAVES = ((0.003, 7.0), (0.0008, 1.7), (0.0002, 0.31))
_MONEY_WAVES = ((0.00002, 3.0),)
_WOBBLE = ((0.00015, 0.7),)

_SLOT_S = 1.2
_WINDOW_CHANCE = 0.12


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start_s`` up to but not including ``end_s`` (ticks, in seconds), one exchange's prices are
    multiplied by ``1 + lift``."""

    exchange: str
    pair: Pair
    start_s: float
    end_s: float
    lift: float


class Market:
    """Prices for one batch. ``tick_s`` is the time between two changes of price, in seconds."""

    def __init__(self, seed: int, block: int = 0, batch: int = 0, tick_s: float = 0.01) -> None:
        if not tick_s > 0:
            raise ValueError(f"expected a tick above zero seconds, found {tick_s}")
        self.key = (seed, block, batch)
        self.tick_s = tick_s
        self._paths: dict[tuple[str, Pair], _Path] = {}

    def tick(self, at_s: float) -> int:
        """The tick that is current at ``at_s`` seconds after the start; a tick's own time belongs to it."""
        return math.floor(at_s / self.tick_s + 1e-9)

    def quote(self, exchange: Exchange, pair: Pair, at_s: float) -> Quote:
        """The quote that ``exchange`` gives at ``at_s``, on the price grid and with the fields it carries.

        Raises:
            UnknownPair: the exchange does not list the pair.
        """
        return self._path(exchange, pair).quote(self.tick(at_s))

    def windows(self, exchange: Exchange, pair: Pair, until_s: float) -> list[Window]:
        """The planted windows that begin before ``until_s``, in order."""
        path = self._path(exchange, pair)
        slots = range(-1, math.floor((until_s + path.slot_phase) / _SLOT_S) + 1)
        found = [window for slot in slots if (window := path.window_in(slot)) is not None]
        return [window for window in found if window.end_s > 0 and window.start_s < until_s]

    def _path(self, exchange: Exchange, pair: Pair) -> _Path:
        path = self._paths.get((exchange.name, pair))
        if path is None:
            path = self._paths[exchange.name, pair] = _Path(self, exchange, _instrument(exchange, pair))
        return path


class _Path:
    """One pair on one exchange: everything that does not change from tick to tick, computed once."""

    def __init__(self, market: Market, exchange: Exchange, instrument: Instrument) -> None:
        pair, key = instrument.pair, market.key
        here = (exchange.name, str(pair))
        self.exchange, self.pair, self.carries = exchange.name, pair, exchange.carries
        self.key, self.tick_s = key, market.tick_s
        self.price_step, self.size_step = instrument.price_step, instrument.size_step
        self._price_steps_per_unit = 1 / float(instrument.price_step)
        self._waves = [
            *_waves(_waves_of(pair.base), 1.0, *key, pair.base),
            *_waves(_waves_of(pair.quote), -1.0, *key, pair.quote),
            *_waves(_WOBBLE, 1.0, *key, *here),
        ]
        self._basis = 0.0004 * (2 * uniform("basis", *key, *here) - 1)
        self._level = _usd(pair.base) / _usd(pair.quote) * math.exp(self._basis)
        # The spread belongs to the exchange and the pair, whatever the seed: half of 0.8 to 4 basis points.
        self._half_spread = 0.00004 + 0.00016 * uniform("spread", *here)
        notional = 2_000 + 38_000 * uniform("size", *key, *here) ** 2
        self._size_steps = notional / _usd(pair.base) / float(instrument.size_step)
        self._size_phase = 2 * math.pi * uniform("size phase", *key, *here)
        self._salt = int(uniform("last", *key, *here) * 2**31)
        self.fee = float(exchange.taker_fee)
        self.slot_phase = _SLOT_S * uniform("slot", *key, *here)
        self._slot: tuple[int, Window | None] = (-2, None)

    def quote(self, tick: int) -> Quote:
        at_s = tick * self.tick_s
        drift = 0.0
        for amplitude, omega, phase in self._waves:
            drift += amplitude * math.sin(omega * at_s + phase)
        mid = self._level * (1 + drift) * (1 + self._lift(at_s)) * self._price_steps_per_unit
        half = mid * self._half_spread
        bid_steps = max(1, math.floor(mid - half))
        ask_steps = max(bid_steps + 1, math.ceil(mid + half))
        bid, ask = bid_steps * self.price_step, ask_steps * self.price_step
        carries = self.carries
        last = bid_size = ask_size = time_us = None
        if "last" in carries:
            last = bid if (tick * 2_654_435_761 + self._salt) >> 8 & 1 else ask
        if "bid_size" in carries:
            bid_size = self._size(0.9 * tick + self._size_phase)
        if "ask_size" in carries:
            ask_size = self._size(1.3 * tick - self._size_phase)
        if "time_us" in carries:
            # Whole milliseconds: the coarsest grain among exchanges that send a time at all.
            time_us = EPOCH_US + round(at_s * 1e6) // 1000 * 1000
        return Quote(self.exchange, self.pair, bid, ask, last, bid_size, ask_size, time_us)

    def window_in(self, slot: int) -> Window | None:
        """The window of one slot of time, if it has one; slots are ``_SLOT_S`` long and never overlap."""
        if self._slot[0] == slot:
            return self._slot[1]
        dice = [uniform("window", *self.key, self.exchange, str(self.pair), slot, name) for name in range(5)]
        window = None
        if dice[0] < _WINDOW_CHANCE:
            length = 0.2 + 0.3 * dice[1]
            start = slot * _SLOT_S - self.slot_phase + dice[2] * (_SLOT_S - length)
            first, after = (math.ceil(at / self.tick_s) for at in (start, start + length))
            # Its own fee, the other leg's (published base-tier taker fees are 0.1 % to 1.2 %) and a gain.
            lift = self.fee + 0.001 + 0.011 * dice[3] + 0.001 + 0.002 * dice[4]
            window = Window(self.exchange, self.pair, first * self.tick_s, after * self.tick_s, lift)
        self._slot = (slot, window)
        return window

    def _lift(self, at_s: float) -> float:
        window = self.window_in(math.floor((at_s + self.slot_phase) / _SLOT_S))
        return window.lift if window is not None and window.start_s <= at_s < window.end_s else 0.0

    def _size(self, angle: float) -> Decimal:
        return max(1, round(self._size_steps * (1 + 0.8 * math.sin(angle)))) * self.size_step


def _usd(code: str) -> float:
    # A coin that nobody put into the table costs between half a dollar and some hundred.
    return _USD.get(code) or 0.5 * 1000 ** uniform("price", code)


def _waves_of(code: str) -> tuple[tuple[float, float], ...]:
    if code == "USD":
        return ()
    return _MONEY_WAVES if code in _MONEY else _COIN_WAVES


def _waves(kinds: tuple[tuple[float, float], ...], sign: float, *key: int | str) -> list[tuple[float, float, float]]:
    """(amplitude, angular frequency, phase) of each kind, with the period stretched by up to a half."""
    return [
        (
            sign * amplitude,
            2 * math.pi / (period * (1 + 0.5 * uniform("period", *key, number))),
            2 * math.pi * uniform("phase", *key, number),
        )
        for number, (amplitude, period) in enumerate(kinds)
    ]


def _instrument(exchange: Exchange, pair: Pair) -> Instrument:
    for instrument in exchange.instruments:
        if instrument.pair == pair:
            return instrument
    listed = nearest_name(str(pair), (str(instrument.pair) for instrument in exchange.instruments))
    raise UnknownPair(exchange.name, pair, str(pair), listed or "")
