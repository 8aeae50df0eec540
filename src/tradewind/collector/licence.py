"""Licences of modules: what the operator signs with Ed25519, and whether it lets a module work now.

A licence names the module by its hash, says what it may do (kinds of jobs) and until when, and how many days of grace
follow. The clock may be turned back to stretch one: the module keeps the latest time it has seen under each licence.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from tradewind.collector.protocol_reading import shown

ANY: Final = "*"
"""As a feature: every kind; as a module hash: every module."""
_CONTEXT: Final = b"tradewind-module-licence-1\n"
"""Goes before what is signed, so that no signature for something else passes for a licence."""
_TOLERANCE: Final = timedelta(hours=1)
_MOST_BYTES: Final = 16_384


class Licence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the operator allows a module; times in UTC."""

    licence_id: Annotated[str, Meta(min_length=1, max_length=64)]
    holder: Annotated[str, Meta(max_length=200)]
    module_hash: Annotated[str, Meta(min_length=1, max_length=128)]
    features: tuple[str, ...]
    issued: Annotated[datetime, Meta(tz=True)]
    expires: Annotated[datetime, Meta(tz=True)]
    grace_days: Annotated[int, Meta(ge=0, le=366)] = 7


class Verdict(StrEnum):
    """Whether a licence lets a module work."""

    UNASKED = "unasked"
    GOOD = "good"
    GRACE = "grace"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    FORGED = "forged"
    OTHER_MODULE = "other_module"
    TOO_EARLY = "too_early"
    CLOCK_BACK = "clock_back"
    EXPIRED = "expired"


class Standing(msgspec.Struct, frozen=True):
    """A verdict with its reason in words."""

    verdict: Verdict
    message: str
    licence: Licence | None = None

    @property
    def is_working(self) -> bool:
        """True where the module may work."""
        return self.verdict in {Verdict.UNASKED, Verdict.GOOD, Verdict.GRACE}

    def refusal(self, feature: str) -> str:
        """Return why a kind of job may not be done, empty where it may."""
        if not self.is_working:
            return self.message
        if self.licence is None or {feature, ANY} & set(self.licence.features):
            return ""
        allowed = ", ".join(self.licence.features) or "nothing"
        return f"the licence {self.licence.licence_id} allows {allowed}, not {feature}"


UNASKED: Final = Standing(Verdict.UNASKED, "no licence is asked for")


def sign(licence: Licence, key: Ed25519PrivateKey) -> str:
    """Return the text of a licence file."""
    body = msgspec.json.encode(licence)
    return msgspec.json.encode({"licence": _to_text(body), "signature": _to_text(key.sign(_CONTEXT + body))}).decode()


def read(text: str | bytes, public_key: str | None) -> Licence | Standing:
    """Return the licence of a file, its signature checked unless `public_key` is `None`; else what is wrong with it.

    `public_key` are 64 hex digits.
    """
    try:
        said = msgspec.json.decode(text if len(text) <= _MOST_BYTES else b"", type=dict[str, str])
        body, signature = _from_text(said["licence"]), _from_text(said["signature"])
        licence = msgspec.json.decode(body, type=Licence)
    except (msgspec.MsgspecError, UnicodeError, KeyError, binascii.Error, ValueError) as error:
        return Standing(Verdict.UNREADABLE, f"the licence file is damaged or no licence: {shown(str(error))}")
    if public_key is not None:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, _CONTEXT + body)
        except (InvalidSignature, ValueError):
            return Standing(
                Verdict.FORGED,
                "the licence was not signed by the operator: its signature does not fit module.licence_key",
            )
    return licence


def check(text: str | bytes | None, public_key: str, module_hash: str, *, now: datetime, seen: datetime) -> Standing:
    """Say whether the licence in `text` lets this module work; `seen` is the latest time known to have been."""
    if not public_key:
        return UNASKED
    if text is None:
        return Standing(Verdict.MISSING, "there is no licence; ask the operator for one for this module's hash")
    found = read(text, public_key)
    return found if isinstance(found, Standing) else _judge(found, module_hash, now, seen)


def _judge(licence: Licence, module_hash: str, now: datetime, seen: datetime) -> Standing:
    name = f"the licence {shown(licence.licence_id)}"
    if licence.module_hash != ANY and not hmac.compare_digest(licence.module_hash.encode(), module_hash.encode()):
        return Standing(Verdict.OTHER_MODULE, f"{name} is another module's", licence)
    if now + _TOLERANCE < licence.issued:
        words = f"{name} begins at {_shown(licence.issued)}, and this machine's clock says {_shown(now)}; set the clock"
        return Standing(Verdict.TOO_EARLY, words, licence)
    if now + _TOLERANCE < seen:
        words = (
            f"this machine's clock says {_shown(now)}, and {_shown(seen)} has been under {name}; "
            "set the clock, or ask for a new licence if it had been wrong then"
        )
        return Standing(Verdict.CLOCK_BACK, words, licence)
    if now <= licence.expires:
        return Standing(Verdict.GOOD, f"{name} is good until {_shown(licence.expires)}", licence)
    until = licence.expires + timedelta(days=licence.grace_days)
    if now <= until:
        words = f"{name} expired at {_shown(licence.expires)}; the module works until {_shown(until)}: renew it"
        return Standing(Verdict.GRACE, words, licence)
    return Standing(Verdict.EXPIRED, f"{name} expired at {_shown(licence.expires)}; renew it", licence)


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _from_text(text: str) -> bytes:
    return base64.b64decode(text, altchars=b"-_", validate=True)
