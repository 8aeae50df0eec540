"""Acts on a hash chain that many processes write: each link is made inside the transaction of what it tells of.

Whoever appends holds the lock of that chain's writers (`people_book.lock`), so two at once cannot fork it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import insert

from tradewind.stores.chain import clean, link
from tradewind.stores.sql.reading import head
from tradewind.stores.sql.record_tables import JOURNAL, KIND_LENGTH, NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from tradewind.domain.act import Act

KIND: Final = "acts"
_EPOCH: Final = 1
"""This chain has no single writer whose lives could be counted."""


def append(connection: Connection, chain: str, acts: Sequence[Act]) -> None:
    """Add acts to the end of the chain, in their order, within the caller's transaction."""
    seq, prev = head(connection, chain)
    rows = []
    for act in acts:
        seq += 1
        actor, source = clean(act.actor, NAME_LENGTH), clean(act.source, KIND_LENGTH)
        subject, payload = clean(act.subject, NAME_LENGTH), msgspec.json.encode(act)
        own = link(prev, seq, act.ts_event, _EPOCH, KIND, actor, source, subject, payload)
        rows.append(
            {
                "chain": chain,
                "seq": seq,
                "ts": act.ts_event,
                "epoch": _EPOCH,
                "kind": KIND,
                "actor": actor,
                "source": source,
                "subject": subject,
                "payload": payload,
                "prev_hash": prev,
                "hash": own,
            }
        )
        prev = own
    if rows:
        connection.execute(insert(JOURNAL), rows)
