"""What one process has packed and not yet handed to its writer: a packer for each stream, emptied before each flush.

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
    from collections.abc import Callable, Mapping, Sequence

    from tradewind.bus.line_order import LineKey
    from tradewind.bus.redis.room_streams import TopicReader
    from tradewind.bus.redis.writer import Writer


_CHANNELS: Final[Mapping[str, tuple[str, Callable[[Any], bytes]]]] = {
    FEATURES.name: (FEATURES.wire_name, encode_features),
    OPPORTUNITIES.name: (OPPORTUNITIES_WS, opportunity_message),
    RISK_ALERTS.name: (RISK_ALERTS.wire_name, encode_alert),
}


class Packing:
    """The packers of the topics one room writes."""

    def __init__(self, outputs: Sequence[TopicReader], *, writer: Writer) -> None:
        """Pack for each of `outputs`, the streams of its topics: several of one topic where the line is split."""
        self.packers: dict[bytes, AnyPacker] = {output.key: packer(output.topic) for output in outputs}
        """By stream."""
        self.overheard: frozenset[str] = frozenset()
        """Topics to whose channel somebody listens."""
        self._writer = writer
        self._bearer = self.packers[outputs[0].key]
        self._in_order = [
            (output, self.packers[output.key], entry_prefix(output.key.decode()))
            for output in (*outputs[1:], outputs[0])
        ]
        names = dict.fromkeys(output.topic.name for output in outputs)
        self.channels = {_CHANNELS[name][0].encode(): name for name in names if name in _CHANNELS}
        """Channels of 003 beside our streams, and the topic each tells of."""
        writer.gather = self.gather

    def counters(self) -> dict[bytes, Callable[[], int]]:
        """Return, by stream, what tells how many events were ever packed."""
        return {key: lambda each=each: each.added for key, each in self.packers.items()}  # type: ignore[misc]  # bound at once

    def mark(self, mark: LineKey) -> bool:
        """Let the mark through which the room is done ride along; false if there is nothing to ride with."""
        return self._bearer.mark(mark)

    def gather(self) -> None:
        """Hand all packs to the writer."""
        for output, each, prefix in self._in_order:
            if each.is_empty:
                continue
            packs = each.take()
            self._writer.collected([complete(prefix, pack) for pack in packs])
            if output.topic.name in self.overheard:
                self._tell(output, packs)

    def _tell(self, output: TopicReader, packs: list[bytes]) -> None:
        channel, encode = _CHANNELS[output.topic.name]
        prefix = message_prefix(channel)
        for pack in packs:
            for event in unpack(output.body, pack, (0, 0), is_tick=False)[0]:
                self._writer.passing(complete(prefix, encode(event)))
