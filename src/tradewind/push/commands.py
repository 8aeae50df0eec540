"""What a client may ask for, read from one text frame; what cannot be understood becomes a `Refusal`, never a raise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from tradewind.push.resume import Position
from tradewind.push.topics import MODES, PUSH_TOPICS, Mode, PushTopic

if TYPE_CHECKING:
    from tradewind.push.settings import PushSettings

MIN_INTERVAL_MS: Final = 20
MAX_INTERVAL_MS: Final = 5_000
OPS: Final = ("subscribe", "unsubscribe", "ping")
_TOPICS: Final = {topic.name: topic for topic in PUSH_TOPICS}
_INSTRUMENT: Final = re.compile(r"[A-Za-z0-9_&-]{1,32}\.[A-Z]{2,8}")
_SHOWN: Final = 60


class Subscribe(msgspec.Struct, frozen=True):
    """Begin or replace the subscription to a topic; `interval_ms` is one of the cadences on offer."""

    id: int | None
    topic: PushTopic
    mode: Mode
    instruments: tuple[str, ...] | None
    interval_ms: int
    resume: Position | None


class Unsubscribe(msgspec.Struct, frozen=True):
    """End the subscription to a topic."""

    id: int | None
    topic: PushTopic


class Ping(msgspec.Struct, frozen=True):
    """Ask for a `pong`."""

    id: int | None


class Refusal(msgspec.Struct, frozen=True):
    """Why a command was not understood, in the protocol's words; `allowed` says what would have been."""

    id: int | None
    code: str
    message: str
    allowed: tuple[str, ...] = ()


Command = Subscribe | Unsubscribe | Ping
_Whole = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""A number that can be written back: JSON knows no bound, our encoder does."""


class _Wire(msgspec.Struct, forbid_unknown_fields=True):
    op: str
    id: _Whole | None = None
    topic: str | None = None
    instruments: tuple[str, ...] | None = None
    mode: str | None = None
    interval_ms: _Whole | None = None
    resume: Position | None = None


class _OnlyId(msgspec.Struct):
    id: _Whole | None = None


_DECODER: Final = msgspec.json.Decoder(_Wire)
_ID_DECODER: Final = msgspec.json.Decoder(_OnlyId)


def read_command(text: str, settings: PushSettings) -> Command | Refusal:
    """Understand one frame's text."""
    try:
        wire = _DECODER.decode(text)
    except msgspec.ValidationError as error:
        return Refusal(_id_of(text), "bad_command", f"the command has a wrong or unknown field: {_short(str(error))}")
    except (msgspec.DecodeError, RecursionError) as error:
        return Refusal(None, "bad_json", f"a frame must hold one JSON object: {_short(str(error))}")
    if wire.op == "ping":
        return Ping(wire.id)
    if wire.op not in OPS:
        return Refusal(wire.id, "unknown_op", f"no such op: {_short(wire.op)}", OPS)
    topic = _TOPICS.get(wire.topic or "")
    if topic is None:
        return Refusal(wire.id, "unknown_topic", f"no such topic: {_short(str(wire.topic))}", tuple(_TOPICS))
    if wire.op == "unsubscribe":
        return Unsubscribe(wire.id, topic)
    return _read_subscribe(wire, topic, settings)


def _read_subscribe(wire: _Wire, topic: PushTopic, settings: PushSettings) -> Subscribe | Refusal:
    mode = topic.mode if wire.mode is None else next((mode for mode in MODES if mode == wire.mode), None)
    if mode is None:
        return Refusal(wire.id, "bad_mode", f"no such mode: {_short(str(wire.mode))}", MODES)
    wish_ms = settings.default_interval_ms if wire.interval_ms is None else wire.interval_ms
    if not MIN_INTERVAL_MS <= wish_ms <= MAX_INTERVAL_MS:
        allowed = (f"{MIN_INTERVAL_MS} … {MAX_INTERVAL_MS}",)
        return Refusal(wire.id, "bad_interval", f"interval_ms out of range: {wish_ms}", allowed)
    wrong = _wrong_instruments(wire, settings)
    if wrong is not None:
        return wrong
    named = wire.instruments if topic.has_instruments else None
    return Subscribe(
        id=wire.id,
        topic=topic,
        mode=mode,
        instruments=None if named is None else tuple(sorted(set(named))),
        interval_ms=_offered(wish_ms, settings.cadences_ms),
        resume=wire.resume,
    )


def _wrong_instruments(wire: _Wire, settings: PushSettings) -> Refusal | None:
    instruments = wire.instruments or ()
    if len(instruments) > settings.instruments:
        message = f"too many instruments in one subscription: {len(instruments)}"
        return Refusal(wire.id, "too_many_instruments", message, (f"at most {settings.instruments}",))
    for instrument_id in instruments:
        if _INSTRUMENT.fullmatch(instrument_id) is None:
            message = f"not an instrument id: {_short(instrument_id)}"
            return Refusal(wire.id, "bad_instrument", message, ("symbol.EXCHANGE, such as au2512.SHFE",))
    return None


def _offered(wish_ms: int, cadences_ms: tuple[int, ...]) -> int:
    """Round a wish up to the next cadence, so that clients share flushes; the client is told which it got."""
    return next((cadence for cadence in cadences_ms if cadence >= wish_ms), cadences_ms[-1])


def _id_of(text: str) -> int | None:
    try:
        return _ID_DECODER.decode(text).id
    except (msgspec.DecodeError, RecursionError):
        return None


def _short(text: str) -> str:
    """Cut what a client sent before it is sent back."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
