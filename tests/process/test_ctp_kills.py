"""The child that holds CTP's library is killed at every step, and so is the platform: no order, no fill is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ctp_trading import DAY, SETTINGS, CtpLife, start_fronts
from desk_orders import make_approved, make_cancel
from tradewind.bus.desk_topics import APPROVED_ORDERS, CANCEL_REQUESTS, FILLS, JOURNALLED
from tradewind.bus.ordered import OrderedBus
from tradewind.bus.topics import Topic
from tradewind.domain.order import Fill, Order
from tradewind.execution import ExecutionAlarm, ExecutionService, ExecutionSettings
from tradewind.kernel.metrics import Metrics
from tradewind.stores.memory import MemoryJournal
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontUser

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

STEPS = [
    "hello",
    "ReqAuthenticate",
    "ReqUserLogin",
    "ReqQrySettlementInfoConfirm",
    "ReqQryTradingAccount",
    "ReqQryInvestorPosition",
    "ReqQryOrder",
    "ReqQryTrade",
]
"""What is asked at each connection; contracts only at the first of a day."""
_QUICK = ExecutionSettings(
    unknown_after_s=1.0, lost_after_s=0.5, cancel_after_s=1.0, fills_after_s=0.5, query_after_s=3.0, busy_wait_s=0.05,
    reconcile_s=1.0,
)  # fmt: skip
_EVENTS = {topic.name: topic.event for topic in JOURNALLED}


class Room:
    """The execution room on a CTP broker; `again` ends its life and begins another from what was durable."""

    def __init__(self, fronts: CtpFronts, folder: Path, *, accounts: int = 1) -> None:
        self.fronts = fronts
        self._folder = folder
        self._accounts = accounts
        self.fills: dict[Any, Fill] = {}
        self.alarms: list[ExecutionAlarm] = []
        self._entries: list[Any] = []
        self._begin()

    def again(self) -> None:
        """Die without a word and begin anew."""
        self._entries = self.journal.durable_entries()
        self.end()
        self._begin()

    def end(self) -> None:
        """Die."""
        self.life.end()

    def approve(self, client_order_id: str, account_id: str = "a1", quantity: int = 2) -> None:
        """Let an order pass the gate."""
        self._publish(
            APPROVED_ORDERS,
            make_approved(client_order_id, account_id=account_id, quantity=quantity, trading_day=DAY),
        )

    def cancel(self, client_order_id: str) -> None:
        """Ask an order back."""
        self._publish(CANCEL_REQUESTS, make_cancel(client_order_id))

    def status(self, client_order_id: str) -> str:
        """Return where an order stands."""
        order = self.service.queries.order(client_order_id)
        return "" if order is None else order.status.value

    @property
    def is_settled(self) -> bool:
        """True when all that is open is accounted for."""
        doubts = {"pending", "sent", "unknown"}
        state = self.service.queries.broker()
        return (
            state.is_connected
            and state.is_reconciled
            and not any(order.status.value in doubts for order in self.service.queries.working())
        )

    def settled(self) -> None:
        """Wait until nothing is in doubt."""
        self.life.until(lambda: self.is_settled)

    def _begin(self) -> None:
        self.life = CtpLife(self.fronts, self._folder, accounts=self._accounts)
        self.journal = MemoryJournal(self.life.clock, entries=self._entries)
        self.bus = OrderedBus(on_failure=_fail)
        self.bus.tap(self._hear)
        self.bus.subscribe(FILLS, self._count, group="test")
        self.service = ExecutionService(
            settings=_QUICK,
            bus=self.bus,
            clock=self.life.clock,
            metrics=Metrics(),
            broker=self.life.broker,
            journal=self.journal,
            on_alarm=self.alarms.append,
        )
        for entry in self.journal.read(0):
            self.service.apply(entry.kind, msgspec.json.decode(entry.payload, type=_EVENTS[entry.kind]))
        self.service.attach()
        self.service.resume()

    def _publish(self, topic: Topic[Any], event: object) -> None:
        self.bus.publisher(topic)(event)

    def _hear(self, topic: Topic[Any], event: object) -> None:
        if topic in JOURNALLED:
            self.journal.append(topic, event)

    def _count(self, fill: Fill) -> None:
        assert fill.key not in self.fills, "a fill was published twice"
        self.fills[fill.key] = fill


@pytest.fixture
def fronts() -> Iterator[CtpFronts]:
    users = (*SETTINGS.users, FrontUser(user_id="210002", balance=SETTINGS.users[0].balance))
    fronts = start_fronts(msgspec.structs.replace(SETTINGS, users=users))
    yield fronts
    fronts.stop()


@pytest.fixture
def room(fronts: CtpFronts, tmp_path: Path) -> Iterator[Room]:
    room = Room(fronts, tmp_path)
    room.settled()
    yield room
    room.end()


def _fail(topic: str, group: str, _event: object, error: Exception) -> None:
    message = f"{group} failed on {topic}"
    raise AssertionError(message) from error


def finished(room: Room) -> list[Order]:
    """Let everything that stands at the front be done; return all orders when the room knows of it."""
    with room.fronts.lock:
        for order in tuple(room.fronts.investor().standing()):
            room.fronts.desk.fill(order)
    room.life.until(lambda: room.is_settled and not room.service.queries.working())
    return list(room.service.queries.orders())


def agrees(room: Room) -> None:
    """Compare with what the front knows: each order there once, each trade here once, lots alike."""
    investor = room.fronts.investor()
    orders = finished(room)
    received = [str(asked["OrderRef"]) for asked in room.fronts.desk.received]
    assert received
    assert len(received) == len(set(received)), "an order was sent twice"
    assert {fill.fill_id for fill in room.fills.values()} == {trade["TradeID"].strip() for trade in investor.trades}
    filled = {order.order_id: order.filled_quantity for order in orders if order.order_id}
    assert filled == {order.system_id.strip(): order.paper.filled for order in investor.orders}
    assert not [order for order in orders if order.request.origin == "external"], "an order of ours was not known"


def test_a_child_killed_at_every_step_loses_no_order_and_no_fill(room: Room) -> None:
    for number, request in enumerate(STEPS):
        key = f"o{number}"
        room.approve(key)
        room.life.until(lambda key=key: room.status(key) == "accepted")  # type: ignore[misc]
        before = room.fronts.faults.met[request]
        room.fronts.faults.add(request, "ignore")
        room.life.kill_child()
        # While nobody listens a lot is done.
        room.fronts.fill(room.fronts.investor().orders[-1].system_id, 1)
        room.life.until(lambda request=request, before=before: room.fronts.faults.met[request] > before)  # type: ignore[misc]
        room.life.kill_child()
        room.settled()
        assert room.status(key) == "partial"
    agrees(room)


def test_a_child_killed_while_orders_and_cancels_are_on_their_way_sends_none_twice(room: Room) -> None:
    for number in range(8):
        room.approve(f"a{number}")
        room.approve(f"b{number}")
        if number:
            room.cancel(f"a{number - 1}")
        for _ in range(number // 2):
            room.life.pass_time()
        room.life.kill_child()
        room.settled()
    agrees(room)


def test_the_platform_that_begins_anew_knows_its_orders_by_their_references(room: Room) -> None:
    for number in range(4):
        room.approve(f"p{number}")
        for _ in range(number):
            room.life.pass_time()
        room.again()
        room.settled()
    agrees(room)


def test_one_account_that_is_lost_leaves_the_other_at_work(fronts: CtpFronts, tmp_path: Path) -> None:
    room = Room(fronts, tmp_path, accounts=2)
    room.life.until(lambda: room.is_settled and all(link.is_working for link in room.life.broker.accounts()))
    fronts.faults.add("ReqAuthenticate", "refuse", code=63)
    room.life.kill_child("a1")
    room.life.until(lambda: room.life.broker.accounts()[0].state == "refused")
    room.approve("o1", "a2")
    room.life.until(lambda: room.status("o1") == "accepted")
    assert room.service.queries.broker().is_connected
    room.end()
