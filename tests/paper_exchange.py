"""A paper broker on a line clock of its own, with everything it reported."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from desk_orders import make_order
from tradewind.domain.hours import TradingCalendar
from tradewind.domain.instrument import Instrument
from tradewind.domain.order import Order, OrderStatus
from tradewind.domain.rates import CommissionRate, MarginRate, Rates
from tradewind.execution.brokers.paper import PaperBroker, PaperSettings
from tradewind.execution.ports import (
    CancelFailed,
    FillReport,
    OrderReport,
    QueryAnswer,
    Report,
    SendFailed,
    SendOutcome,
)
from tradewind.kernel.clock import NS_PER_S, LineClock

from builders import MORNING_NS, make_instrument, make_tick
from fakes import FakeCalendar, FakeInstruments

DAY = 20210104
CLOSE_S = 7_200


class FakeRates:
    """The same rates for every contract."""

    def __init__(self, **changes: Any) -> None:
        zero = Decimal(0)
        margin = MarginRate(zero, zero, zero, zero)
        commission = CommissionRate(zero, zero, zero, zero, zero, zero)
        rates = Rates(
            instrument_id="IF2101.CFFEX",
            valid_from=DAY,
            margin=margin,
            commission=commission,
            max_limit_quantity=20,
            max_market_quantity=10,
            min_quantity=1,
            is_larger_side_only=False,
            margin_group="IF.CFFEX",
            close_priority="fifo",
            limit_ratio=None,
            source="test",
        )
        self._rates = msgspec.structs.replace(rates, **changes)

    def find(self, instrument_id: str, trading_day: int) -> Rates | None:  # noqa: ARG002 - the port's signature
        return self._rates


class Paper:
    """Speaks to the broker in seconds since 09:30; the session ends two hours later. `said` is what it reported."""

    def __init__(
        self,
        *,
        rates: FakeRates | None = None,
        instrument: Instrument | None = None,
        calendar: TradingCalendar | None = None,
        start_s: float = 0,
        **settings: Any,
    ) -> None:
        self.clock = LineClock(MORNING_NS + round(start_s * NS_PER_S))
        self.said: list[Report] = []
        self.seq = 0
        self.broker = PaperBroker(
            settings=PaperSettings(**settings),
            clock=self.clock,
            instruments=FakeInstruments(instrument or make_instrument()),
            calendar=calendar or FakeCalendar(DAY, (MORNING_NS, MORNING_NS + CLOSE_S * NS_PER_S)),
            rates=rates,
        )
        self.broker.connect(self.said.append, ())
        self.said.clear()

    def tick(self, last: float = 5230.0, lots: int = 0, **changes: Any) -> None:
        """Show a tick; without changes one lot is bid at 5230.0 and two are asked at 5230.8."""
        self.seq += 1
        fields = {"seq": self.seq, "last_price": last, "volume_delta": lots, **changes}
        self.broker._on_tick(make_tick(**fields))

    def send(self, key: str = "o1", **request: Any) -> SendOutcome:
        """Send an order to buy 5 at 5230.0."""
        return self.broker.send(self.order(key, **request))

    @staticmethod
    def order(key: str = "o1", **request: Any) -> Order:
        order = make_order(key, status=OrderStatus.SENT)
        return msgspec.structs.replace(order, request=msgspec.structs.replace(order.request, **request))

    def cancel(self, key: str = "o1") -> SendOutcome:
        return self.broker.cancel(self.order(key))

    def advance(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.now_ns() + round(seconds * NS_PER_S))

    @property
    def fills(self) -> list[tuple[str, str, int]]:
        """(client order id, price, lots) of each fill."""
        return [
            (report.client_order_id, str(report.price), report.quantity)
            for report in self.said
            if isinstance(report, FillReport)
        ]

    @property
    def ends(self) -> list[tuple[str, str, str]]:
        """(client order id, status, code) of each order report but the first, and of what was refused."""
        return [
            (report.client_order_id, report.status.value, report.reason_code)
            for report in self.said
            if isinstance(report, OrderReport) and report.status != "live"
        ] + [
            (report.client_order_id, "refused", report.code)
            for report in self.said
            if isinstance(report, SendFailed | CancelFailed)
        ]

    def ask(self) -> QueryAnswer:
        """Ask for everything."""
        self.broker.query("q1")
        answer = self.said[-1]
        assert isinstance(answer, QueryAnswer)
        return answer
