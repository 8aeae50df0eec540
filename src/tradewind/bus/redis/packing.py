"""What one process has packed and not yet handed to its writer: a packer for each topic, emptied before each flush.

The mark of a room rides with the first of its topics, which is written behind the others: whoever has read it has read
all that it speaks of. The channels that 003's programs know are told in 003's form while somebody listens to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.packs import AnyPacker, packer, unpack
from tradewind.bus.redis.keys import OPPORTUNITIES_WS
from tradewind.bus.redis.resp import complete, entry_prefix, message_prefix
from tradewind.bus.topics import FEATURES, OPPORTUNITIES, RISK_ALERTS
from tradewind.bus.wire_forms import encode_alert, encode_features, opportunity_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.bus.line_order import LineKey
    from tradewind.bus.redis.room_streams import TopicReader
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.topics import Topic


_CHANNELS: Final[Mapping[str, tuple[str, Callable[[Any], bytes]]]] = {
    FEATURES.name: (FEATURES.wire_name, encode_features),
    OPPORTUNITIES.name: (OPPORTUNITIES_WS, opportunity_message),
    RISK_ALERTS.name: (RISK_ALERTS.wire_name, encode_alert),
}


class Packing:
    """The packers of the topics one room writes."""

    def __init__(self, writes: tuple[Topic[Any], ...], outputs: Mapping[str, TopicReader], *, writer: Writer) -> None:
        self.packers: dict[str, AnyPacker] = {topic.name: packer(topic) for topic in writes}
        self.overheard: frozenset[str] = frozenset()
        """Topics to whose channel somebody listens."""
        self._outputs = outputs
        self._writer = writer
        self._bearer = writes[0].name
        self._in_order = [
            (name, self.packers[name], entry_prefix(outputs[name].key.decode()))
            for name in (*(topic.name for topic in writes[1:]), self._bearer)
        ]
        self.channels = {_CHANNELS[name][0].encode(): name for name in self.packers if name in _CHANNELS}
        """Channels of 003 beside our streams, and the topic each tells of."""
        writer.gather = self.gather

    def counters(self) -> dict[str, Callable[[], int]]:
        """Return, by topic, what tells how many events were ever packed."""
        return {name: lambda each=each: each.added for name, each in self.packers.items()}  # type: ignore[misc]  # bound at once

    def mark(self, mark: LineKey) -> bool:
        """Let the mark through which the room is done ride along; false if there is nothing to ride with."""
        return self.packers[self._bearer].mark(mark)

    def gather(self) -> None:
        """Hand all packs to the writer."""
        for name, each, prefix in self._in_order:
            if each.is_empty:
                continue
            packs = each.take()
            self._writer.collected([complete(prefix, pack) for pack in packs])
            if name in self.overheard:
                self._tell(name, packs)

    def _tell(self, name: str, packs: list[bytes]) -> None:
        channel, encode = _CHANNELS[name]
        prefix, codec = message_prefix(channel), self._outputs[name].body
        for pack in packs:
            for event in unpack(codec, pack, (0, 0), is_tick=False)[0]:
                self._writer.passing(complete(prefix, encode(event)))
