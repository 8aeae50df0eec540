"""What one process has packed and not yet handed to its writer: a packer for each topic, emptied before each flush.

The mark of a room rides with the first of its topics, which is written behind the others: whoever has read it has read
all that it speaks of. The channel 003's programs know of features is told in 003's form while somebody listens to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.bus.line_order import BEGINNING, LineKey
from tradewind.bus.packs import AnyPacker, packer, unpack
from tradewind.bus.redis.resp import complete, entry_prefix, message_prefix
from tradewind.bus.topics import FEATURES
from tradewind.bus.wire_forms import encode_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.bus.redis.room_streams import TopicReader
    from tradewind.bus.redis.writer import Writer
    from tradewind.bus.topics import Topic


class Packing:
    """The packers of the topics one room writes."""

    def __init__(self, writes: tuple[Topic[Any], ...], outputs: Mapping[str, TopicReader], *, writer: Writer) -> None:
        self.packers: dict[str, AnyPacker] = {topic.name: packer(topic) for topic in writes}
        self.is_overheard = False
        """True while somebody listens to the channel of features."""
        self._outputs = outputs
        self._writer = writer
        self._bearer = writes[0].name
        self._in_order = [
            (name, self.packers[name], entry_prefix(outputs[name].key.decode()))
            for name in (*(topic.name for topic in writes[1:]), self._bearer)
        ]
        self._channel = message_prefix(FEATURES.wire_name)
        writer.gather = self.gather

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
            if self.is_overheard and name == FEATURES.name:
                self._tell(packs)

    def _tell(self, packs: list[bytes]) -> None:
        for pack in packs:
            events, _, _ = unpack(self._outputs[FEATURES.name].body, pack, (0, 0), is_tick=False, after=BEGINNING)
            for event in events:
                self._writer.passing(complete(self._channel, encode_features(event)))
