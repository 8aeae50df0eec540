"""`tradewind bench pretrade`: what the risk gate costs an order, and what a what-if of a basket of 100 lines takes.

All built-in rules, the shipped limits opened wide enough that the basket passes, 100 contracts, one core. The check is
judging alone; the whole is request in to decision out on the bus, with the state that follows from it. Nothing waits
for anything here, so the figures are the processor's time; the wall's stands beside.
"""

from __future__ import annotations

import gc
import statistics
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.result import BenchResult, pin
from tradewind.bus.desk_topics import ACCOUNTS, ORDER_REQUESTS
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.account import Account
from tradewind.domain.instrument import Instrument
from tradewind.domain.order import (
    Offset,
    OrderRequest,
    Origin,
    PriceType,
    RefusedOrder,
    Side,
    TimeInForce,
)
from tradewind.domain.rates import CommissionRate, MarginRate, Rates
from tradewind.domain.tick import Tick
from tradewind.domain.trading_state import Scope
from tradewind.errors import UnknownInstrumentError
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, LineClock, perf_ns
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.pretrade.service import PretradeService
from tradewind.pretrade.settings import PretradeSettings, ScopeLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.pretrade.ports import MarginPrice

_BEGIN: Final = 1_609_723_800 * NS_PER_S
_DAY: Final = 20210104
_LINES: Final = 100
_CHECK_GOAL_US: Final = 20.0
_BASKET_GOAL_MS: Final = 5.0
_WIDE: Final = 10**9


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers."""
    pin(0)
    result = BenchResult("pretrade")
    rounds, calls = (3, 200) if quick else (15, 2_000)
    desk = _Desk()
    basket = [desk.request(number) for number in range(_LINES)]
    checks = [_mean_us(lambda: desk.judge(basket[0]), calls) for _ in range(rounds)]
    wholes = [_mean_us(desk.send_next, min(calls, 500)) for _ in range(rounds)]
    desk = _Desk()
    baskets = [_mean_us(lambda: desk.what_if(basket), 3) for _ in range(rounds)]
    for name, taken, scale in (
        ("check_us", checks, 1.0),
        ("request_to_decision_us", wholes, 1.0),
        ("what_if_100_lines_ms", baskets, 1e3),
    ):
        result.figure(name, statistics.median(cpu for cpu, _ in taken) / scale)
        result.figure(f"{name}_wall", statistics.median(wall for _, wall in taken) / scale)
    result.goal("check_us", result.figures["check_us"], _CHECK_GOAL_US, better="lower")
    result.goal("what_if_100_lines_ms", result.figures["what_if_100_lines_ms"], _BASKET_GOAL_MS, better="lower")
    if not as_json:
        result.show()
    return result.as_dict()


def _mean_us(call: Callable[[], object], times: int) -> tuple[float, float]:
    """Return µs a call: of this process's own work, and by the wall, which neighbours on the machine lengthen."""
    gc.collect()
    wall, cpu = perf_ns(), time.process_time_ns()
    for _ in range(times):
        call()
    return (time.process_time_ns() - cpu) / times / 1e3, (perf_ns() - wall) / times / 1e3


class _Market:
    """A hundred contracts, their rates, one account, all strategies."""

    def __init__(self) -> None:
        self.contracts = {name: _contract(name) for name in (f"rb{number}.SHFE" for number in range(_LINES))}
        part, none = Decimal("0.1"), Decimal(0)
        commission = CommissionRate(*[Decimal("0.0001"), none] * 3)
        self.rates = {
            name: Rates(
                instrument_id=name, valid_from=_DAY, margin=MarginRate(part, none, part, none), commission=commission,
                max_limit_quantity=500, max_market_quantity=0, min_quantity=1, is_larger_side_only=True,
                margin_group="rb.SHFE", close_priority="fifo", limit_ratio=None, source="bench",
            )
            for name in self.contracts
        }  # fmt: skip

    def find(self, instrument_id: str) -> Instrument | None:
        return self.contracts.get(instrument_id)

    def require(self, instrument_id: str) -> Instrument:
        found = self.find(instrument_id)
        if found is None:
            raise UnknownInstrumentError(instrument_id)
        return found

    def has_account(self, account_id: str) -> bool:
        return account_id == "A1"

    def has_product(self, product_code: str) -> bool:
        return product_code == "P1"

    def has_strategy(self, strategy: str) -> bool:
        return strategy == "S1"

    def is_live(self, account_id: str) -> bool:
        return account_id != "A1"

    def margin_price(self, account_id: str) -> MarginPrice:  # noqa: ARG002 - the port's signature
        return "pre_settlement"


class _RateTable:
    """The rates of a market, by day."""

    def __init__(self, market: _Market) -> None:
        self._rates = market.rates

    def find(self, instrument_id: str, trading_day: int) -> Rates | None:
        rates = self._rates.get(instrument_id)
        return rates if rates is not None and rates.valid_from <= trading_day else None


class _Desk:
    """A gate with an account of ten thousand million, every contract quoted."""

    def __init__(self) -> None:
        market = _Market()
        self._clock = LineClock(_BEGIN)
        bus = OrderedBus(on_failure=self._raise)
        self._service = PretradeService(
            settings=PretradeSettings(limits=_limits(), duplicates=10_000, stale_after_s=86_400.0),
            bus=bus,
            clock=self._clock,
            metrics=Metrics(),
            instruments=market,
            rates=_RateTable(market),
            calendar=RoundTheClockCalendar(),
            names=market,
        )
        self._service.attach()
        self._send = bus.publisher(ORDER_REQUESTS)
        self._number = 0
        bus.publisher(ACCOUNTS)(_account())
        tick = bus.publisher(CLEAN_TICKS)
        for name in market.contracts:
            tick(_tick(name))

    @staticmethod
    def _raise(_topic: str, _group: str, _event: object, error: Exception) -> None:
        raise error

    def request(self, number: int) -> OrderRequest:
        """Return one order of a basket: its contract and its price follow from its number."""
        return OrderRequest(
            client_order_id=f"basket-{number}", instruction_id="i", account_id="A1", product_code="P1", strategy="S1",
            instrument_id=f"rb{number % _LINES}.SHFE", side=Side.BUY, offset=Offset.OPEN, quantity=2,
            price=Decimal(4_000), price_type=PriceType.LIMIT, time_in_force=TimeInForce.DAY, origin=Origin.REBALANCE,
            actor="bench", trading_day=_DAY, ts_event=_BEGIN, cause="",
        )  # fmt: skip

    def judge(self, request: OrderRequest) -> None:
        """Check one order.

        Raises: RuntimeError: it was refused, so that something else was measured.
        """
        decision = self._service.gate.judge(request, self._clock.now_ns())
        if isinstance(decision, RefusedOrder):
            message = f"the order of the bench was refused: {decision.refusals}"
            raise RuntimeError(message)  # noqa: TRY004 - the order is wrong, not a type

    def send_next(self) -> None:
        """Send the next order through the whole gate."""
        self._number += 1
        self._clock.advance_to(_BEGIN + self._number * NS_PER_MS)
        order = self.request(self._number)
        self._send(msgspec.structs.replace(order, client_order_id=f"n{self._number}", ts_event=self._clock.now_ns()))

    def what_if(self, basket: list[OrderRequest]) -> None:
        """Ask about a basket.

        Raises: RuntimeError: a line of it was refused.
        """
        answer = self._service.what_if(basket)
        if not answer.is_approved:
            message = f"the bench's basket was refused: {next(line for line in answer.lines if line.refusals).refusals}"
            raise RuntimeError(message)


def _limits() -> tuple[ScopeLimits, ...]:
    money = Decimal(10) ** 12
    return (
        ScopeLimits(scope=Scope.PLATFORM, key="", orders_per_second=2_000),
        ScopeLimits(
            scope=Scope.ACCOUNT, max_order_value=money, max_exposure=money, max_gross_position=_WIDE,
            orders_per_second=2_000, orders_per_minute=100_000,
        ),
        ScopeLimits(scope=Scope.STRATEGY, max_net_position=_WIDE, orders_per_second=2_000),
        ScopeLimits(scope=Scope.INSTRUMENT, orders_per_second=2_000),
    )  # fmt: skip


def _contract(name: str) -> Instrument:
    return Instrument(
        instrument_id=name, symbol=name.partition(".")[0], exchange="SHFE", product_id="rb", name="螺纹钢",
        contract_multiplier=10, price_tick=1.0, hours_id="rb", price_digits=0, is_date_kept=True,
    )  # fmt: skip


def _account() -> Account:
    rich, none = Decimal(10) ** 10, Decimal(0)
    return Account(
        account_id="A1", book="", currency="CNY", trading_day=_DAY, pre_balance=rich, deposit=none, withdraw=none,
        close_pnl=none, close_pnl_by_trade=none, position_pnl=none, floating_pnl=none, premium=none, commission=none,
        margin=none, frozen_margin=none, frozen_commission=none, frozen_cash=none, balance=rich, available=rich,
        version=1, ts_event=_BEGIN,
    )  # fmt: skip


def _tick(name: str) -> Tick:
    return Tick(
        instrument_id=name, seq=1, ts_event=_BEGIN, ts_recv=_BEGIN, trading_day=_DAY, last_price=4_000.0, volume=1,
        turnover=40_000.0, open_interest=1.0, bid_price=3_999.0, bid_volume=1, ask_price=4_001.0, ask_volume=1,
        open_price=None, high_price=None, low_price=None, pre_settlement_price=3_990.0, pre_close_price=None,
        pre_open_interest=None, limit_up=4_300.0, limit_down=3_700.0, settlement_price=None, depth=None,
        volume_delta=0, turnover_delta=0.0,
    )  # fmt: skip
