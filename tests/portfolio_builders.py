"""Builders of the portfolio's tests: contracts with plain terms, fills, orders, an account on a bus."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from tradewind.bus.desk_topics import ACCOUNTS, APPROVED_ORDERS, CASH_MOVES, FILLS, ORDERS, POSITIONS, SETTLEMENTS
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import CLEAN_TICKS, QUOTE_SNAPSHOTS
from tradewind.domain.account import CashMove, Direction, Settlement
from tradewind.domain.hours import Section, TradingDayHours
from tradewind.domain.instrument import Instrument
from tradewind.domain.order import (
    ApprovedOrder,
    Fill,
    Offset,
    Order,
    OrderRequest,
    OrderStatus,
    Origin,
    PriceType,
    Side,
    TimeInForce,
)
from tradewind.domain.rates import CommissionRate, MarginRate, Rates
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.portfolio import AccountSettings, Books, PortfolioService, PortfolioSettings

from fakes import FakeInstruments

DAY_1, DAY_2, DAY_3 = 20260105, 20260106, 20260107
INDEX = "IF2603.CFFEX"
"""Multiplier 300, dates not kept, first in first out."""
GOLD = "au2604.SHFE"
"""Multiplier 1000, dates kept, margin on the larger side."""
GOLD_LATER = "au2606.SHFE"
MEAL = "m2605.DCE"
"""Multiplier 10, dates not kept, today's lots first."""
_ZERO = Decimal(0)
_numbers = count(1)


def make_rates(instrument_id: str, **changes: Any) -> Rates:
    """Return rates without commission: margin a tenth of the money, first in first out, each side for itself."""
    rates = Rates(
        instrument_id=instrument_id,
        valid_from=20250101,
        margin=MarginRate(Decimal("0.1"), _ZERO, Decimal("0.1"), _ZERO),
        commission=CommissionRate(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO),
        max_limit_quantity=500,
        max_market_quantity=0,
        min_quantity=1,
        is_larger_side_only=False,
        margin_group=instrument_id,
        close_priority="fifo",
        limit_ratio=None,
        source="test",
    )
    return msgspec.structs.replace(rates, **changes)


def money(*amounts: int) -> tuple[Decimal, ...]:
    """Return whole amounts as the ledger writes them."""
    return tuple(map(Decimal, amounts))


class FakeRates:
    """Rates of just these contracts, the same on every day."""

    def __init__(self, *rates: Rates) -> None:
        self.by_id = {each.instrument_id: each for each in rates}

    def find(self, instrument_id: str, trading_day: int) -> Rates | None:  # noqa: ARG002 - the port's signature
        return self.by_id.get(instrument_id)


def make_contract(instrument_id: str, multiplier: int, *, is_date_kept: bool, **changes: Any) -> Instrument:
    symbol, _, exchange = instrument_id.rpartition(".")
    fields: dict[str, Any] = {
        "instrument_id": instrument_id,
        "symbol": symbol,
        "exchange": exchange,
        "product_id": symbol.rstrip("0123456789"),
        "name": symbol,
        "contract_multiplier": multiplier,
        "price_tick": 0.02,
        "hours_id": "day_only",
        "price_digits": 2,
        "is_date_kept": is_date_kept,
    }
    return Instrument(**{**fields, **changes})


def contracts() -> FakeInstruments:
    return FakeInstruments(
        make_contract(INDEX, 300, is_date_kept=False, price_tick=0.2, price_digits=1),
        make_contract(GOLD, 1000, is_date_kept=True),
        make_contract(GOLD_LATER, 1000, is_date_kept=True),
        make_contract(MEAL, 10, is_date_kept=False, price_tick=1.0, price_digits=0),
    )


MEAL_COMMISSION = CommissionRate(_ZERO, Decimal("1.5"), _ZERO, Decimal("1.5"), _ZERO, Decimal("0.7"))


def all_rates(**changes: Any) -> FakeRates:
    """Return rates of the four contracts; changes apply to all."""
    gold = {"is_larger_side_only": True, "margin_group": "SHFE.au"}
    return FakeRates(
        make_rates(INDEX, **changes),
        make_rates(GOLD, **{**gold, **changes}),
        make_rates(GOLD_LATER, **{**gold, **changes}),
        make_rates(MEAL, **{"close_priority": "today_first", "commission": MEAL_COMMISSION, **changes}),
    )


def make_books(rates: FakeRates | None = None, **account: Any) -> Books:
    """Return the books of one account `a1` with 1 000 000 paid in on the first day."""
    settings = PortfolioSettings(accounts=(AccountSettings(id="a1", **account), AccountSettings(id="a2")))
    books = Books(settings, contracts(), rates or all_rates())
    for each in settings.accounts:
        books.pay(make_move("open", account_id=each.id, move_id=f"open:{each.id}"))
    books.changes.clear()
    return books


def make_move(amount: str = "1000000", **changes: Any) -> CashMove:
    number = next(_numbers)
    fields: dict[str, Any] = {
        "move_id": f"move-{number}",
        "account_id": "a1",
        "book": "",
        "amount": Decimal(1_000_000) if amount == "open" else Decimal(amount),
        "actor": "alice",
        "reason": "test",
        "trading_day": DAY_1,
        "ts_event": number,
    }
    return CashMove(**{**fields, **changes})


def make_fill(side: str, offset: str, quantity: int, price: str, **changes: Any) -> Fill:
    """Return a fill of INDEX on the first day in the account `a1`, with these fields changed."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "fill_id": str(number),
        "order_id": "",
        "client_order_id": "",
        "instruction_id": "",
        "account_id": "a1",
        "product_code": "",
        "strategy": "",
        "instrument_id": INDEX,
        "side": Side(side),
        "offset": Offset(offset),
        "quantity": quantity,
        "price": Decimal(price),
        "trading_day": DAY_1,
        "ts_event": number,
        "ts_recv": number,
    }
    return Fill(**{**fields, **changes})


def make_request(side: str, offset: str, quantity: int, **changes: Any) -> OrderRequest:
    number = next(_numbers)
    fields: dict[str, Any] = {
        "client_order_id": f"o{number}",
        "instruction_id": "i1",
        "account_id": "a1",
        "product_code": "",
        "strategy": "",
        "instrument_id": INDEX,
        "side": Side(side),
        "offset": Offset(offset),
        "quantity": quantity,
        "price": Decimal(1500),
        "price_type": PriceType.LIMIT,
        "time_in_force": TimeInForce.DAY,
        "origin": Origin.STRATEGY,
        "actor": "",
        "trading_day": DAY_1,
        "ts_event": number,
        "cause": "",
    }
    return OrderRequest(**{**fields, **changes})


def approved(request: OrderRequest, margin: str = "0", commission: str = "0") -> ApprovedOrder:
    return ApprovedOrder(request, "d1", Decimal(margin), Decimal(commission), request.ts_event)


def make_order(approval: ApprovedOrder, status: OrderStatus, version: int, **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "request": approval.order,
        "status": status,
        "version": version,
        "filled_quantity": 0,
        "turnover": _ZERO,
        "order_id": "x1",
        "margin": approval.margin,
        "commission": approval.commission,
        "is_cancel_sent": False,
        "is_cancel_unknown": False,
        "reason_code": "",
        "reason": "",
        "ts_event": approval.ts_event,
    }
    return Order(**{**fields, **changes})


def make_settlement(prices: dict[str, str], **changes: Any) -> Settlement:
    """Return the end of the first day of `a1` at these prices."""
    fields: dict[str, Any] = {
        "account_id": "a1",
        "trading_day": DAY_1,
        "next_trading_day": DAY_2,
        "prices": {instrument_id: Decimal(price) for instrument_id, price in prices.items()},
        "expired": (),
        "actor": "test",
        "ts_event": next(_numbers),
    }
    return Settlement(**{**fields, **changes})


class FakeDays:
    """A calendar of whole days of 24 hours, each from `opens[day]` to the next one's; implements `TradingCalendar`."""

    def __init__(self, *days: tuple[int, int, int]) -> None:
        self.days = [TradingDayHours(day, opened, (Section(opened, closed),)) for day, opened, closed in days]

    def day_at(self, hours_id: str, ts: int) -> TradingDayHours:  # noqa: ARG002 - the port's signature
        return next((day for day in self.days if ts <= day.close_ns), self.days[-1])

    def section_at(self, hours_id: str, ts: int) -> Section | None:
        section = self.day_at(hours_id, ts).sections[0]
        return section if section.open_ns <= ts <= section.close_ns else None


HOUR_NS = 3_600 * NS_PER_S
START_NS = 1_000_000 * HOUR_NS
"""Moment at which the first day opens; it closes six hours later, the second opens a day after."""


def three_days() -> FakeDays:
    opened = [START_NS + number * 24 * HOUR_NS for number in range(3)]
    return FakeDays(
        *((day, open_ns, open_ns + 6 * HOUR_NS) for day, open_ns in zip((DAY_1, DAY_2, DAY_3), opened, strict=True))
    )


class Desk:
    """A portfolio on an ordered bus, its time, and everything it told."""

    def __init__(self, *, rates: FakeRates | None = None, start_ns: int = START_NS, **settings: Any) -> None:
        self.bus = OrderedBus(on_failure=self._raise)
        self.clock = LineClock(start_ns)
        self.metrics = Metrics()
        self.journal: list[tuple[str, Any]] = []
        self.told: list[Any] = []
        self.settings = PortfolioSettings(**{"accounts": (AccountSettings(id="a1"),), **settings})
        self.rates = rates or all_rates()
        self.bus.tap(lambda topic, event: self.journal.append((topic.name, event)))
        self.service = self.new_service()
        self.bus.subscribe(POSITIONS, self.told.append, group="test")
        self.bus.subscribe(ACCOUNTS, self.told.append, group="test")
        self.tick = self.bus.publisher(CLEAN_TICKS)
        self.snapshot_quote = self.bus.publisher(QUOTE_SNAPSHOTS)
        self.approve = self.bus.publisher(APPROVED_ORDERS)
        self.order = self.bus.publisher(ORDERS)
        self.fill = self.bus.publisher(FILLS)
        self.settle = self.bus.publisher(SETTLEMENTS)
        self.pay = self.bus.publisher(CASH_MOVES)

    def new_service(self, bus: OrderedBus | None = None) -> PortfolioService:
        return PortfolioService(
            settings=self.settings,
            bus=bus or self.bus,
            clock=self.clock,
            metrics=self.metrics,
            instruments=contracts(),
            rates=self.rates,
            calendar=three_days(),
        )

    def start(self) -> None:
        self.service.attach()
        self.service.resume()

    def all_told(self, kind: type) -> list[Any]:
        return [each for each in self.told if isinstance(each, kind)]

    @staticmethod
    def _raise(_topic: str, _group: str, _event: object, error: Exception) -> None:
        raise error


LONG, SHORT = Direction.LONG, Direction.SHORT
