"""Starting is recovering: the rooms of the order line become what the journal says, a snapshot first, then its tail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.bus.desk_topics import JOURNALLED
from tradewind.errors import CorruptJournalError
from tradewind.stores.ports import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.stores.ports import Journal

_DECODERS: Final = {topic.name: msgspec.json.Decoder(topic.event) for topic in JOURNALLED}


class DeskRoom(Protocol):
    """What every room of the order line has in common."""

    def attach(self) -> None:
        """Begin to hear."""
        ...

    def detach(self) -> None:
        """Stop hearing."""
        ...

    def apply(self, topic: str, event: object) -> None:
        """Fold one journalled event, publishing nothing."""
        ...

    def snapshot(self) -> bytes:
        """Return all that `apply` builds."""
        ...

    def restore(self, state: bytes) -> None:
        """Become what a snapshot says."""
        ...

    def resume(self) -> None:
        """Tell others what they need, settle what was left open."""
        ...


def recover(journal: Journal, rooms: Mapping[str, DeskRoom]) -> int:
    """Make the rooms what the journal says; return how many entries were read after the snapshot.

    Waits for the database, and for the folding of what it holds.

    Raises:
        CorruptJournalError: the record does not fit its chain, or an entry cannot be read.
        StoreError: the database went away.
    """
    snapshot = journal.latest_snapshot()
    after = 0
    if snapshot is not None and snapshot.parts.keys() == rooms.keys():
        after = snapshot.seq
        for name, state in snapshot.parts.items():
            rooms[name].restore(state)
    folds = [room.apply for room in rooms.values()]
    count = 0
    for entry in journal.read(after):
        decoder = _DECODERS.get(entry.kind)
        if decoder is None:
            continue
        try:
            event: Any = decoder.decode(entry.payload)
        except msgspec.MsgspecError as error:
            message = f"entry {entry.seq} of the journal is no {entry.kind}: {error}; restore a backup, or ask for help"
            raise CorruptJournalError(message) from error
        for fold in folds:
            fold(entry.kind, event)
        count += 1
    return count


def newest_of(journal: Journal, most: int) -> list[tuple[str, Any]]:
    """Return the newest entries of the record as events with their topics, the oldest first; waits for the database.

    Raises: StoreError: they cannot be read.
    """
    found = []
    for entry in journal.read(max(0, journal.last_seq - most)):
        decoder = _DECODERS.get(entry.kind)
        if decoder is not None:
            found.append((entry.kind, decoder.decode(entry.payload)))
    return found


def snapshot_of(journal: Journal, rooms: Mapping[str, DeskRoom]) -> Snapshot:
    """Return the state of all rooms as of the newest entry; only between two events of the order line."""
    return Snapshot(journal.last_seq, {name: room.snapshot() for name, room in rooms.items()})
