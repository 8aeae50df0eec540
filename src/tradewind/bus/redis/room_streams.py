"""Which keys one room of the line reads and writes, and how entries become events with their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.codec import UNREADABLE, build_codec, refusal_reason
from tradewind.bus.line_codec import LineCodec, build_line_codec
from tradewind.bus.line_order import TIMER, LineKey
from tradewind.bus.redis.keys import SPACE, entry_id, poison_key, stream_key
from tradewind.bus.redis.resp import command, complete, entry_prefix, message_prefix, payload_of
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, QUOTE_SNAPSHOTS
from tradewind.bus.wire_forms import opportunity_message
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.bus.redis.mirrors import Mirrors
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic
    from tradewind.kernel.metrics import Metrics

OPPORTUNITIES_WS: Final = "dfp:opportunities:ws"
"""003's Pub/Sub channel beside the stream of opportunities."""
MARKS_KEPT: Final = 100
_FOREIGN: Final = TIMER - 1
"""Place of an event that somebody else wrote: after all that the tick before it set off."""
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

    def __init__(self, topic: Topic[Any], key: str, *, settings: BusSettings, writer: Writer, metrics: Metrics) -> None:
        self.topic = topic
        self.key = key.encode()
        self._codec: LineCodec[Any] = build_line_codec(topic, settings.codec)
        self._limit = settings.entry_bytes
        self._poison_len = settings.poison_len
        self._writer = writer
        self._metrics = metrics
        self._refused: set[str] = set()

    def read(self, entries: list[Any]) -> Iterator[tuple[LineKey, Any]]:
        """Yield each event with its place; a tick's is its entry's id."""
        is_tick = self.topic is CLEAN_TICKS
        for raw_id, fields in entries:
            payload = payload_of(fields)
            if payload is None or len(payload) > self._limit:
                self._refuse(raw_id, b" ".join(fields), "no_payload" if payload is None else "too_large")
                continue
            try:
                place, event = self._codec.decode(payload)
            except UNREADABLE as error:
                self._refuse(raw_id, payload, refusal_reason(error))
                continue
            if is_tick:
                place = entry_id(raw_id)
            yield place or (*entry_id(raw_id), _FOREIGN), event

    def place_of(self, fields: list[bytes]) -> LineKey | None:
        """Return the place an entry carries, `None` where it carries none or cannot be read."""
        try:
            return self._codec.decode(payload_of(fields) or b"")[0]
        except UNREADABLE:
            return None

    def _refuse(self, raw_id: bytes, payload: bytes, reason: str) -> None:
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


def topic_writer(
    topic: Topic[Any], key: str, *, settings: BusSettings, writer: Writer, mirrors: Mirrors | None
) -> Callable[[LineKey, Any], None]:
    """Return the function that writes one event: to its stream, and to the older keys its topic has."""
    prefix = entry_prefix(key)
    encode = build_line_codec(topic, settings.codec).encode
    plain = build_codec(topic, settings.codec).encode
    lasting, passing = writer.lasting, writer.passing
    channel = message_prefix(topic.wire_name)
    opportunities = message_prefix(OPPORTUNITIES_WS)

    def write(place: LineKey, event: Any) -> None:  # noqa: ANN401 - any topic's
        lasting(complete(prefix, encode(place, event)))

    def write_tick(_place: LineKey, event: Any) -> None:  # noqa: ANN401 - as above
        # A tick's place is the id that Redis gives its entry.
        lasting(complete(prefix, plain(event)))
        if mirrors is not None:
            mirrors.write(event)

    def write_opportunity(place: LineKey, event: Any) -> None:  # noqa: ANN401 - as above
        write(place, event)
        passing(complete(opportunities, opportunity_message(event)))

    def write_and_tell(place: LineKey, event: Any) -> None:  # noqa: ANN401 - as above
        write(place, event)
        passing(complete(channel, plain(event)))

    if topic in {CLEAN_TICKS, QUOTE_SNAPSHOTS}:
        return write_tick
    if topic is OPPORTUNITIES:
        return write_opportunity
    return write_and_tell if topic.delivery == "pubsub" else write
