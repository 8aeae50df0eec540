"""Messages of a live connection, in both directions: bytes in, what they are out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from tradewind.infoway.answers import Bar, Depth, Trade, depth_of, live_bar_of, trade_of
from tradewind.infoway.reactions import Meaning, Reaction, of_live

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["trade", "depth", "bar"]

SUBSCRIBE: Final[dict[Kind, int]] = {"trade": 10_000, "depth": 10_003, "bar": 10_006}
ACKNOWLEDGED: Final = frozenset({10_001, 10_004, 10_007, 11_010})
PUSHED: Final[dict[int, Kind]] = {10_002: "trade", 10_005: "depth", 10_008: "bar"}
UNSUBSCRIBE: Final[dict[Kind, int]] = {"trade": 11_000, "depth": 11_001, "bar": 11_002}
HEARTBEAT: Final = 10_010
_FAILED: Final = "Subscribe fail:"
_ERRORS: Final = range(500, 10_000)
_LONGEST: Final = 1 << 20
_TOLD: Final = 120


class Refusal(msgspec.Struct, frozen=True):
    """The provider refuses something, with what it means and what it said."""

    meaning: Meaning
    told: str = ""


class Acknowledged(msgspec.Struct, frozen=True):
    """A subscription was understood. Unknown codes are acknowledged too and then stay silent for ever."""


class Unreadable(msgspec.Struct, frozen=True):
    """A message that is none of these."""

    why: str


Message = Trade | Depth | Bar | Refusal | Acknowledged | Unreadable | None
"""`None`: a greeting, which asks for nothing."""


def heartbeat(trace: str) -> str:
    """Return the message that keeps a connection alive; it has no answer."""
    return _encode(HEARTBEAT, trace, None)


def subscription(kind: Kind, codes: Sequence[str], trace: str, *, bar: int = 1) -> str:
    """Return the message that asks for these codes; `bar` is the kind of bar, as in `rest.InfowayRest.bars`."""
    joined = ",".join(codes)
    data: dict[str, Any] = {"arr": [{"type": bar, "codes": joined}]} if kind == "bar" else {"codes": joined}
    return _encode(SUBSCRIBE[kind], trace, data)


def unsubscription(kind: Kind, codes: Sequence[str], trace: str, *, bar: int = 1) -> str:
    """Return the message that asks for no more of these codes."""
    data: dict[str, Any] = {"codes": ",".join(codes)}
    if kind == "bar":
        # Without it the provider drops every kind of bar of these codes.
        data["klineTypes"] = str(bar)
    return _encode(UNSUBSCRIBE[kind], trace, data)


def read_message(raw: str | bytes) -> Message:
    """Read one message. Never raises, whatever it is."""
    if len(raw) > _LONGEST:
        return Unreadable("too large")
    text = (raw if isinstance(raw, str) else raw.decode("utf-8", "replace")).strip()
    if text.startswith(_FAILED):
        return _read_failure(text.removeprefix(_FAILED).strip())
    told = _object(text)
    if told is None:
        # The stock channel greets in plain words.
        return Unreadable("no JSON") if text.startswith(("{", "[")) else None
    return _read_object(told)


def _read_failure(text: str) -> Message:
    told = _object(text[text.find("{") :]) if "{" in text else None
    if told is not None and _number(told) in _ERRORS:
        return _refusal(told)
    return Refusal(Meaning(Reaction.REFUSE_REQUEST, "a subscription was refused"), _shown(text))


def _read_object(told: dict[str, Any]) -> Message:
    code = _number(told)
    if code in _ERRORS:
        return _refusal(told)
    if code in ACKNOWLEDGED:
        return Acknowledged()
    kind = PUSHED.get(code)
    if kind is None:
        return None
    row = told.get("data")
    read = {"trade": trade_of, "depth": depth_of, "bar": live_bar_of}[kind](row)
    return read if read is not None else Unreadable(f"no {kind}")


def _refusal(told: dict[str, Any]) -> Refusal:
    words = told.get("msg")
    return Refusal(of_live(_number(told)), _shown(words) if isinstance(words, str) else "")


def _number(told: dict[str, Any]) -> int:
    code = told.get("code", told.get("ret"))
    return code if type(code) is int else 0


def _object(text: str) -> dict[str, Any] | None:
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _encode(code: int, trace: str, data: dict[str, Any] | None) -> str:
    message: dict[str, Any] = {"code": code, "trace": trace}
    if data is not None:
        message["data"] = data
    return msgspec.json.encode(message).decode()


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "." for letter in text[:_TOLD])
