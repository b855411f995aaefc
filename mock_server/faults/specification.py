"""Which faults strike where and how often: the text behind ``--faults``, and the dice.

    kraken:stall-body@0.05,binance:429@0.02,bom

Each entry is ``[EXCHANGE:]NAME[@PROBABILITY]``: no exchange is all of them, no probability is 1. The dice are keyed by
the request, so that the same seed gives the same failures in whatever order the requests arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from exchanges.errors import safe
from exchanges.plugins import nearest
from mock_server.dice import uniform
from mock_server.fault import Fault
from mock_server.faults.families import catalogue

_LIST: Final = "python -m mock_server.faults lists them"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a specification; ``exchange`` None is all of them."""

    exchange: str | None
    fault: Fault
    probability: float

    def __str__(self) -> str:
        where = f"{self.exchange}:" if self.exchange is not None else ""
        often = f"@{Decimal(repr(self.probability)):f}" if self.probability != 1 else ""
        return f"{where}{self.fault.name}{often}"


@dataclass(frozen=True)
class Faults:
    """What a specification says. ``str`` gives it back in its shortest form, which reads back as the same."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def parse(cls, text: str, exchange_names: Sequence[str]) -> Faults:
        """Read a specification for a server of these exchanges; empty text is no faults.

        Raises:
            ValueError: with a sentence that names the entry and the nearest name.
        """
        entries = tuple(_entry_from(part.strip(), exchange_names) for part in text.split(",")) if text.strip() else ()
        faults = cls(entries)
        for name in exchange_names:
            _check(name, faults._at(name))
        return faults

    def __str__(self) -> str:
        return ",".join(map(str, self.entries))

    def __bool__(self) -> bool:
        return bool(self.entries)

    def struck(
        self, exchange_name: str, seed: int, block: int, draws: int, key: int | str, attempt: int = 0
    ) -> tuple[Fault, ...]:
        """The faults that strike one request, in the order of the specification, and of those on the wire the first
        alone. ``key`` is the request's index, or any name for a stranger's."""
        if not self.entries:
            return ()
        struck: list[Fault] = []
        wired = False
        for entry in self._striking.get(exchange_name, self._everywhere):
            fault = entry.fault
            if wired and fault.wire is not None:
                continue
            if uniform("fault", fault.name, seed, block, draws, key, attempt) < entry.probability:
                struck.append(fault)
                wired = wired or fault.wire is not None
        return tuple(struck)

    def tls(self, exchange_name: str) -> str | None:
        """What is wrong with the TLS of this exchange's port: self-signed, expired, wrong-host or plain; None where
        nothing is."""
        return next((entry.fault.tls for entry in self._at(exchange_name) if entry.fault.tls is not None), None)

    def _at(self, exchange_name: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.exchange in (None, exchange_name))

    @cached_property
    def _striking(self) -> dict[str, tuple[Entry, ...]]:
        named = {entry.exchange for entry in self.entries if entry.exchange is not None}
        return {name: tuple(e for e in self._at(name) if e.fault.tls is None) for name in named}

    @cached_property
    def _everywhere(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.exchange is None and e.fault.tls is None)


def _entry_from(text: str, exchange_names: Sequence[str]) -> Entry:
    where, colon, rest = text.rpartition(":")
    name, at, often = rest.partition("@")
    exchange = where.strip() if colon else None
    if exchange is not None and exchange not in exchange_names:
        raise ValueError(f"this server has no exchange {safe(exchange)!r}{nearest(exchange, exchange_names)}")
    fault = catalogue.get(name.strip())
    if fault is None and not name.strip():
        raise ValueError(f"expected [EXCHANGE:]NAME[@PROBABILITY] such as kraken:429@0.02, found {safe(text)!r}")
    if fault is None:
        raise ValueError(f"unknown fault {safe(name.strip())!r}{nearest(name.strip(), catalogue)}; {_LIST}")
    return Entry(exchange, fault, _probability_from(often, text) if at else 1.0)


def _probability_from(text: str, entry: str) -> float:
    try:
        probability = float(text)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise ValueError(f"expected a probability from 0 to 1 in {safe(entry)!r}, found {safe(text)!r}")
    return probability


def _check(exchange_name: str, entries: tuple[Entry, ...]) -> None:
    """What cannot be at one exchange at a time. Raises ValueError."""
    seen: set[str] = set()
    certificate: Fault | None = None
    for entry in entries:
        fault = entry.fault
        if fault.name in seen:
            raise ValueError(f"the fault {fault.name} is there twice for {exchange_name}; expected it once")
        seen.add(fault.name)
        if fault.tls is None:
            continue
        if entry.probability != 1:
            raise ValueError(
                f"{fault.name} is the state of a whole port, so it has no probability; found {str(entry)!r}"
            )
        if certificate is not None:
            raise ValueError(
                f"a port has one certificate; found both {certificate.name} and {fault.name} for {exchange_name}"
            )
        certificate = fault
