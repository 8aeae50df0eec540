"""The shell of the portfolio room: hears fills, orders, cash, settlements and ticks, tells positions and accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.desk_topics import (
    ACCOUNTS,
    APPROVED_ORDERS,
    BOOKINGS,
    CASH_MOVES,
    DAY_RESULTS,
    FILLS,
    ORDERS,
    POSITIONS,
    SETTLEMENTS,
    STATEMENT_REVIEWS,
)
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.account import CashMove
from tradewind.domain.tick import TickFlag
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.portfolio.books import EARLY, Books
from tradewind.portfolio.days import AccountDays
from tradewind.portfolio.equity import EquityPoint, EquitySamples
from tradewind.portfolio.queries import PortfolioQueries
from tradewind.portfolio.settling import settlement, settlement_prices
from tradewind.portfolio.state import dump, load
from tradewind.portfolio.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.account import Booking, Settlement
    from tradewind.domain.day_result import DayResult
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import ApprovedOrder, Fill, Order, Refusal
    from tradewind.domain.rates import RateLookup
    from tradewind.domain.statement import Statement
    from tradewind.domain.statement_review import StatementReview
    from tradewind.domain.tick import Tick
    from tradewind.kernel.clock import LineClock, Timer
    from tradewind.kernel.metrics import Metrics
    from tradewind.portfolio.allocation import AccountLedger
    from tradewind.portfolio.ledger import Ledger
    from tradewind.portfolio.settings import PortfolioSettings

GROUP: Final = "portfolio"
WITHOUT_STATEMENT: Final = "official"
"""How a day is settled that cannot wait for its statement any longer."""
_DAY_CHECK_NS: Final = 60 * NS_PER_S
_TEST: Final = int(TickFlag.TEST)
_log = get_log(__name__)


class PortfolioService:
    """Connects `Books` to the bus. What is of record is told at once, prices alone every `publish_ms` of the line.

    Cash moves and settlements are published like any event and booked when they come back: the journal hears them
    before the books do.
    """

    def __init__(
        self,
        *,
        settings: PortfolioSettings,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        instruments: InstrumentLookup,
        rates: RateLookup,
        calendar: TradingCalendar,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._days = AccountDays(calendar, settings)
        self.books = Books(settings, instruments, rates)
        self.statements = Statements(settings, self.books, clock, tell=bus.publisher(STATEMENT_REVIEWS))
        self._samples = EquitySamples(settings.samples)
        self.queries = PortfolioQueries(self.books, self._samples, clock)
        self._tell_position = bus.publisher(POSITIONS)
        self._tell_account = bus.publisher(ACCOUNTS)
        self._tell_booking = bus.publisher(BOOKINGS)
        self._tell_result = bus.publisher(DAY_RESULTS)
        self._publish_move = bus.publisher(CASH_MOVES)
        self._publish_settlement = bus.publisher(SETTLEMENTS)
        self._folds: dict[str, Callable[[Any], object]] = {
            APPROVED_ORDERS.name: self.books.approve,
            ORDERS.name: self.books.follow,
            FILLS.name: self.books.book,
            CASH_MOVES.name: self.books.pay,
            SETTLEMENTS.name: self.books.settle,
            STATEMENT_REVIEWS.name: self.statements.apply,
        }
        self.recall_booking: Callable[[Booking], None] = _forget
        """Hears, in recovery, what each fill had done; nobody unless somebody asks."""
        self.recall_result: Callable[[DayResult], None] = _forget
        """Hears, in recovery, what each ended day had brought."""
        self._subscriptions: list[Subscription] = []
        self._timers: list[Timer] = []
        self._moved: dict[str, None] = {}
        self._telling: Timer | None = None
        self._is_sample_due = False
        self._day_seen = 0
        self._day_seen_at = 0

    def attach(self) -> None:
        """Begin to hear the bus; once attached, does nothing."""
        if self._subscriptions:
            return
        subscribe = self._bus.subscribe
        self._subscriptions = [
            subscribe(CLEAN_TICKS, self._on_tick, group=GROUP),
            subscribe(QUOTE_SNAPSHOTS, self.books.marks.note_settlement, group=GROUP),
            subscribe(APPROVED_ORDERS, self._on_approved, group=GROUP),
            subscribe(ORDERS, self._on_order, group=GROUP),
            subscribe(FILLS, self._on_fill, group=GROUP),
            subscribe(CASH_MOVES, self._on_move, group=GROUP),
            subscribe(SETTLEMENTS, self._on_settlement, group=GROUP),
            subscribe(STATEMENT_REVIEWS, self.statements.apply, group=GROUP),
        ]
        sample_ns = self._settings.sample_s * NS_PER_S
        self._timers = [
            self._clock.call_every(_DAY_CHECK_NS, self._check_days),
            self._clock.call_every(sample_ns, self._sample),
        ]

    def detach(self) -> None:
        """Stop hearing, and let no timer fire."""
        for subscription in self._subscriptions:
            subscription.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._subscriptions.clear()
        self._timers.clear()

    def apply(self, topic: str, event: object) -> None:
        """Recovery: take in one event of record, telling nobody; events of other topics change nothing."""
        fold = self._folds.get(topic)
        if fold is not None:
            fold(event)
            self.books.changes.clear()
            bookings, self.books.bookings = self.books.bookings, []
            for booking in bookings:
                self.recall_booking(booking)
            results, self.books.results = self.books.results, []
            for result in results:
                self.recall_result(result)

    def snapshot(self) -> bytes:
        """Return all that `apply` builds."""
        return dump(self.books, self.statements.reviews())

    def restore(self, state: bytes) -> None:
        """Begin with what `snapshot` returned.

        Raises: StoreError: it is no such state, or something is held whose rates are no longer known.
        """
        for review in load(self.books, state):
            self.statements.apply(review)

    def resume(self) -> None:
        """After recovery: tell what there is, open accounts that are new, settle days that ended meanwhile."""
        for ledger in self.books.ledgers():
            if ledger.trading_day:
                self.books.changes[ledger] = dict(ledger.holdings)
        self._tell_changes()
        if self._clock.now_ns():
            self._check_days(self._clock.now_ns())

    def move_cash(self, move: CashMove) -> Refusal | None:
        """Pay in or out; return why not. A move whose id was booked already changes nothing."""
        if move.move_id in self.books.moves:
            return None
        refusal = self.queries.check_cash(move.account_id, move.book, move.amount)
        if refusal is None:
            self._publish_move(move)
        return refusal

    def take_statement(self, account_id: str, statement: Statement, digest: str) -> StatementReview | None:
        """Compare a broker's statement; return what came of it, `None` while its day has not ended here.

        With the statement's prices the day may end at once.

        Raises: InputError: no such account, or no statement of a day.
        """
        review = self.statements.take(account_id, statement, digest)
        if review is None:
            self._check_days(self._clock.now_ns())
        return review or self.statements.review(account_id, statement.day)

    def day_due(self, account_id: str) -> int:
        """Return the newest day of an account that is over, ended in the books or not; 0 where there is none.

        Raises: KeyError: there is no such account.
        """
        account = self.books.accounts[account_id].account
        if account.trading_day and self._days.at(self._clock.now_ns()) > account.trading_day:
            return account.trading_day
        ended = self.books.ended.get(account_id)
        return ended[-1].trading_day if ended else 0

    def _on_tick(self, tick: Tick) -> None:
        if tick.flags & _TEST:
            return
        books = self.books
        books.marks.note(tick)
        if tick.trading_day > self._day_seen:
            self._on_new_day(tick)
        instrument_id = tick.instrument_id
        if instrument_id not in books.held:
            return
        self._mark(tick)
        self._tell_soon(instrument_id)

    def _tell_soon(self, instrument_id: str) -> None:
        """Have the positions of a contract told with the others whose price moved."""
        self._moved[instrument_id] = None
        if self._telling is None:
            self._telling = self._clock.call_at(
                self._clock.now_ns() + self._settings.publish_ms * NS_PER_MS, self._tell_moved
            )

    def _mark(self, tick: Tick) -> None:
        books = self.books
        held = books.held[tick.instrument_id]
        digits = next(iter(held.values())).terms.price_digits
        books.mark(tick.instrument_id, books.marks.exact(tick.last_price, digits))

    def _on_new_day(self, tick: Tick) -> None:
        """A tick of a later day than any before: if the calendar agrees, the day before is over."""
        now = max(self._clock.now_ns(), tick.ts_event)
        if self._days.has_begun(tick.trading_day, now):
            self._day_seen, self._day_seen_at = tick.trading_day, now
            self._check_days(now)

    def _on_approved(self, approved: ApprovedOrder) -> None:
        self.books.approve(approved)
        self._tell_changes()

    def _on_order(self, order: Order) -> None:
        self.books.follow(order)
        self._tell_changes()

    def _on_fill(self, fill: Fill) -> None:
        reason = self.books.book(fill)
        if reason == EARLY:
            self._on_early_fill(fill)
        elif reason is None:
            # Without a tick yet the fill is the price of the other books' positions too.
            self._tell_soon(fill.instrument_id)
        else:
            self._metrics.fills_aside.add(reason)
            _log.warning(
                "fill_put_aside",
                reason=reason,
                account_id=fill.account_id,
                instrument_id=fill.instrument_id,
                fill_id=fill.fill_id,
                quantity=fill.quantity,
            )
        self._tell_changes()

    def _on_early_fill(self, fill: Fill) -> None:
        """A fill of a later day: if the calendar agrees, the account's day is over; else it waits, and is counted."""
        account = self.books.accounts[fill.account_id]
        if account.account.trading_day and self._days.has_begun(fill.trading_day, self._clock.now_ns()):
            self._settle(account, fill.trading_day, is_urgent=True)
            return
        self._metrics.fills_aside.add(EARLY)
        _log.warning("fill_waits_for_its_day", account_id=fill.account_id, trading_day=fill.trading_day)

    def _on_move(self, move: CashMove) -> None:
        self.books.pay(move)
        self._tell_changes()

    def _on_settlement(self, event: Settlement) -> None:
        self.books.settle(event)
        # A settlement may come after the next day's first ticks: those are the price then, not the settlement's.
        for instrument_id in self.books.held:
            tick = self.books.marks.latest.get(instrument_id)
            if tick is not None and tick.trading_day > event.trading_day:
                self._mark(tick)
        self.statements.on_settled(event.account_id)
        self._metrics.settlements.add(event.account_id)
        _log.info("account_settled", account_id=event.account_id, trading_day=event.trading_day, actor=event.actor)
        self._tell_changes()

    def _check_days(self, now: int) -> None:
        """Open accounts that have no day yet; end the days that are over."""
        day = max(self._days.at(now), self._day_seen)
        for account in self.books.accounts.values():
            if f"open:{account.settings.id}" not in self.books.moves:
                self._open_account(account, day, now)
            elif day > account.account.trading_day:
                waited_ns = now - self._day_seen_at if self._day_seen >= day else -1
                self._settle(account, day, is_urgent=waited_ns >= self._settings.settle_wait_s * NS_PER_S)

    def _open_account(self, account: AccountLedger, day: int, now: int) -> None:
        settings = account.settings
        self._publish_move(
            CashMove(
                move_id=f"open:{settings.id}",
                account_id=settings.id,
                book="",
                amount=Decimal(settings.initial_deposit),
                actor="settings",
                reason="initial_deposit",
                trading_day=day,
                ts_event=now,
            )
        )

    def _settle(self, account: AccountLedger, day: int, *, is_urgent: bool) -> None:
        """End the account's day if every contract has its price; without, only when it can wait no longer."""
        prices = settlement_prices(account, self.books.marks, self._settings.settlement_price)
        if prices.missing and not is_urgent:
            return
        if prices.missing and self._settings.settlement_price == "statement":
            prices = settlement_prices(account, self.books.marks, WITHOUT_STATEMENT)
        if prices.missing:
            self._metrics.settled_without_price.add(amount=len(prices.missing))
            _log.warning("settled_without_price", account_id=account.settings.id, contracts=", ".join(prices.missing))
        now = self._clock.now_ns()
        self._publish_settlement(settlement(account, prices, next_day=day, actor="calendar", ts_event=now))

    def _tell_changes(self) -> None:
        """Publish what the last event changed."""
        bookings, self.books.bookings = self.books.bookings, []
        for booking in bookings:
            self._tell_booking(booking)
        results, self.books.results = self.books.results, []
        for result in results:
            self._tell_result(result)
        changes = self.books.changes
        if not changes:
            return
        self._is_sample_due = True
        told = list(changes.items())
        changes.clear()
        marks = self.books.marks
        for ledger, holdings in told:
            for holding in holdings.values():
                self._tell_position(ledger.position(holding, marks, ledger.ts_event))
            self._tell_account(ledger.account(marks, ledger.ts_event))

    def _tell_moved(self, due_ns: int) -> None:
        """Publish the positions whose price moved since the last time, and the accounts they belong to."""
        self._telling = None
        self._is_sample_due = True
        moved, self._moved = self._moved, {}
        books = self.books
        concerned: dict[Ledger, None] = {}
        for instrument_id in moved:
            for (account_id, book, _), holding in books.held.get(instrument_id, {}).items():
                if holding.quantity:
                    ledger = books.ledger(account_id, book)
                    self._tell_position(ledger.position(holding, books.marks, due_ns))
                    concerned[ledger] = None
        for ledger in concerned:
            self._tell_account(ledger.account(books.marks, due_ns))

    def _sample(self, due_ns: int) -> None:
        """Keep a point of each account's equity, where anything changed since the last."""
        if not self._is_sample_due:
            return
        self._is_sample_due = False
        for account in self.books.accounts.values():
            if account.account.trading_day:
                funds = account.account.account(self.books.marks, due_ns)
                self._samples.add(
                    funds.account_id,
                    EquityPoint(due_ns, funds.trading_day, funds.balance, funds.available, funds.margin),
                )


def _forget(_recalled: object) -> None:
    """Let it go."""
