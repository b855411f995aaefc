"""Taking a request's target apart on the server half: its path, and its query by name."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

Query: TypeAlias = MappingProxyType[str, str]


# A mock answers the same few targets thousands of times; strangers' targets cannot make it grow.
@lru_cache(maxsize=512)
def path_and_query(target: str) -> tuple[str, Query]:
    """The decoded path and the query's fields; a name given twice is the stranger's slip.

    Raises:
        LookupError: a query that cannot be read in one way.
    """
    path, _, query = target.partition("?")
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise LookupError("the query has too many fields") from None
    found = dict(fields)
    if len(found) != len(fields):
        raise LookupError("the query names a field twice")
    return unquote(path), MappingProxyType(found)
