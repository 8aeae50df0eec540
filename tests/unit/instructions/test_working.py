"""From an instruction to orders and back: what is asked, what comes of it, when it ends."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from instructions_harness import IF, RB, Desk
from tradewind.bus.desk_topics import INSTRUCTIONS
from tradewind.domain.account import Direction
from tradewind.domain.instruction import Algorithm, Execution, Instruction, InstructionLine, InstructionStatus, Intent
from tradewind.domain.order import Offset, OrderStatus, Origin, Side, TimeInForce
from tradewind.domain.trading_state import Scope
from tradewind.errors import InputError
from tradewind.instructions.settings import InstructionSettings


def submit(desk: Desk, quantity: int = 5, name: str = "i1", **changes: object) -> Instruction:
    line = InstructionLine(IF, Side.BUY, Intent.OPEN, quantity, Execution())
    line = msgspec.structs.replace(line, **changes)
    return desk.room.desk.submit(name, origin=Origin.MANAGER, account_id="paper", lines=(line,), actor="chen")


def test_a_direct_order_takes_the_other_side_at_once_and_the_instruction_is_done_when_it_fills() -> None:
    desk = Desk()
    desk.tick()
    submit(desk)
    (request,) = desk.requests
    assert (request.client_order_id, request.quantity, request.price) == ("i1-0-1", 5, Decimal("5230.6"))
    assert (request.offset, request.trading_day, request.instruction_id) == (Offset.OPEN, 20210104, "i1")
    desk.fills("i1-0-1", 2, Decimal("5230.2"))
    desk.fills("i1-0-1", 3, Decimal("5230.4"))
    told = desk.room.desk.find("i1")
    assert told is not None
    assert told.status is InstructionStatus.DONE
    assert told.lines[0].turnover == Decimal("26151.6")
    assert desk.failures == []


def test_an_order_never_reaches_past_the_price_limit_of_the_day() -> None:
    desk = Desk()
    desk.tick(5737.6, limit_up=5737.8, ask_price=5737.8)
    submit(desk)
    assert desk.requests[0].price == Decimal("5737.8")


def test_with_nobody_on_the_other_side_the_last_price_is_where_it_starts() -> None:
    desk = Desk()
    desk.tick(ask_price=None, ask_volume=0)
    submit(desk)
    assert desk.requests[0].price == Decimal("5230.4")


def test_a_limit_price_is_asked_as_given() -> None:
    desk = Desk()
    desk.tick()
    submit(desk, execution=Execution(limit_price=Decimal("5200.2")))
    assert desk.requests[0].price == Decimal("5200.2")


def test_nothing_is_asked_before_the_contract_has_a_price() -> None:
    desk = Desk()
    submit(desk)
    assert desk.requests == []
    desk.tick()
    assert [request.quantity for request in desk.requests] == [5]


def test_the_same_id_again_is_the_same_instruction_and_sends_nothing() -> None:
    desk = Desk()
    desk.tick()
    submit(desk)
    again = submit(desk, quantity=99)
    assert again.lines[0].quantity == 5
    assert len(desk.requests) == 1


def test_more_than_the_exchange_takes_in_one_order_becomes_several() -> None:
    desk = Desk()
    desk.tick()
    submit(desk, quantity=45)
    assert [request.quantity for request in desk.requests] == [20, 20, 5]


def test_what_the_gate_refuses_is_not_asked_again_and_the_reason_stays() -> None:
    desk = Desk()
    desk.refuses = "POSITION_LIMIT"
    desk.tick()
    told = submit(desk)
    assert told.status is InstructionStatus.REJECTED
    assert told.reason_code == "POSITION_LIMIT"
    desk.tick(at_s=2.0)
    assert len(desk.requests) == 1


def test_what_the_exchange_rejects_after_a_part_is_done_leaves_a_done_instruction_with_a_reason() -> None:
    desk = Desk()
    desk.tick()
    submit(desk)
    desk.fills("i1-0-1", 2)
    desk.moves("i1-0-1", OrderStatus.CANCELLED, reason_code="exchange")
    told = desk.room.desk.find("i1")
    assert told is not None
    assert (told.status, told.lines[0].filled_quantity, told.lines[0].refused_quantity) == ("done", 2, 3)
    assert told.reason_code == "exchange"


def test_cancelling_takes_live_orders_back_and_ends_when_they_have_ended() -> None:
    desk = Desk()
    desk.tick()
    submit(desk)
    assert desk.room.desk.cancel("i1", actor="chen", reason="changed my mind").status == "cancelling"
    assert [(cancel.client_order_id, cancel.actor) for cancel in desk.cancels] == [("i1-0-1", "chen")]
    desk.moves("i1-0-1", OrderStatus.CANCELLED, is_cancel_sent=True)
    told = desk.room.desk.find("i1")
    assert told is not None
    assert told.status is InstructionStatus.CANCELLED
    assert len(desk.requests) == 1


def test_an_order_that_a_person_takes_back_is_not_asked_for_again() -> None:
    desk = Desk()
    desk.tick()
    submit(desk)
    assert desk.room.desk.cancel_order("i1-0-1", actor="chen", reason="")
    desk.moves("i1-0-1", OrderStatus.CANCELLED, is_cancel_sent=True)
    assert len(desk.requests) == 1
    assert not desk.room.desk.cancel_order("i1-0-1", actor="chen", reason="")


def test_an_impatient_order_is_taken_back_and_asked_anew_at_the_markets_price() -> None:
    desk = Desk()
    desk.tick(at_s=1.0)
    submit(desk, execution=Execution(patience_s=3))
    desk.tick(5240.0, at_s=3.9)
    assert desk.cancels == []
    desk.tick(5240.0, at_s=4.1)
    assert [cancel.reason for cancel in desk.cancels] == ["algorithm"]
    desk.moves("i1-0-1", OrderStatus.CANCELLED, is_cancel_sent=True, filled_quantity=1, turnover=Decimal(5230))
    assert [(request.quantity, request.price) for request in desk.requests[1:]] == [(4, Decimal("5240.6"))]


def test_a_killed_rest_is_given_up() -> None:
    desk = Desk()
    desk.tick()
    submit(desk, execution=Execution(time_in_force=TimeInForce.FAK))
    assert desk.requests[0].time_in_force is TimeInForce.FAK
    desk.moves("i1-0-1", OrderStatus.CANCELLED, filled_quantity=3, turnover=Decimal(3 * 5230))
    told = desk.room.desk.find("i1")
    assert told is not None
    assert told.status is InstructionStatus.DONE
    assert len(desk.requests) == 1


def test_twap_asks_a_slice_at_a_time_and_all_by_its_end() -> None:
    desk = Desk()
    desk.tick(at_s=0.5)
    submit(desk, quantity=10, execution=Execution(algorithm=Algorithm.TWAP, duration_s=50, slices=5))
    for second in range(1, 60):
        desk.fill_all()
        desk.tick(at_s=second)
    asked = [(request.ts_event // 10**9, request.quantity) for request in desk.requests]
    assert asked == [(0, 2), (10, 2), (20, 2), (30, 2), (40, 2)]


def test_twap_takes_back_what_an_earlier_slice_left_and_asks_it_with_the_next() -> None:
    desk = Desk()
    desk.tick(at_s=0.5)
    submit(desk, quantity=10, execution=Execution(algorithm=Algorithm.TWAP, duration_s=50, slices=5))
    desk.tick(at_s=10.6)
    assert [cancel.client_order_id for cancel in desk.cancels] == ["i1-0-1"]
    desk.moves("i1-0-1", OrderStatus.CANCELLED, is_cancel_sent=True)
    assert sum(request.quantity for request in desk.requests[1:]) == 4


def test_an_iceberg_shows_one_piece_at_a_time() -> None:
    desk = Desk()
    desk.tick()
    limit = Execution(algorithm=Algorithm.ICEBERG, display_quantity=3, limit_price=Decimal(5229))
    submit(desk, quantity=7, execution=limit)
    assert [request.quantity for request in desk.requests] == [3]
    desk.fills("i1-0-1", 2)
    assert len(desk.requests) == 1
    desk.fill_all()
    assert [request.quantity for request in desk.requests] == [3, 3, 1]


def test_a_sniper_waits_for_its_price_and_shoots_once_a_quote() -> None:
    desk = Desk()
    desk.tick(5240.0, at_s=1.0)
    submit(desk, quantity=7, execution=Execution(algorithm=Algorithm.SNIPER, limit_price=Decimal(5230)))
    assert desk.requests == []
    desk.tick(5229.0, at_s=2.0)
    (shot,) = desk.requests
    assert (shot.quantity, shot.time_in_force, shot.price) == (5, TimeInForce.FAK, Decimal("5229.2"))
    desk.moves(shot.client_order_id, OrderStatus.CANCELLED, filled_quantity=4, turnover=4 * Decimal("5229.2"))
    assert len(desk.requests) == 1
    desk.tick(5229.0, at_s=3.0)
    assert desk.requests[1].quantity == 3


def test_a_close_takes_lots_by_the_contracts_own_rule_and_never_opens() -> None:
    desk = Desk()
    desk.tick(3500.0, instrument_id=RB, limit_up=None, limit_down=None)
    desk.position(5, instrument_id=RB, today=2)
    told = submit(desk, quantity=9, instrument_id=RB, side=Side.SELL, intent=Intent.CLOSE)
    asked = [(request.offset, request.quantity) for request in desk.requests]
    assert asked == [(Offset.CLOSE_YESTERDAY, 5), (Offset.CLOSE_TODAY, 2)]
    assert told.lines[0].missing_quantity == 2
    desk.fill_all()
    told = desk.room.desk.find("i1") or told
    assert (told.status, told.reason_code) == ("done", "nothing_to_close")


def test_lots_that_another_instruction_has_asked_for_are_not_closed_twice() -> None:
    desk = Desk()
    desk.tick()
    desk.position(5)
    desk.bus.subscribe(INSTRUCTIONS, lambda _told: None, group="other")
    submit(desk, quantity=4, side=Side.SELL, intent=Intent.CLOSE)
    desk.position(5, frozen_yesterday=4, version=2)
    second = submit(desk, quantity=4, name="i2", side=Side.SELL, intent=Intent.CLOSE)
    assert [request.quantity for request in desk.requests] == [4, 1]
    assert second.lines[0].missing_quantity == 3


def test_the_close_button_closes_a_position_once() -> None:
    desk = Desk()
    desk.tick()
    desk.position(3)
    for _ in range(2):
        desk.room.desk.close(
            "c1", account_id="paper", instrument_id=IF, direction=Direction.LONG, quantity=None, actor="chen",
            execution=Execution(),
        )  # fmt: skip
    assert [(request.side, request.quantity, request.origin) for request in desk.requests] == [
        (Side.SELL, 3, Origin.CLOSE_BUTTON)
    ]


@pytest.mark.parametrize("quantity", [0, -1, 4])
def test_the_close_button_refuses_what_is_not_there(quantity: int) -> None:
    desk = Desk()
    desk.tick()
    desk.position(3)
    with pytest.raises(InputError, match="3 of 3 lots long IF2101"):
        desk.room.desk.close(
            "c1", account_id="paper", instrument_id=IF, direction=Direction.LONG, quantity=quantity, actor="chen",
            execution=Execution(),
        )  # fmt: skip
    with pytest.raises(InputError, match="no short position"):
        desk.room.desk.close(
            "c1", account_id="paper", instrument_id=IF, direction=Direction.SHORT, quantity=1, actor="chen",
            execution=Execution(),
        )  # fmt: skip


def test_what_is_left_at_the_end_of_the_day_expires() -> None:
    desk = Desk()
    desk.tick(at_s=1.0)
    submit(desk)
    desk.tick(at_s=80_000.0, trading_day=20210105)
    told = desk.room.desk.find("i1")
    assert told is not None
    assert (told.status, told.reason_code) == (InstructionStatus.EXPIRED, "day_end")


@pytest.mark.parametrize(
    ("scope", "key", "stops"),
    [
        (Scope.PLATFORM, "", True),
        (Scope.ACCOUNT, "paper", True),
        (Scope.ACCOUNT, "other", False),
        (Scope.INSTRUMENT, IF, True),
    ],
)
def test_a_halt_takes_back_what_it_covers(scope: Scope, key: str, *, stops: bool) -> None:
    desk = Desk()
    desk.tick()
    submit(desk)
    desk.halt(scope, key)
    told = desk.room.desk.find("i1")
    assert told is not None
    assert (told.status is InstructionStatus.CANCELLING) is stops
    assert bool(desk.cancels) is stops


@pytest.mark.parametrize(
    ("name", "quantity", "words"),
    [("", 1, "1 to 64 characters"), ("x" * 65, 1, "1 to 64 characters"), ("i1", 0, "lots ≥ 1, was 0")],
)
def test_nonsense_is_refused_with_what_is_allowed(name: str, quantity: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        submit(Desk(), quantity=quantity, name=name)


def test_too_many_live_instructions_are_refused() -> None:
    desk = Desk(InstructionSettings(max_live=2))
    submit(desk, name="i1")
    submit(desk, name="i2")
    with pytest.raises(InputError, match="max_live"):
        submit(desk, name="i3")


def test_finished_instructions_beyond_the_limit_are_forgotten_and_live_ones_never() -> None:
    desk = Desk(InstructionSettings(max_kept=2))
    submit(desk, name="live", instrument_id=RB)
    desk.tick()
    for number in range(5):
        submit(desk, name=f"i{number}")
        desk.fill_all()
    assert [told.instruction_id for told in desk.room.desk.instructions()] == ["live", "i3", "i4"]


def test_an_instruction_that_makes_too_many_orders_is_given_up() -> None:
    desk = Desk(InstructionSettings(max_children=2))
    desk.tick()
    told = submit(desk, quantity=60)
    assert len(desk.requests) == 2
    assert (told.status, told.reason_code) == (InstructionStatus.CANCELLING, "too_many_orders")
