"""Whereabouts: what the options say of where exchanges are asked, checked before anything is opened."""

from __future__ import annotations

import argparse
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import exchanges
from exchanges.errors import safe
from exchanges.plugins import nearest
from harness.base_url import BaseUrl, base_url_from, checked
from harness.exits import UsageError


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``named`` are the servers in exchanges' places, by exchange; ``own`` the origins of the exchanges that are asked
    themselves; ``played`` the exchanges that a mock server has to play; ``ca_file`` an absolute path."""

    named: Mapping[str, BaseUrl]
    own: Mapping[str, str]
    played: tuple[str, ...]
    ca_file: str | None = None

    @property
    def origins(self) -> dict[str, str]:
        """Those that are known without a mock server."""
        return {**{name: base.origin for name, base in self.named.items()}, **self.own}

    @property
    def pins(self) -> dict[str, tuple[str, ...]]:
        return {base.host: base.addresses for base in self.named.values() if base.is_name}

    @property
    def ours(self) -> frozenset[str]:
        """The exchanges in whose places servers on this machine are asked."""
        return frozenset(name for name, base in self.named.items() if base.is_loopback)

    @property
    def real(self) -> bool:
        return bool(self.own) or self.ours != self.named.keys()


def whereabouts_from(args: argparse.Namespace, names: Sequence[str], deadline_s: float) -> Whereabouts:
    """What the options say of these exchanges; a name is looked up here, for at most ``deadline_s`` seconds.

    Raises:
        UsageError: what must not be asked, or makes no sense.
        Stop: a name leads nowhere.
    """
    written = _written(args.base_url, names)
    if args.allow_private and not (args.real and written):
        raise UsageError("--allow-private is about servers that --base-url names, together with --real")
    bases = {name: _readable(name, url) for name, url in written.items()}
    ca_file = None if args.ca_file is None else _sound_ca_file(args.ca_file)
    others = [name for name in names if name not in bases]
    own = {name: _origin_of(name) for name in others} if args.real else {}
    secure = any(origin.startswith("https:") for origin in (*own.values(), *(base.origin for base in bases.values())))
    if ca_file is not None and not secure:
        raise UsageError("--ca-file is for https, which nobody is asked by here: it goes with --real or --base-url")
    named = {name: checked(base, args.real, args.allow_private, deadline_s) for name, base in bases.items()}
    return Whereabouts(named, own, () if args.real else tuple(others), ca_file)


def _written(words: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, equals, url = word.partition("=")
        if not equals or name not in names:
            close = nearest(name, names) if equals else ""
            raise UsageError(
                f"--base-url: expected EXCHANGE=URL of an exchange that is asked, found {safe(word, 80)!r}{close}"
            )
        if name in found:
            raise UsageError(f"--base-url: {name} is named twice")
        found[name] = url
    return found


def _readable(name: str, url: str) -> BaseUrl:
    try:
        return base_url_from(url)
    except ValueError as error:
        raise UsageError(f"--base-url {name}: {error}") from None


def _origin_of(name: str) -> str:
    """An exchange's own origin; a guest's is judged as it is written, like anybody's."""
    try:
        base = base_url_from(exchanges.load(name).origin)
        checked_words = base.scheme == "https" and not base.is_loopback and base.is_name
    except ValueError:
        checked_words = False
    if not checked_words:
        origin = safe(str(exchanges.load(name).origin), 80)
        raise UsageError(f"--real: expected https://HOST as the origin of {name}, found {origin!r}; it is not asked")
    return base.origin


def _sound_ca_file(path: str) -> str:
    """Found out before anything is opened."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"--ca-file: expected a PEM file of certificates, found {safe(path, 120)!r}: {safe(str(why), 120)}"
        ) from None
    return str(Path(path).absolute())
