"""Packs: what one topic brought in one turn of a loop as one payload, and how far its writer is with it.

For streams whose readers are all ours (`bus.codec=packed`). A pack begins with a byte that begins neither JSON nor
msgpack, so that a reader tells them apart. Its records are events with their places, ticks' places with the time they
came in, for those who need the line's time and not the ticks, and the mark through which the writer is done: a mark
that rides with the events costs no command and no reading of its own.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tradewind.bus.codec import build_codec
from tradewind.bus.flat import flat_codec
from tradewind.bus.line_order import BEGINNING, FOREIGN, WIRE_NUMBERS, LineKey, tick_place
from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, QUOTE_SNAPSHOTS
from tradewind.native import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.bus.flat import BodyCodec
    from tradewind.bus.topics import Topic

HEAD: Final = b"\xc1\x01"
"""A byte that msgpack never uses, and the version of the form."""
MANY: Final = frozenset({CLEAN_TICKS.name, QUOTE_SNAPSHOTS.name, FEATURES.name})
"""Topics of which a pack holds many events. Of the others it holds one, for clients count them by their entries."""
AHEAD: Final = frozenset({BARS.name})
"""Topics whose packs are written ahead of those that their writer's mark rides with: they may bring events whose place
is behind that of events not yet written, and say nothing of how far their writer is."""
MOST_EVENTS: Final = 512
MOST_BYTES: Final = 262_144
_EVENT, _TIME, _MARK = 1, 2, 3
_SIZE: Final = struct.Struct("<I")
_TICK_TIME: Final = struct.Struct("<qqq")


class Packed(NamedTuple):
    """What a pack holds: events with their places, ticks' places with their times in order, and the mark if any."""

    events: list[tuple[LineKey, Any]]
    times: list[tuple[LineKey, int]]
    mark: LineKey | None


class AnyPacker(Protocol):
    """Collects events of one topic into packs."""

    @property
    def added(self) -> int:
        """Events ever added."""
        ...

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to take."""
        ...

    def add(self, key: LineKey | None, event: object, /) -> None:
        """Add an event; without a key it has the place of its entry."""
        ...

    def add_time(self, tick: LineKey, ts_recv: int, /) -> None:
        """Add when a tick came in."""
        ...

    def mark(self, mark: LineKey, /) -> bool:
        """Let a mark ride with what is packed; false if there is nothing to ride with."""
        ...

    def take(self) -> list[bytes]:
        """Return the packs and begin anew."""
        ...


def body_codec(topic: Topic[Any], unread: frozenset[str] = frozenset()) -> BodyCodec:
    """Return how a topic's events are written inside packs: flat, or msgpack where they hold more than that can say.

    Flat events are read without their fields `unread`, if these are tuples.
    """
    return flat_codec(topic.event, unread) or build_codec(topic, "msgpack")


def packer(topic: Topic[Any]) -> AnyPacker:
    """Return the packer of a topic."""
    most = MOST_EVENTS if topic.name in MANY else 1
    if compiled is not None:
        return compiled.Packer(body_codec(topic), most_events=most, most_bytes=MOST_BYTES)
    return Packer(body_codec(topic), most_events=most, most_bytes=MOST_BYTES)


def is_pack(payload: bytes) -> bool:
    """Tell whether a payload is a pack and no event by itself."""
    return payload[:1] == HEAD[:1]


def unpack(
    codec: BodyCodec, payload: bytes, entry: tuple[int, int], *, is_tick: bool, after: LineKey = BEGINNING
) -> tuple[list[Any], LineKey | None, LineKey | None]:
    """Return a pack's events after a place, the place of its last event, and its mark.

    Raises: ValueError, OverflowError, RecursionError: it is malformed.
    """
    if compiled is not None:
        return compiled.unpack(codec, payload, entry, is_tick=is_tick, after=after)
    events, _, mark = unpacked(codec, payload, entry, is_tick=is_tick)
    return [event for key, event in events if key > after], events[-1][0] if events else None, mark


Skimmed = tuple[Any, int, int, int]
"""The newest event of one instrument in a pack, the sequence number of the first, how many there are, and how many
holes there are among them."""


def skim(
    codec: BodyCodec, payload: bytes, entry: tuple[int, int], *, is_tick: bool, after: LineKey
) -> tuple[list[Skimmed], LineKey | None]:
    """Return the newest of each instrument after a place, and the place of the last event; ticks and features only.

    Raises: ValueError, OverflowError, RecursionError: it is malformed.
    """
    if compiled is not None:
        return compiled.skim(codec, payload, entry, is_tick=is_tick, after=after)
    events, last, _ = unpack(codec, payload, entry, is_tick=is_tick, after=after)
    found: dict[str, Skimmed] = {}
    for event in events:
        old, first, count, gaps = found.get(event.instrument_id, (None, event.seq, 0, 0))
        if old is None or event.seq > old.seq:
            gaps += old is not None and event.seq - 1 != old.seq
            found[event.instrument_id] = (event, first, count + 1, gaps)
    return list(found.values()), last


def unpacked(codec: BodyCodec, payload: bytes, entry: tuple[int, int], *, is_tick: bool) -> Packed:
    """Return all that a pack holds.

    Raises: ValueError, OverflowError, RecursionError: it is malformed.
    """
    found = Packed([], [], None)
    mark = None
    for kind, key, body in records(payload):
        if kind == _MARK:
            mark = key
        elif kind == _TIME:
            found.times.append((key, int.from_bytes(body, "little", signed=True)))
        else:
            place = tick_place(entry, len(found.events))
            found.events.append(((place if is_tick else key or (*place, FOREIGN)), codec.decode(body)))
    return found._replace(mark=mark)


def records(payload: bytes) -> Iterator[tuple[int, LineKey, bytes]]:
    """Yield each record: its kind, its place, its body.

    Raises: ValueError: it is malformed.
    """
    if payload[: len(HEAD)] != HEAD:
        message = "it is no pack"
        raise ValueError(message)
    at = len(HEAD)
    try:
        while at < len(payload):
            kind, at = payload[at], at + 1
            if kind == _TIME:
                ms, number, _ = _TICK_TIME.unpack_from(payload, at)
                yield kind, (ms, number), payload[at + 16 : at + 24]
                at += _TICK_TIME.size
                continue
            if kind not in {_EVENT, _MARK}:
                message = "a record is of no kind we know"
                raise ValueError(message)
            key, at = _take_key(payload, at)
            end = at
            if kind == _EVENT:
                at += _SIZE.size
                end = at + _SIZE.unpack_from(payload, end)[0]
            if end > len(payload):
                message = "an event ends too early"
                raise ValueError(message)
            yield kind, key, payload[at:end]
            at = end
    except (struct.error, IndexError) as error:
        message = "it ends too early"
        raise ValueError(message) from error


def _take_key(payload: bytes, at: int) -> tuple[LineKey, int]:
    count = payload[at]
    if count > WIRE_NUMBERS:
        message = "a place has too many numbers"
        raise ValueError(message)
    return struct.unpack_from(f"<{count}q", payload, at + 1), at + 1 + 8 * count


class Packer:
    """The form in Python, where the compiled core is not there."""

    def __init__(self, codec: BodyCodec, *, most_events: int, most_bytes: int) -> None:
        self._codec = codec
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._open = bytearray()
        self._in_open = 0
        self._full: list[bytes] = []
        self.added = 0

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to take."""
        return not self._open and not self._full

    def add(self, key: LineKey | None, event: object, /) -> None:
        """Add an event; without a key it has the place of its entry.

        Raises:
            TypeError: the event holds what its class does not say.
            OverflowError: a number beyond 64 bits.
        """
        body = self._codec.encode(event)
        place = _key_bytes(key or ())
        if self._in_open and (self._in_open >= self._most_events or len(self._open) >= self._most_bytes):
            self._close()
        self._begin()
        self._open.append(_EVENT)
        self._open += place + _SIZE.pack(len(body)) + body
        self._in_open += 1
        self.added += 1

    def add_time(self, tick: LineKey, ts_recv: int, /) -> None:
        """Add when a tick came in."""
        if len(self._open) >= self._most_bytes:
            self._close()
        self._begin()
        self._open.append(_TIME)
        self._open += _TICK_TIME.pack(*tick, ts_recv)

    def mark(self, mark: LineKey, /) -> bool:
        """Let a mark ride with what is packed; false if there is nothing to ride with."""
        if not self._open:
            return False
        self._open.append(_MARK)
        self._open += _key_bytes(mark)
        return True

    def take(self) -> list[bytes]:
        """Return the packs and begin anew."""
        if self._open:
            self._close()
        packs, self._full = self._full, []
        return packs

    def _begin(self) -> None:
        if not self._open:
            self._open += HEAD

    def _close(self) -> None:
        self._full.append(bytes(self._open))
        self._open.clear()
        self._in_open = 0


def _key_bytes(key: LineKey) -> bytes:
    return struct.pack(f"<B{len(key)}q", len(key), *key)
