"""Cuts what an algorithm asks for into orders: which lots each takes, and none larger than may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.domain.account import book_name
from tradewind.domain.instruction import Intent
from tradewind.instructions.holdings import closed_by
from tradewind.instructions.offsets import by_book, by_size, is_today_dearer, split, within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.domain.instruction import Instruction, InstructionLine
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import OrderRequest
    from tradewind.domain.rates import RateLookup
    from tradewind.instructions.holdings import Holdings
    from tradewind.instructions.offsets import BookLeg, Closable
    from tradewind.instructions.settings import InstructionSettings


class Cutter:
    """Knows the contracts' rules, the policy of closing and what is held."""

    def __init__(
        self, *, settings: InstructionSettings, instruments: InstrumentLookup, rates: RateLookup, holdings: Holdings
    ) -> None:
        self._settings = settings
        self._instruments = instruments
        self._rates = rates
        self._holdings = holdings

    def legs(
        self,
        told: Instruction,
        line: InstructionLine,
        quantity: int,
        *,
        trading_day: int,
        undecided: Iterable[OrderRequest],
    ) -> tuple[tuple[BookLeg, ...], int]:
        """Return the orders a quantity becomes, and the lots that could not be closed.

        A product's wish is met by the books that hold what stands against it; what is opened is its own.
        `undecided` are orders asked for that the ledger has not heard of: what they would take is taken.
        """
        instrument = self._instruments.require(line.instrument_id)
        rates = self._rates.find(line.instrument_id, trading_day)
        product = f"{instrument.product_id}.{instrument.exchange}"
        account, books = self._books(told, line, tuple(undecided))
        done = split(
            line.intent,
            quantity,
            closable=within(account, books.values(), is_date_kept=instrument.is_date_kept),
            is_date_kept=instrument.is_date_kept,
            policy=self._settings.offset_policies.get(product, self._settings.offset_policy),
            is_today_dearer=rates is not None and is_today_dearer(rates),
        )
        largest = [rates.max_limit_quantity] if rates is not None else []
        if line.send is not None and line.send.max_order_quantity:
            largest.append(line.send.max_order_quantity)
        legs = by_size(done.legs, min(largest)) if largest else done.legs
        return by_book(legs, books, told.strategy), done.missing

    def _books(
        self, told: Instruction, line: InstructionLine, undecided: tuple[OrderRequest, ...]
    ) -> tuple[Closable, dict[str, Closable]]:
        """Return what may be closed of the account and, by strategy, of the books that give lots, in their order.

        Who closes means the book that is named; who wants a position of a product means all of the product's books.
        """

        def closable(book: str) -> Closable:
            return self._holdings.closable(told.account_id, line.instrument_id, line.side, undecided, book)

        found = {told.strategy: closable(book_name(told.product_code, told.strategy))}
        if told.product_code and not told.strategy and line.intent is Intent.AUTO:
            way = closed_by(line.side)
            for book in self._holdings.books(told.account_id, told.product_code, line.instrument_id, way):
                found[book.partition("/")[2]] = closable(book)
        return closable(""), found
