"""The only door to identifiers and secrets that must not repeat or be guessed."""

from __future__ import annotations

import secrets


def new_epoch() -> str:
    """Name one life of a publisher; offsets are comparable only within the same epoch."""
    return secrets.token_hex(6)


def new_secret() -> str:
    """Return 256 random bits, URL-safe, for access tokens and session ids."""
    return secrets.token_urlsafe(32)
