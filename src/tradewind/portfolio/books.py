"""The books of all accounts: a fold over what is of record. Applying an event twice changes nothing.

The same methods serve recovery and the living line, so that a restart ends where no restart would have been.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.account import Booking, CashMove, Direction, Settlement, book_name
from tradewind.domain.charges import pro_rata
from tradewind.domain.order import ApprovedOrder, Fill, Order, OrderStatus
from tradewind.portfolio.allocation import AccountLedger, fill_name
from tradewind.portfolio.day_results import result_ended
from tradewind.portfolio.ending import DayOfBooks, trade_of
from tradewind.portfolio.frozen import LiveOrder
from tradewind.portfolio.ledger import Changes, Ledger
from tradewind.portfolio.marks import Marks
from tradewind.portfolio.terms import TermsTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from tradewind.domain.day_result import DayResult
    from tradewind.domain.ended_day import EndedDay, EndedTrade
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.rates import RateLookup
    from tradewind.portfolio.lots import Holding
    from tradewind.portfolio.settings import PortfolioSettings

DAYS_OF_FILLS: Final = 5
"""Trading days whose fills are remembered one by one; an older one could not be told from its repetition."""
EARLY: Final = "early"
"""A fill of a day that has not begun here: it waits for the settlement of the day before."""
DAYS_KEPT: Final = 5
"""Ended days kept whole of each account, for the statement of one of them may come late."""
_UNCLAIMED: Final = "unclaimed:"
"""Stands before the name of a fill that came before anybody knew its order."""
_DIRECTIONS: Final = tuple(Direction)


class AsideFill(msgspec.Struct, frozen=True):
    """A fill that could not be booked, and why; whoever reconciles must look at it."""

    fill: Fill
    reason: str


class Books:
    """Every account's ledgers, the live orders, and what was already booked.

    `changes` holds what a reader of the books has not been told yet; whoever tells it clears it.
    """

    def __init__(self, settings: PortfolioSettings, instruments: InstrumentLookup, rates: RateLookup) -> None:
        self.terms = TermsTable(instruments, rates)
        self.marks = Marks()
        self.changes: Changes = {}
        self.accounts = {
            each.id: AccountLedger(
                each, days_kept=settings.days_kept, max_books=settings.max_books, changes=self.changes
            )
            for each in settings.accounts
        }
        self.bookings: list[Booking] = []
        """What booked fills did to the money, as `changes`: whoever tells it clears it."""
        self.results: list[DayResult] = []
        """What ended days brought each ledger, as `bookings`."""
        self.orders: dict[str, LiveOrder] = {}
        self.fills: dict[int, set[str]] = {}
        self.moves: set[str] = set()
        self.trades: dict[str, list[EndedTrade]] = {}
        """What was booked since an account's last settlement."""
        self.ended: dict[str, deque[EndedDay]] = {}
        """The newest days of an account as they ended, the oldest first."""
        self.aside: deque[AsideFill] = deque(maxlen=settings.aside_kept)
        self.aside_count = 0
        self.held: dict[str, dict[tuple[str, str, Direction], Holding]] = {}
        """Positions by contract, across accounts and books: whom a tick concerns."""

    def ledgers(self) -> Iterator[Ledger]:
        """Yield every ledger, accounts before their books."""
        for account in self.accounts.values():
            yield from account.ledgers()

    def ledger(self, account_id: str, book: str) -> Ledger:
        """Return a ledger that exists; "" is the account's own.

        Raises: KeyError: there is no such account or book.
        """
        account = self.accounts[account_id]
        return account.books[book] if book else account.account

    def approve(self, approved: ApprovedOrder) -> None:
        """Hold back what an approved order may need."""
        request = approved.order
        account = self.accounts.get(request.account_id)
        if account is None or request.client_order_id in self.orders:
            return
        if request.trading_day < account.account.trading_day:
            return
        order = LiveOrder(request, approved.margin, approved.commission)
        self.orders[request.client_order_id] = order
        self._hold(account, order, order.outstanding, approved.ts_event)

    def follow(self, order: Order) -> None:
        """Take in how far an order got; an older version than the one known, or a day that is over, changes nothing."""
        request = order.request
        account = self.accounts.get(request.account_id)
        if account is None or request.trading_day < account.account.trading_day:
            return
        known = self.orders.get(order.client_order_id)
        if known is None:
            known = self.orders[order.client_order_id] = LiveOrder(request, order.margin, order.commission)
        elif order.version <= known.version:
            return
        known.version = order.version
        known.filled = order.filled_quantity
        known.is_final = order.is_final
        self._charge_messages(account, known, order)
        self._hold(account, known, known.outstanding, order.ts_event)

    def book(self, fill: Fill) -> str | None:
        """Book a fill; return why not where it was put aside, `EARLY` where it waits for its day to begin."""
        account = self.accounts.get(fill.account_id)
        names, name = self.fills.setdefault(fill.trading_day, set()), fill_name(fill)
        if name in names:
            self._claim(account, fill, names)
            return None
        names.add(name)
        if not fill.client_order_id:
            names.add(_UNCLAIMED + name)
        if account is None:
            return self._put_aside(fill, "unknown_account")
        if self._is_forgotten(fill.trading_day):
            return self._put_aside(fill, "too_old")
        if fill.trading_day > account.account.trading_day:
            account.early.append(fill)
            return EARLY
        return self._book(account, fill)

    def pay(self, move: CashMove) -> None:
        """Book money in or out; the first move of an account begins its first day."""
        account = self.accounts.get(move.account_id)
        if account is None or move.move_id in self.moves:
            return
        self.moves.add(move.move_id)
        is_first = not account.account.trading_day
        if is_first:
            for ledger in account.ledgers():
                ledger.trading_day = move.trading_day
        for ledger in (account.account, account.book(move.book)):
            ledger.pay(move.amount)
            ledger.touch(move.ts_event)
        if is_first:
            self._book_early(account)

    def settle(self, settlement: Settlement) -> None:
        """End an account's day; a settlement of any other day than the present one changes nothing."""
        account = self.accounts.get(settlement.account_id)
        if account is None or settlement.trading_day != account.account.trading_day:
            return
        self._release_day(account, settlement)
        ending = DayOfBooks(account.account, settlement.prices, self.trades.pop(settlement.account_id, ()))
        for ledger in account.ledgers():
            ledger.touch(settlement.ts_event, *(key for key, held in ledger.holdings.items() if held.quantity))
            ledger.settle(
                settlement.prices,
                expired=frozenset(settlement.expired),
                next_day=settlement.next_trading_day,
                ts_event=settlement.ts_event,
            )
            if ledger is account.account:
                self.ended.setdefault(settlement.account_id, deque(maxlen=DAYS_KEPT)).append(ending.ended(self.marks))
            if ledger.days[-1].balance or ledger.ended_parts or not ledger.book:
                self.results.append(result_ended(ledger, self.marks))
            self._renew_terms(ledger)
        account.recorded = {holding.instrument_id: holding.standing for holding in account.account.holdings.values()}
        self.index()
        for day in sorted(self.fills)[:-DAYS_OF_FILLS]:
            del self.fills[day]
        self._book_early(account)

    def mark(self, instrument_id: str, price: Decimal) -> None:
        """Count every position of a contract anew: what each tick costs."""
        held = self.held.get(instrument_id)
        if held is None:
            return
        for holding in held.values():
            # Holding.mark, without a call for each.
            value = price * holding.size
            holding.price = price
            holding.position_pnl = value - holding.base_value
            holding.floating_pnl = value - holding.open_value

    def mark_recorded(self, account: AccountLedger, instrument_id: str) -> None:
        """Count an account's positions of a contract at the last price of record: no tick has said another."""
        price = account.recorded[instrument_id]
        for (account_id, _, _), holding in self.held.get(instrument_id, {}).items():
            if account_id == account.settings.id:
                holding.mark(price)

    def index(self) -> None:
        """Find anew whom each contract's ticks concern."""
        self.held.clear()
        for ledger in self.ledgers():
            for (instrument_id, direction), holding in ledger.holdings.items():
                self.held.setdefault(instrument_id, {})[ledger.account_id, ledger.book, direction] = holding

    def hold_again(self) -> None:
        """Sum up what live orders hold back, after they were restored."""
        for order in self.orders.values():
            account = self.accounts.get(order.request.account_id)
            if account is not None:
                for ledger in self._bearers(account, order):
                    ledger.frozen.move(
                        order, lots=order.lots_held, margin=order.margin_held, commission=order.commission_held
                    )

    def _book(self, account: AccountLedger, fill: Fill) -> str | None:
        terms = self.terms.find(fill.instrument_id, account.account.trading_day)
        if terms is None:
            return self._put_aside(fill, self.terms.why_not(fill.instrument_id))
        before = account.account.booked()
        like, last = account.marked_like(fill.instrument_id), self.marks.last(terms)
        if not account.book_fill(fill, terms, last if like is None else like.price):
            return self._put_aside(fill, "closes_more_than_held")
        order = self.orders.get(fill.client_order_id)
        booking = account.account.booked().since(
            before,
            fill,
            contract_multiplier=terms.multiplier,
            trader="" if order is None else order.request.actor,
        )
        self.bookings.append(booking)
        self.trades.setdefault(fill.account_id, []).append(trade_of(booking, terms.multiplier))
        account.recorded[fill.instrument_id] = fill.price
        for ledger in (account.account, account.book(book_name(fill.product_code, fill.strategy))):
            self._concern(fill.instrument_id, ledger)
        if last is None:
            self.mark_recorded(account, fill.instrument_id)
        self._count(account, fill)
        return None

    def _concern(self, instrument_id: str, ledger: Ledger) -> None:
        """Let the ticks of a contract concern what a ledger holds of it."""
        concerned = self.held.setdefault(instrument_id, {})
        for direction in _DIRECTIONS:
            holding = ledger.holdings.get((instrument_id, direction))
            if holding is not None:
                concerned[ledger.account_id, ledger.book, direction] = holding

    def _claim(self, account: AccountLedger | None, fill: Fill, names: set[str]) -> None:
        """Count a fill that was booked when nobody knew its order, now that its order is known, and say whose it is."""
        unclaimed = _UNCLAIMED + fill_name(fill)
        if account is not None and fill.client_order_id and unclaimed in names:
            names.discard(unclaimed)
            owner = account.hand_over(fill)
            if owner is not None:
                self._concern(fill.instrument_id, owner)
            self._count(account, fill)

    def _count(self, account: AccountLedger, fill: Fill) -> None:
        """Let the order of a booked fill hold back less."""
        order = self.orders.get(fill.client_order_id)
        if order is not None:
            order.booked += fill.quantity
            self._hold(account, order, order.outstanding, fill.ts_event)

    def _book_early(self, account: AccountLedger) -> None:
        """Book the fills whose day has begun."""
        day = account.account.trading_day
        due = [fill for fill in account.early if fill.trading_day <= day]
        account.early = [fill for fill in account.early if fill.trading_day > day]
        for fill in due:
            self._book(account, fill)

    def _bearers(self, account: AccountLedger, order: LiveOrder) -> tuple[Ledger, Ledger]:
        return account.account, account.book(book_name(order.request.product_code, order.request.strategy))

    def _hold(self, account: AccountLedger, order: LiveOrder, lots: int, ts_event: int) -> None:
        """Let the order hold back what that many lots need, in the account and in its book."""
        if lots == order.lots_held:
            return
        quantity = order.request.quantity
        margin, commission = pro_rata(order.margin, lots, quantity), pro_rata(order.commission, lots, quantity)
        keys = () if order.closes is None else (order.closes,)
        for ledger in self._bearers(account, order):
            ledger.frozen.move(
                order,
                lots=lots - order.lots_held,
                margin=margin - order.margin_held,
                commission=commission - order.commission_held,
            )
            ledger.touch(ts_event, *keys)
        order.lots_held, order.margin_held, order.commission_held = lots, margin, commission

    def _charge_messages(self, account: AccountLedger, known: LiveOrder, order: Order) -> None:
        """Book the fees of the order's messages, once each; only what the exchange has seen costs anything."""
        terms = self.terms.find(order.request.instrument_id, account.account.trading_day)
        if terms is None or not order.order_id:
            return
        due = terms.rates.commission.order_fee if not known.has_paid_order else None
        known.has_paid_order = True
        is_cancelled = order.status is OrderStatus.CANCELLED and order.is_cancel_sent
        late = terms.rates.commission.cancel_fee if is_cancelled and not known.has_paid_cancel else None
        known.has_paid_cancel = known.has_paid_cancel or is_cancelled
        for ledger in self._bearers(account, known):
            for fee in (due, late):
                if fee:
                    ledger.charge(order.request.instrument_id, fee)
                    ledger.touch(order.ts_event)

    def _release_day(self, account: AccountLedger, settlement: Settlement) -> None:
        """Let go what orders of the ended day still hold back: none of them lives on."""
        ended = [
            order
            for order in self.orders.values()
            if order.request.account_id == settlement.account_id and order.request.trading_day <= settlement.trading_day
        ]
        for order in ended:
            self._hold(account, order, 0, settlement.ts_event)
            del self.orders[order.request.client_order_id]

    def _renew_terms(self, ledger: Ledger) -> None:
        """Take the new day's rates; where they are no longer known the old ones go on."""
        for holding in ledger.holdings.values():
            terms = self.terms.find(holding.instrument_id, ledger.trading_day)
            if terms is not None:
                holding.terms = terms
        ledger.forget_margin()

    def _is_forgotten(self, trading_day: int) -> bool:
        days = sorted(self.fills)
        return len(days) > DAYS_OF_FILLS and trading_day < days[-DAYS_OF_FILLS]

    def _put_aside(self, fill: Fill, reason: str) -> str:
        self.aside.append(AsideFill(fill, reason))
        self.aside_count += 1
        return reason
