"""Taking a request's target apart on the server half: its path, and its query by name."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

Query: TypeAlias = MappingProxyType[str, str]
Fields: TypeAlias = MappingProxyType[str, tuple[str, ...]]

_MOST_FIELDS = 100
_MOST_REPEATED = 2000


# A mock answers the same few targets thousands of times; strangers' targets cannot make it grow.
@lru_cache(maxsize=512)
def path_and_query(target: str) -> tuple[str, Query]:
    """The decoded path and the query's fields; a name given twice is the stranger's slip.

    Raises:
        LookupError: a query that cannot be read in one way.
    """
    path, pairs = _taken_apart(target, _MOST_FIELDS)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise LookupError("the query names a field twice")
    return path, MappingProxyType(found)


@lru_cache(maxsize=512)
def path_and_fields(target: str) -> tuple[str, Fields]:
    """The decoded path and every value of each of the query's fields, in order: for exchanges whose lists are a field
    that is repeated.

    Raises:
        LookupError: a query of too many fields.
    """
    path, pairs = _taken_apart(target, _MOST_REPEATED)
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return path, MappingProxyType({name: tuple(values) for name, values in found.items()})


def _taken_apart(target: str, most: int) -> tuple[str, list[tuple[str, str]]]:
    path, _, query = target.partition("?")
    try:
        return unquote(path), parse_qsl(query, keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise LookupError("the query has too many fields") from None
