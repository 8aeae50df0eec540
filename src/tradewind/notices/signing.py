"""What each kind of robot wants a message to look like and to be signed with.

Sources: the public pages of WeCom (企业微信群机器人), DingTalk (钉钉自定义机器人, 加签) and Feishu (飞书自定义机器人,
签名校验).
Text only: no markdown, no cards, so that nothing in a name becomes a link, and nobody but us calls everybody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote_plus

import msgspec

from tradewind.notices.wording import lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.notices.ports import Parcel

HookKind = Literal["wecom", "dingtalk", "feishu", "webhook"]
_MOST_BYTES: Final = 2_000
"""WeCom takes 2048 bytes of text, the others more."""
_CODES: Final[Mapping[str, str]] = {"wecom": "errcode", "dingtalk": "errcode", "feishu": "code"}
_BUSY: Final[Mapping[str, frozenset[int]]] = {
    "wecom": frozenset({-1, 45009, 45033}),
    "dingtalk": frozenset({-1, 130101, 410100}),
    "feishu": frozenset({9499, 11232, 11233}),
}
"""What they answer to who is too fast, or while they are not well themselves."""


class Call(msgspec.Struct, frozen=True):
    """One request: what is added to the address, the body, the headers."""

    query: str
    body: bytes
    headers: dict[str, str]


def call(kind: HookKind, parcel: Parcel, *, secret: str, now_s: int) -> Call:
    """Return the request that tells a robot, or a program, of a parcel; without a secret it is not signed."""
    match kind:
        case "wecom":
            return _json({"msgtype": "text", "text": {"content": _content(parcel)}})
        case "dingtalk":
            made = _json({"msgtype": "text", "text": {"content": _content(parcel)}, "at": {"isAtAll": False}})
            query = dingtalk_query(secret, now_s * 1_000) if secret else ""
            return msgspec.structs.replace(made, query=query)
        case "feishu":
            # Its text knows one tag, <at user_id="all">: whoever writes it must not call everybody.
            content = _content(parcel).replace("<", "＜").replace(">", "＞")
            signed = {"timestamp": str(now_s), "sign": feishu_sign(secret, now_s)} if secret else {}
            return _json({**signed, "msg_type": "text", "content": {"text": content}})
        case "webhook":
            made = _json({"message_id": parcel.message_id, "sent_at": parcel.sent_at, "events": parcel.happenings})
            headers = {**made.headers, "X-Tradewind-Message": parcel.message_id, "X-Tradewind-Timestamp": str(now_s)}
            if secret:
                headers["X-Tradewind-Signature"] = f"sha256={webhook_sign(secret, now_s, made.body)}"
            return Call("", made.body, headers)


def dingtalk_query(secret: str, now_ms: int) -> str:
    """Return DingTalk's signature as it is added to the address: HMAC of time and secret, keyed with the secret."""
    text = f"{now_ms}\n{secret}"
    sign = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())
    return f"timestamp={now_ms}&sign={quote_plus(sign)}"


def feishu_sign(secret: str, now_s: int) -> str:
    """Return Feishu's signature: HMAC of nothing, keyed with time and secret."""
    return base64.b64encode(hmac.new(f"{now_s}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def webhook_sign(secret: str, now_s: int, body: bytes) -> str:
    """Return our own signature in hexadecimal: HMAC-SHA256 of `timestamp.body`."""
    return hmac.new(secret.encode(), f"{now_s}.".encode() + body, hashlib.sha256).hexdigest()


def verdict(kind: HookKind, status: int, body: bytes) -> tuple[Literal["sent", "later", "refused", "away"], str]:
    """Return what an answer means, and what it said. A robot says in its body whether it took the message."""
    if status == 429 or status >= 500:  # noqa: PLR2004 - HTTP's own numbers
        return "later", f"HTTP {status}"
    if not 200 <= status < 300:  # noqa: PLR2004 - likewise; a redirect is not followed
        return "refused", f"HTTP {status}"
    if kind == "webhook":
        return "sent", ""
    return _robot_verdict(kind, body)


def _robot_verdict(kind: str, body: bytes) -> tuple[Literal["sent", "later", "refused"], str]:
    try:
        told: Any = msgspec.json.decode(body)
        code = told.get(_CODES[kind], told.get("StatusCode")) if isinstance(told, dict) else None
    except msgspec.DecodeError:
        code = None
    if code == 0:
        return "sent", ""
    if not isinstance(code, int):
        return "later", "the answer is none that a robot gives"
    # What it says is not repeated: it may hold the address, and with it the key.
    return "later" if code in _BUSY[kind] else "refused", f"{_CODES[kind]} {code}"


def _content(parcel: Parcel) -> str:
    """Return the text, cut to what every robot takes, on the border between two letters."""
    return lines(parcel.happenings, parcel.language).encode()[:_MOST_BYTES].decode(errors="ignore")


def _json(body: Mapping[str, object]) -> Call:
    return Call("", msgspec.json.encode(body), {"Content-Type": "application/json; charset=utf-8"})
