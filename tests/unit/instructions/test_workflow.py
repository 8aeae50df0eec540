"""The workflow as a table: every act in every state, what it leads to, and who hears what is allowed instead."""

from __future__ import annotations

import itertools
from decimal import Decimal

import msgspec
import pytest

from tradewind.domain.book import Act, Adjustment, Step
from tradewind.domain.instruction import OVER, TRANSITIONS, Instruction, InstructionStatus
from tradewind.domain.order import Origin
from tradewind.errors import StateConflictError
from tradewind.instructions.acting import acted
from tradewind.instructions.workflow import OF_THE_PLATFORM, WORKFLOW, after, allowed, require_seen

S = InstructionStatus
GRID = """
              draft      submitted  approved   accepted   working    partly_done cancelling done
amend         draft      submitted  submitted  submitted  working    partly_done .          .
submit        submitted  .          .          .          .          .           .          .
withdraw      cancelled  cancelled  cancelled  cancelled  cancelling cancelling  .          .
approve       .          approved   .          .          .          .           .          .
reject        .          rejected   rejected   .          .          .           .          .
accept        .          .          accepted   .          .          .           .          .
decline       .          .          .          approved   .          .           .          .
reassign      .          .          approved   accepted   working    partly_done .          .
start         .          .          working    working    .          .           .          .
send          .          .          .          working    working    partly_done .          .
stop          .          .          .          .          working    partly_done .          .
resume        .          .          .          .          working    partly_done .          .
fill          .          .          .          working    working    partly_done .          .
waive         .          .          .          .          working    partly_done .          .
close         .          .          .          .          closed     closed      .          closed
expire        expired    expired    expired    expired    expired    expired     expired    .
"""
"""By act and state; a state that is not named allows nothing, drafting makes an instruction where there was none."""


def expected() -> dict[tuple[InstructionStatus, Act], InstructionStatus]:
    """Return the grid as a table."""
    head, *lines = GRID.strip().splitlines()
    states = [S(word) for word in head.split()]
    found = {}
    for line in lines:
        act, *cells = line.split()
        for state, cell in zip(states, cells, strict=True):
            if cell != ".":
                found[state, Act(act)] = S(cell)
    return found


def make_told(status: InstructionStatus, **changes: object) -> Instruction:
    """Return an instruction of one line in a state."""
    line = Adjustment("au2606.SHFE", 0, 0, 2, 1000, Decimal("0.02"))
    told = Instruction(
        instruction_id="B000001",
        origin=Origin.MANAGER,
        account_id="paper",
        product_code="",
        strategy="",
        actor="wang",
        status=status,
        version=7,
        lines=(),
        trading_day=20251120,
        created_at=1,
        updated_at=1,
        reason_code="",
        reason="",
        cause="",
        adjustments=(line,),
        acted_version=5,
    )
    return msgspec.structs.replace(told, **changes)


@pytest.mark.parametrize(("status", "act"), list(itertools.product(S, Act)))
def test_each_act_in_each_state_leads_where_the_grid_says_or_is_refused_with_what_is_allowed(
    status: InstructionStatus, act: Act
) -> None:
    told = make_told(status)
    leads_to = expected().get((status, act))
    if leads_to is not None:
        assert after(told, act) is leads_to
        return
    with pytest.raises(StateConflictError) as refused:
        after(told, act)
    may = ", ".join(allowed(status)) or "nothing"
    assert str(refused.value) == f"instruction B000001 is {status}: {act} is not possible; allowed: {may}"


def test_every_move_of_the_workflow_is_a_move_an_instruction_may_make() -> None:
    for status, acts in WORKFLOW.items():
        for to in acts.values():
            assert to is status or to in TRANSITIONS[status], (status, to)


def test_nothing_leads_out_of_an_end_but_putting_away_what_is_done() -> None:
    ends = {status: dict(WORKFLOW[status]) for status in OVER}
    assert ends.pop(S.DONE) == {Act.CLOSE: S.CLOSED}
    assert set(map(len, ends.values())) == {0}


def test_what_the_platform_does_is_not_offered_to_people() -> None:
    for status in S:
        assert not OF_THE_PLATFORM & set(allowed(status))


@pytest.mark.parametrize(
    ("version", "is_stale"), [(0, False), (4, True), (5, False), (6, False), (7, False), (8, True)]
)
def test_a_decision_is_stale_when_a_person_acted_after_what_was_seen(version: int, *, is_stale: bool) -> None:
    told = make_told(S.SUBMITTED)
    if not is_stale:
        require_seen(told, version)
        return
    with pytest.raises(StateConflictError, match=f"you looked at version {version}, it is 7"):
        require_seen(told, version)


def test_an_act_of_a_person_makes_older_decisions_stale_and_one_of_the_platform_does_not() -> None:
    told = make_told(S.SUBMITTED)
    by_person = acted(told, Step(Act.AMEND, "wang", 2))
    assert (by_person.version, by_person.acted_version) == (8, 8)
    by_platform = acted(told, Step(Act.EXPIRE, "", 2), status=S.EXPIRED)
    assert (by_platform.version, by_platform.acted_version) == (8, 5)
