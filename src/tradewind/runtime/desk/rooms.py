"""The rooms of the order line on their bus, and the journal that hears each event before any of them."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tradewind.bus.desk_topics import ACCOUNTS, BOOKINGS, DAY_RESULTS, JOURNALLED, POSITIONS
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.routed import RoutedBus
from tradewind.domain.instruction import InstructionLine
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.errors import InputError
from tradewind.execution.service import ExecutionService
from tradewind.instructions.service import InstructionService
from tradewind.kernel.clock import NS_PER_S
from tradewind.kernel.log import get_log
from tradewind.portfolio.service import PortfolioService
from tradewind.pretrade.files import HaltFiles
from tradewind.pretrade.service import PretradeService
from tradewind.runtime.desk.names import KnownNames
from tradewind.runtime.desk.recovery import DeskRoom, recover, snapshot_of
from tradewind.runtime.desk.statement_desk import StatementDesk
from tradewind.statistics.service import StatisticsService

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradewind.bus.ports import Bus
    from tradewind.bus.topics import Topic
    from tradewind.domain.account import Booking
    from tradewind.domain.day_result import DayResult
    from tradewind.domain.desk import SetMode, WishedLine
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.rates import RateLookup
    from tradewind.domain.told_rates import PullProgress
    from tradewind.execution.alarms import ExecutionAlarm
    from tradewind.execution.ports import Broker
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.pretrade.acts import HaltAnswer
    from tradewind.pretrade.ports import Releases
    from tradewind.runtime.settings import TradewindSettings
    from tradewind.stores.ports import Journal

_LOG = get_log("desk")
_BOOKED_AGAIN_NS: Final = 86_400 * NS_PER_S
_BOOKED_LAST: Final = 2_000
"""Fills whose rows may lack what they cost after a death: more are not recorded in the half second before one."""
_RECORDED: Final = frozenset(topic.name for topic in JOURNALLED)
_MERELY_SHOWN: Final = frozenset({"statistics"})
_PROJECTED: Final = frozenset({BOOKINGS.name, DAY_RESULTS.name, POSITIONS.name, ACCOUNTS.name})


class DeskFacts(NamedTuple):
    """What is known of contracts: their facts, what trading them costs, when they trade."""

    instruments: InstrumentLookup
    rates: RateLookup
    calendar: TradingCalendar


class DeskRooms:
    """The order line of one set of accounts; `bus` is where rooms and edges meet it and the line of ticks."""

    patience_s: Final = 10.0
    """Seconds a person's command waits for the disk."""
    rate_pulls: Callable[[], Mapping[str, PullProgress]] = staticmethod(dict)
    """How far the pulling of rates is, by account; nobody pulls unless the wiring says so."""
    statement_troubles: Callable[[], Mapping[str, str]] = staticmethod(dict)
    """Why an account's statement could not be had or confirmed, by account."""

    def __init__(
        self,
        settings: TradewindSettings,
        *,
        line: Bus,
        clock: LineClock,
        metrics: Metrics,
        facts: DeskFacts,
        journal: Journal,
        broker: Broker,
        releases: Releases | None = None,
        is_latched: bool = True,
    ) -> None:
        """`is_latched`: the emergency stop is remembered on disk too; not in simulation.

        Raises: ConfigError: an account or a limit cannot be.
        """
        self.journal = journal
        self.clock = clock
        self.instruments = facts.instruments
        self.closed: str | None = "it has not started yet"
        """Why nobody is served, `None` while all is well."""
        self.tend: Callable[[str, str], None] = _no_link  # sees to an account's link: the account, and what to do
        self._metrics = metrics
        self._ordered = OrderedBus(on_failure=self._room_failed)
        self._ordered.tap(self._record)
        self.bus = RoutedBus(line=line, desk=self._ordered)
        self.instructions = InstructionService(
            settings=settings.instructions,
            bus=self.bus,
            clock=clock,
            instruments=facts.instruments,
            rates=facts.rates,
            calendar=facts.calendar,
        )
        self.pretrade = self._made_gate(settings, facts, broker=broker, releases=releases, is_latched=is_latched)
        self.execution = self._made_execution(settings, broker=broker)
        self.portfolio, self.statement_desk = self._made_ledger(settings, facts)
        self.statistics = self._made_statistics(settings, facts)
        # Statistics count a fill before the ledger says what it cost. Then in the order in which they hear a tick:
        # what is held is marked, the gate knows the price, what rests is matched, and then somebody may want more.
        self.rooms: dict[str, DeskRoom] = {
            "statistics": self.statistics,
            "portfolio": self.portfolio,
            "pretrade": self.pretrade,
            "execution": self.execution,
            "instructions": self.instructions,
        }
        self._snapshot_entries = settings.trading.snapshot_entries
        self._kept_seq = 0

    def recover(self) -> int:
        """Become what the journal says; return the entries read. Before `open`; waits for the database.

        Raises: StoreError: the record cannot be read; nothing may be traded.
        """
        booked_last: deque[Booking] = deque(maxlen=_BOOKED_LAST)

        def recall(booking: Booking) -> None:
            self.statistics.recall(booking)
            booked_last.append(booking)

        days_last: deque[DayResult] = deque(maxlen=_BOOKED_LAST)
        self.portfolio.recall_booking = recall
        self.portfolio.recall_result = days_last.append
        count = recover(self.journal, self.rooms)
        # A fill is of record at once, what it cost comes to its row a little later: the process may have ended between.
        for booking in booked_last:
            self.journal.project(BOOKINGS, booking)
        for result in days_last:
            self.journal.project(DAY_RESULTS, result)
        self._kept_seq = self.journal.last_seq
        return count

    def open(self) -> None:
        """Begin to hear, tell what there is, settle what was left open."""
        self.closed = None
        for room in self.rooms.values():
            room.attach()
        for room in self.rooms.values():
            room.resume()
        self.book_elsewhere()

    def book_elsewhere(self) -> None:
        """Let the ledger count the fills that traders recorded as made elsewhere; it counts each once for ever.

        Offered again after a start: the process may have ended between the record of the fill and its booking.
        """
        work = self.instructions.work
        newest = max((fill.ts_event for fill in work.booked_fills()), default=0)
        for fill in work.booked_fills(newest - _BOOKED_AGAIN_NS):
            self.execution.take_elsewhere(fill)

    def close(self, reason: str) -> None:
        """Stop hearing; commands are refused with `reason` from now on."""
        if self.closed is None:
            for room in reversed(self.rooms.values()):
                room.detach()
        self.closed = reason

    def keep_snapshot(self, *, is_due: bool = False) -> None:
        """Keep the rooms' state once enough has happened since the last, or when it is due for another reason."""
        if self.closed is None and (is_due or self.journal.last_seq - self._kept_seq >= self._snapshot_entries):
            self._kept_seq = self.journal.last_seq
            self.journal.keep_snapshot(snapshot_of(self.journal, self.rooms))

    def set_mode(self, do: SetMode) -> HaltAnswer:
        """Halt, reduce or release a scope, as a person wants it.

        Raises: InputError: a release without the phrase, or of what is not halted.
        """
        if do.mode is TradingMode.ACTIVE:
            answer = self.pretrade.reset(actor=do.actor, phrase=do.phrase, scope=do.scope, key=do.key, reason=do.reason)
        else:
            answer = self.pretrade.halt(actor=do.actor, reason=do.reason, scope=do.scope, key=do.key, mode=do.mode)
        if answer.code:
            message = f"{answer.code}: {answer.reason}"
            raise InputError(message)
        return answer

    def line(self, wished: WishedLine) -> InstructionLine:
        """Return a wish as a line of an instruction, with the price the market had when it came."""
        market = self.instructions.desk.market(wished.instrument_id)
        return InstructionLine(
            wished.instrument_id,
            wished.side,
            wished.intent,
            wished.quantity,
            wished.execution,
            arrival_price=market.last if market is not None else None,
        )

    def _made_gate(
        self,
        settings: TradewindSettings,
        facts: DeskFacts,
        *,
        broker: Broker,
        releases: Releases | None,
        is_latched: bool,
    ) -> PretradeService:
        accounts = settings.portfolio.accounts
        names = KnownNames(
            accounts={account.id: account.margin_price for account in accounts},
            live_accounts=[account.id for account in accounts] if broker.name != "paper" else [],
            books=[book for account in accounts for book in account.books],
            products=settings.trading.products,
            plans=self.instructions.desk.plans,
        )
        return PretradeService(
            settings=settings.pretrade,
            bus=self.bus,
            clock=self.clock,
            metrics=self._metrics,
            instruments=facts.instruments,
            rates=facts.rates,
            calendar=facts.calendar,
            names=names,
            journal=self.journal,
            releases=releases,
            files=HaltFiles(Path(settings.data_dir)) if is_latched else None,
        )

    def _made_execution(self, settings: TradewindSettings, *, broker: Broker) -> ExecutionService:
        return ExecutionService(
            settings=settings.execution,
            bus=self.bus,
            clock=self.clock,
            metrics=self._metrics,
            broker=broker,
            journal=self.journal,
            on_alarm=self._on_alarm,
        )

    def _made_ledger(self, settings: TradewindSettings, facts: DeskFacts) -> tuple[PortfolioService, StatementDesk]:
        portfolio = PortfolioService(
            settings=settings.portfolio,
            bus=self.bus,
            clock=self.clock,
            metrics=self._metrics,
            instruments=facts.instruments,
            rates=facts.rates,
            calendar=facts.calendar,
        )
        return portfolio, StatementDesk(portfolio, Path(settings.data_dir) / "statements")

    def _made_statistics(self, settings: TradewindSettings, facts: DeskFacts) -> StatisticsService:
        return StatisticsService(
            settings=settings.statistics,
            bus=self.bus,
            clock=self.clock,
            instruments=facts.instruments,
            calendar=facts.calendar,
        )

    def _record(self, topic: Topic[Any], event: Any) -> None:  # noqa: ANN401 - any event of the order line
        if topic.name in _RECORDED:
            self.journal.append(topic, event)
        elif topic.name in _PROJECTED:
            self.journal.project(topic, event)

    def _room_failed(self, topic: str, group: str, _event: object, error: Exception) -> None:
        """Stop trading: a room that missed an event no longer knows what is true. Statistics decide nothing."""
        self._metrics.handler_failures.add(f"{topic}/{group}")
        _LOG.error("desk_room_failed", topic=topic, room=group, exc_info=error)
        if group in self.rooms and group not in _MERELY_SHOWN:
            reason = f"{group} failed on {topic}: {type(error).__name__}"
            self.pretrade.halt(actor="supervisor", reason=reason, scope=Scope.PLATFORM, key="")

    def _on_alarm(self, alarm: ExecutionAlarm) -> None:
        _LOG.error("execution_alarm", kind=alarm.kind.value, client_order_id=alarm.client_order_id, detail=alarm.detail)
        if alarm.wants_halt:
            self.pretrade.halt(
                actor="execution", reason=f"{alarm.kind}: {alarm.detail}", scope=Scope.ACCOUNT, key=alarm.account_id
            )


def _no_link(account_id: str, _wish: str) -> None:
    message = f"account {account_id} has no link to a broker: it trades on paper"
    raise InputError(message)
