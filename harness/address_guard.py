"""Which addresses a base URL may lead to, so that nobody's URL makes this machine ask what only this machine can reach.

Public ones; those of this machine and of private networks only where that was allowed; and some that are no server's
(link-local ones, where clouds keep their secrets, among them) never.

``ipaddress.is_global`` calls multicast global, and looks into none of the IPv6 forms that carry an IPv4 address: so it
is one of the conditions here, and not the only one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_GLOBAL_UNICAST: Final = ip_network("2000::/3")
_NAT64: Final = ip_network("64:ff9b::/96")
_CARRIERS: Final = (
    (ip_network("::ffff:0:0/96"), "IPv4-mapped"),
    (ip_network("::ffff:0:0:0/96"), "IPv4-translated"),
    (ip_network("64:ff9b:1::/48"), "locally translated"),
    (ip_network("2002::/16"), "6to4"),
    (ip_network("2001::/32"), "Teredo"),
)
_PRIVATE: Final = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "127.0.0.0/8", "::1/128")
)
# Set aside since, or before, what this Python's ipaddress knows: documentation, the end of a 6to4 tunnel, protocols'
# own (where a cloud kept its secrets), and what another cloud answers to its own machines alone.
_SET_ASIDE: Final = tuple(map(ip_network, ("3fff::/20", "192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32")))
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)


def is_loopback(address: Address) -> bool:
    """Whether it is this machine's own, as it is written: no form that carries another address is."""
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def refusal_of(address: Address, allow_private: bool) -> str | None:
    """Why nothing is sent to an address, as what the address is ("a private network's"); None where it may be asked.
    ``allow_private`` admits this machine and private networks, and nothing else."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "bound to one network card"
        if address in _NAT64:
            # Where a network has IPv6 alone, this is how its names lead to the IPv4 servers of the world.
            return refusal_of(IPv4Address(int(address) & 0xFFFF_FFFF), allow_private=False)
        for network, how in _CARRIERS:
            if address in network:
                return f"an {how} one" if how[0] in "aeiouI" else f"a {how} one"
        if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
            return "an ISATAP one"
    if any(address in network for network in _PRIVATE):
        whose = "this machine's own" if address.is_loopback else "a private network's"
        return None if allow_private else whose
    if address.is_link_local:
        return "link-local, where clouds keep their secrets"
    if address.is_multicast:
        return "a whole group's"
    if address.is_unspecified:
        return "no server's"
    unicast = address.version == 4 or address in _GLOBAL_UNICAST
    if address.is_reserved or not address.is_global or not unicast or any(address in one for one in _SET_ASIDE):
        return "no public one"
    return None


def parsed(text: str) -> Address | None:
    """An address that is written in full, as ``ipaddress`` reads it: no octal, no hexadecimal, nothing left out of an
    IPv4 one. None for anything else."""
    try:
        return ip_address(text)
    except ValueError:
        return None
