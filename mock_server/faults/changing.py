"""Changing a reply: always in a copy, because the reply itself is shared with other requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from exchanges.wire import Response
from mock_server.fault import Context
from mock_server.reply import Reply

Change: TypeAlias = Callable[[Reply, Context], Reply]


def with_body(reply: Reply, body: bytes, **headers: str) -> Reply:
    """The same reply with another body and these headers; an underscore in a name stands for a hyphen."""
    changed = reply.headers.copy()
    for name, value in headers.items():
        changed[name.replace("_", "-")] = value
    return replace(reply, body=body, headers=changed)


def always(status: int, body: bytes, **headers: str) -> Change:
    """One and the same answer, whatever was asked, in which nothing is priced."""
    made = Reply.of(Response(status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    def change(reply: Reply, context: Context) -> Reply:
        return made

    return change
