"""An account of the CTP broker before a front that a test plays by hand: no process, no socket, a line clock.

`Front` answers logging in and queries by itself unless told otherwise, with the rows it is given; orders it only notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from desk_orders import make_order
from tradewind.ctp.messages import Answered, Called, FromChild, Ready, Returned
from tradewind.domain.order import Order, OrderStatus
from tradewind.domain.tick import Tick
from tradewind.execution.brokers.ctp.credentials import Secrets
from tradewind.execution.brokers.ctp.door import Ground, RequestIds
from tradewind.execution.brokers.ctp.settings import CtpAccountSettings, CtpBrokerSettings
from tradewind.execution.brokers.ctp.trader import AccountTrader
from tradewind.execution.ports import FillReport, OrderReport, Report
from tradewind.kernel.clock import LineClock
from tradewind.market.contracts import InstrumentTable

from builders import MORNING_NS

DAY = 20210104
SECRET = "hush"  # noqa: S105 - known to the front by hand alone
ACCOUNT = CtpAccountSettings(
    id="a1", user_id="u1", broker_id="9999", fronts=("tcp://127.0.0.1:1",), app_id="app_1", confirmation="unseen"
)


def contract_row(symbol: str = "IF2101", exchange: str = "CFFEX", **changes: Any) -> dict[str, Any]:
    """Return a contract as ReqQryInstrument tells it."""
    row = {
        "InstrumentID": symbol,
        "ExchangeID": exchange,
        "PriceTick": 0.2,
        "VolumeMultiple": 300,
        "PositionDateType": "2",
        "MaxLimitOrderVolume": 20,
        "MaxMarketOrderVolume": 10,
        "MinLimitOrderVolume": 1,
    }
    return {**row, **changes}


def position_row(symbol: str, exchange: str, direction: str = "2", **changes: Any) -> dict[str, Any]:
    """Return lots as ReqQryInvestorPosition tells them, long unless told otherwise."""
    row = {
        "InstrumentID": symbol,
        "ExchangeID": exchange,
        "PosiDirection": direction,
        "PositionDate": "1",
        "Position": 0,
        "TodayPosition": 0,
        "YdPosition": 0,
    }
    return {**row, **changes}


def funds_row(**changes: float) -> dict[str, Any]:
    """Return funds as ReqQryTradingAccount tells them."""
    row = dict.fromkeys(("Deposit", "Withdraw", "CloseProfit", "Commission", "CurrMargin", "PositionProfit"), 0.0)
    return {**row, "PreBalance": 1_000_000.0, "Balance": 1_000_000.0, "Available": 1_000_000.0, **changes}


class Front:
    """`door.Door` that a test answers; `inbox` is what it was told, `hear` speaks to the account."""

    def __init__(self, clock: LineClock) -> None:
        self.clock = clock
        self.inbox: list[tuple[str, dict[str, Any], int]] = []
        self.restarts: list[str] = []
        self.is_there = True
        self.is_silent: set[str] = set()
        """Requests that nobody answers."""
        self.errors: dict[str, list[tuple[int, str]]] = {}
        """Errors that a request is answered with, one each time."""
        self.codes: dict[str, list[int]] = {}
        """What calls of a request return, one each time."""
        self.rows: dict[str, list[dict[str, Any]]] = {
            "ReqQryInstrument": [contract_row()],
            "ReqQryTradingAccount": [funds_row()],
            "ReqQrySettlementInfoConfirm": [{"ConfirmDate": str(DAY)}],
        }
        self.login = {"TradingDay": str(DAY), "FrontID": 1, "SessionID": 100, "MaxOrderRef": "           7"}
        self.limits = {"FrontAddr": "tcp://127.0.0.1:1", "QryFreq": 0, "FTDPkgFreq": 0}
        self.trader: AccountTrader

    def hear(self, message: FromChild) -> None:
        self.trader.hear(message)

    def call(self, name: str, **fields: Any) -> None:
        """Call back with these fields, `error` (id, text) and `request` among them being the call's own."""
        error_id, error_text = fields.pop("error", (0, ""))
        request_id = fields.pop("request", 0)
        is_last = fields.pop("is_last", True)
        self.hear(
            Called(
                name=name,
                fields=fields or None,
                error_id=error_id,
                error_text=error_text,
                request_id=request_id,
                is_last=is_last,
            )
        )

    def request(self, name: str, fields: Mapping[str, object], request_id: int) -> bool:
        if not self.is_there:
            return False
        self.inbox.append((name, dict(fields), request_id))
        # The child answers on its own thread, never from inside the call.
        self.clock.call_at(self.clock.now_ns(), lambda _ts: self._answer(name, request_id))
        return True

    def ask(self, name: str) -> bool:
        self.clock.call_at(self.clock.now_ns(), lambda _ts: self.hear(Answered(name=name, fields=dict(self.limits))))
        return self.is_there

    def restart(self, reason: str) -> None:
        self.restarts.append(reason)

    def names(self) -> list[str]:
        """Return what was asked, in order."""
        return [name for name, _, _ in self.inbox]

    def last(self, name: str) -> tuple[dict[str, Any], int]:
        """Return the fields and the number of the newest request of a name."""
        return next((fields, number) for told, fields, number in reversed(self.inbox) if told == name)

    def _answer(self, name: str, request_id: int) -> None:
        code = self.codes.get(name, []).pop(0) if self.codes.get(name) else 0
        self.hear(Returned(request_id=request_id, code=code))
        if code or name in self.is_silent or name in {"ReqOrderInsert", "ReqOrderAction"}:
            return
        answer = name.replace("Req", "OnRsp", 1)
        if self.errors.get(name):
            self.call(answer, error=self.errors[name].pop(0), request=request_id)
        elif name == "ReqUserLogin":
            self.call(answer, request=request_id, **self.login)
        else:
            rows = self.rows.get(name, [])
            for number, row in enumerate(rows, start=1):
                self.call(answer, request=request_id, is_last=number == len(rows), **row)
            if not rows:
                self.call(answer, request=request_id)


class Account:
    """The account under test: `said` is what it told the room, `acts` what was done in its name."""

    def __init__(self, account: CtpAccountSettings = ACCOUNT, **settings: Any) -> None:
        self.clock = LineClock(MORNING_NS)
        self.front = Front(self.clock)
        self.said: list[Report] = []
        self.works: list[bool] = []
        self.acts: list[tuple[str, str, str]] = []
        self.ticks: dict[str, Tick] = {}
        self.trader = AccountTrader(
            Ground(account, CtpBrokerSettings(**settings), self.clock, self.front, RequestIds()),
            secrets=Secrets(SECRET, "code"),
            instruments=InstrumentTable(),
            ticks=self.ticks,
            tell=self.said.append,
            on_working=lambda is_working, _reason: self.works.append(is_working),
            act=lambda *act: self.acts.append(act),
        )
        self.front.trader = self.trader

    @property
    def session(self) -> Any:
        return self.trader.session

    def pass_time(self, seconds: float = 0.0) -> None:
        """Let time pass in steps, so that what follows from what has its turn."""
        for _ in range(max(1, round(seconds / 0.1))):
            self.clock.advance_to(self.clock.now_ns() + 100_000_000)

    def connect(self) -> None:
        """Let the child be ready and its front answer."""
        self.session.starting()
        self.front.hear(Ready(version="v6.7.11", pid=1))
        self.front.call("OnFrontConnected")

    def work(self) -> Account:
        """Go all the way until orders may go."""
        self.connect()
        self.pass_time(15)
        assert self.session.is_working, (self.session.step, self.session.reason)
        return self

    def reconnect(self, session_id: int = 101) -> None:
        """Lose the front and come back in a new session."""
        self.front.call("OnFrontDisconnected", reason=0x1001)
        self.front.login = {**self.front.login, "SessionID": session_id}
        self.front.call("OnFrontConnected")
        self.pass_time(15)

    def order(self, client_order_id: str = "o1", **changes: Any) -> Order:
        """Return an order under a reference of this session, not sent yet."""
        order = make_order(client_order_id, status=OrderStatus.PENDING, **changes)
        return replace(order, broker_ref=self.trader.reference(order.request))

    def orders(self) -> list[OrderReport]:
        return [report for report in self.said if isinstance(report, OrderReport)]

    def fills(self) -> list[FillReport]:
        return [report for report in self.said if isinstance(report, FillReport)]


def replace(order: Order, **changes: Any) -> Order:
    """Return an order with these fields changed."""
    return msgspec.structs.replace(order, **changes)


def order_row(order_ref: str = "8", **changes: Any) -> dict[str, Any]:
    """Return an order as OnRtnOrder tells it: accepted by its exchange, names padded as CTP pads them."""
    row = {
        "InvestorID": "u1",
        "InstrumentID": "IF2101",
        "ExchangeID": "CFFEX",
        "FrontID": 1,
        "SessionID": 100,
        "OrderRef": f"{order_ref:>12}",
        "OrderSysID": "        4711",
        "OrderStatus": "3",
        "OrderSubmitStatus": "3",
        "OrderPriceType": "2",
        "Direction": "0",
        "CombOffsetFlag": "0",
        "LimitPrice": 5230.0,
        "VolumeTotalOriginal": 5,
        "VolumeTraded": 0,
        "TradingDay": str(DAY),
        "InsertTime": "09:30:00",
        "StatusMsg": "",
    }
    return {**row, **changes}


def trade_row(trade_id: str = "1", **changes: Any) -> dict[str, Any]:
    """Return a trade as OnRtnTrade tells it."""
    row = {
        "InvestorID": "u1",
        "InstrumentID": "IF2101",
        "ExchangeID": "CFFEX",
        "OrderRef": "           8",
        "OrderSysID": "        4711",
        "TradeID": f"{trade_id:>12}",
        "Direction": "0",
        "OffsetFlag": "0",
        "Price": 5230.0,
        "Volume": 1,
        "TradingDay": str(DAY),
        "TradeTime": "09:30:01",
    }
    return {**row, **changes}
