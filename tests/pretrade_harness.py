"""A risk gate on a bus and a clock of its own, with two contracts, two accounts, and everything it said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from risk_harness import index_futures_day, ns
from tradewind.bus import desk_topics as topics
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.instrument import OptionTerms
from tradewind.domain.order import (
    ApprovedOrder,
    CancelRequest,
    Fill,
    Offset,
    Order,
    OrderRequest,
    OrderStatus,
    Origin,
    PriceType,
    RefusedOrder,
    Side,
    TimeInForce,
)
from tradewind.domain.rates import CommissionRate, MarginRate, Rates
from tradewind.domain.trading_state import LimitWarning, Scope, TradingState
from tradewind.kernel.clock import LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.pretrade.ports import MarginPrice
from tradewind.pretrade.service import PretradeService
from tradewind.pretrade.settings import PretradeSettings, ScopeLimits

from builders import MORNING_NS, make_instrument, make_tick
from fakes import FakeInstruments

DAY = 20210104
INDEX = "IF2101.CFFEX"
NEXT_INDEX = "IF2102.CFFEX"
GOLD = "au2106.SHFE"
OPTION = "IO2101-C-5200.CFFEX"
_LIVE = (OrderStatus.SENT, OrderStatus.ACCEPTED, OrderStatus.PARTIAL)


def make_rates(instrument_id: str = INDEX, **changes: Any) -> Rates:
    """Return rates of 10 % margin both ways and 10 yuan a lot, with these fields changed."""
    ten = Decimal("0.1")
    none = Decimal(0)
    rates = Rates(
        instrument_id=instrument_id,
        valid_from=20200101,
        margin=MarginRate(ten, none, ten, none),
        commission=CommissionRate(none, Decimal(10), none, Decimal(10), none, Decimal(15)),
        max_limit_quantity=100,
        max_market_quantity=50,
        min_quantity=1,
        is_larger_side_only=True,
        margin_group="IF.CFFEX" if instrument_id.startswith("IF") else "au.SHFE",
        close_priority="fifo",
        limit_ratio=Decimal("0.1"),
        source="test",
    )
    return msgspec.structs.replace(rates, **changes)


def make_request(client_order_id: str = "c1", **changes: Any) -> OrderRequest:
    """Return an order to buy and open one IF2101 at 5230, with these fields changed."""
    request = OrderRequest(
        client_order_id=client_order_id,
        instruction_id="i1",
        account_id="A1",
        product_code="",
        strategy="",
        instrument_id=INDEX,
        side=Side.BUY,
        offset=Offset.OPEN,
        quantity=1,
        price=Decimal("5230.0"),
        price_type=PriceType.LIMIT,
        time_in_force=TimeInForce.DAY,
        origin=Origin.MANAGER,
        actor="wang",
        trading_day=DAY,
        ts_event=MORNING_NS,
        cause="",
    )
    return msgspec.structs.replace(request, **changes)


def make_account(account_id: str = "A1", **changes: Any) -> Account:
    """Return an account of ten million, all of it available, with these fields changed."""
    zero, all_of_it = Decimal(0), Decimal(10_000_000)
    fields: dict[str, Any] = {name: zero for name, kind in Account.__annotations__.items() if "Decimal" in str(kind)}
    fields |= {"pre_balance": all_of_it, "balance": all_of_it, "available": all_of_it, "version": 1}
    fields |= {"account_id": account_id, "book": "", "currency": "CNY", "trading_day": DAY, "ts_event": MORNING_NS}
    return Account(**{**fields, **changes})


def make_position(**changes: Any) -> Position:
    """Return a flat long position in IF2101 of account A1, with these fields changed."""
    zero = Decimal(0)
    position = Position(
        account_id="A1", book="", instrument_id=INDEX, direction=Direction.LONG, today=0, yesterday=0, frozen_today=0,
        frozen_yesterday=0, open_cost=zero, position_cost=zero, margin=zero, last_price=Decimal(5230),
        position_pnl=zero, floating_pnl=zero, contract_multiplier=300, opened_at=MORNING_NS, version=1,
        ts_event=MORNING_NS,
    )  # fmt: skip
    return msgspec.structs.replace(position, **changes)


def make_fill(request: OrderRequest, fill_id: str, quantity: int = 1, **changes: Any) -> Fill:
    """Return a fill of an order at its price."""
    fill = Fill(
        fill_id=fill_id, order_id="x", client_order_id=request.client_order_id, instruction_id=request.instruction_id,
        account_id=request.account_id, product_code=request.product_code, strategy=request.strategy,
        instrument_id=request.instrument_id, side=request.side, offset=request.offset, quantity=quantity,
        price=request.price or Decimal(5230), trading_day=request.trading_day, ts_event=MORNING_NS,
        ts_recv=MORNING_NS,
    )  # fmt: skip
    return msgspec.structs.replace(fill, **changes)


def make_order(request: OrderRequest, status: OrderStatus, version: int, filled: int = 0) -> Order:
    """Return a version of an order."""
    return Order(
        request=request, status=status, version=version, filled_quantity=filled, turnover=Decimal(0), order_id="x",
        margin=Decimal(100 * request.quantity), commission=Decimal(request.quantity), is_cancel_sent=False,
        is_cancel_unknown=False, reason_code="", reason="", ts_event=MORNING_NS,
    )  # fmt: skip


class FakeNames:
    """Accounts A1 and A2, product P1, strategies S1 and S2; nobody on a real exchange but those in `live`."""

    def __init__(self) -> None:
        self.live: set[str] = set()
        self.margin_kind: MarginPrice = "pre_settlement"

    def has_account(self, account_id: str) -> bool:
        return account_id in {"A1", "A2"}

    def has_product(self, product_code: str) -> bool:
        return product_code == "P1"

    def has_strategy(self, strategy: str) -> bool:
        return strategy in {"S1", "S2"}

    def is_live(self, account_id: str) -> bool:
        return account_id in self.live

    def margin_price(self, account_id: str) -> MarginPrice:  # noqa: ARG002 - the port's signature
        return self.margin_kind


class FakeRates:
    """Rates of just these contracts."""

    def __init__(self, *rates: Rates) -> None:
        self.by_id = {one.instrument_id: one for one in rates}

    def find(self, instrument_id: str, trading_day: int) -> Rates | None:
        found = self.by_id.get(instrument_id)
        return found if found is not None and found.valid_from <= trading_day else None


class FakeJournalHealth:
    """Fails when told to."""

    failure: str | None = None


class GateDesk:
    """Speaks to a gate as the other rooms do; keeps all it published. Limits are given as rows, settings by name."""

    def __init__(self, *limits: ScopeLimits, files: Any = None, rules: Any = None, **settings: Any) -> None:
        self.clock = LineClock(MORNING_NS + 1_000_000)
        self.bus = OrderedBus(on_failure=self._raise)
        self.names = FakeNames()
        self.journal = FakeJournalHealth()
        self.rates = FakeRates(make_rates(), make_rates(NEXT_INDEX), make_rates(GOLD))
        self.metrics = Metrics()
        self.settings = PretradeSettings(limits=limits, **settings)
        self.files = files
        self.rules = rules
        self.decisions: list[ApprovedOrder | RefusedOrder] = []
        self.states: list[TradingState] = []
        self.warnings: list[LimitWarning] = []
        self.log: list[tuple[str, Any]] = []
        """Every event of record, as the journal hears them."""
        self.bus.tap(self._hear)
        self.service = self.new_service(self.bus)
        self.service.attach()
        self._publish = {name: self.bus.publisher(topic) for name, topic in topics.DESK_TOPICS.items()}
        self._tick = self.bus.publisher(CLEAN_TICKS)
        self._ids = 0
        self.versions: dict[str, int] = {}

    @staticmethod
    def _raise(_topic: str, _group: str, _event: object, error: Exception) -> None:
        raise error

    def _hear(self, topic: Any, event: Any) -> None:
        if topic in topics.JOURNALLED:
            self.log.append((topic.name, event))
        if topic in (topics.APPROVED_ORDERS, topics.REFUSED_ORDERS):
            self.decisions.append(event)
        elif topic is topics.TRADING_STATES:
            self.states.append(event)
        elif topic is topics.LIMIT_WARNINGS:
            self.warnings.append(event)

    def new_service(self, bus: OrderedBus) -> PretradeService:
        """Return another gate of the same settings, as a new start would make it."""
        gold = make_instrument(
            instrument_id=GOLD, symbol="au2106", exchange="SHFE", product_id="au", contract_multiplier=1000,
            price_tick=0.02, price_digits=2, is_date_kept=True,
        )  # fmt: skip
        terms = OptionTerms(INDEX, 5200.0, "call")
        option = make_instrument(instrument_id=OPTION, symbol="IO2101-C-5200", option=terms)
        index, later = make_instrument(), make_instrument(instrument_id=NEXT_INDEX, symbol="IF2102")
        return PretradeService(
            settings=self.settings,
            bus=bus,
            clock=self.clock,
            metrics=self.metrics,
            instruments=FakeInstruments(index, later, gold, option),
            rates=self.rates,
            calendar=index_futures_day(),
            names=self.names,
            journal=self.journal,
            files=self.files,
            rules=self.rules,
        )

    def open_for_business(self) -> GateDesk:
        """Fund both accounts and show both contracts a first tick."""
        self.account()
        self.account("A2")
        self.tick()
        self.tick(NEXT_INDEX)
        self.tick(GOLD, last_price=390.0, limit_up=420.0, limit_down=360.0, pre_settlement_price=388.0)
        return self

    def at(self, seconds: float) -> None:
        """Move line time to so many seconds after 09:30."""
        self.clock.advance_to(ns(seconds))

    def tick(self, instrument_id: str = INDEX, **changes: Any) -> None:
        """Show a tick stamped now."""
        now = self.clock.now_ns()
        self._tick(make_tick(**{"instrument_id": instrument_id, "ts_event": now, "ts_recv": now, **changes}))

    def account(self, account_id: str = "A1", **changes: Any) -> None:
        """Tell the ledger's next word on an account."""
        self.publish("accounts", make_account(account_id, **{"version": self._next(f"a{account_id}"), **changes}))

    def position(self, **changes: Any) -> None:
        """Tell the ledger's next word on a position."""
        self.publish("positions", make_position(**{"version": self._next("positions"), **changes}))

    def publish(self, topic: str, event: Any) -> None:
        """Publish as the room that writes the topic does."""
        self._publish[topic](event)

    def _next(self, name: str) -> int:
        self.versions[name] = self.versions.get(name, 0) + 1
        return self.versions[name]

    def request(self, **changes: Any) -> OrderRequest:
        """Return an order with an id of its own, stamped now."""
        self._ids += 1
        return make_request(**{"client_order_id": f"c{self._ids}", "ts_event": self.clock.now_ns(), **changes})

    def ask(self, **changes: Any) -> ApprovedOrder | RefusedOrder:
        """Ask for an order and return the decision."""
        return self.send(self.request(**changes))

    def send(self, request: OrderRequest) -> ApprovedOrder | RefusedOrder:
        """Send a request and return the newest decision."""
        self.publish("order_requests", request)
        return self.decisions[-1]

    def approve(self, **changes: Any) -> OrderRequest:
        """Ask for an order that must pass; return it."""
        decision = self.ask(**changes)
        assert isinstance(decision, ApprovedOrder), decision
        return decision.order

    def codes(self, **changes: Any) -> set[str]:
        """Ask for an order and return the codes of its refusals; none when it passed."""
        decision = self.ask(**changes)
        return codes_of(decision)

    def order(self, request: OrderRequest, status: OrderStatus, filled: int = 0) -> None:
        """Tell execution's next word on an order."""
        version = self._next(request.client_order_id)
        self.publish("orders", make_order(request, status, version, filled))

    def fill(self, request: OrderRequest, quantity: int = 1, **changes: Any) -> Fill:
        """Tell of a fill of an order, the order's own word first."""
        filled = self._next(f"filled {request.client_order_id}") if quantity == 1 else quantity
        status = OrderStatus.FILLED if filled >= request.quantity else OrderStatus.PARTIAL
        self.order(request, status, filled)
        fill = make_fill(request, f"f{self._next('fills')}", quantity, **changes)
        self.publish("fills", fill)
        return fill

    def cancel(self, request: OrderRequest) -> None:
        """Ask for an order to be taken back."""
        self.publish("cancel_requests", CancelRequest(request.client_order_id, "wang", "", self.clock.now_ns()))

    def cancelled(self, request: OrderRequest) -> None:
        """Take an order back and let the exchange confirm it."""
        self.cancel(request)
        self.order(request, OrderStatus.CANCELLED)


def codes_of(decision: ApprovedOrder | RefusedOrder) -> set[str]:
    """Return the codes of a refusal, none of an approval."""
    return set() if isinstance(decision, ApprovedOrder) else {refusal.code for refusal in decision.refusals}


def limit(scope: Scope, key: str = "*", **limits: Any) -> ScopeLimits:
    """Return a row of limits as a settings file gives it; money and ratios may be text."""
    return msgspec.convert({"scope": scope.value, "key": key, **limits}, ScopeLimits)


def open_desk(*limits: ScopeLimits, **settings: Any) -> GateDesk:
    """Return a desk on which a plain order passes."""
    return GateDesk(*limits, **settings).open_for_business()
