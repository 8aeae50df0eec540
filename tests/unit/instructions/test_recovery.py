"""A room that starts from the journal is the room that never stopped."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from instructions_harness import IF, Desk
from tradewind.bus.desk_topics import JOURNALLED
from tradewind.domain.instruction import Algorithm, Execution, InstructionLine, Intent
from tradewind.domain.order import OrderStatus, Origin, Side
from tradewind.domain.plan import PlanParams
from tradewind.instructions.service import InstructionService

RECORDED = {topic.name for topic in JOURNALLED}


def folded(desk: Desk, begin: int = 0, state: bytes | None = None) -> InstructionService:
    room = desk.new_room()
    if state is not None:
        room.restore(state)
    for topic, event in desk.journal[begin:]:
        if topic.name in RECORDED:
            room.apply(topic.name, event)
            room.apply(topic.name, event)
    return room


def known(room: InstructionService) -> Any:
    return (room.desk.instructions(), room.desk.plans(), room.desk.triggers())


def submit(desk: Desk, name: str, size: int) -> None:
    execution = Execution(algorithm=list(Algorithm)[size % 5], duration_s=5, slices=3, patience_s=size % 3)
    line = InstructionLine(IF, Side.BUY, [*Intent][size % 3], size + 1, execution)
    desk.room.desk.submit(name, origin=Origin.MANAGER, account_id="paper", lines=(line,), actor="chen")


def move(desk: Desk, act: str, size: int) -> None:
    live = [name for name, order in desk.orders.items() if not order.is_final]
    if not live:
        return
    chosen = live[size % len(live)]
    if act == "fill":
        desk.fills(chosen, min(size + 1, desk.orders[chosen].remaining_quantity))
    elif act == "over":
        desk.moves(chosen, OrderStatus.CANCELLED, is_cancel_sent=bool(size % 2))
    else:
        desk.room.desk.cancel_order(chosen, actor="chen", reason="user")


def play(desk: Desk, acts: list[tuple[str, int]]) -> None:
    """Do what the words say: quotes, instructions, opportunities, fills, cancels, refusals."""
    for number, (act, size) in enumerate(acts):
        match act:
            case "tick":
                desk.tick(5230.0 + 0.2 * size, at_s=number + 1.0)
            case "submit":
                submit(desk, f"i{len(desk.journal)}", size)
            case "opportunity":
                desk.opportunity(opportunity_id=f"o{size}", side="buy" if size % 2 else "sell", version=number)
            case "refuse":
                desk.refuses = "LIMIT" if size % 2 else ""
            case "position":
                desk.position(size, version=len(desk.journal) + 1)
            case _:
                move(desk, act, size)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["tick", "tick", "submit", "opportunity", "fill", "fill", "over", "back", "refuse", "position"]
        ),
        st.integers(0, 12),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(acts=ACTS, cut=st.integers(0, 40))
def test_folding_the_journal_twice_over_or_from_a_snapshot_gives_what_the_live_room_knows(
    acts: list[tuple[str, int]], cut: int
) -> None:
    desk = Desk()
    desk.room.desk.define_plan("rise", PlanParams(account_id="paper", cooldown_s=0), actor="chen")
    desk.room.desk.start_plan("rise", actor="chen")
    play(desk, acts[:cut])
    state, begin = desk.room.snapshot(), len(desk.journal)
    play(desk, acts[cut:])
    assert desk.failures == []
    assert known(folded(desk)) == known(desk.room)
    assert known(folded(desk, begin, state)) == known(desk.room)


@settings(max_examples=100, deadline=None)
@given(acts=ACTS)
def test_lots_are_never_asked_for_beyond_the_instructions_quantity(acts: list[tuple[str, int]]) -> None:
    desk = Desk()
    play(desk, acts)
    for told in desk.room.desk.instructions():
        for line in told.lines:
            assert line.unasked_quantity >= 0
            assert line.filled_quantity + line.working_quantity <= line.quantity
    desk.fill_all()
    assert all(order.is_final for order in desk.orders.values())


def test_an_order_that_nobody_decided_on_before_the_crash_is_not_asked_again() -> None:
    desk = Desk()
    desk.tick()
    line = InstructionLine(IF, Side.BUY, Intent.OPEN, 5, Execution())
    desk.room.desk.submit("i1", origin=Origin.MANAGER, account_id="paper", lines=(line,), actor="chen")
    requested = next(index for index, (topic, _) in enumerate(desk.journal) if topic.name == "order_requests")
    desk.journal = desk.journal[: requested + 1]
    room = folded(desk)
    room.resume()
    told = room.desk.find("i1")
    assert told is not None
    assert (told.status, told.reason_code) == ("rejected", "restarted")


def test_plans_of_the_settings_are_made_at_the_first_start_and_changed_when_the_settings_change() -> None:
    desk = Desk()
    params = PlanParams(account_id="paper", lots=3)
    desk.settings = msgspec.structs.replace(desk.settings, plans={"rise": params})
    first = desk.new_room()
    first.resume()
    first.resume()
    (plan,) = first.desk.plans()
    assert (plan.params, plan.version, plan.is_active) == (params, 1, False)
