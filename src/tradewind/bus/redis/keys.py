"""Names of keys on Redis: 003's own names while a topic is one stream, the same with a hash tag when it is split."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from tradewind.bus.line_order import TICKS_PER_ENTRY_BITS

if TYPE_CHECKING:
    from tradewind.bus.line_order import LineKey

SPACE: Final = "tradewind:bus"
"""Prefix of what the bus notes for itself: members, leases."""
BROADCAST_MARK: Final = "@"
"""Joins a broadcast group and the member it belongs to: `push@host-1`."""

MIRRORED_KEY: Final = f"{SPACE}:mirrored"
"""Set of the contracts whose flat streams we write: what of `market_data:…` is ours."""
EPOCH_KEY: Final = f"{SPACE}:epoch"
"""Names the life of the streams: who finds another one there counts from another 1."""
PASSAGE_KEY: Final = f"{SPACE}:passage"
"""Says which passage of a recording through the line is under way (`passages`)."""
OPPORTUNITIES_WS: Final = "dfp:opportunities:ws"
"""003's Pub/Sub channel beside the stream of opportunities."""

ROLL_KEY: Final = f"{SPACE}:roll"
"""Hash of the processes that are there: service and member → its release, and when it last said so."""
TRIAL_KEY: Final = f"{SPACE}:trial"
"""Stream on which an operator asks the market's process for a test tick."""
TRIAL_SEQ_KEY: Final = f"{SPACE}:trial:seq"
"""Numbers the test ticks."""


def stream_key(wire_name: str, shard: int, shards: int) -> str:
    """Return the key of one shard: `dfp:clean_ticks`, or `dfp:clean_ticks:{3}` when split."""
    return wire_name if shards == 1 else f"{wire_name}:{{{shard}}}"


def shard_of(instrument_id: str, shards: int) -> int:
    """Return the shard of an instrument: the same in every process and on every machine."""
    return zlib.crc32(instrument_id.encode()) % shards


def poison_key(key: str) -> str:
    """Return the stream that keeps what could not be handled; in the same hash slot as `key`."""
    return f"{key}:poison"


def gaps_key(key: str) -> str:
    """Return the stream of gap records of a stream."""
    return f"{key}:gaps"


def members_key(group: str) -> str:
    """Return the sorted set of a group's living members."""
    return f"{SPACE}:{{{group}}}:members"


def lease_key(group: str, shard: int) -> str:
    """Return the key that says which member of a group reads a shard."""
    return f"{SPACE}:{{{group}}}:lease:{shard}"


def presence_key(group: str) -> str:
    """Return the key that says that the member of a broadcast group is alive, or was a little while ago."""
    return f"{SPACE}:present:{group}"


def place_key(reader: str, key: str) -> str:
    """Return the key that says how far a reader has come in a stream."""
    return f"{SPACE}:place:{reader}:{key}"


def entry_id(raw: bytes) -> tuple[int, int]:
    """Return an entry id as numbers, so that two can be compared."""
    time_part, _, sequence = raw.partition(b"-")
    return int(time_part), int(sequence or 0)


def entry_of(place: LineKey) -> bytes:
    """Return the id of the entry that brought the tick of a place or a mark."""
    return b"%d-%d" % (place[0], place[1] >> TICKS_PER_ENTRY_BITS)
