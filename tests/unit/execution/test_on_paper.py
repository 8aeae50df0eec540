"""The room and the paper exchange together: an order from approval to its fills, through a crash."""

from __future__ import annotations

from decimal import Decimal

from desk_orders import make_approved
from sim.paper import PaperWorld
from tradewind.bus.desk_topics import APPROVED_ORDERS


def quiet_world() -> PaperWorld:
    world = PaperWorld(1)
    world.world.begin()
    world.world.journal._is_instant = True
    return world


def test_an_approved_order_is_acknowledged_and_filled_by_the_ticks() -> None:
    world = quiet_world()
    world.tick()
    world.world.publish(APPROVED_ORDERS, make_approved("o1", price=Decimal("5231.0"), quantity=20))
    for _ in range(30):
        world.tick()
    order = world.service.queries.order("o1")
    assert order is not None
    assert (order.status.value, order.filled_quantity, order.order_id) == ("filled", 20, "P-o1")


def test_an_order_that_stood_on_paper_stands_after_a_crash_and_fills_once() -> None:
    world = quiet_world()
    world.tick()
    world.world.publish(APPROVED_ORDERS, make_approved("o1", price=Decimal("5229.0"), quantity=2))
    world.world.advance(20)
    world.world.crash()
    world.world.begin()
    world.world.advance(20)
    order = world.service.queries.order("o1")
    assert order is not None
    assert order.status.value == "accepted"
    assert world.service.queries.broker().is_reconciled
