"""What a status line alone says, and how long it asks us to wait.

2xx               go on and read the body
3xx               redirect        (never followed)
401, 403, 451     blocked         (a firewall, a country, a key that public data should not need)
418               banned          (Binance's own; nobody else sends it)
429               rate_limited
5xx and above     server
other 4xx         the body decides: each exchange has its own words

Where the words complain about our request, the symbol at fault is ``unknown_symbol``: another pair may do. Everything
else in it that breaks the exchange's rules (a parameter that is missing, empty, surplus, doubled or contradictory, an
unknown method) is ``protocol``: the two sides disagree on how to ask, and asking again in the same way does not help.
Words that an adapter does not know are a BadReply, ``schema``.

Where an exchange uses a status for something else (Bitfinex says HTTP 500 to an unknown symbol), its adapter reads the
words first and falls back on this: ``exchanges.routed.RoutedExchange.refusal_of_its_own``.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from exchanges.errors import Rejected, safe
from exchanges.wire import Response

_KIND_OF_STATUS = {401: "blocked", 403: "blocked", 418: "banned", 429: "rate_limited", 451: "blocked"}
_ADVICE = {
    "blocked": "it does not serve this address; try another exchange",
    "banned": "it bans this address for a while; stop asking it and try another exchange",
    "rate_limited": "too many requests; wait before asking again",
    "server": "it is in trouble itself; try again later",
    "redirect": "it points elsewhere, and redirects are not followed",
}

_RESETS_IN_MS = "gw-ratelimit-reset"
_RESETS_AT = "x-gate-ratelimit-reset-timestamp"
_SECONDS = re.compile(r"[0-9]{1,10}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# IMF-fixdate, the one form that RFC 9110 (5.6.7) lets a sender write.
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)  # email.utils could read it, but loads socket


def refusal_from_status(exchange: str, response: Response) -> Rejected | None:
    """The refusal that the status spells, whatever the body; None where the body has to be read."""
    status = response.status
    if status < 300:
        return None
    kind = _KIND_OF_STATUS.get(status) or ("redirect" if status < 400 else "server" if status >= 500 else None)
    if kind is None:
        return None
    body = safe(response.body)
    said = f": {body!r}" if body else ""
    wait = retry_after_from(response)
    if wait is None and kind == "rate_limited":
        wait = _reset_from(response)
    return Rejected(kind, f"{exchange} answered HTTP {status}{said}; {_ADVICE[kind]}", wait)


def retry_after_from(response: Response) -> float | None:
    """Seconds that the Retry-After header asks to wait (RFC 9110, 10.2.3).

    A date is taken against the answer's own Date header, so that a wrong clock here does not matter, and
    against this machine's clock where there is none; a date in the past is 0.0. Anything else (negative,
    fractions, words) is None: the caller's own back-off is better than a guess.
    """
    text = str(response.headers.get("retry-after") or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    now = _http_date(str(response.headers.get("date") or "").strip())
    return max(0.0, until - (time.time() if now is None else now))


def _reset_from(response: Response) -> float | None:
    """The same of the headers with which KuCoin (milliseconds from now) and Gate (seconds since 1970) tell when a
    budget is whole again. A time that has passed is None: Gate has the present one there for who may still ask."""
    countdown, moment = (str(response.headers.get(name) or "").strip() for name in (_RESETS_IN_MS, _RESETS_AT))
    if _SECONDS.fullmatch(countdown):
        return int(countdown) / 1000
    return (wait_until(int(moment)) or None) if _SECONDS.fullmatch(moment) else None


def wait_until(epoch_s: float) -> float:
    """Seconds from now until a time given in seconds since 1970; 0.0 when it has passed."""
    return max(0.0, epoch_s - time.time())


def wait_until_ms(text: object) -> float | None:
    """The same for a header that names the time in milliseconds since 1970; None for one that is missing or names no
    time."""
    found = str(text or "").strip()
    return wait_until(int(found) / 1000) if found.isascii() and found.isdigit() and len(found) < 16 else None


def _http_date(text: str) -> float | None:
    match = _HTTP_DATE.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, month, year, hour, minute, second = match.groups()
    try:
        moment = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:  # the 31st of February
        return None
    return moment.timestamp()
