"""A base URL: where somebody wants an exchange to be asked, in place of its own address.

Law: what is not plainly scheme, host and port is refused. There is one spelling of everything, so that what is judged
here is what every client understands: user names, paths, queries, other alphabets, percent signs, trailing dots, and
IPv4 addresses in other than four decimal numbers are no part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from exchanges.errors import safe
from harness import address_guard
from harness.address_guard import Address
from harness.exits import Stop, UsageError
from harness.lookup import Resolve, looked_up

_FORM: Final = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[0-9a-z.-]+))(?::(?P<port>[1-9][0-9]{0,4}))?/?"
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST: Final = 253
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """``origin`` is scheme, host and port as they are sent. ``address`` is the host where that is an address and no
    name. ``addresses`` are all that a name led to when it was checked, as text: nothing else may be asked under it."""

    origin: str
    scheme: str
    host: str
    port: int
    address: Address | None = None
    addresses: tuple[str, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """Whether it means a server on this machine: by address, or as ``localhost``."""
        return self.host == "localhost" if self.address is None else address_guard.is_loopback(self.address)

    @property
    def is_name(self) -> bool:
        return self.address is None


def base_url_from(text: str) -> BaseUrl:
    """Read one, without asking anybody. Raises ValueError with a sentence's end: what was expected and found."""
    found = _FORM.fullmatch(text.lower()) if text.isascii() else None
    if found is None or (port := int(found["port"] or _DEFAULT_PORTS[found["scheme"]])) > 65535:
        raise ValueError(
            "expected https://HOST, or a server on this machine such as http://127.0.0.1:8101, "
            f"found {_shown(text)}{_what_is_wrong(text)}"
        )
    host = found["six"] or found["host"]
    address = address_guard.parsed(host)
    if address is None:
        wrong = _wrong_with_name(host) if found["six"] is None else "that is no IPv6 address"
        if wrong is not None:
            raise ValueError(f"expected a host's name or its address in full, found {_shown(text)}: {wrong}")
    elif found["six"] is not None and address.version == 4:
        raise ValueError(f"expected a host's name or its address in full, found {_shown(text)}: no IPv6 address")
    written = f"[{host}]" if found["six"] else host
    origin = f"{found['scheme']}://{written}" + (f":{port}" if found["port"] else "")
    return BaseUrl(origin, found["scheme"], host, port, address)


def addresses_of(base: BaseUrl, deadline_s: float, resolve: Resolve | None = None) -> tuple[Address, ...]:
    """All that the host leads to, asked once.

    Raises:
        Stop: the name leads nowhere, or nobody says where within ``deadline_s``.
    """
    if base.address is not None:
        return (base.address,)
    found = looked_up([base.host], deadline_s, resolve)
    if found.failures:
        raise Stop(f"--base-url: {base.host} leads nowhere: {found.failures[base.host]}; nothing was asked")
    addresses = [address_guard.parsed(text) for text in found.addresses[base.host]]
    return tuple(address for address in addresses if address is not None)


def check_words(base: BaseUrl, real: bool) -> None:
    """Refuse what can be refused before its name is looked up. Raises UsageError."""
    if base.is_loopback:
        if re.search(r":[0-9]+\Z", base.origin) is None:
            raise UsageError(
                f"--base-url: a server on this machine is asked at its port, such as {base.origin}:8101; none is named"
            )
        return
    if not real:
        raise UsageError(
            f"--base-url: {base.origin} is not on this machine; nothing leaves it without --real "
            "(a server on loopback is meant like this: http://127.0.0.1:8101)"
        )
    if base.scheme != "https":
        raise UsageError(f"--base-url: plain http is for servers on loopback; {base.host} is asked by https alone")


def checked(
    base: BaseUrl, real: bool, allow_private: bool, deadline_s: float, resolve: Resolve | None = None
) -> BaseUrl:
    """The same base URL with the addresses that it leads to, every one of which may be asked.

    Raises:
        UsageError: it may not be asked, and why.
        Stop: its name cannot be looked up.
    """
    check_words(base, real)
    found = addresses_of(base, deadline_s, resolve)
    for address in found:
        if base.is_loopback:
            why = None if address_guard.is_loopback(address) else "not this machine's own"
        else:
            why = address_guard.refusal_of(address, allow_private)
        if why is not None:
            leads = f"{base.host}" if base.address is not None else f"{base.host} leads to {address}, which"
            can_be = address_guard.refusal_of(address, allow_private=True) is None and not base.is_loopback
            hint = "; if it is meant, say --allow-private" if can_be else ""
            raise UsageError(f"--base-url: {leads} is {why}: nothing is sent there{hint}")
    return BaseUrl(base.origin, base.scheme, base.host, base.port, base.address, tuple(map(str, found)))


def _shown(text: str) -> str:
    """Without what may be a password."""
    return repr(safe(re.sub(r"//.*@", "//...@", text), 80))


def _what_is_wrong(text: str) -> str:
    """The likeliest reason, for the sentence."""
    scheme, separator, rest = text.partition("://")
    host, _, path = rest.partition("/")
    for wrong, why in (
        (not text.isascii(), "write a name of another alphabet in its ASCII form, xn--..."),
        (not separator or scheme.lower() not in _DEFAULT_PORTS, "http and https are understood, nothing else"),
        ("@" in text, "no user and no password belong in it"),
        ("?" in text or "#" in text or path != "", "no path, query or fragment belongs in it"),
        ("%" in host, "nothing in it is percent-encoded"),
        (re.search(r":[0-9]*\Z", host), "a port is a number from 1 to 65535"),
    ):
        if wrong:
            return f": {why}"
    return ""


def _wrong_with_name(host: str) -> str | None:
    labels = host.split(".")
    if labels[-1] == "" and len(labels) > 1:
        return "the dot at its end has to go"
    # As browsers have it: a host whose last part is a number is an IPv4 address, however it is spelled.
    if _NUMBER.fullmatch(labels[-1]):
        return "an IPv4 address is written as four decimal numbers"
    if len(host) > _LONGEST or not all(map(_LABEL.fullmatch, labels)):
        return "that is no host's name"
    return None
