"""One-time codes by the clock: SHA-1, six digits, half a minute, as every app has it. Source: RFC 6238, RFC 4226."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final
from urllib.parse import quote, urlencode

from tradewind.kernel.clock import NS_PER_S

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
_SLACK: Final = 1
"""Half minutes by which a telephone's clock may be off, each way."""


def step_at(now_ns: int) -> int:
    """Return the number of the half minute."""
    return now_ns // (STEP_S * NS_PER_S)


def code_at(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """Return the code of a half minute."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def accepted_step(secret: bytes, code: str, *, now_ns: int, after: int) -> int | None:
    """Return the half minute this is the code of, `None` if it is none or was used: only later ones than `after` count.

    Every candidate is compared, in a time that tells nothing.
    """
    now, found = step_at(now_ns), None
    for step in range(now - _SLACK, now + _SLACK + 1):
        is_it = hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace"))
        if is_it and step > after:
            found = step
    return found


def text_of(secret: bytes) -> str:
    """Return a secret as people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri_of(secret: bytes, *, username: str, issuer: str = "Tradewind") -> str:
    """Return the address that an app reads from a picture."""
    query = urlencode({"secret": text_of(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_S})
    return f"otpauth://totp/{quote(issuer)}:{quote(username)}?{query}"
