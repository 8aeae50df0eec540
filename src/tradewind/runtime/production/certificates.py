"""An authority of this installation's own and one certificate it signs: for servers that are called `localhost`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tradewind.errors import ConfigError
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.production.plan import HOST, NAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tradewind.runtime.production.plan import Plan

_GOOD_FOR: Final = timedelta(days=730)
_FOLDER_MODE: Final = 0o700


def ensure_certificates(plan: Plan) -> None:
    """Make those of a production set where they are not. Raises: ConfigError: they cannot be written."""
    if not plan.certificate.exists():
        make_certificates(plan.certificate.parent, (NAME,))


def make_certificates(folder: Path, names: Sequence[str]) -> None:
    """Write authority.pem, server.key and server.pem for servers called by these names.

    The authority's key is forgotten at once, so that it signs nothing further. Raises: ConfigError: as above.
    """
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made ({error.strerror}); choose a folder that is yours"
        raise ConfigError(message) from error
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tradewind production set")])
    authority = (
        _begun(issuer, issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    called = x509.SubjectAlternativeName([*map(x509.DNSName, names), x509.IPAddress(ip_address(HOST))])
    identity = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    server = (
        _begun(subject, issuer, server_key.public_key())
        .add_extension(called, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(identity, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    key = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(folder / "authority.pem", _pem(authority))
    write_private(folder / "server.key", key.decode())
    # Last: that it is there says that the others are.
    write_private(folder / "server.pem", _pem(server))


def _begun(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(SystemClock().now_ns() / NS_PER_S, tz=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _GOOD_FOR)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
