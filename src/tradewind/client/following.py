"""What a client of push knows and says, without a socket: wishes, places, what to hand on, what was missed.

Feed it each text frame; it answers what to tell the caller. The protocol is docs/push-protocol.md: messages and fields
that it does not know are left alone, as the protocol asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from tradewind.client.refusals import Problem, StrangerError, refusal_over_push
from tradewind.client.topics import decoder_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PROTOCOL: Final = 1
_HEARTBEAT_S: Final = 20.0
_NUMBERED: Final = frozenset({"quotes", "features"})
"""Topics whose values carry a number of their instrument's own, so that a missing one shows."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a topic is wanted; `None`: as the topic's own default.

    `instruments` absent means all. In mode `latest` what changes often is told once an interval; `every` tells each
    event in order and can be resumed.
    """

    instruments: tuple[str, ...] | None = None
    mode: Literal["latest", "every"] | None = None
    interval_ms: int | None = None


class Place(msgspec.Struct, frozen=True):
    """Where in a topic one is: keep it with what you have dealt with, and go on from it after a restart."""

    epoch: str
    offset: int


class Update(msgspec.Struct, frozen=True):
    """Values of a topic; a snapshot replaces everything that was told of it before."""

    topic: str
    events: list[Any]
    is_snapshot: bool
    place: Place


class Gap(msgspec.Struct, frozen=True):
    """Something of a topic was not told, and will not be; the snapshot that follows brings one to the present.

    `too_slow`: this client did not take what was sent. `not_kept`: it was away for too long, or the platform began
    anew, or rights have changed. `number`: the numbers of `instrument_id` leave out `missing` values.
    """

    topic: str
    why: Literal["too_slow", "not_kept", "number"]
    instrument_id: str = ""
    missing: int = 0


Told = Update | Gap


class _Frame(msgspec.Struct, frozen=True):
    """Any message of the server; what a kind does not have is left at its default."""

    type: str = ""
    topic: str = ""
    epoch: str = ""
    offset: int = 0
    recovered: bool = False
    mode: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")
    code: str = ""
    message: str = ""
    allowed: list[Any] | None = None
    protocol: int = _PROTOCOL
    server: str = ""
    topics: tuple[str, ...] = ()
    heartbeat_s: float = _HEARTBEAT_S
    within_s: float = 0.0
    gone_in_s: float = 0.0


class Move(msgspec.Struct, frozen=True):
    """The instance on the other side is about to stop: leave it within `within_s`; it is gone in `gone_in_s`."""

    within_s: float
    gone_in_s: float


class Following:
    """One client's side of the protocol, over any number of connections, one after the other.

    `commands` are frames to be sent; `is_live` says that the platform has spoken on this connection.
    """

    def __init__(
        self,
        wishes: Mapping[str, Wish],
        *,
        resume: Mapping[str, Place] | None = None,
        takes_what_is_offered: bool = False,
        is_plain: bool = False,
    ) -> None:
        """With `takes_what_is_offered` topics that the asker may not have are left out; else they end it.

        `is_plain`: values are handed on as JSON has them, not as their types.
        """
        self._wishes = dict(wishes)
        self._takes_what_is_offered = takes_what_is_offered
        self._is_plain = is_plain
        self._numbers: dict[tuple[str, str], int] = {}
        self._modes: dict[str, str] = {}
        self.places: dict[str, Place] = dict(resume or {})
        self.recovered: dict[str, bool] = {}
        """Topic → whether its last subscription went on where the one before had ended."""
        self.commands: list[bytes] = []
        self.silence_s = 2 * _HEARTBEAT_S
        self.server = ""
        self.is_live = False
        self.move: Move | None = None
        """What the platform asked of this connection."""

    def begin(self) -> None:
        """Note that a new connection stands."""
        self.commands.clear()
        self.is_live = False
        self.move = None

    def hear(self, text: bytes) -> Iterable[Told]:
        """Take one text frame; return what the caller is to be told of it.

        Raises:
            RefusedError: a wish was refused, or a right was taken away.
            StrangerError: this is no protocol of ours, or values that this client does not know.
        """
        try:
            frame = msgspec.json.decode(text, type=_Frame)
        except msgspec.DecodeError as error:
            message = f"push speaks no protocol that this client knows ({error})"
            raise StrangerError(message) from error
        match frame.type:
            case "welcome":
                self._welcome(frame)
            case "subscribed":
                return self._subscribed(frame)
            case "snapshot" | "delta":
                return self._values(frame)
            case "reset":
                self.places[frame.topic] = Place(frame.epoch, frame.offset)
                return [Gap(frame.topic, "too_slow")]
            case "move":
                self.move = Move(frame.within_s, frame.gone_in_s)
            case "error":
                raise refusal_over_push(Problem(frame.code, frame.message, None, frame.allowed))
            case _:
                pass
        return ()

    def _welcome(self, frame: _Frame) -> None:
        if frame.protocol != _PROTOCOL:
            message = (
                f"{frame.server} speaks push protocol {frame.protocol}, this client {_PROTOCOL}: bring it up to date"
            )
            raise StrangerError(message)
        self.is_live = True
        self.server = frame.server
        self.silence_s = 2 * frame.heartbeat_s
        for number, (topic, wish) in enumerate(self._wishes.items(), start=1):
            if self._takes_what_is_offered and topic not in frame.topics:
                continue
            command = {"op": "subscribe", "id": number, "topic": topic, **msgspec.to_builtins(wish)}
            if topic in self.places:
                command["resume"] = msgspec.to_builtins(self.places[topic])
            self.commands.append(msgspec.json.encode(command))

    def _subscribed(self, frame: _Frame) -> Iterable[Told]:
        known = self.places.get(frame.topic)
        self.places[frame.topic] = Place(frame.epoch, frame.offset)
        self.recovered[frame.topic] = frame.recovered
        self._modes[frame.topic] = frame.mode
        if frame.recovered:
            # What was missed comes now; it counts from where we were.
            self.places[frame.topic] = known or self.places[frame.topic]
            return ()
        self._numbers = {name: number for name, number in self._numbers.items() if name[0] != frame.topic}
        return [Gap(frame.topic, "not_kept")] if known is not None and frame.mode == "every" else ()

    def _values(self, frame: _Frame) -> Iterable[Told]:
        topic, is_snapshot = frame.topic, frame.type == "snapshot"
        known = self.places.get(topic)
        epoch = frame.epoch or (known.epoch if known is not None else "")
        is_every = self._modes.get(topic) == "every"
        if is_every and not is_snapshot and known is not None and frame.offset <= known.offset:
            return ()  # heard before
        try:
            events = decoder_of(topic, is_plain=self._is_plain).decode(frame.data)
        except msgspec.DecodeError as error:
            message = f"values of {topic} are in words this client does not know ({error}): bring it up to date"
            raise StrangerError(message) from error
        place = self.places[topic] = Place(epoch, frame.offset)
        update = Update(topic, events, is_snapshot, place)
        if topic not in _NUMBERED or not is_every:
            return [update]
        return [*self._missing(topic, events, is_snapshot=is_snapshot), update]

    def _missing(self, topic: str, events: list[Any], *, is_snapshot: bool) -> Iterable[Gap]:
        """Compare the numbers of values with those before; a snapshot begins to count anew."""
        for event in events:
            name, number = (
                (event["instrument_id"], event["seq"]) if self._is_plain else (event.instrument_id, event.seq)
            )
            last = self._numbers.get((topic, name))
            self._numbers[topic, name] = number
            if last is not None and number > last + 1 and not is_snapshot:
                yield Gap(topic, "number", name, number - last - 1)
