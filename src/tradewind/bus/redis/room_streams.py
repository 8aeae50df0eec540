"""Which keys one room of the line reads and writes, and how entries become events with their places."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.codec import UNREADABLE, CodecName, build_codec, refusal_reason
from tradewind.bus.line_codec import LineCodec, build_line_codec
from tradewind.bus.line_order import BEGINNING, FOREIGN, LineKey, is_place, tick_place
from tradewind.bus.packs import AnyPacker, Skimmed, body_codec, is_pack, skim, unpack
from tradewind.bus.redis.keys import OPPORTUNITIES_WS, SPACE, entry_id, poison_key, stream_key
from tradewind.bus.redis.resp import command, complete, entry_prefix, message_prefix, payload_of
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, QUOTE_SNAPSHOTS
from tradewind.bus.wire_forms import opportunity_message
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.bus.flat import BodyCodec
    from tradewind.bus.redis.mirrors import Mirrors
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics

MARKS_KEPT: Final = 100
_LOG = get_log("bus.redis")


def durable_key(topic: Topic[Any], shard: int, shards: int) -> str:
    """Return the stream of a topic: its wire name, or one of ours where that name is a channel of 003's."""
    name = topic.wire_name if topic.delivery == "stream" else f"tradewind:{topic.name}"
    return stream_key(name, shard, shards)


def mark_key(room: str, shard: int, shards: int) -> str:
    """Return the stream of a room's marks."""
    return stream_key(f"{SPACE}:line:{room}", shard, shards)


class TopicReader:
    """Reads one topic's entries; what cannot be read is counted, told once, set aside, and passed over."""

    def __init__(
        self,
        topic: Topic[Any],
        key: str,
        *,
        settings: BusSettings,
        writer: Writer,
        metrics: Metrics,
        unread: frozenset[str] = frozenset(),
    ) -> None:
        """Where entries are packs, tuples in the fields `unread` are read as empty."""
        self.topic = topic
        self.key = key.encode()
        self.body: BodyCodec = body_codec(topic, unread)
        self._codec: LineCodec[Any] = build_line_codec(topic, settings.codec)
        self._is_tick = topic is CLEAN_TICKS
        self._limit = settings.entry_bytes
        self._poison_len = settings.poison_len
        self._writer = writer
        self._metrics = metrics
        self._refused: set[str] = set()

    def read(self, entries: list[Any]) -> Iterator[tuple[LineKey, Any]]:
        """Yield each event with its place; those of one pack have the place of its last."""
        for raw_id, fields in entries:
            payload = self.payload_of(raw_id, fields)
            if payload is None:
                continue
            try:
                found = self.events_of(raw_id, payload)
            except UNREADABLE as error:
                self.refuse(raw_id, payload, error)
                continue
            yield from found

    def events_of(self, raw_id: bytes, payload: bytes, *, after: LineKey = BEGINNING) -> list[tuple[LineKey, Any]]:
        """Return an entry's events, without those of a pack up to the place `after`.

        Raises: ValueError, OverflowError, RecursionError: it is unreadable.
        """
        if is_pack(payload):
            events, last, _ = unpack(self.body, payload, entry_id(raw_id), is_tick=self._is_tick, after=after)
            return [(last or BEGINNING, event) for event in events]
        return [self.event_of(raw_id, payload)]

    def newest_of(self, raw_id: bytes, payload: bytes, *, after: LineKey) -> tuple[list[Skimmed], LineKey | None]:
        """Return the newest of each instrument that a pack holds after a place, and the place of its last event.

        Raises: ValueError, OverflowError, RecursionError: it is unreadable.
        """
        return skim(self.body, payload, entry_id(raw_id), is_tick=self._is_tick, after=after)

    def event_of(self, raw_id: bytes, payload: bytes) -> tuple[LineKey, Any]:
        """Return the event of an entry that holds one, with its place: a tick's is its entry's.

        Raises: ValueError, OverflowError, RecursionError: it is unreadable.
        """
        place, event = self._codec.decode(payload)
        here = tick_place(entry_id(raw_id))
        return (here if self._is_tick else place or (*here, FOREIGN)), event

    def payload_of(self, raw_id: bytes, fields: list[bytes]) -> bytes | None:
        """Return what an entry carries, `None` for one that carries nothing or too much: it is set aside."""
        payload = payload_of(fields)
        if payload is None or len(payload) > self._limit:
            self._set_aside(raw_id, b" ".join(fields), "no_payload" if payload is None else "too_large")
            return None
        return payload

    def place_of(self, fields: list[bytes]) -> LineKey | None:
        """Return the newest place an entry carries, of its events or its mark; `None` where it carries none."""
        payload = payload_of(fields) or b""
        with contextlib.suppress(*UNREADABLE):
            if not is_pack(payload):
                return self._codec.decode(payload)[0]
            _, last, mark = unpack(self.body, payload, (0, 0), is_tick=self._is_tick)
            return max(last or BEGINNING, mark or BEGINNING)
        return None

    def mark_in(self, fields: list[bytes]) -> LineKey:
        """Return the mark that rides in an entry; the beginning where none does."""
        payload = payload_of(fields) or b""
        with contextlib.suppress(*UNREADABLE):
            if is_pack(payload):
                return unpack(self.body, payload, (0, 0), is_tick=self._is_tick)[2] or BEGINNING
        return BEGINNING

    def refuse(self, raw_id: bytes, payload: bytes, error: BaseException) -> None:
        """Set an entry aside that could not be read."""
        self._set_aside(raw_id, payload, refusal_reason(error))

    def _set_aside(self, raw_id: bytes, payload: bytes, reason: str) -> None:
        self._metrics.bus_refused.add(reason)
        if reason not in self._refused:
            self._refused.add(reason)
            _LOG.warning("entry_refused", key=self.key.decode(), entry=raw_id.decode(), reason=reason)
        self._writer.lasting(
            command(
                *("XADD", poison_key(self.key.decode()), "MAXLEN", "~", self._poison_len, "*"),
                *("payload", payload[:4_096], "entry", raw_id, "reason", reason),
            )
        )


def mark_of(fields: list[bytes]) -> LineKey | None:
    """Return the mark that an entry of a stream of marks carries; `None` for anything else."""
    try:
        mark = msgspec.json.decode(payload_of(fields) or b"", type=tuple[int, ...])
    except UNREADABLE:
        return None
    return mark if is_place(mark) else None


def topic_writer(
    topic: Topic[Any],
    key: str,
    *,
    settings: BusSettings,
    writer: Writer,
    mirrors: Mirrors | None,
    packer: AnyPacker | None,
) -> Callable[[LineKey, Any], None]:
    """Return the function that writes one event: to its stream or its packer, and to the older keys its topic has."""
    codec: CodecName = "msgpack" if settings.codec == "msgpack" else "json"
    prefix = entry_prefix(key)
    encode = build_line_codec(topic, codec).encode
    plain = build_codec(topic, codec).encode
    lasting, passing = writer.lasting, writer.passing
    channel = message_prefix(topic.wire_name)
    opportunities = message_prefix(OPPORTUNITIES_WS)

    def write(place: LineKey, event: Any) -> None:  # noqa: ANN401 - any topic's
        lasting(complete(prefix, encode(place, event)))

    def write_opportunity(place: LineKey, event: Any) -> None:  # noqa: ANN401 - as above
        write(place, event)
        passing(complete(opportunities, opportunity_message(event)))

    def write_and_tell(place: LineKey, event: Any) -> None:  # noqa: ANN401 - as above
        write(place, event)
        passing(complete(channel, plain(event)))

    if topic in {CLEAN_TICKS, QUOTE_SNAPSHOTS}:
        return _tick_writer(prefix, plain, writer, mirrors=mirrors, packer=packer)
    if packer is not None:
        # The channels beside the stream are told when packs are written (`packing`).
        return packer.add
    if topic is OPPORTUNITIES:
        return write_opportunity
    return write_and_tell if topic.delivery == "pubsub" else write


def _tick_writer(
    prefix: bytes,
    encode: Callable[[Any], bytes],
    writer: Writer,
    *,
    mirrors: Mirrors | None,
    packer: AnyPacker | None,
) -> Callable[[LineKey, Any], None]:
    """Return what writes a tick, whose place is the id that Redis gives its entry."""

    def write(_place: LineKey, tick: Any) -> None:  # noqa: ANN401 - a bus carries any event
        if packer is None:
            writer.lasting(complete(prefix, encode(tick)))
        else:
            packer.add(None, tick)
            writer.flush_soon()
        if mirrors is not None:
            mirrors.write(tick)

    return write
