"""Positions put together by product, strategy, exchange, sector and trader, and by book: sums that move by differences.

Only positions of books count into groups: books sum to their account, so that nothing is counted twice. What a
position added is remembered and taken away again when it changes, so each change costs the same however many there are.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.statistics import Grouping, PositionFigures, PositionGroup
from tradewind.statistics.figures import Worth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ZERO: Final = Decimal(0)
_FINEST: Final = Decimal("0.00000001")
PositionKey = tuple[str, str, str, Direction]
"""Account, book, contract, direction."""
Shares = list[tuple[str, int]]
"""Lots of each trader."""


class GroupKey(NamedTuple):
    """One cell: a group within an account and product."""

    grouping: Grouping
    name: str
    account_id: str
    product_code: str


class Part(NamedTuple):
    """What a position, or a trader's share of one, adds to a cell."""

    positions: int
    long_quantity: int
    short_quantity: int
    delta_lots: Decimal
    delta_value: Decimal
    market_value: Decimal
    gross_value: Decimal
    position_pnl: Decimal
    floating_pnl: Decimal
    margin: Decimal
    unpriced: int


Worths = tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]
"""What of a part a price moves, in its order: delta of lots and of money, values, profits, margin."""


class Cell(msgspec.Struct):
    """The running sums of one cell."""

    positions: int = 0
    long_quantity: int = 0
    short_quantity: int = 0
    delta_lots: Decimal = ZERO
    delta_value: Decimal = ZERO
    market_value: Decimal = ZERO
    gross_value: Decimal = ZERO
    position_pnl: Decimal = ZERO
    floating_pnl: Decimal = ZERO
    margin: Decimal = ZERO
    unpriced: int = 0

    def add(self, part: Part) -> None:
        """Take a part in."""
        self.positions += part.positions
        self.long_quantity += part.long_quantity
        self.short_quantity += part.short_quantity
        self.delta_lots += part.delta_lots
        self.delta_value += part.delta_value
        self.market_value += part.market_value
        self.gross_value += part.gross_value
        self.position_pnl += part.position_pnl
        self.floating_pnl += part.floating_pnl
        self.margin += part.margin
        self.unpriced += part.unpriced

    def remove(self, part: Part) -> None:
        """Take a part out again."""
        self.positions -= part.positions
        self.long_quantity -= part.long_quantity
        self.short_quantity -= part.short_quantity
        self.delta_lots -= part.delta_lots
        self.delta_value -= part.delta_value
        self.market_value -= part.market_value
        self.gross_value -= part.gross_value
        self.position_pnl -= part.position_pnl
        self.floating_pnl -= part.floating_pnl
        self.margin -= part.margin
        self.unpriced -= part.unpriced

    def move(self, by: Worths) -> None:
        """Let a part that has the same lots be worth that much more."""
        delta_lots, delta_value, market_value, gross_value, position_pnl, floating_pnl, margin = by
        self.delta_value += delta_value
        self.market_value += market_value
        self.gross_value += gross_value
        self.position_pnl += position_pnl
        self.floating_pnl += floating_pnl
        if delta_lots:
            self.delta_lots += delta_lots
        if margin:
            self.margin += margin


class Groups:
    """Every cell, and what each book holds together."""

    def __init__(self) -> None:
        self.cells: dict[GroupKey, Cell] = {}
        self._added: dict[PositionKey, list[tuple[GroupKey, Part]]] = {}
        self._shares: dict[PositionKey, Shares] = {}
        self._books: dict[tuple[str, str], Cell] = {}
        self._in_book: dict[PositionKey, Part] = {}

    def change(self, row: PositionFigures, shares: Shares) -> list[GroupKey]:
        """Let a position count as it stands now; return the cells that changed, those it left among them."""
        key = (row.account_id, row.book, row.instrument_id, row.direction)
        whole = whole_part(row)
        if self._has_only_moved(key, whole, shares):
            return self._move(key, whole)
        self._shares[key] = shares
        self._count_in_book(key, whole)
        if not row.quantity:
            del self._shares[key]
        return self._recount(key, parts_of(row, whole, shares) if row.book and row.quantity else [])

    def _recount(self, key: PositionKey, after: list[tuple[GroupKey, Part]]) -> list[GroupKey]:
        """Take what a position added out of its cells and put in what it adds now."""
        before = self._added.pop(key, [])
        for cell_key, part in before:
            self.cells[cell_key].remove(part)
        for cell_key, part in after:
            cell = self.cells.get(cell_key)
            if cell is None:
                cell = self.cells[cell_key] = Cell()
            cell.add(part)
        if after:
            self._added[key] = after
        changed = list(dict.fromkeys(cell_key for cell_key, _ in (*before, *after)))
        for cell_key in changed:
            if not self.cells[cell_key].positions:
                del self.cells[cell_key]
        return changed

    def _has_only_moved(self, key: PositionKey, whole: Part, shares: Shares) -> bool:
        """Say whether a position has the lots it had, all of one trader, and only its price is another."""
        before = self._in_book.get(key)
        return (
            before is not None
            and before.long_quantity == whole.long_quantity
            and before.short_quantity == whole.short_quantity
            and before.unpriced == whole.unpriced
            and len(shares) < 2  # noqa: PLR2004 - a share of several traders is rounded anew
            and self._shares[key] == shares
        )

    def _move(self, key: PositionKey, whole: Part) -> list[GroupKey]:
        """Let a position be worth something else: what every price costs, so it is done by one difference."""
        before = self._in_book[key]
        by: Worths = (
            whole.delta_lots - before.delta_lots,
            whole.delta_value - before.delta_value,
            whole.market_value - before.market_value,
            whole.gross_value - before.gross_value,
            whole.position_pnl - before.position_pnl,
            whole.floating_pnl - before.floating_pnl,
            whole.margin - before.margin,
        )
        self._in_book[key] = whole
        self._books[key[0], key[1]].move(by)
        added = self._added.get(key, ())
        changed = [cell_key for cell_key, _ in added]
        for cell_key in changed:
            self.cells[cell_key].move(by)
        if added:
            self._added[key] = [(cell_key, whole) for cell_key in changed]
        return changed

    def worth(self, account_id: str, book: str) -> Worth:
        """Return what a book's positions are worth together; "" is the account's own."""
        cell = self._books.get((account_id, book))
        if cell is None:
            return Worth(ZERO, ZERO, ZERO, 0)
        return Worth(cell.market_value, cell.gross_value, cell.delta_value, cell.unpriced)

    def row(self, key: GroupKey, *, version: int, ts_event: int) -> PositionGroup:
        """Return a cell as it stands; of one that is gone, with no positions."""
        cell = self.cells.get(key) or Cell()
        is_known = not cell.unpriced
        return PositionGroup(
            *key,
            positions=cell.positions,
            long_quantity=cell.long_quantity,
            short_quantity=cell.short_quantity,
            net_quantity=cell.long_quantity - cell.short_quantity,
            gross_quantity=cell.long_quantity + cell.short_quantity,
            delta_lots=cell.delta_lots if is_known else None,
            delta_value=cell.delta_value if is_known else None,
            market_value=cell.market_value if is_known else None,
            gross_value=cell.gross_value if is_known else None,
            position_pnl=cell.position_pnl,
            floating_pnl=cell.floating_pnl,
            margin=cell.margin,
            unpriced=cell.unpriced,
            version=version,
            ts_event=ts_event,
        )

    def keys(self) -> Iterable[GroupKey]:
        """Return the cells there are."""
        return self.cells.keys()

    def _count_in_book(self, key: PositionKey, whole: Part) -> None:
        account_id, book, _, _ = key
        cell = self._books.get((account_id, book))
        if cell is None:
            cell = self._books[account_id, book] = Cell()
        before = self._in_book.pop(key, None)
        if before is not None:
            cell.remove(before)
        if whole.positions:
            cell.add(whole)
            self._in_book[key] = whole


def whole_part(row: PositionFigures) -> Part:
    """Return all of a position; of a flat one nothing."""
    if not row.quantity:
        return Part(0, 0, 0, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, 0)
    is_long = row.direction is Direction.LONG
    value = row.market_value
    is_unpriced = value is None or row.delta_lots is None or row.delta_value is None
    return Part(
        positions=1,
        long_quantity=row.quantity if is_long else 0,
        short_quantity=0 if is_long else row.quantity,
        delta_lots=row.delta_lots or ZERO,
        delta_value=row.delta_value or ZERO,
        market_value=value or ZERO,
        gross_value=abs(value or ZERO),
        position_pnl=row.position_pnl,
        floating_pnl=row.floating_pnl,
        margin=row.margin,
        unpriced=int(is_unpriced),
    )


def parts_of(row: PositionFigures, whole: Part, shares: Sequence[tuple[str, int]]) -> list[tuple[GroupKey, Part]]:
    """Return what a position adds to which cells; to traders' by their lots."""
    account, product = row.account_id, row.product_code
    parts = [
        (GroupKey(grouping, name, account, product), whole)
        for grouping, name in (
            (Grouping.PRODUCT, product),
            (Grouping.STRATEGY, row.strategy),
            (Grouping.EXCHANGE, row.exchange),
            (Grouping.SECTOR, row.sector),
        )
    ]
    if len(shares) == 1:
        return [*parts, (GroupKey(Grouping.TRADER, shares[0][0], account, product), whole)]
    left = whole
    lots_left = row.quantity
    for trader, lots in shares[:-1]:
        part = _portion(left, lots, lots_left)
        left = _less(left, part)
        lots_left -= lots
        parts.append((GroupKey(Grouping.TRADER, trader, account, product), part))
    trader = shares[-1][0]
    return [*parts, (GroupKey(Grouping.TRADER, trader, account, product), left._replace(positions=1))]


def _portion(part: Part, lots: int, of_lots: int) -> Part:
    """Return lots ÷ of_lots of a part; the rest is exactly what `_less` leaves."""

    def share(amount: Decimal) -> Decimal:
        return (amount * lots / of_lots).quantize(_FINEST, rounding=ROUND_FLOOR)

    is_long = bool(part.long_quantity)
    return Part(
        positions=1,
        long_quantity=lots if is_long else 0,
        short_quantity=0 if is_long else lots,
        delta_lots=share(part.delta_lots),
        delta_value=share(part.delta_value),
        market_value=share(part.market_value),
        gross_value=share(part.gross_value),
        position_pnl=share(part.position_pnl),
        floating_pnl=share(part.floating_pnl),
        margin=share(part.margin),
        unpriced=part.unpriced,
    )


def _less(whole: Part, part: Part) -> Part:
    """Return what is left; a share is a position of its trader, and as unpriced as the whole."""
    return Part(
        positions=whole.positions,
        long_quantity=whole.long_quantity - part.long_quantity,
        short_quantity=whole.short_quantity - part.short_quantity,
        delta_lots=whole.delta_lots - part.delta_lots,
        delta_value=whole.delta_value - part.delta_value,
        market_value=whole.market_value - part.market_value,
        gross_value=whole.gross_value - part.gross_value,
        position_pnl=whole.position_pnl - part.position_pnl,
        floating_pnl=whole.floating_pnl - part.floating_pnl,
        margin=whole.margin - part.margin,
        unpriced=whole.unpriced,
    )
