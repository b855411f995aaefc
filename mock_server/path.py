"""A path: the price of one pair on one exchange, as waves that are added up, and the windows planted in it.

The level and the waves belong to the assets, so that all exchanges see the same motion; the basis, its wobble, the
spread, the sizes and the windows belong to the pair on the exchange.

Laws, for what buying a pair on one exchange and selling it on another leaves after both base-tier taker fees:

1. Where neither is in a window, nothing: by its basis and wobble a middle is at most 2.2 basis points (1.5 + 0.7) away
   from what all exchanges have in common, so that two differ by 4.4 at most, with one market in between that converts
   the money (or two) by 6.6 (8.8). Two fees are 10 or more together, bids are below their middle and asks above, and
   markets of money against money, which convert, have no windows. The waves are in an exponent, and cancel exactly.
2. Selling where there is a window, and buying where there is none, always something: the window covers its own fee, the
   highest fee that the other may take, both bases and wobbles, both half spreads and a step of either grid; and leaves
   0.1 to 0.3 % after that, by ``bid * (1 - fee)`` against ``ask * (1 + fee)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

from exchanges.book import Book, Level
from exchanges.exchange import Exchange, Instrument
from exchanges.pair import Pair
from exchanges.quote import Quote
from mock_server.depth import Ladder
from mock_server.dice import uniform
from mock_server.motion import WAVES, Motion

EPOCH_US = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, the exchange's own time at tick 0 where nobody says otherwise: a constant, so that replies can
be computed again."""

# US dollars of early 2026, roughly. USDT is below par so that quotes in USD and in USDT differ visibly.
_USD = {
    "USD": 1.0, "USDT": 0.9995, "USDC": 0.9999, "DAI": 0.9997, "EUR": 1.16, "GBP": 1.34,
    "BTC": 91_000.0, "ETH": 3_150.0, "SOL": 138.0, "BNB": 880.0, "XRP": 2.05, "DOGE": 0.14, "ADA": 0.41,
    "LTC": 82.0, "LINK": 13.4, "DOT": 2.1, "AVAX": 13.8, "BCH": 590.0, "TRX": 0.29, "XLM": 0.24, "UNI": 5.9,
    "ATOM": 2.2, "ETC": 12.8, "FIL": 1.45, "NEAR": 1.7, "APT": 1.8, "AAVE": 175.0, "ALGO": 0.125, "SHIB": 0.0000082,
    "PEPE": 0.0000047, "SUI": 1.6, "ARB": 0.21, "OP": 0.31, "XMR": 420.0, "MATIC": 0.12, "POL": 0.12, "HBAR": 0.12,
}  # fmt: skip
KNOWN_CODES = frozenset(_USD)
_MONEY = frozenset(("USD", "USDT", "USDC", "DAI", "EUR", "GBP"))

# (amplitude as a fraction, shortest period in seconds): together at most about 1 % a second, so that prices
# 40 ms apart differ by as much as the spread, and a slow fetcher is seen to compare what never stood side by side.
_COIN_WAVES = ((0.003, 7.0), (0.0008, 1.7), (0.0002, 0.31))
_MONEY_WAVES = ((0.00002, 3.0),)
_WOBBLE = ((0.00007, 0.7),)
_BASIS = 0.00015
_HALF_SPREADS = (0.00004, 0.0002)
_APART = math.exp(2 * (_BASIS + sum(amplitude for amplitude, _ in _WOBBLE)))

SLOT_S = 1.2
_WINDOW_CHANCE = 0.12
HIGHEST_FEE = 0.012
"""The highest taker fee that an exchange publishes for its base tier."""
_COARSE = 0.001
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start_s`` up to but not including ``end_s`` (ticks, in seconds), one exchange's prices are
    multiplied by ``1 + lift``."""

    exchange: str
    pair: Pair
    start_s: float
    end_s: float
    lift: float


class Path:
    """One pair on one exchange: everything that does not change from tick to tick, computed once."""

    def __init__(
        self,
        key: tuple[int, int, int],
        tick_s: float,
        exchange: Exchange,
        instrument: Instrument,
        epoch_us: int = EPOCH_US,
        motion: Motion = WAVES,
    ) -> None:
        pair = instrument.pair
        here = (exchange.name, str(pair))
        self.exchange, self.pair, self.carries = exchange.name, pair, exchange.carries
        self.key, self.tick_s, self.epoch_us = key, tick_s, epoch_us
        self.price_step, self.size_step = instrument.price_step, instrument.size_step
        self._price_steps_per_unit = 1 / float(instrument.price_step)
        self._waves = _all_waves(pair, motion.waves, key, here)
        self._slope = motion.slope_bp * 1e-4
        basis = _BASIS * (2 * uniform("basis", *key, *here) - 1)
        self._level = usd_of(pair.base) / usd_of(pair.quote) * math.exp(basis)
        # The spread belongs to the exchange and the pair, whatever the seed: half of 0.8 to 4 basis points.
        narrow, wide = _HALF_SPREADS
        self._half_spread = narrow + (wide - narrow) * uniform("spread", *here)
        notional = 2_000 + 38_000 * uniform("size", *key, *here) ** 2
        self._size_steps = notional / usd_of(pair.base) / float(instrument.size_step)
        self._size_phase = 2 * math.pi * uniform("size phase", *key, *here)
        self._salt = int(uniform("last", *key, *here) * 2**31)
        self.time_grain_us = exchange.time_grain_us
        self._has_windows = motion.waves > 0 and not {pair.base, pair.quote} <= _MONEY
        self._cover = self._covered(float(exchange.taker_fee))
        self.slot_phase = SLOT_S * uniform("slot", *key, *here)
        self._slot: tuple[int, Window | None] = (-2, None)

    def quote(self, tick: int) -> Quote:
        bid, ask = self._best(tick)
        carries = self.carries
        last = bid_size = ask_size = time_us = None
        if "last" in carries:
            last = bid if (tick * 2_654_435_761 + self._salt) >> 8 & 1 else ask
        if "bid_size" in carries:
            bid_size = self._bid_size(tick)
        if "ask_size" in carries:
            ask_size = self._ask_size(tick)
        if "time_us" in carries:
            time_us = self._time_us(tick)
        return Quote(self.exchange, self.pair, bid, ask, last, bid_size, ask_size, time_us)

    def book(self, tick: int, levels: int) -> Book:
        bid, ask = self._best(tick)
        bids = self._ladder.bids(Level(bid, self._bid_size(tick)), levels, tick)
        asks = self._ladder.asks(Level(ask, self._ask_size(tick)), levels, tick)
        return Book(self.exchange, self.pair, bids, asks, self._time_us(tick))

    def _time_us(self, tick: int) -> int:
        time_us = time_us_at(tick * self.tick_s, self.epoch_us)
        return time_us - time_us % self.time_grain_us

    def _best(self, tick: int) -> tuple[Decimal, Decimal]:
        at_s = tick * self.tick_s
        drift = 0.0
        for amplitude, omega, phase in self._waves:
            drift += amplitude * math.sin(omega * at_s + phase)
        grown = math.exp(drift) if self._waves else 1 + self._slope * at_s
        mid = self._level * grown * (1 + self._lift(at_s)) * self._price_steps_per_unit
        half = mid * self._half_spread
        bid_steps = max(1, math.floor(mid - half))
        ask_steps = max(bid_steps + 1, math.ceil(mid + half))
        return bid_steps * self.price_step, ask_steps * self.price_step

    def _bid_size(self, tick: int) -> Decimal:
        return self._size(0.9 * tick + self._size_phase)

    def _ask_size(self, tick: int) -> Decimal:
        return self._size(1.3 * tick - self._size_phase)

    @cached_property
    def _ladder(self) -> Ladder:
        mid_steps = self._level * self._price_steps_per_unit
        salt = int(uniform("depth", *self.key, self.exchange, str(self.pair)) * 2**52)
        return Ladder(mid_steps, self._size_steps, self.price_step, self.size_step, salt, self.tick_s)

    def window_in(self, slot: int) -> Window | None:
        """The window of one slot of time, if it has one; slots are ``SLOT_S`` long and never overlap."""
        if not self._has_windows:
            return None
        known = self._slot
        if known[0] == slot:
            return known[1]
        window = None
        dice = (uniform("window", *self.key, self.exchange, str(self.pair), slot, name) for name in range(4))
        if next(dice) < _WINDOW_CHANCE:
            length = 0.2 + 0.3 * next(dice)
            start = slot * SLOT_S - self.slot_phase + next(dice) * (SLOT_S - length)
            first, after = (math.ceil(at / self.tick_s) for at in (start, start + length))
            lift = self._cover * (1 + 0.001 + 0.002 * next(dice)) - 1
            window = Window(self.exchange, self.pair, first * self.tick_s, after * self.tick_s, lift)
        self._slot = (slot, window)
        return window

    def _covered(self, fee: float) -> float:
        """By what a middle must be multiplied, so that selling here pays for the dearest way of buying elsewhere."""
        lowest = self._level * math.exp(-sum(abs(amplitude) for amplitude, _, _ in self._waves))
        own_step = float(self.price_step) / lowest
        their_step = max(own_step, coarsest_step(self._level) / lowest)
        half = _HALF_SPREADS[1]
        return (1 + HIGHEST_FEE) / (1 - fee) * _APART * (1 + half + their_step) / (1 - half - own_step)

    def _lift(self, at_s: float) -> float:
        window = self.window_in(math.floor((at_s + self.slot_phase) / SLOT_S))
        return window.lift if window is not None and window.start_s <= at_s < window.end_s else 0.0

    def _size(self, angle: float) -> Decimal:
        return max(1, round(self._size_steps * (1 + 0.8 * math.sin(angle)))) * self.size_step


def time_us_at(at_s: float, epoch_us: int = EPOCH_US) -> int:
    """The exchanges' own clock, in microseconds since 1970 (UTC), ``at_s`` seconds after the start at ``epoch_us``."""
    # Whole milliseconds: the coarsest grain among exchanges that send a time at all.
    return epoch_us + round(at_s * 1e6) // 1000 * 1000


def coarsest_step(level: float) -> float:
    """The largest price step that windows reckon with where a price is about ``level``: a thousandth of it, and from
    one unit of money on a hundredth of the unit, as some exchanges have for cheap coins. (Of a coarser one the
    exchange's own windows know.)"""
    return max(_COARSE * level, _CENT if level >= 1 else 0.0)


@lru_cache(maxsize=8192)
def usd_of(code: str) -> float:
    """The usual price of a currency, in US dollars."""
    # A coin that nobody put into the table costs between half a dollar and some hundred.
    return _USD.get(code) or 0.5 * 1000 ** uniform("price", code)


def _all_waves(
    pair: Pair, times: float, key: tuple[int, int, int], here: tuple[str, str]
) -> list[tuple[float, float, float]]:
    """What moves a pair on an exchange; nothing where there are no waves."""
    if not times:
        return []
    common = [*_currency_waves(pair.base, times, *key), *_currency_waves(pair.quote, -times, *key)]
    # Not the wobble: it is what an exchange has apart from the others.
    return [*common, *_waves(_WOBBLE, 1.0, *key, *here)]


# All pairs of a currency share its waves, and a batch prices thousands of pairs.
@lru_cache(maxsize=4096)
def _currency_waves(code: str, times: float, *key: int) -> list[tuple[float, float, float]]:
    if code == "USD":
        return []
    return _waves(_MONEY_WAVES if code in _MONEY else _COIN_WAVES, times, *key, code)


def _waves(kinds: tuple[tuple[float, float], ...], times: float, *key: int | str) -> list[tuple[float, float, float]]:
    """(amplitude, angular frequency, phase) of each kind, ``times`` as high, its period stretched by up to a half."""
    return [
        (
            times * amplitude,
            2 * math.pi / (period * (1 + 0.5 * uniform("period", *key, number))),
            2 * math.pi * uniform("phase", *key, number),
        )
        for number, (amplitude, period) in enumerate(kinds)
    ]
