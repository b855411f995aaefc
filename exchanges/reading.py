"""Reading an answer strictly: from bytes to JSON to exact decimals, with one written rule for each doubt.

* Text is UTF-8 whatever the Content-Type says (RFC 8259, 8.1); a byte order mark is tolerated. Other
  encodings are ``charset``.
* What is no JSON (HTML, nothing, cut off) is ``not_json``. NaN and Infinity are ``bad_value``. Nesting that
  is too deep and a key that appears twice in one object are ``schema``.
* A JSON number is kept as the text that was sent, so a price is read alike with and without quotation marks
  and never passes through a float.
* A field that is missing, or null, true, a list or an object where a number belongs, is ``schema``. Text
  that is not plain ASCII decimal (empty, signed, ``nan``, ``1e5``, ``1_000``, blanks) is ``bad_value``.
* A bid or an ask of zero or of empty text says that nobody is on that side: ``bad_value``, and so is a bid above
  the ask. Optional fields may be missing or null and are then None; when they are there they must be readable. The
  same holds for books (``levels``).
* Exchanges that write bare JSON numbers write some of them as 5.313E-5: ``plain`` spells those out for them alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from exchanges.errors import BadReply, Rejected, safe
from exchanges.pair import Pair
from exchanges.quote import Quote
from exchanges.refusal import refusal_from_status
from exchanges.wire import Response

Value = TypeVar("Value")

# Twenty digits on either side hold every price and size in use; more is an attack or a fault.
_PLAIN = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_SCIENTIFIC = re.compile(r"(-?)([0-9]{1,20}(?:\.[0-9]{1,20})?)[eE]([+-]?[0-9]{1,2})")
_INTEGER = re.compile(r"[0-9]{1,18}")
_RFC3339 = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on both sides of the subtraction, both UTC
_MICROSECOND = timedelta(microseconds=1)


class Unreadable(Exception):
    """Part of an answer could not be read; ``judged`` turns it into a BadReply that names the exchange."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind, reason)
        self.kind = kind
        self.reason = reason


def quotes_in(
    response: Response,
    exchange: str,
    pairs: Sequence[Pair],
    refusal_in: Callable[[Any, Response], Rejected | None],
    quotes_of: Callable[[Sequence[Pair], Any], tuple[Quote, ...]],
) -> tuple[Quote, ...] | Rejected:
    """The quotes of an answer, ``judged``; ``quotes_of`` gets the parsed body and may raise Unreadable."""
    pair = pairs[0] if len(pairs) == 1 else None
    return judged(response, exchange, pair, refusal_in, lambda reply: quotes_of(pairs, reply))


def judged(
    response: Response,
    exchange: str,
    pair: Pair | None,
    refusal_in: Callable[[Any, Response], Rejected | None],
    value_of: Callable[[Any], Value],
) -> Value | Rejected:
    """Judge one answer: by its status, then by the refusals that an exchange writes into its JSON, then by
    its content. ``refusal_in`` and ``value_of`` get the parsed body and may raise Unreadable.

    Raises:
        BadReply: the answer is neither a refusal nor readable. ``pair`` is what it was about, None for a batch.
    """
    try:
        refused = refusal_from_status(exchange, response)
        if refused is not None:
            return refused
        reply = json_from(response)
        refused = refusal_in(reply, response)
        if refused is not None:
            return refused
        if not 200 <= response.status < 300:
            raise Unreadable("schema", f"HTTP {response.status} with a body that is no documented refusal")
        return value_of(reply)
    except Unreadable as error:
        raise BadReply(exchange, pair, error.kind, error.reason, safe(response.body)) from None


def refused_as(kind: str | None, exchange: str, said: str, response: Response, wait: float | None = None) -> Rejected:
    """The refusal of ``kind``, which an adapter found by what an answer ``said``. Raises Unreadable where it knows no
    such words (None)."""
    if kind is None:
        raise Unreadable("schema", f"HTTP {response.status} refused with {said}, which this adapter does not know")
    return Rejected(kind, f"{exchange} answered HTTP {response.status} with {said}", wait)


def json_from(response: Response) -> Any:
    """The parsed body; numbers are strings of their literals. Raises Unreadable."""
    body = response.body
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("charset", f"expected UTF-8, found byte {body[error.start]:#04x} at {error.start}") from None
    try:
        return _DECODER.decode(text[1:] if text[:1] == "\ufeff" else text)
    except json.JSONDecodeError:
        if "\0" in text[:4]:
            raise Unreadable("charset", "expected UTF-8, found zero bytes as in UTF-16 or UTF-32") from None
        found = "text that is not JSON" if text.strip() else "an empty body"
        kind = safe(str(response.headers.get("content-type") or "no content type"), 40)
        raise Unreadable("not_json", f"expected JSON, found {found} (HTTP {response.status}, {kind})") from None
    except RecursionError:
        raise Unreadable("schema", "the JSON is nested too deeply to be a price") from None


def _no_constant(name: str) -> NoReturn:
    raise Unreadable("bad_value", f"expected JSON, which has no {name}")


def _without_doubles(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise Unreadable("schema", "a key appears twice in one object, so its value is in doubt")
    return found


_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_without_doubles
)


def member(entry: object, key: str) -> Any:
    """A member of a JSON object that has to be there."""
    if type(entry) is not dict:
        raise Unreadable("schema", f"expected an object with {key!r}, found {_kind_of(entry)}")
    if key not in entry:
        raise Unreadable("schema", f"expected the field {key!r}, found {safe(', '.join(entry), 60) or 'none'}")
    return entry[key]


def items(value: object, what: str, least: int = 0) -> list[Any]:
    """A JSON array of at least so many items."""
    if type(value) is not list or len(value) < least:
        found = f"{len(value)} of them" if type(value) is list else _kind_of(value)
        raise Unreadable("schema", f"expected {what} as a list of {least} or more, found {found}")
    return value


def decimal(value: object, what: str) -> Decimal:
    """A plain decimal, exactly as sent, zero included."""
    if type(value) is not str:
        raise Unreadable("schema", f"expected {what} as a decimal, found {_kind_of(value)}")
    if not _PLAIN.fullmatch(value):
        raise Unreadable("bad_value", f"expected {what} in plain decimal digits, found {safe(value, 40)!r}")
    return Decimal(value)


def plain(value: object) -> object:
    """A JSON number in scientific notation written out (5.313E-5 as 0.00005313); anything else as it is, for the next
    reader to judge. For exchanges that send bare numbers: in the others an exponent is a fault."""
    match = _SCIENTIFIC.fullmatch(value) if type(value) is str else None
    return value if match is None else f"{Decimal(match[0]):f}"


def step(value: object, what: str) -> Decimal:
    """A grid of prices or sizes: above zero, and without the zeros that some pad it with."""
    grid = decimal(plain(value), what)
    if not grid:
        raise Unreadable("bad_value", f"expected {what} above zero, found {grid}")
    return Decimal(f"{grid.normalize():f}")


def entries_by(key: str, entries: Sequence[object]) -> dict[str, Any]:
    """The entries of a list by the market that each names; one that is named twice is in doubt."""
    found = {str(member(entry, key)): entry for entry in entries}
    if len(found) != len(entries):
        raise Unreadable("schema", "a market appears twice, so its price is in doubt")
    return found


def entry_of(symbol: str, entries: dict[str, Any]) -> Any:
    """The entry of one market of ``entries_by``, which has to be there."""
    if symbol not in entries:
        raise Unreadable("schema", f"expected the market {symbol}, found {safe(', '.join(entries), 60) or 'none'}")
    return entries[symbol]


def rows_of(side: object, what: str) -> list[tuple[object, object]]:
    """The (price, size) of each level of a side whose levels are lists that begin with these two."""
    rows = [items(level, f"a level of {what}", 2) for level in items(side, what)]
    return [(row[0], row[1]) for row in rows]


def optional_decimal(value: object, what: str) -> Decimal | None:
    return None if value is None else decimal(value, what)


def last_price(value: object, what: str) -> Decimal | None:
    """The last traded price; exchanges write zero where nothing was ever traded, which is None here."""
    return None if value is None else decimal(value, what) or None


def bid_and_ask(bid: object, ask: object) -> tuple[Decimal, Decimal]:
    """The two prices without which there is no quote: both above zero and not crossed."""
    # Some say "nobody" with empty text, others with zero.
    bought, sold = (Decimal(0) if it == "" else decimal(it, what) for it, what in ((bid, "the bid"), (ask, "the ask")))
    if not bought or not sold:
        raise Unreadable("bad_value", f"expected prices above zero on both sides, found bid {bought} and ask {sold}")
    if bought > sold:
        raise Unreadable("bad_value", f"expected the bid at or below the ask, found bid {bought} and ask {sold}")
    return bought, sold


def integer(value: object, what: str) -> int:
    """A whole number of at most 18 digits, such as a time in milliseconds."""
    if type(value) is not str:
        raise Unreadable("schema", f"expected {what} as a whole number, found {_kind_of(value)}")
    if not _INTEGER.fullmatch(value):
        raise Unreadable("bad_value", f"expected {what} as a whole number, found {safe(value, 40)!r}")
    return int(value)


def time_us_from(value: object, what: str) -> int:
    """Microseconds since 1970 of an RFC 3339 time in UTC; digits beyond the sixth are dropped. What lies before 1970
    (some write the year 1 for "never") is no time."""
    if type(value) is not str:
        raise Unreadable("schema", f"expected {what} as text, found {_kind_of(value)}")
    match = _RFC3339.fullmatch(value)
    try:
        whole = datetime.fromisoformat(match[1]) - _EPOCH if match else None
    except ValueError:  # the thirteenth month
        whole = None
    if match is None or whole is None or whole.days < 0:
        raise Unreadable("bad_value", f"expected {what} such as 2026-01-31T23:59:59.123456Z, found {safe(value, 40)!r}")
    return whole // _MICROSECOND + int((match[2] or "")[:6].ljust(6, "0"))


def time_text_for(time_us: int) -> str:
    """The RFC 3339 time of microseconds since 1970, always with six digits."""
    return (_EPOCH + time_us * _MICROSECOND).isoformat(timespec="microseconds") + "Z"


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text or a number", bool: "true or false", type(None): "null"}
    return names.get(type(value), "something else")
