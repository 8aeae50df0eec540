"""A desk around the instructions room: a gate that lets pass, an exchange that does what the test says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tradewind.bus.desk_topics import (
    ACCOUNTS,
    CANCEL_REQUESTS,
    DESK_TOPICS,
    ORDER_REQUESTS,
    ORDERS,
    POSITIONS,
    REFUSED_ORDERS,
    TRADING_STATES,
)
from tradewind.bus.local import LocalBus
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.routed import RoutedBus
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES, Topic
from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.instrument import Instrument
from tradewind.domain.opportunity import Contribution, Opportunity, OpportunityState
from tradewind.domain.order import CancelRequest, Order, OrderRequest, OrderStatus, Refusal, RefusedOrder
from tradewind.domain.rates import CommissionRate, MarginRate, Rates
from tradewind.domain.tick import Tick
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.instructions.service import InstructionService
from tradewind.instructions.settings import InstructionSettings
from tradewind.kernel.clock import NS_PER_S, LineClock

from builders import make_instrument, make_tick

IF = "IF2101.CFFEX"
RB = "rb2105.SHFE"
ZERO = Decimal(0)


def make_rates(**changes: Any) -> Rates:
    """Return rates of an index future: margin 10 %, close-today dearer."""
    rates = Rates(
        instrument_id=IF,
        valid_from=20210101,
        margin=MarginRate(Decimal("0.1"), ZERO, Decimal("0.1"), ZERO),
        commission=CommissionRate(
            open_by_money=Decimal("0.000023"),
            open_by_volume=ZERO,
            close_by_money=Decimal("0.000023"),
            close_by_volume=ZERO,
            close_today_by_money=Decimal("0.000345"),
            close_today_by_volume=ZERO,
        ),
        max_limit_quantity=20,
        max_market_quantity=10,
        min_quantity=1,
        is_larger_side_only=True,
        margin_group="IF.CFFEX",
        close_priority="today_first",
        limit_ratio=Decimal("0.1"),
        source="test",
    )
    return msgspec.structs.replace(rates, **changes)


def make_position(quantity: int, direction: Direction = Direction.LONG, **changes: Any) -> Position:
    """Return a position of yesterday's lots in IF2101, opened at 5230."""
    cost = Decimal(5230) * 300 * quantity
    position = Position(
        account_id="paper",
        book="",
        instrument_id=IF,
        direction=direction,
        today=0,
        yesterday=quantity,
        frozen_today=0,
        frozen_yesterday=0,
        open_cost=cost,
        position_cost=cost,
        margin=ZERO,
        last_price=Decimal(5230),
        position_pnl=ZERO,
        floating_pnl=ZERO,
        contract_multiplier=300,
        opened_at=1,
        version=1,
        ts_event=1,
    )
    return msgspec.structs.replace(position, **changes)


def make_account(balance: int, **changes: Any) -> Account:
    """Return an account with nothing but money."""
    names = [name for name in Account.__struct_fields__ if name not in {"account_id", "book", "currency"}]
    fields: dict[str, Any] = dict.fromkeys(names, ZERO)
    fields |= {"trading_day": 20210104, "version": 1, "ts_event": 1}
    money = Decimal(balance)
    account = Account("paper", "", "CNY", **{**fields, "balance": money, "available": money})
    return msgspec.structs.replace(account, **changes)


def make_opportunity(**changes: Any) -> Opportunity:
    """Return an active opportunity to buy IF2101, of one strategy, confidence 0.8."""
    part = Contribution("rapid_rise", "s1", "rise", "buy", 0.8, 60.0, 1.0, 1, ())
    opportunity = Opportunity(
        opportunity_id="o1",
        instrument_id=IF,
        side="buy",
        state=OpportunityState.ACTIVE,
        version=1,
        confidence=0.8,
        strength=60.0,
        last_price=5230.0,
        entry_price=5230.0,
        created_at=1,
        updated_at=1,
        expires_at=2,
        reasons=(),
        contributions=(part,),
        cause="s1",
    )
    return msgspec.structs.replace(opportunity, **changes)


class Table:
    """Instruments and rates of a few contracts."""

    def __init__(self) -> None:
        rebar = make_instrument(
            instrument_id=RB, symbol="rb2105", exchange="SHFE", product_id="rb", contract_multiplier=10,
            price_tick=1.0, price_digits=0, is_date_kept=True,
        )  # fmt: skip
        self.instruments: dict[str, Instrument] = {IF: make_instrument(), RB: rebar}
        self.rates = {
            IF: make_rates(),
            RB: make_rates(instrument_id=RB, margin_group="rb.SHFE", max_limit_quantity=500),
        }

    def find(self, instrument_id: str, trading_day: int | None = None) -> Any:
        return (self.instruments if trading_day is None else self.rates).get(instrument_id)

    def require(self, instrument_id: str) -> Instrument:
        return self.instruments[instrument_id]


class Desk:
    """The room under test, all it published, and a hand for the exchange."""

    def __init__(self, settings: InstructionSettings | None = None) -> None:
        self.failures: list[Exception] = []
        self.line = LocalBus(on_failure=lambda *told: self.failures.append(told[3]))
        self.ordered = OrderedBus(on_failure=lambda *told: self.failures.append(told[3]))
        self.clock = LineClock()
        self.table = Table()
        self.bus = RoutedBus(line=self.line, desk=self.ordered)
        self.settings = settings or InstructionSettings()
        self.journal: list[tuple[Topic[Any], Any]] = []
        self.requests: list[OrderRequest] = []
        self.cancels: list[CancelRequest] = []
        self.refuses = ""
        self.orders: dict[str, Order] = {}
        self.ordered.tap(lambda topic, event: self.journal.append((topic, event)))
        self.bus.subscribe(ORDER_REQUESTS, self._asked, group="gate")
        self.bus.subscribe(CANCEL_REQUESTS, self.cancels.append, group="exchange")
        self.publish = {topic.name: self.bus.publisher(topic) for topic in DESK_TOPICS.values()}
        self.room = self.new_room()
        self.room.attach()

    def new_room(self) -> InstructionService:
        """Return a room that has heard nothing yet."""
        return InstructionService(
            settings=self.settings, bus=self.bus, clock=self.clock, instruments=self.table, rates=self.table
        )

    def tick(self, price: float = 5230.0, *, at_s: float = 1.0, **changes: Any) -> Tick:
        """Let time move and a quote come: one tick wide, 5 lots a side."""
        ts = int(at_s * NS_PER_S)
        self.clock.advance_to(ts)
        step = 1.0 if changes.get("instrument_id") == RB else 0.2
        tick = make_tick(
            **{
                "ts_event": ts, "ts_recv": ts, "last_price": price, "bid_price": price, "bid_volume": 5,
                "ask_price": round(price + step, 1), "ask_volume": 5, **changes,
            }
        )  # fmt: skip
        self.line.publisher(CLEAN_TICKS)(tick)
        return tick

    def opportunity(self, **changes: Any) -> None:
        """Let an opportunity come."""
        self.line.publisher(OPPORTUNITIES)(make_opportunity(**changes))

    def position(self, quantity: int, **changes: Any) -> None:
        """Tell the room of a position."""
        self.publish[POSITIONS.name](make_position(quantity, **changes))

    def account(self, balance: int) -> None:
        """Tell the room of funds."""
        self.publish[ACCOUNTS.name](make_account(balance))

    def halt(self, scope: Scope = Scope.PLATFORM, key: str = "") -> None:
        """Stop a scope."""
        state = TradingState(scope, key, TradingMode.HALTED, "officer", "button", "drill", 1, self.clock.now_ns())
        self.publish[TRADING_STATES.name](state)

    def moves(self, client_order_id: str, status: OrderStatus, **changes: Any) -> None:
        """Let an order move."""
        order = msgspec.structs.replace(
            self.orders[client_order_id],
            status=status,
            version=self.orders[client_order_id].version + 1,
            ts_event=self.clock.now_ns(),
            **changes,
        )
        self.orders[client_order_id] = order
        self.publish[ORDERS.name](order)

    def fills(self, client_order_id: str, quantity: int | None = None, price: Decimal | None = None) -> None:
        """Let an order fill, whole unless said."""
        order = self.orders[client_order_id]
        done = order.remaining_quantity if quantity is None else quantity
        at = price if price is not None else (order.request.price or ZERO)
        filled = order.filled_quantity + done
        status = OrderStatus.FILLED if filled == order.request.quantity else OrderStatus.PARTIAL
        self.moves(client_order_id, status, filled_quantity=filled, turnover=order.turnover + at * done)

    def fill_all(self) -> None:
        """Let every live order fill, again and again until none is left."""
        while live := [name for name, order in self.orders.items() if not order.is_final]:
            for name in live:
                self.fills(name)

    def said(self, topic: Topic[Any]) -> list[Any]:
        """Return what was published on a topic."""
        return [event for heard, event in self.journal if heard is topic]

    def _asked(self, request: OrderRequest) -> None:
        self.requests.append(request)
        now_ns = self.clock.now_ns()
        if self.refuses:
            refusal = Refusal("rule", self.refuses, "platform", "1", "2")
            self.publish[REFUSED_ORDERS.name](RefusedOrder(request, "d", (refusal,), now_ns))
            return
        order = Order(
            request=request, status=OrderStatus.ACCEPTED, version=1, filled_quantity=0, turnover=ZERO, order_id="x",
            margin=ZERO, commission=ZERO, is_cancel_sent=False, is_cancel_unknown=False, reason_code="", reason="",
            ts_event=now_ns,
        )  # fmt: skip
        self.orders[request.client_order_id] = order
        self.publish[ORDERS.name](order)
