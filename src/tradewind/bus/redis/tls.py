"""How we prove to each other who we are over TLS: what is checked, and what is said when it does not fit."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from tradewind.bus.redis.address import RedisAddress


def context_of(address: RedisAddress) -> ssl.SSLContext | None:
    """Return what checks the server's certificate and name, `None` where no TLS is spoken.

    Raises: ConfigError: a file cannot be read, or holds no certificate.
    """
    if not address.is_tls:
        return None
    try:
        context = ssl.create_default_context(cafile=address.tls_ca or None)
    except (OSError, ValueError) as error:
        message = f"bus.tls_ca must be a readable file in PEM form, was {address.tls_ca} ({_reason(error)})"
        raise ConfigError(message) from error
    if address.tls_cert:
        try:
            context.load_cert_chain(address.tls_cert, address.tls_key)
        except (OSError, ValueError) as error:
            files = f"{address.tls_cert} and {address.tls_key}"
            message = (
                f"bus.tls_cert and bus.tls_key must be readable files in PEM form, were {files} ({_reason(error)})"
            )
            raise ConfigError(message) from error
    return context


def refusal_of(address: RedisAddress, error: Exception) -> ConfigError | None:
    """Return what is to be changed after a handshake that can never work, `None` where it may work another time."""
    if isinstance(error, ssl.SSLCertVerificationError):
        ca = "set bus.tls_ca to the authority that signed it" if not address.tls_ca else "is bus.tls_ca the right one?"
        return ConfigError(f"Redis at {address.shown} has a certificate we do not trust ({error.verify_message}); {ca}")
    text = str(error)
    if "CERTIFICATE_REQUIRED" in text or "HANDSHAKE_FAILURE" in text or "BAD_CERTIFICATE" in text:
        return ConfigError(f"Redis at {address.shown} wants a certificate of ours; set bus.tls_cert and bus.tls_key")
    if "UNKNOWN_CA" in text:
        return ConfigError(f"Redis at {address.shown} does not trust the certificate in bus.tls_cert")
    if isinstance(error, ssl.SSLError) and ("WRONG_VERSION" in text or "RECORD_LAYER" in text):
        return ConfigError(f"Redis at {address.shown} speaks no TLS there; write redis:// or give its TLS port")
    return None


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
