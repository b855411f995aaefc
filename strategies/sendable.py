"""Whether a Request can be sent as it is written.

One that cannot is a bug of the caller, and no failure of the server's. Most libraries refuse it by themselves, each
with an exception of its own: ``strategies.failure`` asks here whose fault that was. libcurl sends whatever it is given,
a header with a line end in it as two: ``strategies.curl_place`` asks here first.
"""

from __future__ import annotations

import re
from typing import Final

from exchanges.errors import safe
from exchanges.wire import Request

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2


def check(request: Request) -> None:
    """Half a microsecond with one header.

    Raises:
        ValueError: a blank, a line end, a control character or what is not ASCII where there may be none.
    """
    line = request.method + request.target
    if not (line.isascii() and line.isprintable()) or " " in line:
        raise ValueError(
            f"expected a request of printable ASCII without blanks, found {safe(request.method, 40)} "
            f"{safe(request.url, 160)!r}; percent-encode what is in the target"
        )
    for name, value in request.headers:
        if not (value.isascii() and value.isprintable()) or value != value.strip() or not _TOKEN.fullmatch(name):
            raise ValueError(
                f"expected a header of printable ASCII in one line, found {safe(name, 40)!r}: {safe(value, 80)!r} in a "
                f"request to {safe(request.origin, 80)}"
            )
