"""What was asked: a request to one exchange, read once and remembered by its venue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from exchanges.pair import Pair
from exchanges.wire import Request

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


def origin_form(target: str) -> str:
    """A request target without scheme and host, which a client that takes us for a proxy sends as well
    (RFC 9112, section 3.2.2). What has neither a path nor a scheme stays as it is."""
    scheme, _, rest = target.partition("://")
    if not rest or "/" in scheme:
        return target
    # Where there is none: the end.
    slash, query = (rest.find(each) % (len(rest) + 1) for each in "/?")
    return rest[slash:] if slash < query else "/" + rest[query:]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: pairs, or the kind of refusal it deserves. ``label`` names the pairs in the log;
    ``entries`` is how many pairs, levels, trades or candles the answer prices; ``key`` tells it from every request
    that may be answered differently."""

    request: Request
    pairs: tuple[Pair, ...]
    refusal: str | None
    label: str
    entries: int
    key: str
