"""`tradewind bench orders`: how long an approved order takes to the paper broker's acknowledgement.

Execution room, ordered bus and journal as they run, the journal in memory and durable at once: what a disk adds stands
apart, in the journal's own figures. The baseline of the run is the least that keeps the promise, a plain chain of
functions: encode the order for the journal, hand it over, encode the answer.
"""

from __future__ import annotations

import gc
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.benches.desk_chain import times_of
from tradewind.benches.result import BenchResult, pin
from tradewind.bus.desk_topics import APPROVED_ORDERS, JOURNALLED, ORDERS
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.order import (
    Offset,
    Order,
    OrderRequest,
    OrderStatus,
    Origin,
    PriceType,
    Side,
    TimeInForce,
)
from tradewind.execution import ExecutionService, ExecutionSettings
from tradewind.execution.book import new_order
from tradewind.execution.brokers.paper import PaperBroker, PaperSettings
from tradewind.kernel.clock import NS_PER_MS, LineClock, perf_ns
from tradewind.kernel.log import configure_logs
from tradewind.kernel.metrics import Metrics
from tradewind.market.calendar import RoundTheClockCalendar
from tradewind.market.contracts import InstrumentTable
from tradewind.stores.memory import MemoryJournal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.topics import Topic
    from tradewind.domain.order import ApprovedOrder

_START_NS: Final = 1_609_723_800_000 * NS_PER_MS
_INSTRUMENT: Final = "IF2101.CFFEX"


def main(*, as_json: bool, quick: bool) -> dict[str, Any]:
    """Measure, show unless `as_json`, return the numbers."""
    pin(0)
    result = BenchResult("orders")
    acknowledged(result, 500 if quick else 20_000)
    whole_way(result, 300 if quick else 3_000)
    if not as_json:
        result.show()
    return result.as_dict()


def acknowledged(result: BenchResult, count: int) -> None:
    """Approved → acknowledged by the paper broker, one order at a time."""
    ours = _timed(_room_chain(), count)
    plain = _timed(_plain_chain(), count)
    p50, p99 = ours[len(ours) // 2] / 1e3, ours[len(ours) * 99 // 100] / 1e3
    floor = plain[len(plain) // 2] / 1e3
    result.figure("approved_to_acknowledged_p50_us", p50)
    result.figure("approved_to_acknowledged_p99_us", p99)
    result.figure("plain_chain_p50_us", floor)
    result.ratio("room_vs_plain_chain", p50 / floor)
    result.goal("approved_to_acknowledged_p50_us", p50, 100.0, better="lower")


def whole_way(result: BenchResult, count: int) -> None:
    """Instruction → gate → acknowledged: all rooms, with what each keeps and tells."""
    configure_logs(level="warning", fmt="auto")
    gc.collect()
    gc.freeze()
    taken = sorted(times_of(count))
    gc.unfreeze()
    p50 = taken[len(taken) // 2] / 1e3
    result.figure("instruction_to_acknowledged_p99_us", taken[len(taken) * 99 // 100] / 1e3)
    result.goal("instruction_to_acknowledged_p50_us", p50, 100.0, better="lower")


def _timed(send: Callable[[ApprovedOrder], None], count: int) -> list[int]:
    approved = _approved_orders(count + 100)
    for order in approved[:100]:
        send(order)
    taken = []
    gc.collect()
    gc.freeze()
    for order in approved[100:]:
        begun = perf_ns()
        send(order)
        taken.append(perf_ns() - begun)
    gc.unfreeze()
    return sorted(taken)


def _room_chain() -> Callable[[ApprovedOrder], None]:
    """Return what sends one order through the room and checks that it was acknowledged before it returns."""
    clock = LineClock(_START_NS)
    journal = MemoryJournal(clock)
    bus = OrderedBus(on_failure=_fail)

    def hear(topic: Topic[Any], event: object) -> None:
        if topic in JOURNALLED:
            journal.append(topic, event)

    bus.tap(hear)
    broker = PaperBroker(
        settings=PaperSettings(), clock=clock, instruments=InstrumentTable(), calendar=RoundTheClockCalendar()
    )
    room = ExecutionService(
        settings=ExecutionSettings(messages_per_s=10_000.0, burst=10_000),
        bus=bus,
        clock=clock,
        metrics=Metrics(),
        broker=broker,
        journal=journal,
        on_alarm=_shrug,
    )
    room.attach()
    room.resume()
    publish = bus.publisher(APPROVED_ORDERS)
    seen: list[Order] = []
    bus.subscribe(ORDERS, seen.append, group="bench")

    def send(approved: ApprovedOrder) -> None:
        clock.advance_to(clock.now_ns() + NS_PER_MS)
        publish(approved)
        if seen[-1].status is not OrderStatus.ACCEPTED:
            message = f"{seen[-1].client_order_id} was {seen[-1].status} ({seen[-1].reason_code}), not accepted"
            raise AssertionError(message)

    return send


def _plain_chain() -> Callable[[ApprovedOrder], None]:
    """Return the least that journals an order, hands it over and journals the answer."""
    encode = msgspec.json.Encoder().encode
    journal: list[bytes] = []
    orders: dict[str, Order] = {}

    def acknowledge(order: Order) -> None:
        after = msgspec.structs.replace(order, status=OrderStatus.ACCEPTED, version=2)
        orders[order.client_order_id] = after
        journal.append(encode(after))

    def send(approved: ApprovedOrder) -> None:
        order = new_order(approved.order, approved.margin, approved.commission, approved.ts_event)
        orders[order.client_order_id] = order
        journal.append(encode(order))
        acknowledge(order)

    return send


def _approved_orders(count: int) -> list[ApprovedOrder]:
    """Return as many approved orders as a journal would give them back: only the gate makes them."""
    decode = msgspec.json.Decoder(APPROVED_ORDERS.event).decode
    return [decode(msgspec.json.encode(_as_journalled(number))) for number in range(count)]


def _as_journalled(number: int) -> dict[str, object]:
    request = OrderRequest(
        client_order_id=f"bench-{number}",
        instruction_id="bench",
        account_id="bench",
        product_code="",
        strategy="",
        instrument_id=_INSTRUMENT,
        side=Side.BUY,
        offset=Offset.OPEN,
        quantity=1,
        price=Decimal("5230.0"),
        price_type=PriceType.LIMIT,
        time_in_force=TimeInForce.DAY,
        origin=Origin.STRATEGY,
        actor="bench",
        trading_day=20210104,
        ts_event=_START_NS,
        cause="bench",
    )
    decision_id = f"bench-{number}"
    return {"order": request, "decision_id": decision_id, "margin": "1", "commission": "1", "ts_event": _START_NS}


def _fail(topic: str, group: str, _event: object, error: Exception) -> None:
    message = f"{group} failed on {topic}"
    raise AssertionError(message) from error


def _shrug(_alarm: object) -> None:
    """No alarm is expected, and one would show in the status checked above."""
