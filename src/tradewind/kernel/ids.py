"""The only door to identifiers and secrets that must not repeat or be guessed."""

from __future__ import annotations

import secrets


def new_epoch() -> str:
    """Name one life of a publisher; offsets are comparable only within the same epoch."""
    return secrets.token_hex(6)


def new_secret() -> str:
    """Return 256 random bits, URL-safe, for access tokens and session ids."""
    return secrets.token_urlsafe(32)


def new_short_code() -> str:
    """Return 80 random bits in capital letters and digits, for codes that people write down."""
    return "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(16))


def new_bytes(count: int) -> bytes:
    """Return random bytes, for keys and for what is used once with them."""
    return secrets.token_bytes(count)
