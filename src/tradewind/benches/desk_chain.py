"""The whole way of an order for `bench orders`: an instruction in, the paper broker's acknowledgement out.

All four rooms of the desk as they run, on their bus, the journal in memory and durable at once: what a disk adds is
`bench journal`'s to say.
"""

from __future__ import annotations

import tempfile
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradewind.bus.desk_topics import ORDERS
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.instruction import Execution, InstructionLine, Intent
from tradewind.domain.order import Order, OrderStatus, Origin, Side
from tradewind.domain.tick import Tick
from tradewind.execution.brokers.paper import PaperBroker, PaperSettings
from tradewind.kernel.clock import NS_PER_MS, NS_PER_S, LineClock, perf_ns
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.calendar import RoundTheClockCalendar, china_date
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.runtime.desk.rooms import DeskFacts, DeskRooms
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.memory import MemoryJournal

if TYPE_CHECKING:
    from collections.abc import Callable

_START_NS: Final = 1_795_275_000 * NS_PER_S
_INSTRUMENT: Final = "au2606.SHFE"
_A_DAY: Final = 400
"""Orders of one contract that the regulatory counters let be cancelled in a day."""
_FLAGS: Final = ("pretrade.duplicates=10000", "execution.messages_per_s=10000", "execution.burst=10000")


def times_of(count: int) -> list[int]:
    """Return what each of `count` instructions took to be acknowledged, in ns."""
    taken: list[int] = []
    while len(taken) < count:
        submit = _desk()
        for number in range(20):
            submit(f"warm{number}")
        taken += [submit(f"i{number}") for number in range(min(_A_DAY - 20, count - len(taken)))]
    return taken


def _desk() -> Callable[[str], int]:
    """Return what sends one instruction through a desk of its own and says how long it took."""
    settings = load(TradewindSettings, flags=[*_FLAGS, f"data_dir={tempfile.gettempdir()}"]).settings
    clock, instruments = LineClock(_START_NS), InstrumentTable()
    calendar = RoundTheClockCalendar()
    facts = DeskFacts(instruments, RateTable(instruments), calendar)
    line = LocalBus(on_failure=_fail)
    broker = PaperBroker(
        settings=PaperSettings(), clock=clock, instruments=instruments, calendar=calendar, rates=facts.rates
    )
    rooms = DeskRooms(
        settings,
        line=line,
        clock=clock,
        metrics=Metrics(),
        facts=facts,
        journal=MemoryJournal(clock),
        broker=broker,
        is_latched=False,
    )
    rooms.recover()
    rooms.open()
    orders: list[Order] = []
    rooms.bus.subscribe(ORDERS, orders.append, group="bench")
    tell = line.publisher(CLEAN_TICKS)
    wish = InstructionLine(_INSTRUMENT, Side.BUY, Intent.OPEN, 1, Execution(limit_price=Decimal("590.00")))
    desk = rooms.instructions.desk

    def submit(name: str) -> int:
        clock.advance_to(clock.now_ns() + 50 * NS_PER_MS)
        tell(_tick(clock.now_ns()))
        begun = perf_ns()
        desk.submit(name, origin=Origin.MANAGER, account_id="paper", lines=(wish,), actor="bench")
        took = perf_ns() - begun
        if orders[-1].status is not OrderStatus.ACCEPTED:
            message = f"{name} was {orders[-1].status} ({orders[-1].reason_code}), not accepted"
            raise AssertionError(message)
        desk.cancel(name, actor="bench", reason="measured")
        return took

    return submit


def _tick(ts: int) -> Tick:
    return Tick(
        instrument_id=_INSTRUMENT, seq=ts // NS_PER_MS, ts_event=ts, ts_recv=ts, trading_day=china_date(ts),
        last_price=600.0, volume=10, turnover=6_000_000.0, open_interest=1_000.0, bid_price=600.0, bid_volume=50,
        ask_price=600.02, ask_volume=50, open_price=600.0, high_price=600.0, low_price=600.0,
        pre_settlement_price=600.0, pre_close_price=600.0, pre_open_interest=1_000.0, limit_up=660.0, limit_down=540.0,
        settlement_price=None, depth=None, volume_delta=1, turnover_delta=600_000.0,
    )  # fmt: skip


def _fail(topic: str, group: str, _event: object, error: Exception) -> None:
    message = f"{group} failed on {topic}"
    raise AssertionError(message) from error
