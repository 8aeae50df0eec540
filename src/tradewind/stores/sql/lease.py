"""The lease: who may write a journal. Its epoch stands in each entry and is checked in each transaction.

Time only says when another may take it; that the old holder, should it wake up, writes nothing follows from the epoch
alone. A holder known to be dead gives way at once: a restart waits for nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import bindparam, insert, select, update

from tradewind.errors import StoreHeldError
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.stores.sql.holder import is_known_dead, read_holder, this_process
from tradewind.stores.sql.record_tables import LEASES

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_RENEW: Final = (
    update(LEASES)
    .where(LEASES.c.name == bindparam("own"), LEASES.c.epoch == bindparam("mine"))
    .values(expires_at=bindparam("until"))
)


class Lease(msgspec.Struct, frozen=True):
    """The right to write, until somebody with a higher epoch has it."""

    name: str
    epoch: int
    was_sealed: bool
    """Whether the holder before ended in order."""


def take(connection: Connection, name: str, *, lease_s: float) -> Lease:
    """Take the lease inside the caller's transaction.

    Raises: StoreHeldError: another process has it and may be alive.
    """
    me, now = this_process(), SystemClock().now_ns()
    columns = (LEASES.c.epoch, LEASES.c.holder, LEASES.c.expires_at, LEASES.c.is_sealed)
    row = connection.execute(select(*columns).where(LEASES.c.name == name).with_for_update()).first()
    values = {"holder": str(me), "expires_at": now + round(lease_s * NS_PER_S), "is_sealed": False}
    if row is None:
        connection.execute(insert(LEASES).values(name=name, epoch=1, **values))
        return Lease(name, 1, was_sealed=True)
    other = read_holder(row.holder)
    is_free = row.is_sealed or row.expires_at <= now or (other is not None and is_known_dead(other))
    if not is_free:
        left_s = (row.expires_at - now) / NS_PER_S
        who = other.shown if other is not None else row.holder
        message = (
            f"the journal {name!r} is kept by {who}; stop it, or wait: it is free {left_s:.1f} s after that process "
            "falls silent (store.lease_s)"
        )
        raise StoreHeldError(message)
    connection.execute(update(LEASES).where(LEASES.c.name == name).values(epoch=row.epoch + 1, **values))
    return Lease(name, row.epoch + 1, was_sealed=bool(row.is_sealed))


def renew(connection: Connection, lease: Lease, *, lease_s: float) -> bool:
    """Hold the lease for the rest of the caller's transaction and a while longer; false when another has it."""
    until = SystemClock().now_ns() + round(lease_s * NS_PER_S)
    result = connection.execute(_RENEW, {"own": lease.name, "mine": lease.epoch, "until": until})
    return result.rowcount == 1


def give_back(connection: Connection, lease: Lease, *, is_sealed: bool) -> None:
    """Let anybody take the lease; `is_sealed` says that what was to be written is written."""
    connection.execute(
        update(LEASES)
        .where(LEASES.c.name == lease.name, LEASES.c.epoch == lease.epoch)
        .values(is_sealed=is_sealed, expires_at=0)
    )
