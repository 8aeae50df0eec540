"""Lots: what was bought or sold and is still held, each with the day and the fill it came by; sums are over lots.

Lots of days before all stand in the books at one price, the last settlement price; today's at their opening price.
That makes every cost a product of few sums, and the profit of a position three operations.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.domain.charges import DaySplit

if TYPE_CHECKING:
    from tradewind.domain.account import Direction
    from tradewind.portfolio.terms import Terms

ZERO: Final = Decimal(0)


class Lot:
    """A piece of a position that one fill opened; `fill` names it across days, for ids repeat from day to day."""

    __slots__ = ("fill", "opened_at", "price", "quantity", "trading_day")

    def __init__(self, fill: str, trading_day: int, *, opened_at: int, quantity: int, price: Decimal) -> None:
        self.fill = fill
        self.trading_day = trading_day
        self.opened_at = opened_at
        self.quantity = quantity
        self.price = price


class ClosedPnl(NamedTuple):
    """What a close brought: by the day's count (盯市) and by trade (逐笔)."""

    by_day: Decimal
    by_trade: Decimal
    opened: int
    """Σ time of opening × lots of what went."""


class Holding:
    """All lots of one contract held one way in one book, marked to the last price.

    `size` is signed units (lots × multiplier), `open_value` and `base_value` the signed costs by trade and by day; so
    `position_pnl` is price × size − base_value. A price is a tick's, or the last of record until one comes.
    """

    __slots__ = (
        "base_value",
        "direction",
        "floating_pnl",
        "instrument_id",
        "is_margin_due",
        "margin",
        "new",
        "new_open",
        "old",
        "old_open",
        "open_value",
        "position_pnl",
        "price",
        "settled",
        "size",
        "terms",
        "today",
        "version",
        "yesterday",
    )

    def __init__(self, terms: Terms, direction: Direction, *, price: Decimal | None = None) -> None:
        self.instrument_id = terms.instrument_id
        self.direction = direction
        self.terms = terms
        self.old: deque[Lot] = deque()
        self.new: deque[Lot] = deque()
        self.today = 0
        self.yesterday = 0
        self.new_open = ZERO
        self.old_open = ZERO
        self.settled: Decimal | None = None
        self.price = price
        self.margin = ZERO
        self.is_margin_due = True
        self.version = 0
        self.recount()

    @property
    def quantity(self) -> int:
        """Return all lots."""
        return self.today + self.yesterday

    @property
    def split(self) -> DaySplit:
        """Return the lots by day."""
        return DaySplit(self.today, self.yesterday)

    @property
    def standing(self) -> Decimal:
        """Return a price it stands at in the books, for a day that ends without any other; the newest lot's if new."""
        return self.new[-1].price if self.settled is None else self.settled

    @property
    def opened_at(self) -> int:
        """Return when the oldest lot was opened, 0 when flat."""
        lots = self.old or self.new
        return lots[0].opened_at if lots else 0

    def add(self, lot: Lot) -> None:
        """Take in a lot opened today."""
        self.new.append(lot)
        self.today += lot.quantity
        self.new_open += lot.price * lot.quantity
        self.recount()

    def take(self, split: DaySplit, price: Decimal) -> ClosedPnl:
        """Close that many lots of each day at `price`, the oldest of each day first."""
        new_open, new_opened = _take(self.new, split.today)
        old_open, old_opened = _take(self.old, split.yesterday)
        old_base = (self.settled or ZERO) * split.yesterday
        value = price * (split.today + split.yesterday)
        self.today -= split.today
        self.yesterday -= split.yesterday
        self.new_open -= new_open
        self.old_open -= old_open
        units = self.direction.sign * self.terms.multiplier
        self.recount()
        by_day, by_trade = (value - new_open - old_base) * units, (value - new_open - old_open) * units
        return ClosedPnl(by_day, by_trade, new_opened + old_opened)

    def release(self, fill: str) -> Lot | None:
        """Part with what is left of the lot that this fill opened today, at no price; `None` where nothing is."""
        for lot in self.new:
            if lot.fill == fill:
                self.new.remove(lot)
                self.today -= lot.quantity
                self.new_open -= lot.price * lot.quantity
                self.recount()
                return lot
        return None

    def settle(self, price: Decimal) -> None:
        """End the day: every lot stands at the settlement price and is yesterday's."""
        self.old.extend(self.new)
        self.new.clear()
        self.old_open += self.new_open
        self.new_open = ZERO
        self.yesterday += self.today
        self.today = 0
        self.settled = price
        self.price = price
        self.recount()

    def mark(self, price: Decimal) -> None:
        """Count the profit anew at this price."""
        self.price = price
        value = price * self.size
        self.position_pnl = value - self.base_value
        self.floating_pnl = value - self.open_value

    def recount(self) -> None:
        """Make the sums that marking needs, after lots came or went."""
        units = self.direction.sign * self.terms.multiplier
        base = self.new_open + (self.settled or ZERO) * self.yesterday
        self.size = Decimal(units * (self.today + self.yesterday))
        self.base_value = base * units
        self.open_value = (self.new_open + self.old_open) * units
        self.is_margin_due = True
        if self.price is None:
            self.position_pnl = ZERO
            self.floating_pnl = self.base_value - self.open_value
        else:
            self.mark(self.price)


def _take(lots: deque[Lot], quantity: int) -> tuple[Decimal, int]:
    """Remove lots from the front; return Σ price × lots and Σ time of opening × lots of what went."""
    taken, opened = ZERO, 0
    while quantity > 0:
        lot = lots[0]
        part = min(quantity, lot.quantity)
        taken += lot.price * part
        opened += lot.opened_at * part
        quantity -= part
        lot.quantity -= part
        if not lot.quantity:
            lots.popleft()
    return taken, opened
