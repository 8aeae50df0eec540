"""Orders through a CTP front whose answers come late, twice, in any order, with errors, or never."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ctp_room import Room
from ctp_trading import SETTINGS, start_fronts
from tradewind.errors import TransientError
from tradewind.testing.ctp_front.faults import Mischief
from tradewind.testing.ctp_front.front import CtpFronts

pytestmark = [pytest.mark.process, pytest.mark.timeout(60)]


@pytest.fixture
def fronts() -> Iterator[CtpFronts]:
    fronts = start_fronts()
    yield fronts
    fronts.stop()


@pytest.fixture
def room(fronts: CtpFronts, tmp_path: Path) -> Iterator[Room]:
    room = Room(fronts, tmp_path)
    room.settled()
    yield room
    room.end()


def accepted(room: Room, key: str = "o1", **changes: Any) -> str:
    """Let an order stand at the exchange; return its number there, as the front tells it."""
    room.approve(key, **changes)
    room.life.until(lambda: room.status(key) == "accepted")
    return room.fronts.investor().orders[-1].system_id


def reason(room: Room, key: str = "o1") -> tuple[str, str]:
    """Return where an order stands, and why."""
    order = room.service.queries.order(key)
    return ("", "") if order is None else (order.status.value, order.reason_code)


@pytest.mark.parametrize("shape", ["plain", "trades_first", "reversed", "twice"])
def test_in_whatever_shape_returns_come_each_lot_counts_once(room: Room, shape: Any) -> None:
    room.fronts.faults.shape = shape
    number = accepted(room)
    room.fronts.fill(number, 1)
    room.fronts.fill(number, 1)
    room.life.until(lambda: room.status("o1") == "filled")
    assert [fill.quantity for fill in room.fills.values()] == [1, 1]
    assert not room.alarms


@pytest.mark.parametrize(
    ("mischief", "ends"),
    [
        ("cut_before", ("rejected", "lost")),
        ("ignore", ("rejected", "lost")),
        ("cut_unanswered", ("accepted", "")),
        ("cut_after", ("accepted", "")),
    ],
)
def test_an_order_in_doubt_is_asked_for_and_never_sent_again(
    room: Room, mischief: Mischief, ends: tuple[str, str]
) -> None:
    room.fronts.faults.add("ReqOrderInsert", mischief)
    room.approve("o1")
    room.life.until(lambda: reason(room) == ends)
    assert room.fronts.state.requests["ReqOrderInsert"] == 1


@pytest.mark.parametrize("code", [22, 31, 50, 51, 116])
def test_what_ctp_refuses_is_rejected_with_its_number(room: Room, code: int) -> None:
    room.fronts.faults.add("ReqOrderInsert", "refuse", code=code)
    room.approve("o1")
    room.life.until(lambda: reason(room) == ("rejected", f"ctp_{code}"))


def test_what_the_exchange_refuses_is_rejected_with_its_words(room: Room) -> None:
    room.fronts.faults.exchange_refusals.append("涨跌停板")
    room.approve("o1")
    room.life.until(lambda: reason(room) == ("rejected", "exchange_refused"))
    order = room.service.queries.order("o1")
    assert order is not None
    assert "涨跌停板" in order.reason


def test_a_front_that_wants_the_statement_confirmed_again_inside_a_day_gets_it_and_the_next_order_goes(
    room: Room,
) -> None:
    with room.fronts.lock:
        room.fronts.investor().confirmed = ""
    room.approve("o1")
    room.life.until(lambda: reason(room) == ("rejected", "ctp_42"))
    room.life.until(lambda: room.life.broker.accounts()[0].is_settlement_confirmed)
    room.approve("o2")
    room.life.until(lambda: room.status("o2") == "accepted")
    assert room.fronts.state.requests["ReqOrderInsert"] == 2


def test_an_order_of_an_earlier_session_is_cancelled_by_the_exchanges_number(room: Room) -> None:
    accepted(room)
    room.fronts.disconnect()
    room.life.until(lambda: not room.is_settled)
    room.settled()
    room.cancel("o1")
    room.life.until(lambda: room.status("o1") == "cancelled")


def test_a_cancel_the_exchange_refuses_is_tried_again(room: Room) -> None:
    accepted(room)
    room.fronts.faults.cancel_refusals.append("现在不能撤")
    room.cancel("o1")
    room.life.until(lambda: room.status("o1") == "cancelled")
    assert room.fronts.state.requests["ReqOrderAction"] == 2


def test_an_order_of_another_terminal_is_shown_and_counted(room: Room) -> None:
    order = room.fronts.place_elsewhere("IF2101", LimitPrice=5200.0)
    room.fronts.fill(order.system_id)
    room.life.until(lambda: len(room.fills) == 1)
    (shown,) = room.service.queries.orders()
    room.life.until(lambda: room.status(shown.client_order_id) == "filled")
    assert shown.request.origin == "external"
    link = room.life.broker.accounts()[0]
    assert (link.external_orders, link.external_fills) == (1, 1)


def test_a_maintenance_break_is_waited_for(room: Room) -> None:
    number = accepted(room)
    room.fronts.stop()
    room.life.until(lambda: not room.service.queries.broker().is_connected)
    room.fronts.start()
    room.settled()
    room.fronts.fill(number)
    room.life.until(lambda: room.status("o1") == "filled")


def test_a_front_that_synchronizes_is_asked_until_it_is_ready(fronts: CtpFronts, tmp_path: Path) -> None:
    fronts.faults.is_syncing = True
    room = Room(fronts, tmp_path)
    room.life.until(lambda: room.life.broker.accounts()[0].counts.get("queries_again", 0) > 3)
    fronts.faults.is_syncing = False
    room.settled()
    room.end()


def test_a_refused_login_is_not_tried_again_before_somebody_says_so(fronts: CtpFronts, tmp_path: Path) -> None:
    fronts.faults.add("ReqUserLogin", "refuse", code=75)
    room = Room(fronts, tmp_path)
    room.life.until(lambda: room.life.broker.accounts()[0].state == "refused")
    fronts.disconnect()
    accepted_before = fronts.trading_door.accepted
    room.life.until(lambda: fronts.trading_door.accepted > accepted_before)
    room.life.turn(20)
    assert fronts.state.requests["ReqUserLogin"] == 1
    room.life.broker.log_in_again("a1")
    room.settled()
    room.end()


def test_what_is_more_than_the_front_takes_in_a_second_waits_where_it_is_seen(tmp_path: Path) -> None:
    fronts = start_fronts(msgspec.structs.replace(SETTINGS, order_rate=6))
    room = Room(fronts, tmp_path)
    room.settled()
    for number in range(14):
        room.approve(f"o{number}")
    assert sum(queue.orders for queue in room.service.queries.queues()) == 8
    room.life.until(lambda: all(room.status(f"o{number}") == "accepted" for number in range(14)))
    assert room.life.broker.accounts()[0].flow_limit == 6
    room.end()
    fronts.stop()


def test_anything_may_be_asked_in_the_accounts_own_line(room: Room) -> None:
    queries = room.life.broker.queries("a1")

    async def ask(name: str) -> list[dict[str, Any]]:
        return await queries.query(name, {"BrokerID": SETTINGS.broker_id, "InvestorID": SETTINGS.users[0].user_id})

    rates = room.life.wait(ask("ReqQryInstrumentCommissionRate"))
    assert {row["InstrumentID"] for row in rates} <= {"IF", "IF2101"}
    room.fronts.stop()
    with pytest.raises(TransientError):
        room.life.wait(ask("ReqQryTradingAccount"))
    with pytest.raises(TransientError):
        asyncio.run(ask("ReqQryTradingAccount"))
