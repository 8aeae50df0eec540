"""Whose lots a position is made of: an opening fill gives its lots to the trader whose order it filled.

A closing fill takes the closer's own lots first, then those that stand longest. Everything here follows from fills
alone, so that a restart knows the same; where the ledger holds other lots than the fills say (a close that took
another book's, an expiry), the split is fitted to the position whenever it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.account import Direction
from tradewind.domain.order import Fill, Offset, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

HeldKey = tuple[str, str, str, Direction]
"""Account, book, contract, direction."""


class TradersLots:
    """Lots by position and trader; bounded by the positions that fills ever opened and have not closed."""

    def __init__(self) -> None:
        self.lots: dict[HeldKey, dict[str, int]] = {}

    def fill(self, fill: Fill, book: str, trader: str) -> None:
        """Take in a fill of a trader's order."""
        is_opening = fill.offset is Offset.OPEN
        is_long = (fill.side is Side.BUY) is is_opening
        key = (fill.account_id, book, fill.instrument_id, Direction.LONG if is_long else Direction.SHORT)
        held = self.lots.setdefault(key, {})
        if is_opening:
            held[trader] = held.get(trader, 0) + fill.quantity
            return
        due = _take(held, trader, fill.quantity)
        for other in tuple(held):
            due = _take(held, other, due)
        if not held:
            del self.lots[key]

    def forget(self, account_id: str, instruments: Iterable[str]) -> None:
        """Let the lots of contracts that ended go."""
        ended = frozenset(instruments)
        for key in [key for key in self.lots if key[0] == account_id and key[2] in ended]:
            del self.lots[key]

    def split(self, key: HeldKey, quantity: int) -> list[tuple[str, int]]:
        """Return the lots of each trader, together `quantity`: too many come off the oldest, the rest is ""."""
        held = self.lots.get(key)
        if held is None:
            return [("", quantity)]
        over = sum(held.values()) - quantity
        shares: list[tuple[str, int]] = []
        for trader, lots in held.items():
            less = min(lots, max(over, 0))
            over -= less
            if lots > less:
                shares.append((trader, lots - less))
        if over < 0:
            shares.append(("", -over))
        return shares


def _take(held: dict[str, int], trader: str, lots: int) -> int:
    """Take lots off a trader; return how many are still due."""
    taken = min(held.get(trader, 0), lots)
    if taken:
        held[trader] -= taken
        if not held[trader]:
            del held[trader]
    return lots - taken
