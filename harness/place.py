"""A place where prices are fetched: the mock server, the real exchanges, or servers that were named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from mock_server.process import Control


@dataclass(frozen=True, slots=True)
class Place:
    """``origins`` are scheme, host and port by exchange. ``real`` says that at least one of them is not on this
    machine; ``ca_file`` is a PEM file of authorities to be trusted besides the system's. ``control`` speaks to the mock
    server where one was started for this, else it is None. ``sentence`` tells a reader where the prices come from.
    ``pins`` are names that lead to the addresses that were checked and to no others (``harness.pinned_names``);
    ``limited`` are the exchanges whose rate limits count here: all of them where real ones were meant."""

    origins: Mapping[str, str]
    real: bool
    sentence: str
    ca_file: str | None = None
    control: Control | None = None
    pins: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limited: frozenset[str] = frozenset()

    def asked(self, at: datetime, names: Sequence[str]) -> dict[str, Any]:
        """Where and when these exchanges were asked, once: what ``--json`` says under ``place``. The ports that a mock
        server happened to have are nobody's business."""
        said: dict[str, Any] = {"real": self.real, "sentence": self.told(at, names)}
        if self.real:
            said |= {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "asked": {name: self.origins[name] for name in names}}
        return said

    def told(self, at: datetime, names: Sequence[str]) -> str:
        """The same in words, and how far they reach."""
        if not self.real:
            return self.sentence
        hosts = list(dict.fromkeys(urlsplit(self.origins[name]).netloc for name in names))
        secure = all(self.origins[name].startswith("https:") for name in names)
        return (
            f"asked {', '.join(hosts)}{' over TLS' if secure else ''} from this machine at {at:%Y-%m-%dT%H:%MZ}, once: "
            "this says nothing about other places and times"
        )
