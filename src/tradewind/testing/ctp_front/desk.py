"""The broker's desk and the exchanges behind it: takes orders and cancels, checks, matches, and tells what happened."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradewind.domain.order import TimeInForce
from tradewind.errors import InputError
from tradewind.execution.brokers.paper.matching import PaperBook
from tradewind.testing.ctp_front.checks import asked_refusal, exchange_refusal
from tradewind.testing.ctp_front.codes import TEXTS, told
from tradewind.testing.ctp_front.lots import OPEN
from tradewind.testing.ctp_front.orders import (
    ACCEPTED,
    CANCELLED,
    QUEUEING,
    REFUSED,
    SUBMITTED,
    UNKNOWN,
    FrontOrder,
)
from tradewind.testing.ctp_front.surface import field_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradewind.domain.tick import Tick
    from tradewind.execution.brokers.paper.order import PaperOrder
    from tradewind.testing.ctp_front.clock import FrontClock
    from tradewind.testing.ctp_front.contracts import Contract, ContractList
    from tradewind.testing.ctp_front.faults import Faults
    from tradewind.testing.ctp_front.investor import Investor
    from tradewind.testing.ctp_front.link import Told
    from tradewind.testing.ctp_front.market import FrontMarket
    from tradewind.testing.ctp_front.settings import FrontSettings

_INPUT: Final = "CThostFtdcInputOrderField"
_ACTION: Final = "CThostFtdcOrderActionField"
_NOT_FOUND: Final = 25
_OVER: Final = 26
_FROM_EXCHANGE: Final = 91


class FrontDesk:
    """All investors' orders. Whoever calls holds the fronts' lock."""

    def __init__(
        self,
        *,
        settings: FrontSettings,
        contracts: ContractList,
        market: FrontMarket,
        faults: Faults,
        clock: FrontClock,
        is_open: Callable[[Contract], bool],
    ) -> None:
        self._settings = settings
        self._contracts = contracts
        self._market = market
        self._faults = faults
        self._clock = clock
        self._is_open = is_open
        self._books: dict[str, PaperBook] = {}
        self._by_paper: dict[int, tuple[Investor, FrontOrder]] = {}
        self._batches: dict[str, list[Told]] = {}
        self._depth = 0
        self._investors: dict[str, Investor] = {}
        self._number = 0
        self.received: list[dict[str, Any]] = []
        """Every order that reached the desk, refused ones too."""

    def insert(self, investor: Investor, asked: dict[str, Any], session: tuple[int, int]) -> tuple[int, str] | None:
        """Take an order; return the refusal of CTP itself, `None` where the order went on to the exchange."""
        self.received.append(asked)
        contract = self._contracts.find(str(asked.get("InstrumentID", "")))
        code = asked_refusal(asked, contract, investor, is_confirmed=investor.confirmed == self._market.trading_day)
        if self._faults.is_syncing:
            code = 35
        if code or contract is None:
            return told(code or 16)
        now = self._clock.china()
        order = FrontOrder(asked, contract, session=session, day=self._market.trading_day, now=now)
        code = self._holding_refusal(investor, order)
        if code:
            return told(code)
        investor.max_reference = max(investor.max_reference, int(order.reference))
        with self.one_event():
            self._tell(investor, "OnRtnOrder", order.become(UNKNOWN, SUBMITTED))
            investor.orders.append(order)
            self._by_paper[id(order.paper)] = (investor, order)
            if self._settings.exchange_accepts:
                self._reach_exchange(investor, order)
        return None

    def refuse(self, investor: Investor, asked: dict[str, Any], error: tuple[int, str]) -> None:
        """Tell every session of the investor that CTP refused an order, as it does besides the answer."""
        with self.one_event():
            self._tell(investor, "OnErrRtnOrderInsert", asked, error)

    def refuse_cancel(self, investor: Investor, asked: dict[str, Any], error: tuple[int, str]) -> None:
        """Tell every session of the investor that CTP refused a cancel."""
        fields = {name: value for name, value in asked.items() if name in field_names(_ACTION)}
        with self.one_event():
            self._tell(investor, "OnErrRtnOrderAction", fields, error)

    def cancel(self, investor: Investor, asked: dict[str, Any], session: tuple[int, int]) -> tuple[int, str] | None:
        """Take an order back; return the refusal of CTP itself."""
        order = self._asked_for(investor, asked, session)
        if order is None:
            return told(_NOT_FOUND)
        if order.is_final:
            return told(_OVER)
        if self._faults.cancel_refusals:
            words = self._faults.cancel_refusals.pop(0)
            with self.one_event():
                self._tell(investor, "OnErrRtnOrderAction", self._action(asked, order), (_FROM_EXCHANGE, words))
            return None
        with self.one_event():
            self._end(investor, order)
        return None

    def accept(self, order: FrontOrder) -> None:
        """Let the exchange answer an order that it had kept waiting."""
        investor = self._investor(order)
        with self.one_event():
            self._reach_exchange(investor, order)

    def fill(self, order: FrontOrder, quantity: int | None = None, price: Decimal | None = None) -> None:
        """Let lots of a standing order be done, all that remain unless told; at its own price unless told.

        Raises: InputError: it is over, or has fewer lots.
        """
        lots = order.remaining if quantity is None else quantity
        if order.is_final or lots < 1 or lots > order.remaining:
            message = f"{lots} lots of order {order.reference}: it has {order.remaining} to do"
            raise InputError(message)
        if not order.system_id:
            self.accept(order)
        with self.one_event():
            self._done(order.paper, float(price or order.price or self._market.mark(order.contract.symbol)), lots)

    def kick_out(self, order: FrontOrder, words: str = "交易所撤单") -> None:
        """Let the exchange cancel a standing order by itself."""
        with self.one_event():
            self._end(self._investor(order), order, words=words)

    def on_tick(self, tick: Tick) -> None:
        """Match what stands against a new tick."""
        book = self._books.get(tick.instrument_id)
        if book is not None:
            with self.one_event():
                book.on_tick(tick)

    def end_day(self, investors: list[Investor]) -> None:
        """End every order that still stands."""
        with self.one_event():
            for investor in investors:
                for order in investor.standing():
                    self._end(investor, order, words="已撤单(闭市)")
        self._books.clear()
        self._by_paper.clear()

    @contextmanager
    def one_event(self) -> Iterator[None]:
        """Collect what is told until the event is over, then tell it in the shape that tests want."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                batches, self._batches = self._batches, {}
                for user_id, batch in batches.items():
                    self._investors[user_id].flow.tell(batch, self._faults.shape)

    def _holding_refusal(self, investor: Investor, order: FrontOrder) -> int:
        if order.offset == OPEN:
            return investor.funds_refusal(order)
        return investor.closing_refusal(
            order.contract, is_buy=order.is_buy, offset=order.offset, quantity=order.remaining
        )

    def _reach_exchange(self, investor: Investor, order: FrontOrder) -> None:
        self._number += 1
        quote = self._market.quote_of(order.contract.symbol)
        refusal = exchange_refusal(order, quote, is_open=self._is_open(order.contract))
        if self._faults.exchange_refusals:
            refusal = (_FROM_EXCHANGE, self._faults.exchange_refusals.pop(0))
        order.fields |= {"OrderLocalID": f"{self._number:>12}"}
        if refusal is not None:
            words = f"已撤单报单被拒绝{order.contract.exchange}:{refusal[1]}"
            self._tell(investor, "OnRtnOrder", order.become(CANCELLED, REFUSED, words=words))
            asked = {name: value for name, value in order.fields.items() if name in field_names(_INPUT)}
            self._tell(investor, "OnErrRtnOrderInsert", asked, (refusal[0], f"CTP:{refusal[1]}"))
            return
        order.fields |= {"OrderSysID": f"{self._number:>12}", "ActiveTime": f"{self._clock.china():%H:%M:%S}"}
        self._tell(investor, "OnRtnOrder", order.become(UNKNOWN))
        self._tell(investor, "OnRtnOrder", order.become(QUEUEING, ACCEPTED))
        self._stand(investor, order)

    def _stand(self, investor: Investor, order: FrontOrder) -> None:
        request = order.paper.request
        book = self._books.setdefault(request.instrument_id, PaperBook(self._done))
        book.add(order.paper)
        quote = self._market.quote_of(order.contract.symbol)
        if quote.last is not None:
            if book.tick is None:
                book.tick = self._market.clean(quote, 0)
            book.arrive(order.paper)
        is_day = request.time_in_force is TimeInForce.DAY and order.paper.price is not None
        if not is_day and not order.is_final:
            self._end(investor, order)

    def _done(self, paper: PaperOrder, price: float, lots: int) -> None:
        investor, order = self._by_paper[id(paper)]
        self._number += 1
        exact, day, trade_id = Decimal(str(price)), self._market.trading_day, f"{self._number:>12}"
        paper.filled += lots
        now = self._clock.china()
        trade = {
            name: order.fields[name]
            for name in ("BrokerID", "InvestorID", "UserID", "InstrumentID", "OrderRef", "ExchangeID", "OrderSysID",
                         "Direction", "OrderLocalID", "ExchangeInstID")
            if name in order.fields
        } | {
            "TradeID": trade_id, "OffsetFlag": order.offset, "HedgeFlag": str(order.fields["CombHedgeFlag"])[:1],
            "Price": price, "Volume": lots, "TradeDate": f"{now:%Y%m%d}", "TradeTime": f"{now:%H:%M:%S}",
            "TradeType": "0", "TradingDay": day, "TradeSource": "0", "SequenceNo": self._number, "SettlementID": 1,
        }  # fmt: skip
        investor.books.trade(
            order.contract, trade_id=trade_id.strip(), direction=order.fields["Direction"], offset=order.offset,
            price=exact, quantity=lots, day=day, hedge=str(trade["HedgeFlag"]),
        )  # fmt: skip
        investor.trades.append(trade)
        self._tell(investor, "OnRtnOrder", order.fill(lots))
        self._tell(investor, "OnRtnTrade", trade)
        if order.is_final:
            self._leave(order)

    def _end(self, investor: Investor, order: FrontOrder, *, words: str = "") -> None:
        order.fields["CancelTime"] = f"{self._clock.china():%H:%M:%S}"
        self._leave(order)
        self._tell(investor, "OnRtnOrder", order.become(CANCELLED, words=words))

    def _leave(self, order: FrontOrder) -> None:
        book = self._books.get(order.paper.request.instrument_id)
        if book is not None:
            book.remove(order.paper)

    def _asked_for(self, investor: Investor, asked: dict[str, Any], session: tuple[int, int]) -> FrontOrder | None:
        """Find it by the exchange's number just as it was told, or by the reference of this very session."""
        number, exchange = str(asked.get("OrderSysID", "")), asked.get("ExchangeID")
        named = (asked.get("FrontID", 0), asked.get("SessionID", 0))
        reference = str(asked.get("OrderRef", "")).strip()
        for order in investor.orders:
            if number and (order.system_id, order.contract.exchange) == (number, exchange):
                return order
            if not number and reference == order.reference and named == order.session == session:
                return order
        return None

    def _action(self, asked: dict[str, Any], order: FrontOrder) -> dict[str, Any]:
        names = ("InvestorID", "InstrumentID", "ExchangeID", "OrderSysID", "OrderRef", "FrontID", "SessionID")
        return {"ActionFlag": "0", "StatusMsg": TEXTS[_FROM_EXCHANGE]} | {
            name: value for name in names if (value := order.fields.get(name, asked.get(name))) is not None
        }

    def _investor(self, order: FrontOrder) -> Investor:
        return self._by_paper[id(order.paper)][0]

    def _tell(
        self, investor: Investor, name: str, fields: dict[str, Any], error: tuple[int, str] | None = None
    ) -> None:
        self._investors[investor.user_id] = investor
        self._batches.setdefault(investor.user_id, []).append((name, fields, error))
