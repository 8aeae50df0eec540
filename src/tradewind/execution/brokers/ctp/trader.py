"""One account at its broker: everything the child says comes in here, everything the room is told goes out.

The private stream is asked for from the day's first message at each login (RESTART), so whatever a crash swallowed
comes again; handlers know what they have seen. Fills come from trade returns alone, each once.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from tradewind.ctp.messages import Answered, Called, Failed, Ready, Returned
from tradewind.execution.brokers.ctp.contracts import read_contracts
from tradewind.execution.brokers.ctp.custody import Custody
from tradewind.execution.brokers.ctp.flow import FlowGauge
from tradewind.execution.brokers.ctp.inquiries import DayInquiry
from tradewind.execution.brokers.ctp.orders import OrderDesk
from tradewind.execution.brokers.ctp.queries import QueryLine
from tradewind.execution.brokers.ctp.reading import Reader
from tradewind.execution.brokers.ctp.register import Register, forget_oldest
from tradewind.execution.brokers.ctp.session import NOT_CONFIRMED, Session, Step
from tradewind.execution.brokers.ctp.words import is_on_its_way
from tradewind.execution.ports import AccountLink, SendOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tradewind.ctp.messages import FromChild
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.order import Order, OrderRequest
    from tradewind.domain.tick import Tick
    from tradewind.execution.brokers.ctp.credentials import Secrets
    from tradewind.execution.brokers.ctp.door import Ground
    from tradewind.execution.brokers.ctp.holdings import Books
    from tradewind.execution.brokers.ctp.inquiries import DayAnswer
    from tradewind.execution.ports import FillReport, OrderReport, Report

FillKey = tuple[str, str, str]
_RETURNS: Final = frozenset({"OnRtnOrder", "OnRtnTrade"})
_REFUSALS: Final = frozenset({"OnRspOrderInsert", "OnErrRtnOrderInsert"})
_NO_CANCELS: Final = frozenset({"OnRspOrderAction", "OnErrRtnOrderAction"})
_TO_ALL: Final = "OnErrRtn"


class AccountTrader:
    """One account. `on_working` says whether orders may go, `act` records what was done in the account's name."""

    def __init__(
        self,
        ground: Ground,
        *,
        secrets: Secrets,
        instruments: InstrumentLookup,
        ticks: Mapping[str, Tick],
        tell: Callable[[Report], None],
        on_working: Callable[[bool, str], None],
        act: Callable[[str, str, str], None],
    ) -> None:
        self._account = ground.account
        self._settings = ground.settings
        self._clock = ground.clock
        self._tell = tell
        self._on_working = on_working
        self._act = act
        self._register = Register()
        self._reader = Reader(ground.account.id)
        self._flow = FlowGauge(ground.settings.flow_per_s)
        self._front = ""
        self._held: deque[Called] = deque()
        self._fills: dict[FillKey, None] = {}
        self._strange_orders: dict[tuple[str, str], None] = {}
        self._strange_fills: dict[FillKey, None] = {}
        self._was_working = False
        self._is_day_asked = False
        self._day_askers: list[Callable[[DayAnswer | None], None]] = []
        self.counts: dict[str, int] = {}
        self.queries = QueryLine(ground)
        self.session = Session(ground, secrets=secrets, queries=self.queries, owner=self)
        self.custody = Custody(ground, queries=self.queries, tell=tell)
        self._orders = OrderDesk(
            ground,
            session=self.session,
            register=self._register,
            flow=self._flow,
            instruments=instruments,
            ticks=ticks,
            tell=tell,
        )

    @property
    def account_id(self) -> str:
        """Return our name of the account."""
        return self._account.id

    def know(self, orders: Sequence[Order]) -> None:
        """Take in the orders of earlier lives that are this account's."""
        self._register.know(order for order in orders if order.request.account_id == self._account.id)

    def set_books(self, books: Callable[[str], Books | None]) -> None:
        """Say where our own books are: from then on they are compared."""
        self.custody.books = books

    def reference(self, request: OrderRequest) -> str:  # noqa: ARG002 - any order of the account
        """Name an order of this session, "" where there is none."""
        return self._register.new_reference()

    def send(self, order: Order) -> SendOutcome:
        """Hand an order over."""
        return self._orders.send(order)

    def cancel(self, order: Order) -> SendOutcome:
        """Hand a cancel over."""
        return self._orders.cancel(order)

    def ask_day(self, done: Callable[[DayAnswer | None], None]) -> None:
        """Ask for all orders and trades of the day; `None` where the answer is not whole.

        Who asks while an inquiry is under way shares the next one: a front that is slow to answer finds no row of them.
        """
        self._day_askers.append(done)
        if not self._is_day_asked:
            self._ask_day()

    def day_reports(self, day: DayAnswer) -> tuple[list[OrderReport], list[FillReport]] | None:
        """Return the rows of a day as reports; `None` where one cannot be read: then nothing follows from the rest."""
        now_ns = self._clock.now_ns()
        try:
            orders = [self._reader.order(row, self._register.of_order(row), now_ns) for row in self._own(day.orders)]
            trades = self._own(day.trades)
            fills = [self._reader.fill(row, self._register.of_trade(row), now_ns) for row in trades]
        except (KeyError, ValueError):
            self._count("malformed")
            return None
        return [order for order in orders if order.client_order_id or order.order_id], fills

    def hear(self, message: FromChild) -> None:
        """Take what the child says."""
        match message:
            case Called():
                self._called(message)
            case Returned(request_id=request_id, code=code):
                self._returned(request_id, code)
            case Answered(name="GetFrontInfo", fields=fields):
                self._know_front(fields)
            case Ready():
                self.session.ready()
            case Failed(request_id=request_id, reason=reason):
                self._failed(request_id, reason)
            case _:
                """What the door sees to, or has counted."""

    def child_gone(self, reason: str) -> None:
        """The child has ended: the connection is lost, and what was not answered is in doubt."""
        self._count("child_ended")
        self._cut(reason)
        self.session.starting(reason)

    def stop(self) -> None:
        """Do and tell nothing more."""
        self.custody.stop()
        self.session.stop()

    def entered(self, login: Mapping[str, Any]) -> None:
        """Begin a session (`SessionOwner`)."""
        self._register.enter(login["FrontID"], login["SessionID"], str(login["MaxOrderRef"]))

    def loaded(self, step: Step, rows: tuple[dict[str, Any], ...]) -> None:
        """Take the rows of a loading step (`SessionOwner`)."""
        if step is Step.CONTRACTS:
            contracts, bad = read_contracts(rows)
            self._reader.contracts = self._orders.contracts = self.custody.contracts = contracts
            self._count("bad_contracts", bad)
            self._release()
        elif step is Step.FUNDS:
            self.custody.take_funds(rows)
        else:
            self.custody.take_positions(rows)

    def working(self) -> None:
        """Orders may go (`SessionOwner`)."""
        self._was_working = True
        self._on_working(True, "")  # noqa: FBT003 - the one thing it says

    def acted(self, act: str, detail: str) -> None:
        """Put an act on record (`SessionOwner`)."""
        self._act(act, self._account.id, detail)

    def link(self) -> AccountLink:
        """Describe how the account stands."""
        session, custody = self.session, self.custody
        return AccountLink(
            account_id=self._account.id,
            state=session.step.value,
            reason=session.reason,
            since_ts=session.since_ts,
            front=self._front,
            trading_day=session.trading_day,
            is_working=session.is_working,
            is_settlement_confirmed=session.is_confirmed,
            queries_waiting=self.queries.waiting,
            query=self.queries.current,
            flow_limit=self._flow.limit,
            flow_used=self._flow.used(self._clock.now_ns()),
            external_orders=len(self._strange_orders),
            external_fills=len(self._strange_fills),
            counts={**self.counts, **{f"queries_{name}": count for name, count in self.queries.counts.items()}},
            funds={name: str(amount) for name, amount in custody.funds.items()},
            differences=custody.differences,
            compared_ts=custody.compared_ts,
        )

    def _ask_day(self) -> None:
        askers, self._day_askers = self._day_askers, []
        self._is_day_asked = True

        def heard(answer: DayAnswer | None) -> None:
            self._is_day_asked = False
            for done in askers:
                done(answer)
            if self._day_askers and not self._is_day_asked:
                self._ask_day()

        DayInquiry(self._account, self.queries, heard).begin()

    def _called(self, called: Called) -> None:
        if called.name == "OnFrontDisconnected":
            self._count("disconnected")
            self._cut("the front hung up")
        if called.name in _RETURNS:
            self._return(called)
        elif called.name in _REFUSALS or called.name in _NO_CANCELS:
            self._refusal(called)
        elif not self.queries.hear_page(called):
            self.session.hear(called)

    def _return(self, called: Called) -> None:
        """Take an order or trade return, or keep it until contracts are known."""
        if self._reader.contracts:
            self._read(called)
        elif len(self._held) < self._settings.max_held:
            self._held.append(called)
        else:
            # What does not fit comes again: the room's first query tells all of the day.
            self._count("held_too_many")

    def _release(self) -> None:
        while self._held:
            self._read(self._held.popleft())

    def _read(self, called: Called) -> None:
        row = called.fields or {}
        try:
            if str(row["InvestorID"]).strip() != self._account.investor:
                self._count("other_investor")
            elif called.name == "OnRtnOrder":
                self._on_order(row)
            else:
                self._on_trade(row)
        except (KeyError, ValueError):
            self._count("malformed")

    def _own(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if str(row["InvestorID"]).strip() == self._account.investor]

    def _on_order(self, row: Mapping[str, Any]) -> None:
        key = self._register.of_order(row)
        if is_on_its_way(row):
            return
        report = self._reader.order(row, key, self._clock.now_ns())
        if key:
            self._orders.answered(key)
        elif not report.order_id:
            # Another program's order that never reached its exchange: there is nothing to show.
            return
        else:
            self._strange_orders[report.instrument_id.rpartition(".")[2], report.order_id] = None
            forget_oldest(self._strange_orders)
        self._tell(report)

    def _on_trade(self, row: Mapping[str, Any]) -> None:
        seen = (str(row["ExchangeID"]).strip(), str(row["TradeID"]).strip(), f"{row['TradingDay']}{row['Direction']}")
        if seen in self._fills:
            self._count("fill_again")
            return
        key = self._register.of_trade(row)
        report = self._reader.fill(row, key, self._clock.now_ns())
        self._fills[seen] = None
        forget_oldest(self._fills)
        if not key:
            self._strange_fills[seen] = None
            forget_oldest(self._strange_fills)
        self.custody.stir()
        self._tell(report)

    def _refusal(self, called: Called) -> None:
        if not called.error_id:
            return
        row = called.fields or {}
        code, text = f"ctp_{called.error_id}", called.error_text
        if called.error_id == NOT_CONFIRMED:
            self.session.unconfirmed()
        if called.name.startswith(_TO_ALL):
            is_insert = called.name == "OnErrRtnOrderInsert"
            key = self._register.of_session(str(row.get("OrderRef", ""))) if is_insert else self._register.find(row)
            is_ours = self._orders.refused_later(int(row.get("RequestID", 0)), key, code, text)
        else:
            is_ours = self._orders.failed(called.request_id, SendOutcome.REFUSED, code, text)
        if not is_ours:
            self._count("refusal_of_others")

    def _returned(self, request_id: int, code: int) -> None:
        if code:
            self._count(f"returned_{code}")
        if self._orders.returned(request_id, code) or self.queries.hear_return(request_id, code):
            return
        if code:
            self.session.returned(code)

    def _failed(self, request_id: int, reason: str) -> None:
        """The child could not do what it was told: a struct it does not know, a library that is not there."""
        self._count("child_refused")
        if self._orders.failed(request_id, SendOutcome.REFUSED, "child_refused", reason):
            return
        if not self.queries.hear_failure(request_id, reason):
            self.session.reason = reason

    def _know_front(self, fields: Mapping[str, Any]) -> None:
        self._front = str(fields.get("FrontAddr", "")).strip()
        orders, queries = int(fields.get("FTDPkgFreq", 0)), int(fields.get("QryFreq", 0))
        if orders > 0:
            self._flow.limit = orders
        self.queries.allow(queries)

    def _cut(self, reason: str) -> None:
        self._orders.cut(reason)
        self.custody.stop()
        # All of the day comes again with the next session.
        self._held.clear()
        if self._was_working:
            self._was_working = False
            self._on_working(False, reason)  # noqa: FBT003 - the one thing it says

    def _count(self, what: str, amount: int = 1) -> None:
        if amount:
            self.counts[what] = self.counts.get(what, 0) + amount
