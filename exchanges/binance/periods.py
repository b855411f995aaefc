"""Binance's calendar: where candles begin, how long windows are, and in which time zone a day is meant.

A week begins on Monday and a month on its first day, at midnight of the time zone that the request names (UTC where it
names none). Windows are 1m to 59m, 1h to 23h or 1d to 7d; their beginning lies on a whole minute.
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
INTERVALS_MS: Final = {
    "1s": 1000, "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000,
    "2h": 7_200_000, "4h": 14_400_000, "6h": 21_600_000, "8h": 28_800_000, "12h": 43_200_000, "1d": DAY_MS,
    "3d": 3 * DAY_MS, "1w": 7 * DAY_MS, "1M": 0,
}  # fmt: skip
"""The length of each candle; 0 where it is a month of the calendar."""

_MONDAY_MS: Final = 4 * DAY_MS  # 5 January 1970
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on both sides of each subtraction, both UTC
_MS: Final = timedelta(milliseconds=1)
_ZONE: Final = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?")
_WINDOW: Final = re.compile(r"([0-9]{1,2})([mhd])")
_WINDOWS: Final = {"m": (MINUTE_MS, 59), "h": (60 * MINUTE_MS, 23), "d": (DAY_MS, 7)}


@dataclass(frozen=True, slots=True)
class Periods:
    """Stretches of time that follow each other, numbered from about 1970 on; times are milliseconds since 1970. They
    are ``length_ms`` long (0: a month) and one of them begins at ``from_ms``."""

    length_ms: int
    from_ms: int

    def start_ms(self, number: int) -> int:
        if self.length_ms:
            return self.from_ms + number * self.length_ms
        first = _EPOCH.replace(year=1970 + number // 12, month=number % 12 + 1)
        return self.from_ms + (first - _EPOCH) // _MS

    def number_at(self, time_ms: int) -> int:
        """The number of the period that a time lies in."""
        if self.length_ms:
            return (time_ms - self.from_ms) // self.length_ms
        day = _EPOCH + (time_ms - self.from_ms) * _MS
        return (day.year - 1970) * 12 + day.month - 1


def periods_of(interval: str, zone_ms: int = 0) -> Periods:
    """The candles of one of INTERVALS_MS, where midnight is ``zone_ms`` earlier than in UTC."""
    return Periods(INTERVALS_MS[interval], (_MONDAY_MS if interval == "1w" else 0) - zone_ms)


def zone_ms_from(text: str) -> int | None:
    """How far a ``timeZone`` such as 8, -1:00 or 05:45 is ahead of UTC; None where it is none from -12:00 to +14:00."""
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    minutes = (int(found[2]) * 60 + int(found[3] or 0)) * (-1 if found[1] == "-" else 1)
    return minutes * MINUTE_MS if -12 * 60 <= minutes <= 14 * 60 else None


def window_ms_from(text: str) -> int | None:
    """The length of a ``windowSize`` such as 15m, 4h or 7d; None where it is none."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        return None
    unit_ms, most = _WINDOWS[found[2]]
    return int(found[1]) * unit_ms if 1 <= int(found[1]) <= most else None
