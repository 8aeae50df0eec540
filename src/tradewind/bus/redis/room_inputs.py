"""Which streams a room reads: those that somebody in it hears, and where the line's time comes from.

What nobody hears is not read, nor is its writer waited for. Time comes with the ticks; a room that hears features and
no ticks takes it from the features' packs, which carry it. What a room begins to hear while it works, such as bars for
a strategy that was just loaded, is read from about where the line is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.bus.redis.cursor_reader import NOTHING_READ
from tradewind.bus.topics import CLEAN_TICKS, FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradewind.bus.line_room import LineRoom
    from tradewind.bus.redis.room_streams import TopicReader


class RoomInputs:
    """The streams of a room's topics and of their writers' marks."""

    def __init__(
        self,
        topics: Mapping[bytes, TopicReader],
        marks: Mapping[bytes, str],
        *,
        line: LineRoom,
        is_packed: bool,
    ) -> None:
        self.keys = (*topics, *marks)
        self._topics = topics
        self._marks = marks
        self._line = line
        self._is_packed = self._has_time_packed = is_packed
        self._heard: frozenset[bytes] = frozenset()
        self._read: frozenset[bytes] = frozenset()
        self._wanted: tuple[bytes, ...] = ()
        self._begun_at: dict[bytes, bytes] = {}
        """Where streams are read from that nobody heard at first: no entry need be there."""

    def source_of(self, key: bytes) -> TopicReader | None:
        """Return the reader of a topic's stream, `None` for other streams."""
        return self._topics.get(key)

    def writer_of(self, key: bytes) -> str:
        """Return whose topic or marks a stream carries."""
        source = self._topics.get(key)
        return self._marks[key] if source is None else source.topic.writer

    def need_ticks(self) -> None:
        """Take time from the ticks from now on: features come from somebody who does not pack it with them."""
        if self._has_time_packed:
            self._has_time_packed = False
            self._wanted = ()

    def topics_read(self) -> Iterator[tuple[bytes, bool]]:
        """Yield each topic's stream, and whether it is read."""
        return ((key, key in self._read) for key in self._topics)

    def read_to(self, cursors: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Return the last entry read of each topic's stream, of those that are read and of which any came."""
        return {
            key: cursors[key] for key in self._topics if key in self._read and cursors[key] != self._begun_at.get(key)
        }

    def wanted(self, cursors: dict[bytes, bytes]) -> tuple[bytes, ...]:
        """Return what to read next: without writers that are ahead while more is held than should be.

        The cursor of a stream that is read from now on, and was not, is set.
        """
        heard = frozenset(key for key, source in self._topics.items() if self._line.hears(source.topic.name))
        if heard != self._heard or not self._wanted:
            self._hear(heard, cursors)
        core = self._line.core
        if not core.is_full:
            return self._wanted
        return tuple(key for key in self._wanted if not core.is_ahead(self.writer_of(key)))

    def _hear(self, heard: frozenset[bytes], cursors: dict[bytes, bytes]) -> None:
        """Find out what to read for those topics, and from where."""
        topics = {self._topics[key].topic.name for key in heard}
        if not (self._has_time_packed and FEATURES.name in topics):
            topics.add(CLEAN_TICKS.name)
        writers = {source.topic.writer for source in self._topics.values() if source.topic.name in topics}
        read = [
            key
            for key, source in self._topics.items()
            # Where marks ride, that of features is in no other stream than theirs.
            if source.topic.name in topics or (self._is_packed and source.topic.writer in writers)
        ]
        line_ms = self._line.core.frontier[0]
        for key in read:
            if line_ms and cursors[key] == NOTHING_READ and key not in self._read:
                cursors[key] = self._begun_at[key] = b"%d-0" % line_ms
        self._read = frozenset(read)
        self._heard = heard
        self._wanted = (*read, *(key for key, writer in self._marks.items() if writer in writers))
        self._line.core.await_only(tuple(writers))
