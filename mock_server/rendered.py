"""What was rendered: a reply, the ticks for which it is good, and the frames in which it is sent."""

from __future__ import annotations

from mock_server.asked import Asked
from mock_server.frame import Frame, frame
from mock_server.market import Market
from mock_server.reply import Reply


class Rendered:
    """A reply and its frames, good from ``first_tick`` up to but not including ``end_tick`` of one market."""

    __slots__ = ("_frames", "asked", "end_tick", "first_tick", "market", "reply", "sent_until")

    def __init__(self, asked: Asked, reply: Reply, market: Market, first_tick: int, end_tick: int) -> None:
        self.asked = asked
        self.reply = reply
        self.market = market
        self.first_tick = first_tick
        self.end_tick = end_tick
        # Up to which tick it may be sent while its successor is rendered: known when it is first sent.
        self.sent_until: int | None = None
        self._frames: dict[int, Frame] = {}

    def frame(self, wishes: int) -> Frame:
        found = self._frames.get(wishes)
        if found is None:
            found = self._frames[wishes] = frame(self.reply, wishes)
        return found

    @property
    def wishes(self) -> list[int]:
        """How it has been sent."""
        return list(self._frames)
