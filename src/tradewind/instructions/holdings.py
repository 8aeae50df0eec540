"""Positions as this room hears of them: what may be closed, and what each plan's book holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.account import Account, Direction, Position, book_name
from tradewind.domain.order import Offset, OrderRequest, Side
from tradewind.instructions.offsets import Closable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal


def closed_by(side: Side) -> Direction:
    """Return which positions an order of this side closes."""
    return Direction.SHORT if side is Side.BUY else Direction.LONG


class Holdings:
    """The newest position of each book and contract, and the newest funds of each account."""

    def __init__(self) -> None:
        self._positions: dict[tuple[str, str, str, Direction], Position] = {}
        self._accounts: dict[tuple[str, str], Account] = {}

    def heard(self, position: Position) -> None:
        """Take a version in; an older one changes nothing."""
        key = (position.account_id, position.book, position.instrument_id, position.direction)
        known = self._positions.get(key)
        if known is None or known.version < position.version:
            self._positions[key] = position

    def funded(self, account: Account) -> None:
        """Take the funds of an account, or of one of its books, in."""
        self._accounts[(account.account_id, account.book)] = account

    def account(self, account_id: str) -> Account | None:
        """Return an account's funds, `None` before any were heard of."""
        return self._accounts.get((account_id, ""))

    def equity(self, account_id: str, product_code: str, strategy: str) -> Decimal | None:
        """Return the equity of an account, of a product's books in it, or of one book; `None` where it is unknown."""
        found = [
            account.balance
            for (owner, book), account in self._accounts.items()
            if owner == account_id and _is_in(book, product_code, strategy)
        ]
        return sum(found[1:], found[0]) if found else None

    def held(self, account_id: str, product_code: str, strategy: str, instrument_id: str) -> tuple[int, int]:
        """Return the lots long and short that an account, a product's books in it, or one book holds of a contract."""
        lots = {Direction.LONG: 0, Direction.SHORT: 0}
        for (owner, book, instrument, direction), position in self._positions.items():
            if (owner, instrument) == (account_id, instrument_id) and _is_in(book, product_code, strategy):
                lots[direction] += position.quantity
        return lots[Direction.LONG], lots[Direction.SHORT]

    def find(self, account_id: str, book: str, instrument_id: str, direction: Direction) -> Position | None:
        """Return a position that has lots, `None` when flat."""
        position = self._positions.get((account_id, book, instrument_id, direction))
        return position if position is not None and position.quantity else None

    def of_book(self, account_id: str, book: str) -> Iterator[Position]:
        """Yield the positions of a book that have lots."""
        return (
            position
            for (owner, name, _, _), position in self._positions.items()
            if owner == account_id and name == book and position.quantity
        )

    def books(self, account_id: str, product_code: str, instrument_id: str, direction: Direction) -> tuple[str, ...]:
        """Return the books of a product that hold a contract one way: its own first, those of strategies by name."""
        return tuple(
            sorted(
                book
                for (owner, book, instrument, way), position in self._positions.items()
                if (owner, instrument, way) == (account_id, instrument_id, direction)
                and position.quantity
                and _is_in(book, product_code, "")
            )
        )

    def closable(
        self, account_id: str, instrument_id: str, side: Side, undecided: Iterable[OrderRequest], book: str = ""
    ) -> Closable:
        """Return the lots of an account, or of one of its books, that an order of `side` may close.

        `undecided` are orders asked for that the ledger has not heard of: what they would take is taken.
        """
        position = self.find(account_id, book, instrument_id, closed_by(side))
        if position is None:
            return Closable(0, 0)
        today = position.today - position.frozen_today
        yesterday = position.yesterday - position.frozen_yesterday
        for request in undecided:
            if (request.account_id, request.instrument_id, request.side) != (account_id, instrument_id, side):
                continue
            if book not in {"", book_name(request.product_code, request.strategy)}:
                continue
            if request.offset is Offset.CLOSE_TODAY:
                today -= request.quantity
            elif request.offset is not Offset.OPEN:
                yesterday -= request.quantity
        # A plain close takes from both days where they are not kept apart.
        return Closable(max(today + min(yesterday, 0), 0), max(yesterday, 0))


def _is_in(book: str, product_code: str, strategy: str) -> bool:
    """Say whether a book is meant: without product and strategy the account's own, with a product alone all of its."""
    if strategy or not product_code:
        return book == book_name(product_code, strategy)
    return book.partition("/")[0] == product_code
