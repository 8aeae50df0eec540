"""Reads what the other side says. What cannot be understood becomes `Unreadable`, never a raise: the line goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from tradewind.collector import protocol as wire

R = TypeVar("R")
_SHOWN: Final = 60
_LONGEST_MOMENT: Final = 64
_LONGEST_ID: Final = 128
_LONGEST_MESSAGE: Final = 2_000
_MOST_META_BYTES: Final = 16_384
_LEVELS: Final = 100
"""What is kept and sent on is wrapped into something, and written by somebody deeper in calls than we are."""
_MOST_COUNT: Final = 1 << 53
_MOST_RUNNING: Final = 10_000
_Said = dict[str, Any]
_PLAIN_TO_MODULE: Final[Mapping[str, wire.ToModule]] = {
    wire.HEARTBEAT_CONFIRM: wire.HeartbeatConfirm(),
    wire.RECEIVE_RESULT: wire.ReceiveResult(),
}


def read_for_module(frame: str | bytes) -> wire.ToModule | wire.Unreadable:
    """Return what a server says, bare or in `{"message": …}`, as an object or as JSON within a string."""
    text = _text(frame)
    if isinstance(text, wire.Unreadable):
        return text
    if text in _PLAIN_TO_MODULE:
        return _PLAIN_TO_MODULE[text]
    said = _object(text)
    if isinstance(said, dict) and "type" not in said and "message" in said:
        inner = said["message"]
        if isinstance(inner, str) and inner.strip() in _PLAIN_TO_MODULE:
            return _PLAIN_TO_MODULE[inner.strip()]
        said = _object(inner) if isinstance(inner, str) else inner
    return _read(said, _TO_MODULE)


def read_for_server(frame: str | bytes) -> wire.ToServer | wire.Unreadable:
    """Return what a module says, of system 002 or ours."""
    text = _text(frame)
    if isinstance(text, wire.Unreadable):
        return text
    if text == wire.HEARTBEAT:
        return wire.Heartbeat()
    said = _object(text)
    if isinstance(said, dict) and "status" in said:
        return _outcome(said)
    return _read(said, _TO_SERVER)


def execution_id_of(meta: Mapping[str, Any]) -> str | None:
    """Return what tells one execution from all others, or `None` where the server gave none that can be used."""
    for key in ("execution_id", "executionId"):
        found = meta.get(key)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        if isinstance(found, str) and 0 < len(found) <= _LONGEST_ID and found.isprintable():
            return found
    return None


def shown(value: object) -> str:
    """Return what came from outside as it may stand in a message or a log: short, and nothing but printable text."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except RecursionError:
        text = "…"
    cut = "".join(letter if letter.isprintable() else "." for letter in text[:_SHOWN])
    return repr(cut + "…" if len(text) > _SHOWN else cut)


def _text(frame: str | bytes) -> str | wire.Unreadable:
    # A character is at least a byte: what is too long as text is too long as bytes, and is not encoded to find out.
    size = (
        len(frame) if isinstance(frame, bytes) or len(frame) > wire.MOST_BYTES else len(frame.encode(errors="replace"))
    )
    if size > wire.MOST_BYTES:
        return wire.Unreadable(f"a message may have {wire.MOST_BYTES} bytes, this one has {size} or more")
    try:
        return (frame.decode() if isinstance(frame, bytes) else frame).strip()
    except UnicodeDecodeError:
        return wire.Unreadable("a message must be UTF-8 text")


def _object(text: str) -> object:
    """Return what JSON says, or the text itself where it is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text


def _read(said: object, kinds: Mapping[str, Callable[[_Said], R]]) -> R | wire.Unreadable:
    if not isinstance(said, dict):
        return wire.Unreadable(f"a message must be a JSON object with a type, was {shown(said)}")
    name = said.get("type")
    reader = kinds.get(name) if isinstance(name, str) else None
    if reader is None:
        return wire.Unreadable(f"type must be one of {', '.join(kinds)}, was {shown(name)}", _rest_of(said))
    return reader(said)


def _rest_of(said: _Said) -> wire.Meta:
    """Return the meta of a message that could not be read, empty where that is unreadable too."""
    meta = _meta(said)
    return meta if isinstance(meta, dict) else {}


def _meta(said: _Said) -> wire.Meta | wire.Unreadable:
    meta = said.get("meta")
    if meta is None:
        return {}
    if not isinstance(meta, dict):
        return wire.Unreadable(f"meta must be a JSON object, was {shown(meta)}")
    size = _size(meta)
    if size > _MOST_META_BYTES:
        return wire.Unreadable(f"meta may have {_MOST_META_BYTES} bytes, this one has {size}")
    return meta if size else wire.Unreadable("meta is nested too deeply")


def _size(value: object) -> int:
    """Return how many bytes this is as JSON, 0 where it is nested too deeply to be written within another message."""
    for _ in range(_LEVELS):
        value = [value]
    try:
        return len(msgspec.json.encode(value)) - 2 * _LEVELS
    except RecursionError:
        return 0


def _moment(said: _Said) -> wire.Moment:
    """Return the time of a heartbeat, `None` where it is nothing that can be given back."""
    found = said.get("timestamp")
    if isinstance(found, str):
        return found if len(found) <= _LONGEST_MOMENT else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if math.isfinite(found) and abs(found) < _MOST_COUNT else None


def _execute(said: _Said) -> wire.Execute | wire.Unreadable:
    meta = _meta(said)
    if isinstance(meta, wire.Unreadable):
        return meta
    args = said.get("args")
    if args is None:
        args = {}
    if not isinstance(args, dict):
        return wire.Unreadable(f"args must be a JSON object, was {shown(args)}", meta)
    if not _size(args):
        return wire.Unreadable("args are nested too deeply", meta)
    return wire.Execute(meta, args)


def _cancel(said: _Said) -> wire.Cancel | wire.Unreadable:
    meta = _meta(said)
    return meta if isinstance(meta, wire.Unreadable) else wire.Cancel(meta, said.get("is_lost") is True)


def _welcome(said: _Said) -> wire.Welcome | wire.Unreadable:
    accepts = said.get("accepts")
    if not isinstance(accepts, list):
        return wire.Unreadable(f"accepts must be a list of {', '.join(wire.REPORTS)}, was {shown(accepts)}")
    return wire.Welcome(tuple(name for name in wire.REPORTS if name in accepts))


def _outcome(said: _Said) -> wire.Succeeded | wire.Failed | wire.Closing | wire.Unreadable:
    meta = _meta(said)
    if isinstance(meta, wire.Unreadable):
        return meta
    message = said.get("message")
    if said["status"] == "error":
        return wire.Failed(meta, message[:_LONGEST_MESSAGE] if isinstance(message, str) else shown(message))
    if said["status"] != "success":
        return wire.Unreadable(f"status must be success or error, was {shown(said['status'])}", meta)
    if "meta" not in said and "result" not in said:
        return wire.Closing(message[:_LONGEST_MESSAGE] if isinstance(message, str) else "")
    result = said.get("result")
    return wire.Succeeded(meta, result) if _size(result) else wire.Unreadable("result is nested too deeply", meta)


def _accepted(said: _Said) -> wire.Accepted | wire.Unreadable:
    meta = _meta(said)
    return meta if isinstance(meta, wire.Unreadable) else wire.Accepted(meta)


def _progress(said: _Said) -> wire.Progress | wire.Unreadable:
    meta = _meta(said)
    if isinstance(meta, wire.Unreadable):
        return meta
    done, whole = said.get("done"), said.get("whole")
    if type(done) is not int or type(whole) is not int or not 0 <= done <= whole < _MOST_COUNT:
        reason = f"done and whole must be whole numbers, 0 ≤ done ≤ whole, were {shown(done)} and {shown(whole)}"
        return wire.Unreadable(reason, meta)
    return wire.Progress(meta, done, whole)


def _state(said: _Said) -> wire.State | wire.Unreadable:
    body = {key: value for key, value in said.items() if key != "type"}
    try:
        state = msgspec.convert(body, wire.State)
    except msgspec.ValidationError as error:
        return wire.Unreadable(f"this is no state of a module: {error}")
    if len(state.running) > _MOST_RUNNING or not math.isfinite(state.load):
        return wire.Unreadable(f"this is no state of a module: {len(state.running)} jobs, load {state.load}")
    return state


_TO_MODULE: Final[Mapping[str, Callable[[_Said], wire.ToModule | wire.Unreadable]]] = {
    "execute": _execute,
    "shutdown": lambda _said: wire.Shutdown(),
    "cancel": _cancel,
    "ping": lambda said: wire.Ping(_moment(said)),
    "welcome": _welcome,
}
_TO_SERVER: Final[Mapping[str, Callable[[_Said], wire.ToServer | wire.Unreadable]]] = {
    "pong": lambda said: wire.Pong(_moment(said)),
    "accepted": _accepted,
    "progress": _progress,
    "state": _state,
}
