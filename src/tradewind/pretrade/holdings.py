"""What is held and what is under way, by scope and by book, always as it would be if the worst came of every order.

Two views of the same lots. `Holding` is one contract held one way in one book: what an order may still close. `Lots`
is one contract in one scope: what position and exposure limits look at.

The ledger tells positions a moment after the fill that made them, and orders may be judged in that moment. Lots of a
fill are therefore `pending` from when the fill is heard until the ledger's position has grown (or shrunk) by them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradewind.domain.account import Direction, Position, book_name
from tradewind.domain.order import Offset, Side
from tradewind.domain.trading_state import Scope
from tradewind.pretrade.limits import ScopeKey, limits_positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.domain.order import Fill, OrderRequest
    from tradewind.pretrade.settings import ScopeLimits

ZERO: Final = Decimal(0)
HoldingKey = tuple[str, str, str, Direction]


class Lots:
    """One contract in one scope; `buys` and `sells` are all lots of working orders, `open_…` those that open."""

    __slots__ = ("buys", "is_valued", "long", "open_buys", "open_sells", "sells", "short", "value")

    def __init__(self, *, is_valued: bool) -> None:
        self.is_valued = is_valued
        self.long = self.short = self.buys = self.sells = self.open_buys = self.open_sells = 0
        self.value = ZERO

    @property
    def gross(self) -> int:
        """Return the lots both ways with every opening order filled."""
        return self.long + self.short + self.open_buys + self.open_sells

    def net_after(self, side: Side, quantity: int) -> int:
        """Return the lots one way, long less short, with all orders of that side and `quantity` more filled."""
        if side is Side.BUY:
            return self.long - self.short + self.buys + quantity
        return self.short - self.long + self.sells + quantity


class Holding:
    """One contract held one way in one book; `pending_…` the ledger has not told yet, `closing_…` orders speak for."""

    __slots__ = (
        "closing_today", "closing_yesterday", "group", "lot_margin", "margin", "pending_today", "pending_yesterday",
        "today", "yesterday",
    )  # fmt: skip

    def __init__(self) -> None:
        self.today = self.yesterday = self.pending_today = self.pending_yesterday = 0
        self.closing_today = self.closing_yesterday = 0
        self.group = ""
        self.margin = ZERO
        self.lot_margin = ZERO

    @property
    def quantity(self) -> int:
        """Return the lots held, those of the newest fills included."""
        return self.today + self.yesterday + self.pending_today + self.pending_yesterday

    @property
    def pending_margin(self) -> Decimal:
        """Return the margin of lots opened that the ledger has not told yet."""
        return self.lot_margin * self.pending_today if self.pending_today > 0 else ZERO

    def closable(self, offset: Offset, *, is_date_kept: bool) -> int:
        """Return the lots an order may still close; where days are kept apart, only those of the day it names."""
        if not is_date_kept:
            return self.quantity - self.closing_today - self.closing_yesterday
        if offset is Offset.CLOSE_TODAY:
            return self.today + self.pending_today - self.closing_today
        return self.yesterday + self.pending_yesterday - self.closing_yesterday

    def take(self, position: Position) -> None:
        """Take the ledger's count; what it has grown or shrunk by is pending no more."""
        today, yesterday = position.today - self.today, position.yesterday - self.yesterday
        left_today, self.pending_today = _consumed(today, self.pending_today)
        left_yesterday, self.pending_yesterday = _consumed(yesterday, self.pending_yesterday)
        # Where days are not kept apart a close may take lots of the other day than we thought.
        _, self.pending_today = _consumed(left_yesterday, self.pending_today)
        _, self.pending_yesterday = _consumed(left_today, self.pending_yesterday)
        self.today, self.yesterday = position.today, position.yesterday
        self.margin = position.margin


def _consumed(change: int, pending: int) -> tuple[int, int]:
    """Return what is left of `change`, and of `pending`, after the one has explained the other."""
    if change > 0 < pending:
        part = min(change, pending)
    elif change < 0 > pending:
        part = max(change, pending)
    else:
        return change, pending
    return change - part, pending - part


class Holdings:
    """All holdings, and the lots of scopes that limit them; exposure is counted where it is limited."""

    def __init__(self, limits_of: Callable[[Scope, str], ScopeLimits]) -> None:
        """`limits_of` says what a scope limits."""
        self._limits_of = limits_of
        self._holdings: dict[HoldingKey, Holding] = {}
        self._scopes: dict[ScopeKey, dict[str, Lots]] = {}
        self._values: dict[ScopeKey, Decimal] = {}
        self.unit_values: dict[str, Decimal] = {}
        """What a lot of a contract is worth at its newest price."""

    def holding(self, account_id: str, book: str, instrument_id: str, direction: Direction) -> Holding:
        """Return what is held one way in one book, ready to be changed."""
        key = (account_id, book, instrument_id, direction)
        holding = self._holdings.get(key)
        if holding is None:
            holding = self._holdings[key] = Holding()
        return holding

    def closable(self, request: OrderRequest, *, is_date_kept: bool) -> int:
        """Return the lots a closing order may take: of its book, and never more than the account has."""
        direction = Direction.LONG if request.side is Side.SELL else Direction.SHORT
        account, instrument_id = request.account_id, request.instrument_id
        own = self._holdings.get((account, "", instrument_id, direction))
        if own is None:
            return 0
        lots = own.closable(request.offset, is_date_kept=is_date_kept)
        book = book_name(request.product_code, request.strategy)
        if book:
            of_book = self._holdings.get((account, book, instrument_id, direction))
            lots = min(lots, of_book.closable(request.offset, is_date_kept=is_date_kept) if of_book else 0)
        return lots

    def lots(self, place: ScopeKey, instrument_id: str) -> Lots:
        """Return one contract of one scope, ready to be changed."""
        contracts = self._scopes.get(place)
        if contracts is None:
            contracts = self._scopes[place] = {}
        lots = contracts.get(instrument_id)
        if lots is None:
            lots = contracts[instrument_id] = Lots(is_valued=self._limits_of(*place).max_exposure is not None)
        return lots

    def exposure(self, place: ScopeKey) -> Decimal:
        """Return the value of all gross lots of a scope, each at the price when it last changed or was marked."""
        return self._values.get(place, ZERO)

    def contracts(self, place: ScopeKey) -> Iterator[tuple[str, Lots]]:
        """Yield the contracts of a scope."""
        yield from self._scopes.get(place, {}).items()

    def all_holdings(self) -> Iterator[tuple[HoldingKey, Holding]]:
        """Yield every holding."""
        yield from self._holdings.items()

    def move_order(self, request: OrderRequest, places: tuple[ScopeKey, ...], lots: int, *, is_date_kept: bool) -> None:
        """Count `lots` more (or less) of an order as working."""
        instrument_id, offset = request.instrument_id, request.offset
        is_buy, is_opening = request.side is Side.BUY, offset is Offset.OPEN
        for place in places:
            scope = self.lots(place, instrument_id)
            if is_buy:
                scope.buys += lots
                scope.open_buys += lots * is_opening
            else:
                scope.sells += lots
                scope.open_sells += lots * is_opening
            if is_opening and scope.is_valued:
                self._value(place, instrument_id, scope)
        if is_opening:
            return
        direction = Direction.SHORT if is_buy else Direction.LONG
        is_today = is_date_kept and offset is Offset.CLOSE_TODAY
        for book in _books(request.product_code, request.strategy):
            holding = self.holding(request.account_id, book, instrument_id, direction)
            if is_today:
                holding.closing_today += lots
            else:
                holding.closing_yesterday += lots

    def on_fill(self, fill: Fill, *, lot_margin: Decimal, is_date_kept: bool) -> Holding:
        """Count a fill as held, in its book and in the account; return the account's holding."""
        is_opening = fill.offset is Offset.OPEN
        is_long = (fill.side is Side.BUY) is is_opening
        direction = Direction.LONG if is_long else Direction.SHORT
        lots = fill.quantity if is_opening else -fill.quantity
        for book in _books(fill.product_code, fill.strategy):
            holding = self.holding(fill.account_id, book, fill.instrument_id, direction)
            if is_opening:
                holding.lot_margin = lot_margin
            if is_opening or (is_date_kept and fill.offset is Offset.CLOSE_TODAY):
                holding.pending_today += lots
            else:
                holding.pending_yesterday += lots
            self._move_held(fill.account_id, book, fill.instrument_id, direction, lots)
        return self.holding(fill.account_id, "", fill.instrument_id, direction)

    def on_position(self, position: Position) -> None:
        """Take the ledger's word."""
        holding = self.holding(position.account_id, position.book, position.instrument_id, position.direction)
        before = holding.quantity
        holding.take(position)
        self._move_held(
            position.account_id, position.book, position.instrument_id, position.direction, holding.quantity - before
        )

    def _move_held(self, account_id: str, book: str, instrument_id: str, direction: Direction, lots: int) -> None:
        for place in _places_of_book(account_id, book, instrument_id):
            if not limits_positions(self._limits_of(*place)):
                continue
            scope = self.lots(place, instrument_id)
            if direction is Direction.LONG:
                scope.long += lots
            else:
                scope.short += lots
            if scope.is_valued:
                self._value(place, instrument_id, scope)

    def _value(self, place: ScopeKey, instrument_id: str, scope: Lots) -> None:
        value = self.unit_values.get(instrument_id, ZERO) * scope.gross
        self._values[place] = self._values.get(place, ZERO) + (value - scope.value)
        scope.value = value


def _books(product_code: str, strategy: str) -> tuple[str, ...]:
    book = book_name(product_code, strategy)
    return ("", book) if book else ("",)


def _places_of_book(account_id: str, book: str, instrument_id: str) -> tuple[ScopeKey, ...]:
    """Return the scopes whose lots a book's are: the account's own count where books are spanned, else the book's."""
    if not book:
        return (Scope.PLATFORM, ""), (Scope.ACCOUNT, account_id), (Scope.INSTRUMENT, instrument_id)
    product, _, strategy = book.partition("/")
    return tuple((scope, key) for scope, key in ((Scope.PRODUCT, product), (Scope.STRATEGY, strategy)) if key)
