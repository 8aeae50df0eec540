"""Snapshots: the state of the rooms through one entry, so that a start reads the tail and not the whole journal.

Each carries the hash of its entry and a digest of itself; one that fits neither is passed over for the one before.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from tradewind.kernel.log import get_log
from tradewind.stores.ports import Snapshot
from tradewind.stores.sql.reading import hash_at
from tradewind.stores.sql.record_tables import SNAPSHOT_PARTS, SNAPSHOTS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_LOG = get_log("stores.snapshots")
_PIECE_BYTES: Final = 4 << 20


def write(connection: Connection, chain: str, snapshot: Snapshot, *, anchor: bytes, ts: int, keep: int) -> None:
    """Write one inside the caller's transaction and drop the oldest beyond `keep`; writing it twice changes nothing."""
    key = {"chain": chain, "seq": snapshot.seq}
    for table in (SNAPSHOTS, SNAPSHOT_PARTS):
        connection.execute(delete(table).where(table.c.chain == chain, table.c.seq == snapshot.seq))
    digest = _digest(chain, snapshot, anchor)
    connection.execute(insert(SNAPSHOTS).values(**key, ts=ts, hash=anchor, digest=digest))
    pieces = [
        {**key, "part": name, "piece": number, "data": data}
        for name, state in snapshot.parts.items()
        for number, data in enumerate(_pieces(zlib.compress(state, 1)))
    ]
    if pieces:
        connection.execute(insert(SNAPSHOT_PARTS), pieces)
    known = select(SNAPSHOTS.c.seq).where(SNAPSHOTS.c.chain == chain).order_by(SNAPSHOTS.c.seq.desc())
    for seq in connection.execute(known).scalars().all()[keep:]:
        for table in (SNAPSHOTS, SNAPSHOT_PARTS):
            connection.execute(delete(table).where(table.c.chain == chain, table.c.seq == seq))


def latest(connection: Connection, chain: str) -> Snapshot | None:
    """Return the newest one that fits the journal and itself."""
    rows = connection.execute(select(SNAPSHOTS).where(SNAPSHOTS.c.chain == chain).order_by(SNAPSHOTS.c.seq.desc()))
    for row in rows.all():
        snapshot = _read(connection, chain, row.seq)
        is_anchored = snapshot is not None and hash_at(connection, chain, row.seq) == row.hash
        if is_anchored and snapshot is not None and _digest(chain, snapshot, row.hash) == row.digest:
            return snapshot
        _LOG.warning("snapshot_does_not_fit", chain=chain, seq=row.seq)
    return None


def _read(connection: Connection, chain: str, seq: int) -> Snapshot | None:
    table = SNAPSHOT_PARTS
    found = (
        select(table.c.part, table.c.data)
        .where(table.c.chain == chain, table.c.seq == seq)
        .order_by(table.c.part, table.c.piece)
    )
    parts: dict[str, Any] = {}
    try:
        for part, data in connection.execute(found).all():
            parts[part] = parts.get(part, b"") + data
        return Snapshot(seq, {name: zlib.decompress(data) for name, data in parts.items()})
    except (zlib.error, TypeError):
        return None


def _digest(chain: str, snapshot: Snapshot, anchor: bytes) -> bytes:
    digest = hashlib.sha256(f"{chain}\n{snapshot.seq}\n".encode() + anchor)
    for name in sorted(snapshot.parts):
        digest.update(f"{name}\n{len(snapshot.parts[name])}\n".encode())
        digest.update(snapshot.parts[name])
    return digest.digest()


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + _PIECE_BYTES] for start in range(0, len(data), _PIECE_BYTES)]
