"""The right of one process to work for one shard of a room, as whoever works there sees it.

Held without a break it lets a room keep its state. Once it has lapsed, if only for a moment, another process may have
worked meanwhile; a lease taken again is then a new one, and what was done under the old one has to be looked at anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradewind.bus.redis.control import Control
    from tradewind.bus.redis.ownership import Ownership


class Lease:
    """One shard of what `ownership` holds."""

    def __init__(self, ownership: Ownership, shard: int, *, is_lent: bool = False) -> None:
        """`is_lent`: somebody else in this process asks for it, renews it and gives it back."""
        self._ownership = ownership
        self._shard = shard
        self._term = -1
        self.is_lent = is_lent

    async def take(self, control: Control) -> bool:
        """Ask once; return whether the shard is ours to work for from now on."""
        await self.renew(control)
        self._term = self._ownership.term
        return self.holds()

    async def renew(self, control: Control) -> None:
        """Hold it for longer, if it is still held."""
        if not self.is_lent:
            await self._ownership.renew(control)

    def holds(self) -> bool:
        """Tell whether it has been held without a break since it was taken."""
        return self._term == self._ownership.term and self._ownership.holds(self._shard)

    async def release(self, control: Control) -> None:
        """Give it back, after everything done under it has been written."""
        if not self.is_lent:
            await self._ownership.release(control, (self._shard,), is_leaving=True)
