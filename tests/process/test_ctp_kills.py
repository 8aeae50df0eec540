"""The child that holds CTP's library is killed at every step, and so is the platform: no order, no fill is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ctp_room import Room
from ctp_trading import SETTINGS, start_fronts
from tradewind.domain.order import Order
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
