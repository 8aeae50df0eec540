"""The shell of the statistics room: hears what the desk does, tells the rows that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.desk_topics import (
    ACCOUNT_FIGURES,
    ACCOUNTS,
    BOOKINGS,
    FILLS,
    ORDER_STATISTICS,
    ORDERS,
    POSITION_FIGURES,
    POSITION_GROUPS,
    POSITIONS,
    SETTLEMENTS,
    TRADE_STATISTICS,
)
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.tick import TickFlag
from tradewind.kernel.clock import NS_PER_MS
from tradewind.statistics.deltas import Deltas
from tradewind.statistics.expiry import TimeLeft
from tradewind.statistics.queries import StatisticsQueries
from tradewind.statistics.state import dump, load
from tradewind.statistics.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.account import Account, Booking, Position, Settlement
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import Fill, Order
    from tradewind.domain.tick import Tick
    from tradewind.kernel.clock import LineClock, Timer
    from tradewind.statistics.settings import StatisticsSettings

GROUP: Final = "statistics"
_TEST: Final = int(TickFlag.TEST)


class StatisticsService:
    """Connects `Summary` to the bus. What happened is told at once, prices alone every `publish_ms` of the line."""

    def __init__(
        self,
        *,
        settings: StatisticsSettings,
        bus: Bus,
        clock: LineClock,
        instruments: InstrumentLookup,
        calendar: TradingCalendar,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock
        time_left = TimeLeft(calendar, days_per_year=settings.days_per_year)
        self.summary = Summary(
            instruments=instruments,
            deltas=Deltas(time_left, interest_rate=settings.interest_rate),
            sectors=settings.sectors,
        )
        self.queries = StatisticsQueries(self.summary, clock)
        self._tell_trade = bus.publisher(TRADE_STATISTICS)
        self._tell_order = bus.publisher(ORDER_STATISTICS)
        self._tell_position = bus.publisher(POSITION_FIGURES)
        self._tell_account = bus.publisher(ACCOUNT_FIGURES)
        self._tell_group = bus.publisher(POSITION_GROUPS)
        self._folds: dict[str, Callable[[Any], None]] = {
            ORDERS.name: self.summary.follow,
            FILLS.name: self.summary.fill,
            BOOKINGS.name: self.summary.book,
            SETTLEMENTS.name: self.summary.settle,
        }
        self._subscriptions: list[Subscription] = []
        self._ticks: Subscription | None = None
        self._telling: Timer | None = None
        self._version = 0

    def attach(self) -> None:
        """Begin to hear the bus; once attached, does nothing."""
        if self._subscriptions:
            return
        subscribe = self._bus.subscribe
        self._subscriptions = [
            subscribe(ORDERS, self._on_order, group=GROUP),
            subscribe(FILLS, self._on_fill, group=GROUP),
            subscribe(BOOKINGS, self._on_booking, group=GROUP),
            subscribe(SETTLEMENTS, self._on_settlement, group=GROUP),
            subscribe(POSITIONS, self._on_position, group=GROUP),
            subscribe(ACCOUNTS, self._on_account, group=GROUP),
        ]

    def detach(self) -> None:
        """Stop hearing, and let no timer fire."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()
        if self._ticks is not None:
            self._ticks.cancel()
            self._ticks = None
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def apply(self, topic: str, event: object) -> None:
        """Recovery: take in one event of record, telling nobody; events of other topics change nothing."""
        fold = self._folds.get(topic)
        if fold is not None:
            fold(event)
            changes = self.summary.changes
            changes.trades.clear()
            changes.orders.clear()

    def recall(self, booking: Booking) -> None:
        """Recovery: take in what the ledger booked for a fill, which is of no record of its own."""
        self.apply(BOOKINGS.name, booking)

    def snapshot(self) -> bytes:
        """Return all that `apply` builds."""
        return dump(self.summary)

    def restore(self, state: bytes) -> None:
        """Begin with what `snapshot` returned.

        Raises: StoreError: it is no such state.
        """
        load(self.summary, state)

    def resume(self) -> None:
        """After recovery: tell the rows there are; positions and accounts come from the ledger."""
        changes = self.summary.changes
        changes.trades.update(dict.fromkeys(self.summary.trades.sums))
        changes.orders.update(dict.fromkeys(self.summary.working.sums))
        self._tell()

    def _on_order(self, order: Order) -> None:
        self.summary.follow(order)
        self._tell()

    def _on_fill(self, fill: Fill) -> None:
        self.summary.fill(fill)
        self._tell()

    def _on_booking(self, booking: Booking) -> None:
        self.summary.book(booking)
        self._tell()

    def _on_settlement(self, settlement: Settlement) -> None:
        self.summary.settle(settlement)
        self._tell()

    def _on_position(self, position: Position) -> None:
        summary = self.summary
        known = summary.positions.get((position.account_id, position.book, position.instrument_id, position.direction))
        summary.place(position, self._clock.now_ns())
        if summary.underlyings and self._ticks is None:
            self._ticks = self._bus.subscribe(CLEAN_TICKS, self._on_tick, group=GROUP)
        if known is not None and known.version == position.version:
            self._tell_soon()
        else:
            self._tell()

    def _on_account(self, account: Account) -> None:
        known = self.summary.accounts.get((account.account_id, account.book))
        self.summary.fund(account)
        if known is not None and known.version == account.version:
            self._tell_soon()
        else:
            self._tell()

    def _on_tick(self, tick: Tick) -> None:
        if tick.instrument_id in self.summary.underlyings and not tick.flags & _TEST:
            self.summary.quote(tick.instrument_id, tick.last_price, tick.ts_event)
            self._tell_soon()

    def _tell_soon(self) -> None:
        """Have what prices moved told together."""
        if self._telling is None:
            due = self._clock.now_ns() + self._settings.publish_ms * NS_PER_MS
            self._telling = self._clock.call_at(due, self._on_due)

    def _on_due(self, _due_ns: int) -> None:
        self._telling = None
        self._tell()

    def _tell(self) -> None:
        """Publish the rows that changed since they were last told."""
        summary = self.summary
        changes = summary.changes
        # Greater than any before, across restarts too: readers elsewhere take an older version for a repetition.
        now = self._clock.now_ns()
        version = self._version = max(self._version + 1, now)
        for trade in changes.trades:
            self._tell_trade(summary.trades.row(trade, version=version, ts_event=now))
        for order in changes.orders:
            self._tell_order(summary.working.row(order, version=version, ts_event=now))
        for position in changes.positions:
            self._tell_position(summary.positions[position])
        for account in changes.accounts:
            self._tell_account(summary.accounts[account])
        for group in changes.groups:
            self._tell_group(summary.groups.row(group, version=version, ts_event=now))
        summary.forget_changes()
