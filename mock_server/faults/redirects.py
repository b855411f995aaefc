"""Redirects, every one of which must be refused, unfollowed.

The loop leads back to the mock, whose log would show a second request; the other host can never exist (RFC 2606).
"""

from __future__ import annotations

from typing import Final

from exchanges.wire import Response
from mock_server.fault import Context, Fault
from mock_server.faults.changing import Change, always
from mock_server.reply import Reply


def _loop(reply: Reply, context: Context) -> Reply:
    return Reply.of(Response(302, b"", {"Location": context.request.target}))


def _to(url: str) -> Change:
    return always(302, b"", Location=url)


FAULTS: Final = (
    Fault("redirect-loop", "redirect", "HTTP 302 to the same target", "B13", reply=_loop, empties=True),
    Fault("redirect-host", "redirect", "HTTP 302 to http://other-host.invalid/", "B13",
          reply=_to("http://other-host.invalid/"), empties=True),
    Fault("redirect-metadata", "redirect", "HTTP 302 to http://169.254.169.254/latest/meta-data/, where clouds keep "
          "their credentials", "B13", reply=_to("http://169.254.169.254/latest/meta-data/"),
          empties=True),
    Fault("redirect-file", "redirect", "HTTP 302 to file:///etc/passwd", "B13",
          reply=_to("file:///etc/passwd"), empties=True),
)  # fmt: skip
