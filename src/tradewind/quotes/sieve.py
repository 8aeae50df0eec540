"""Judges each packet a client sends before the protocol library sees it: it is handed nothing it could stumble over.

Pure. Kept out: anything binary (the library would gather as many attachments as are announced), events nobody offers
(the library would take `connect` and `disconnect` for its own), other namespaces, what is too long or no JSON.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from tradewind.quotes.events import EVENTS, Refusal, short

UPGRADE: Final = "5"
_CONTROL: Final = re.compile(r"[1356]|[23]probe")
"""Close, pong, upgrade, nothing; ping and pong while a socket is tried out."""
_CONNECT: Final = re.compile(r"40(?:/[^,\s]{0,64},?)?(.*)", re.DOTALL)
_EVENT: Final = re.compile(r"42\d{0,10}(\[.*)", re.DOTALL)
_decode: Final = msgspec.json.decode


def is_event(packet: str) -> bool:
    """Say whether a packet is an event of ours."""
    return packet.startswith("42")


def judge(packet: str | bytes, *, is_connected: bool, max_bytes: int) -> Refusal | None:
    """Return why a packet is not passed on; `None` when it is."""
    if not isinstance(packet, str) or packet[:2] in {"45", "46"} or packet[:1] == "b":
        return Refusal("binary_refused", "only text is understood here")
    if len(packet) > max_bytes or (not packet.isascii() and len(packet.encode("utf-8", "replace")) > max_bytes):
        return Refusal("too_large", f"an event may have {max_bytes} bytes, this has {len(packet)} characters")
    if packet[:1] != "4":
        is_known = _CONTROL.fullmatch(packet) is not None
        return None if is_known else Refusal("malformed", f"no packet of Engine.IO 4: {short(packet)}")
    match packet[1:2]:
        case "0":
            return _judge_connect(packet, is_connected=is_connected)
        case "1":
            return None if packet == "41" else Refusal("unknown_namespace", "only the main namespace is served here")
        case "2":
            return _judge_event(packet, is_connected=is_connected)
        case "3":
            return Refusal("unasked_answer", "nothing sent from here asks for an acknowledgement")
        case _:
            return Refusal("malformed", f"no packet of Socket.IO 5: {short(packet)}")


def _judge_connect(packet: str, *, is_connected: bool) -> Refusal | None:
    if is_connected:
        return Refusal("already_connected", "this connection is in the namespace already")
    match = _CONNECT.fullmatch(packet)
    if match is None:
        return Refusal("malformed", f"no connect packet: {short(packet)}")
    try:
        is_good = not match[1] or isinstance(_decode(match[1]), dict)
    except (msgspec.DecodeError, RecursionError):
        is_good = False
    return None if is_good else Refusal("malformed", "what comes with a connect must be a JSON object")


def _judge_event(packet: str, *, is_connected: bool) -> Refusal | None:
    if not is_connected:
        return Refusal("not_connected", "connect to the namespace first")
    match = _EVENT.fullmatch(packet)
    if match is None:
        namespaced = packet[2:3] == "/"
        code = "unknown_namespace" if namespaced else "malformed"
        return Refusal(code, "only the main namespace is served here" if namespaced else "an event is a JSON list")
    try:
        event = _decode(match[1])
    except (msgspec.DecodeError, RecursionError) as error:
        return Refusal("malformed", f"an event must be JSON: {short(str(error))}")
    if not event or not isinstance(event[0], str):
        return Refusal("malformed", "an event begins with its name")
    if event[0] not in EVENTS:
        return Refusal("unknown_event", f"no such event: {short(event[0])}", event[0][:60], EVENTS)
    return None
