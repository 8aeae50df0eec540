"""The broker `ctp`: every account of the settings with its own child process, behind the one port of the room.

The room is connected while any account works. Each account that comes to work is asked for its day before anything
new goes out; one that is lost leaves the others at work, and what it left unanswered is in doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.errors import InputError
from tradewind.execution.brokers.ctp.async_calls import AccountQueries
from tradewind.execution.brokers.ctp.child_door import ChildDoor, keep
from tradewind.execution.brokers.ctp.door import Ground, RequestIds
from tradewind.execution.brokers.ctp.trader import AccountTrader
from tradewind.execution.ports import CancelFailed, ConnectionReport, QueryAnswer, SendFailed, SendOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from tradewind.ctp.settings import CtpSettings
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import Order, OrderRequest
    from tradewind.domain.tick import Tick
    from tradewind.execution.brokers.ctp.credentials import Secrets
    from tradewind.execution.brokers.ctp.holdings import Books
    from tradewind.execution.brokers.ctp.inquiries import DayAnswer
    from tradewind.execution.brokers.ctp.settings import CtpBrokerSettings
    from tradewind.execution.ports import AccountLink, FillReport, OrderReport, Report
    from tradewind.kernel.clock import LineClock


class CtpBroker:
    """`execution.ports.Broker` at CTP brokers; `run` keeps the child processes, on the thread of the line."""

    def __init__(
        self,
        *,
        settings: CtpBrokerSettings,
        library: CtpSettings,
        data_dir: str,
        secrets: Mapping[str, Secrets],
        clock: LineClock,
        instruments: InstrumentLookup,
    ) -> None:
        """Start nothing yet; `secrets` are by account."""
        self._clock = clock
        self._report: Callable[[Report], None] | None = None
        self._ticks: dict[str, Tick] = {}
        self._working: set[str] = set()
        self.act: Callable[[str, str, str], None] = _unrecorded
        """Puts what was done in an account's name on record: act, account, detail."""
        self._doors: dict[str, ChildDoor] = {}
        self._traders: dict[str, AccountTrader] = {}
        for account in settings.accounts:
            door = ChildDoor(account, library, data_dir)
            trader = AccountTrader(
                Ground(account, settings, clock, door, RequestIds()),
                secrets=secrets[account.id],
                instruments=instruments,
                ticks=self._ticks,
                tell=self._tell,
                on_working=self._on_working(account.id),
                act=self._record,
            )
            door.trader = trader
            self._doors[account.id], self._traders[account.id] = door, trader

    @property
    def name(self) -> str:
        """Return what settings call it."""
        return "ctp"

    @property
    def on_tick(self) -> Callable[[Tick], None]:
        """Return what keeps the newest tick: a market order stands at the opposite price where none is taken."""
        return self._on_tick

    @property
    def loses_reports(self) -> bool:
        """It is at the other end of a wire."""
        return True

    def run(self) -> Coroutine[Any, Any, None]:
        """Keep every account's child until cancelled; to be awaited."""
        return keep(self._doors.values())

    def connect(self, report: Callable[[Report], None], known: Sequence[Order]) -> None:
        """Begin to report; each account works when its child, its front and its login do."""
        self._report = report
        for trader in self._traders.values():
            trader.know(known)
            trader.session.starting()

    def close(self) -> None:
        """Report nothing more."""
        self._report = None
        for trader in self._traders.values():
            trader.stop()

    def reference(self, request: OrderRequest) -> str:
        """Name an order in its account's session; "" where the account has none now: it gets one before it goes."""
        trader = self._traders.get(request.account_id)
        return "" if trader is None else trader.reference(request)

    def send(self, order: Order) -> SendOutcome:
        """Send through the order's account."""
        trader = self._traders.get(order.request.account_id)
        if trader is not None:
            return trader.send(order)
        code, reason = self._no_account(order)
        self._tell(SendFailed(order.client_order_id, SendOutcome.REFUSED, code, reason, self._clock.now_ns()))
        return SendOutcome.REFUSED

    def cancel(self, order: Order) -> SendOutcome:
        """Cancel through the order's account."""
        trader = self._traders.get(order.request.account_id)
        if trader is not None:
            return trader.cancel(order)
        code, reason = self._no_account(order)
        self._tell(CancelFailed(order.client_order_id, SendOutcome.REFUSED, code, reason, self._clock.now_ns()))
        return SendOutcome.REFUSED

    def query(self, query_id: str) -> SendOutcome:
        """Ask every account that works; the answer tells of those that were at work until it was whole."""
        asked = tuple(self._working)
        if not asked:
            return SendOutcome.BUSY
        answers: dict[str, DayAnswer | None] = {}

        def heard(account_id: str, answer: DayAnswer | None) -> None:
            answers[account_id] = answer
            if len(answers) == len(asked):
                self._answer(query_id, answers)

        for account_id in asked:
            self._traders[account_id].ask_day(lambda answer, account_id=account_id: heard(account_id, answer))  # type: ignore[misc]
        return SendOutcome.SENT

    def accounts(self) -> tuple[AccountLink, ...]:
        """Return how each account stands."""
        return tuple(trader.link() for trader in self._traders.values())

    def set_books(self, books: Callable[[str], Books | None]) -> None:
        """Say where our own books are: what accounts hold is compared with them from now on."""
        for trader in self._traders.values():
            trader.set_books(books)

    def queries(self, account_id: str) -> AccountQueries:
        """Return the way to ask an account's front anything, in the account's own line.

        Raises: InputError: there is no such account.
        """
        return AccountQueries(self._trader(account_id).queries)

    def child_of(self, account_id: str) -> int | None:
        """Return the process that holds an account's library, `None` between two."""
        door = self._doors.get(account_id)
        return None if door is None else door.pid

    def compare(self, account_id: str) -> None:
        """Compare an account's holdings with our books now. Raises: InputError: there is no such account."""
        self._trader(account_id).custody.compare()

    def confirm(self, account_id: str) -> None:
        """Confirm an account's settlement statement, as somebody decided. Raises: InputError: no such account."""
        self._trader(account_id).session.confirm()

    def wants_confirmation(self, account_id: str) -> bool:
        """Say whether a working account's front waits for the confirmation. Raises: InputError: no such account."""
        session = self._trader(account_id).session
        return session.is_working and not session.is_confirmed

    def log_in_again(self, account_id: str) -> None:
        """Try a login that was refused for good once more, as somebody mended it. Raises: InputError: no account."""
        self._trader(account_id).session.again()

    def _trader(self, account_id: str) -> AccountTrader:
        trader = self._traders.get(account_id)
        if trader is None:
            message = f"no account {account_id!r} at a CTP broker; there are: {', '.join(self._traders) or 'none'}"
            raise InputError(message)
        return trader

    def _no_account(self, order: Order) -> tuple[str, str]:
        there_are = ", ".join(self._traders) or "none"
        return "no_account", f"{order.request.account_id} is no account at a CTP broker; there are: {there_are}"

    def _answer(self, query_id: str, answers: Mapping[str, DayAnswer | None]) -> None:
        orders: list[OrderReport] = []
        fills: list[FillReport] = []
        told: list[str] = []
        is_complete = True
        for account_id, answer in answers.items():
            reports = None if answer is None else self._traders[account_id].day_reports(answer)
            if reports is not None:
                orders += reports[0]
                fills += reports[1]
                told.append(account_id)
            elif account_id in self._working:
                is_complete = False
        days = [self._traders[account_id].session.trading_day for account_id in told]
        self._tell(
            QueryAnswer(
                query_id,
                is_complete=is_complete and bool(told),
                orders=tuple(orders),
                fills=tuple(fills),
                ts_event=self._clock.now_ns(),
                trading_day=min(days, default=0),
                accounts=frozenset(told),
            )
        )
        for account_id in told:
            self._traders[account_id].custody.begin()

    def _on_working(self, account_id: str) -> Callable[[bool, str], None]:
        def change(is_working: bool, reason: str) -> None:  # noqa: FBT001 - the one thing it says
            was_connected = bool(self._working)
            if is_working:
                self._working.add(account_id)
            else:
                self._working.discard(account_id)
            if is_working or (was_connected and not self._working):
                self._tell(ConnectionReport(is_working, reason, self._clock.now_ns()))

        return change

    def _record(self, act: str, account_id: str, detail: str) -> None:
        self.act(act, account_id, detail)

    def _on_tick(self, tick: Tick) -> None:
        self._ticks[tick.instrument_id] = tick

    def _tell(self, report: Report) -> None:
        if self._report is not None:
            self._report(report)


def _unrecorded(_act: str, _account_id: str, _detail: str) -> None:
    """Before the record is there nothing is done in an account's name."""
