"""An answer of the live page, and how errors are said: one sentence, as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.live.headers import ALWAYS

if TYPE_CHECKING:
    from aiohttp import web

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` come on top of those that every answer has. ``closes``: the connection goes with it."""

    status: int
    body: bytes
    content_type: str = TEXT
    headers: Mapping[str, str] = field(default_factory=dict)
    closes: bool = False

    @classmethod
    def of(cls, text: str, content_type: str, **headers: str) -> Answer:
        """Something that was asked for and is there."""
        return cls(200, text.encode("utf-8", "backslashreplace"), content_type, headers)

    @classmethod
    def json(cls, status: int, value: Any, **headers: str) -> Answer:
        """A value of our own."""
        return cls(status, json.dumps(value, allow_nan=False).encode(), JSON, headers)

    @classmethod
    def error(cls, status: int, sentence: str, **headers: str) -> Answer:
        """What a control could not do, for the page to show beside it."""
        return cls.json(status, {"error": sentence}, **headers)

    def all_headers(self) -> dict[str, str]:
        """Those of every answer, and its own."""
        closing = {"Connection": "close"} if self.closes else {}
        return {**ALWAYS, "Content-Type": self.content_type, **self.headers, **closing}

    def response(self) -> web.Response:
        """For aiohttp to send."""
        from aiohttp import web

        made = web.Response(status=self.status, body=self.body, headers=self.all_headers())
        if self.closes:
            made.force_close()
        return made


def refusal(status: int, sentence: str) -> Answer:
    """A request that is not let in: plain text, and nothing more on this connection."""
    return Answer(status, f"{sentence}\n".encode("utf-8", "backslashreplace"), closes=True)
