"""The function that publishes to one topic: to its stream or channel, and to the seeds' older keys beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tradewind.bus.codec import build_codec
from tradewind.bus.redis.keys import OPPORTUNITIES_WS, shard_of, stream_key
from tradewind.bus.redis.resp import complete, entry_prefix, message_prefix
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, QUOTE_SNAPSHOTS
from tradewind.bus.wire_forms import opportunity_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis.mirrors import Mirrors
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.settings import BusSettings
    from tradewind.bus.topics import Topic

E = TypeVar("E")


def build_publisher(
    topic: Topic[E], *, writer: Writer, settings: BusSettings, mirrors: Mirrors | None
) -> Callable[[E], None]:
    """Return the publish function of a topic."""
    encode = build_codec(topic, settings.codec).encode
    if topic.delivery == "pubsub":
        publish = _messages(writer, topic.wire_name, encode)
    else:
        publish = _entries(writer, topic.wire_name, encode, settings.shards)
    older = _older(topic, writer, mirrors)
    if older is None:
        return publish

    def publish_both(event: Any) -> None:  # noqa: ANN401 - an event of this topic
        publish(event)
        older(event)

    return publish_both


def _entries(writer: Writer, wire_name: str, encode: Callable[[E], bytes], shards: int) -> Callable[[E], None]:
    """Append to the topic's stream, or to that of the instrument's shard."""
    writers = [
        writer.entry_writer(entry_prefix(stream_key(wire_name, shard, shards)), encode) for shard in range(shards)
    ]
    if shards == 1:
        return writers[0]

    def publish(event: Any) -> None:  # noqa: ANN401 - every event names its instrument
        writers[shard_of(event.instrument_id, shards)](event)

    return publish


def _messages(writer: Writer, channel: str, encode: Callable[[E], bytes]) -> Callable[[E], None]:
    prefix, passing = message_prefix(channel), writer.passing

    def publish(event: E) -> None:
        passing(complete(prefix, encode(event)))

    return publish


def _older(topic: Topic[E], writer: Writer, mirrors: Mirrors | None) -> Callable[[Any], None] | None:
    if topic.name == OPPORTUNITIES.name:
        return _messages(writer, OPPORTUNITIES_WS, opportunity_message)
    if mirrors is not None and topic.name in {CLEAN_TICKS.name, QUOTE_SNAPSHOTS.name}:
        return mirrors.write
    return None
