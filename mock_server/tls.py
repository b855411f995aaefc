"""A private certificate authority for the mock, and the four certificates that a port can show.

    None            good: for 127.0.0.1, ::1 and localhost, signed by the authority
    "self-signed"   for the same names, signed by itself
    "expired"       signed by the authority; its time was over an hour ago
    "wrong-host"    signed by the authority, for another host

A client is given ``ca_file`` (PEM) and trusts it; nobody needs to switch verification off. The authority's own key
never reaches the disk, and what it issues ends within a day.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exchanges.plugins import MissingLibrary, nearest

if TYPE_CHECKING:
    import trustme

NAMES: Final = ("127.0.0.1", "::1", "localhost")
"""What the good certificate is for."""

_PREFIX: Final = "fetchrace-tls-"
_LIFE: Final = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Issues the certificates of one server run. ``ca_file`` is what clients are to trust."""

    ca_file: str
    folder: Path
    _authority: trustme.CA
    _contexts: dict[str | None, ssl.SSLContext] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path | str) -> Authority:
        """A new authority whose files lie in ``folder``, an existing one that should be private (0700).

        Raises:
            MissingLibrary: the extra ``tls`` is not installed. OSError: the folder cannot be written.
        """
        try:
            import trustme
        except ModuleNotFoundError as error:
            raise MissingLibrary(
                "tls", f"TLS needs the library {error.name!r}, which is not installed: pip install 'fetchrace[tls]'"
            ) from error
        authority = trustme.CA()
        ca_file = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        return cls(str(ca_file), Path(folder), authority)

    def context(self, kind: str | None = None) -> ssl.SSLContext:
        """The server's side of TLS 1.2 and 1.3 with a certificate of this kind. Raises ValueError."""
        if kind not in _ISSUERS:
            names = [name for name in _ISSUERS if name]
            raise ValueError(f"unknown certificate {kind!r}{nearest(str(kind), names)}; there are {', '.join(names)}")
        if kind not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.set_alpn_protocols(["http/1.1"])
            self._load(context, _ISSUERS[kind](self._authority))
            self._contexts[kind] = context
        return self._contexts[kind]

    def _load(self, context: ssl.SSLContext, chain: bytes) -> None:
        # ssl reads certificates from files only; mkstemp makes this one readable to its owner alone.
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".pem") as file:
            file.write(chain)
            file.flush()
            context.load_cert_chain(file.name)


def _sweep() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdecimal() and left.stat().st_uid == os.getuid() and not _alive(int(pid)):
                shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def authority() -> Iterator[Authority]:
    """An Authority in a temporary folder that only its owner can enter, and that is gone when the block is left. What a
    killed server left behind goes as well."""
    _sweep()
    folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")
    try:
        yield Authority.create(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _good(authority: trustme.CA) -> bytes:
    return _pem(authority.issue_cert(*NAMES, not_after=datetime.now(UTC) + _LIFE))


def _expired(authority: trustme.CA) -> bytes:
    over = datetime.now(UTC) - timedelta(hours=1)
    return _pem(authority.issue_cert(*NAMES, not_before=over - _LIFE, not_after=over))


def _wrong_host(authority: trustme.CA) -> bytes:
    return _pem(authority.issue_cert("wrong-host.invalid", not_after=datetime.now(UTC) + _LIFE))


def _pem(leaf: trustme.LeafCert) -> bytes:
    return leaf.private_key_and_cert_chain_pem.bytes()


def _self_signed(_: trustme.CA) -> bytes:
    # trustme signs with an authority only; cryptography, which it stands on, signs with anything.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "fetchrace mock, self-signed")])
    now = datetime.now(UTC)
    hosts: list[x509.GeneralName] = [x509.IPAddress(ip_address(one)) for one in NAMES if not one.isalpha()]
    hosts += [x509.DNSName(one) for one in NAMES if one.isalpha()]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


_ISSUERS: Final[dict[str | None, Callable[[trustme.CA], bytes]]] = {
    None: _good,
    "self-signed": _self_signed,
    "expired": _expired,
    "wrong-host": _wrong_host,
}
KINDS: Final = tuple(kind for kind in _ISSUERS if kind)
"""The bad ones, as the catalogue of faults names them."""
