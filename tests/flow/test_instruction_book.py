"""The life of an instruction: a manager writes, somebody else approves, a trader works it, fills move the positions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from book_builders import People, Person, draft, elsewhere, wish
from desk_stage import AU, RB, Stage, known
from tradewind.domain import book_messages as book
from tradewind.domain import desk
from tradewind.domain.instruction import Algorithm, Execution, Handling, InstructionStatus
from tradewind.domain.order import Offset, Side
from tradewind.domain.plan import PlanParams
from tradewind.domain.rights import Reach
from tradewind.domain.trading_state import TradingMode
from tradewind.errors import InputError, NotAllowedError, StateConflictError

S = InstructionStatus


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.tick(600.00)
    stage.tick(3000.0, instrument_id=RB)
    return stage


@pytest.fixture
def people(stage: Stage) -> People:
    return People(stage)


async def held(stage: Stage, instrument_id: str = AU) -> int:
    positions: Any = await stage.office.answer(desk.AskPositions())
    own = [position for position in positions if position.instrument_id == instrument_id and not position.book]
    return sum(position.quantity * position.direction.sign for position in own)


async def test_from_the_managers_wish_to_the_closed_instruction(stage: Stage, people: People) -> None:
    told = await people.manager.writes(wish(target=3), wish(RB, delta=-2), reason="re-balance")
    assert (told.instruction_id, told.status, told.version) == ("B000001", S.DRAFT, 1)
    assert told.total_current_delta_value == 0
    assert told.total_adjusted_delta_value == 3 * 600 * 1000 - 2 * 3000 * 10
    name = told.instruction_id
    told = await people.manager.do(book.SubmitInstruction, name)
    told = await people.approver.do(book.ApproveInstruction, name, expected_version=told.version)
    told = await people.trader.do(book.AcceptInstruction, name)
    assert (told.status, told.trader) == (S.ACCEPTED, "li")

    told = await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=1)
    assert told.status is S.WORKING or told.status is S.PARTLY_DONE
    stage.tick(600.04)
    told = await people.trader.do(book.SendAdjustment, name, adjustment=0)
    told = await people.trader.do(book.SendAdjustment, name, adjustment=1)
    stage.tick(600.04)
    stage.tick(3000.0, instrument_id=RB)
    told = await people.trader.entry(name)
    assert told.status is S.DONE
    assert (await held(stage), await held(stage, RB)) == (3, -2)
    gold = told.adjustments[0]
    assert (gold.filled_quantity, gold.arrival_price) == (3, Decimal("600.00"))
    assert gold.average_price > gold.arrival_price, "it was bought from those who offer"
    assert gold.slippage == Decimal(140), "2 lots at 600.06 and 1 at 600.02, a kilogram each"

    told = await people.trader.do(book.CloseInstruction, name)
    assert told.status is S.CLOSED
    steps = await people.manager.ask(book.AskTimeline(instruction_id=name))
    said = [(step.act, step.actor, step.status) for step in steps]
    assert said[:4] == [
        ("draft", "wang", "draft"),
        ("submit", "wang", "submitted"),
        ("approve", "zhao", "approved"),
        ("accept", "li", "accepted"),
    ]
    assert said[-2:] == [("progress", "", "done"), ("close", "li", "closed")]
    assert [step.version for step in steps] == sorted({step.version for step in steps})
    assert stage.failures == []


async def test_nobody_approves_what_they_wrote_or_amended(stage: Stage, people: People) -> None:
    both = Person(stage, "wang", "fund_manager")
    told = await people.manager.writes(is_submitted=True)
    with pytest.raises(NotAllowedError, match="somebody else must approve"):
        await both.do(book.ApproveInstruction, told.instruction_id, expected_version=told.version)
    second = Person(stage, "sun", "fund_manager")
    told = await second.do(
        book.AmendInstruction, told.instruction_id, expected_version=told.version, draft=draft(wish(delta=2))
    )
    with pytest.raises(NotAllowedError, match="sun wrote, amended"):
        await second.do(book.ApproveInstruction, told.instruction_id, expected_version=told.version)


async def test_who_looked_at_an_older_version_approves_nothing(people: People) -> None:
    told = await people.manager.writes(is_submitted=True)
    await people.manager.do(
        book.AmendInstruction, told.instruction_id, expected_version=told.version, draft=draft(wish(delta=50))
    )
    with pytest.raises(StateConflictError, match="changed by somebody"):
        await people.approver.do(book.ApproveInstruction, told.instruction_id, expected_version=told.version)


async def test_who_saw_other_positions_than_are_held_writes_nothing(people: People) -> None:
    with pytest.raises(StateConflictError, match="0 lots are held now, you saw 2"):
        await people.manager.writes(wish(target=3, held=2))
    told = await people.manager.writes(wish(target=3, held=0))
    assert told.instruction_id == "B000001"


async def test_the_same_act_twice_is_one_act(stage: Stage, people: People) -> None:
    first = await people.manager.writes(request_id="once")
    stage.again()
    stage.tick(600.00)
    people = People(stage)
    assert (await people.manager.writes(request_id="once")).instruction_id == first.instruction_id
    told = await people.accepted(wish(delta=5))
    for _ in range(2):
        await people.trader.do(book.SendAdjustment, told.instruction_id, adjustment=0, quantity=1, request_id="s1")
        await people.trader.do(
            book.RecordFill, told.instruction_id, **elsewhere(quantity=2), is_booked=True, request_id="f1"
        )
        stage.again()
        stage.tick(600.00)
        people = People(stage)
    found = await people.trader.entry(told.instruction_id)
    assert (found.filled_quantity, len(found.sends)) == (3, 1)
    assert await held(stage) == 3


async def test_a_gate_that_would_refuse_blocks_the_approval(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.tick(600.00)
    people = People(stage)
    told = await people.manager.writes(wish(target=100_000), is_submitted=True)
    with pytest.raises(StateConflictError, match="the gate would refuse"):
        await people.approver.do(book.ApproveInstruction, told.instruction_id, expected_version=told.version)
    with pytest.raises(NotAllowedError, match="may_override_risk"):
        await people.approver.do(
            book.ApproveInstruction, told.instruction_id, expected_version=told.version, overrides_risk=True
        )


async def test_without_need_of_a_second_person_handing_in_approves_what_passes(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "instructions.approval=never")
    stage.tick(600.00)
    people = People(stage)
    assert (await people.manager.writes(is_submitted=True)).status is S.APPROVED
    waits = await people.manager.writes(wish(target=100_000), is_submitted=True)
    assert waits.status is S.SUBMITTED
    assert waits.reason_code


async def test_only_changes_of_more_money_than_the_settings_say_need_an_approval(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "instructions.approval=above", "instructions.approval_above=1500000")
    stage.tick(600.00)
    people = People(stage)
    assert (await people.manager.writes(wish(delta=2), is_submitted=True)).status is S.APPROVED
    assert (await people.manager.writes(wish(delta=3), is_submitted=True)).status is S.SUBMITTED


async def test_rights_are_those_of_the_instructions_product_and_account(stage: Stage, people: People) -> None:
    told = await people.manager.writes(is_submitted=True)
    stranger = Person(stage, "zhou", "risk_officer", Reach(frozenset({("fund1", "paper")})))
    with pytest.raises(NotAllowedError, match="does not cover this"):
        await stranger.do(book.ApproveInstruction, told.instruction_id, expected_version=told.version)
    assert (await stranger.ask(book.AskBook())).entries == ()
    with pytest.raises(NotAllowedError, match="needs the permission trade"):
        await people.manager.do(book.AcceptInstruction, told.instruction_id)
    with pytest.raises(NotAllowedError, match="needs the permission instruct"):
        await people.trader.writes()


async def test_only_who_took_it_works_it_until_it_is_reassigned(stage: Stage, people: People) -> None:
    told = await people.accepted()
    with pytest.raises(StateConflictError, match="worked by li"):
        await people.other_trader.do(book.SendAdjustment, told.instruction_id, adjustment=0)
    await people.other_trader.do(book.ReassignInstruction, told.instruction_id, trader="qian")
    await people.other_trader.do(book.SendAdjustment, told.instruction_id, adjustment=0)
    assert await held(stage) == 1


async def test_a_declined_instruction_waits_for_another_trader(people: People) -> None:
    told = await people.accepted()
    told = await people.trader.do(book.DeclineInstruction, told.instruction_id, reason="no time")
    assert (told.status, told.trader) == (S.APPROVED, "")
    assert (await people.other_trader.do(book.AcceptInstruction, told.instruction_id)).trader == "qian"


async def test_a_stopped_send_gives_its_lots_back_and_resumes(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=4))
    name = told.instruction_id
    rests = Execution(limit_price=Decimal("599.00"))
    told = await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=3, execution=rests)
    assert (told.adjustments[0].working_quantity, told.adjustments[0].left_quantity) == (3, 1)
    with pytest.raises(StateConflictError, match="1 of 4 lots"):
        await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=2)
    await people.trader.do(book.StopSend, name, send=0)
    told = await people.trader.entry(name)
    assert (told.adjustments[0].working_quantity, told.adjustments[0].left_quantity) == (0, 4)
    told = await people.trader.do(book.ResumeSend, name, send=0)
    assert told.adjustments[0].working_quantity == 3
    stage.tick(598.90)
    stage.tick(598.90)
    assert (await people.trader.entry(name)).filled_quantity == 3


async def test_an_order_out_of_patience_is_asked_for_again(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=2))
    waits = Execution(limit_price=Decimal("600.00"), patience_s=5)
    await people.trader.do(book.SendAdjustment, told.instruction_id, adjustment=0, execution=waits)
    stage.tick(601.0, after_s=6)
    stage.tick(601.0)
    details = await people.trader.ask(book.AskDetails(instruction_id=told.instruction_id))
    assert [detail.status for detail in details] == ["cancelled", "accepted"]


async def test_a_fill_made_elsewhere_counts_once_and_is_booked_only_when_said(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=4))
    name = told.instruction_id
    await people.trader.do(book.RecordFill, name, **elsewhere("T1", 1))
    assert await held(stage) == 0
    await people.trader.do(book.RecordFill, name, **elsewhere("T2", 2), is_booked=True)
    assert await held(stage) == 2
    with pytest.raises(StateConflictError, match="recorded already"):
        await people.trader.do(book.RecordFill, name, **elsewhere("T2", 1))
    with pytest.raises(StateConflictError, match="1 of 4 lots"):
        await people.trader.do(book.RecordFill, name, **elsewhere("T3", 2))
    with pytest.raises(InputError, match="holds 0 lots short"):
        await people.trader.do(book.RecordFill, name, **elsewhere("T4", 1, offset=Offset.CLOSE), is_booked=True)
    for price in ("600.01", "700.00"):
        with pytest.raises(InputError, match="price must be"):
            await people.trader.do(book.RecordFill, name, **elsewhere("T5", 1, price))
    told = await people.trader.entry(name)
    assert (told.status, told.filled_quantity) == (S.PARTLY_DONE, 3)
    details = await people.trader.ask(book.AskDetails(instruction_id=name))
    assert sum(detail.filled_quantity for detail in details) == told.filled_quantity


async def test_what_the_platform_works_begins_when_it_is_taken(stage: Stage, people: People) -> None:
    handling = Handling(execution=Execution(algorithm=Algorithm.DIRECT), max_order_quantity=2)
    told = await people.approved(wish(delta=5), handling=handling)
    assert told.status is S.APPROVED
    await people.trader.do(book.AcceptInstruction, told.instruction_id)
    stage.tick(600.0)
    told = await people.trader.entry(told.instruction_id)
    assert told.status is S.DONE
    details = await people.trader.ask(book.AskDetails(instruction_id=told.instruction_id))
    assert [(detail.quantity, detail.by) for detail in details] == [(2, "li"), (2, "li"), (1, "li")]


async def test_what_the_platform_works_may_begin_with_the_approval_and_keep_to_the_volume(
    stage: Stage, people: People
) -> None:
    handling = Handling(starts="approval", participation=Decimal("0.1"))
    told = await people.approved(wish(delta=3), handling=handling)
    assert told.status is S.WORKING
    done = []
    for _ in range(4):
        stage.tick(600.0)
        done.append((await people.trader.entry(told.instruction_id)).filled_quantity)
    assert done == [2, 3, 3, 3], "20 were traded until the first quote, 10 until each other: a tenth of it is ours"
    details = await people.trader.ask(book.AskDetails(instruction_id=told.instruction_id))
    assert {detail.by for detail in details} == {"zhao"}, "in the name of whose approval began it"


async def test_a_handled_instruction_begins_and_ends_at_its_times(stage: Stage, people: People) -> None:
    now = stage.clock.now_ns()
    handling = Handling(
        execution=Execution(limit_price=Decimal("590.00")),
        begins_at=now + 10_000_000_000,
        ends_at=now + 20_000_000_000,
    )
    told = await people.accepted(wish(delta=3), handling=handling)
    name = told.instruction_id
    assert await people.trader.ask(book.AskDetails(instruction_id=name)) == []
    stage.tick(600.0, after_s=11)
    (rests,) = await people.trader.ask(book.AskDetails(instruction_id=name))
    assert rests.status == "accepted"
    stage.tick(600.0, after_s=10)
    told = await people.trader.entry(name)
    assert (told.status, told.left_quantity, told.working_quantity) == (S.WORKING, 3, 0)


async def test_it_expires_at_the_time_it_names(stage: Stage, people: People) -> None:
    told = await people.approved(expires_at=stage.clock.now_ns() + 5_000_000_000)
    stage.tick(600.0, after_s=6)
    assert (await people.manager.entry(told.instruction_id)).status is S.EXPIRED


async def test_it_expires_with_its_trading_day_but_a_draft_stays(stage: Stage, people: People) -> None:
    written = await people.manager.writes()
    told = await people.approved()
    stage.tick(600.0, after_s=86_400, trading_day=20251121)
    assert (await people.manager.entry(told.instruction_id)).status is S.EXPIRED
    assert (await people.manager.entry(written.instruction_id)).status is S.DRAFT


async def test_a_withdrawn_instruction_takes_its_orders_back_and_keeps_what_was_done(
    stage: Stage, people: People
) -> None:
    told = await people.accepted(wish(delta=4))
    name = told.instruction_id
    await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=1)
    rests = Execution(limit_price=Decimal("590.00"))
    await people.trader.do(book.SendAdjustment, name, adjustment=0, execution=rests)
    told = await people.manager.do(book.WithdrawInstruction, name, reason="changed my mind")
    stage.tick(600.0)
    told = await people.manager.entry(name)
    assert (told.status, told.filled_quantity, told.working_quantity) == (S.CANCELLED, 1, 0)
    orders: Any = await stage.office.answer(desk.AskOrders(is_live=True))
    assert not orders


async def test_amending_what_is_worked_moves_only_what_nobody_asked_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "instructions.approval=never")
    stage.tick(600.00)
    people = People(stage)
    told = await people.manager.writes(wish(delta=5), is_submitted=True)
    name = told.instruction_id
    await people.trader.do(book.AcceptInstruction, name)
    told = await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=3)

    async def amend(*wishes: book.Wish) -> Any:
        version = (await people.manager.entry(name)).version
        return await people.manager.do(book.AmendInstruction, name, expected_version=version, draft=draft(*wishes))

    with pytest.raises(StateConflictError, match="3 of 5 lots"):
        await amend(wish(delta=2))
    with pytest.raises(StateConflictError, match="3 of 5 lots"):
        await amend(wish(delta=-5))
    with pytest.raises(StateConflictError, match="no contract can be added"):
        await amend(wish(RB, delta=1))
    assert (await amend(wish(delta=4))).left_quantity == 1
    assert (await amend(wish(delta=6))).left_quantity == 3
    assert (await amend(wish(delta=3))).status is S.DONE


async def test_raising_what_is_worked_needs_the_approval_it_would_escape(people: People) -> None:
    told = await people.accepted(wish(delta=5))
    name = told.instruction_id
    told = await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=1)
    with pytest.raises(StateConflictError, match="write another instruction"):
        await people.manager.do(book.AmendInstruction, name, expected_version=told.version, draft=draft(wish(delta=6)))
    assert (
        await people.manager.do(book.AmendInstruction, name, expected_version=told.version, draft=draft(wish(delta=2)))
    ).left_quantity == 1


async def test_fills_make_no_decision_stale(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=5))
    await people.trader.do(book.SendAdjustment, told.instruction_id, adjustment=0, quantity=1)
    seen = await people.trader.entry(told.instruction_id)
    stage.tick(600.0)
    stage.tick(600.0)
    await people.trader.do(
        book.SendAdjustment, told.instruction_id, adjustment=0, quantity=1, expected_version=seen.version
    )


async def test_the_emergency_stop_stops_sends_and_a_person_resumes(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=4))
    name = told.instruction_id
    rests = Execution(limit_price=Decimal("590.00"))
    await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=2, execution=rests)
    signed: Any = {"actor": "zhao", "source": "test"}
    await stage.office.carry_out(desk.SetMode(**signed, request_id="h", mode=TradingMode.HALTED, reason="drill"))
    told = await people.trader.entry(name)
    assert (told.status, told.working_quantity, told.left_quantity) == (S.WORKING, 0, 4)
    assert told.sends[0].is_stopped


async def test_an_opportunity_becomes_a_draft_with_its_side_and_price(stage: Stage, people: People) -> None:
    ends = stage.clock.now_ns() + 3_600_000_000_000
    stage.opportunity(opportunity_id="o7", side="sell", expires_at=ends)
    told = await people.manager.do(
        book.DraftFromOpportunity, account_id="paper", opportunity_id="o7", quantity=2, is_limited=True
    )
    (line,) = told.adjustments
    assert (line.side, line.quantity, line.limit_price, told.cause) == (Side.SELL, 2, Decimal("600.00"), "o7")
    with pytest.raises(InputError, match="no opportunity 'o8' is open"):
        await people.manager.do(book.DraftFromOpportunity, account_id="paper", opportunity_id="o8", quantity=1)
    stage.tick(600.0, after_s=3_700)
    with pytest.raises(StateConflictError, match="expired"):
        await people.manager.do(book.DraftFromOpportunity, account_id="paper", opportunity_id="o7", quantity=1)


async def test_a_weight_is_rounded_to_lots_and_says_so(people: People) -> None:
    (account,) = [each for each in await people.manager.ask(desk.AskAccounts()) if not each.book]
    weight = Decimal("1.5")
    told = await people.manager.writes(wish(weight=weight))
    lots = int(weight * account.balance / (600 * 1000))
    assert told.adjustments[0].adjusted_position == lots
    assert f"rounded to {lots}" in told.adjustments[0].wish
    with pytest.raises(InputError, match="product_code"):
        await people.manager.writes(wish(weight=weight), basis="product")


async def test_a_draft_is_judged_as_a_whole_before_it_is_handed_in(people: People) -> None:
    told = await people.manager.writes(wish(target=2), wish(RB, target=-3))
    judged = await people.manager.ask(book.AskBookWhatIf(instruction_id=told.instruction_id))
    assert [(line.order.instrument_id, line.is_approved) for line in judged.lines] == [(AU, True), (RB, True)]
    assert judged.accounts[0].margin > 0
    assert judged.headroom


async def test_a_tickets_cancel_does_not_reach_into_the_book(people: People) -> None:
    told = await people.manager.writes()
    with pytest.raises(StateConflictError, match="withdraw it there"):
        await people.trader.do(desk.CancelInstruction, told.instruction_id)


async def test_what_waits_for_traders_is_listed_by_contract_and_by_line(people: People) -> None:
    await people.approved(wish(delta=2))
    await people.approved(wish(delta=-1), wish(RB, delta=4))
    await people.manager.writes(wish(delta=9))
    adjust = await people.trader.ask(book.AskToAdjust())
    assert [(each.instrument_id, each.buy_quantity, each.sell_quantity) for each in adjust] == [(AU, 2, 1), (RB, 4, 0)]
    trade = await people.trader.ask(book.AskToTrade())
    assert [(each.instruction_id, each.adjustment.number) for each in trade] == [
        ("B000001", 0),
        ("B000002", 0),
        ("B000002", 1),
    ]


async def test_a_restart_is_as_if_there_had_been_none(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=4), wish(RB, delta=-2))
    name = told.instruction_id
    await people.trader.do(book.SendAdjustment, name, adjustment=0, quantity=2)
    await people.trader.do(
        book.RecordFill, name, **elsewhere("T9", 1, "3000", adjustment=1, offset=Offset.OPEN), is_booked=True
    )
    await people.manager.writes()
    before, entry = known(stage), await people.manager.entry(name)
    stage.again()
    assert known(stage) == before
    assert await People(stage).manager.entry(name) == entry


async def test_pages_go_on_where_the_last_one_ended(people: People) -> None:
    for _ in range(5):
        await people.manager.writes()
    first = await people.manager.ask(book.AskBook(limit=2))
    assert [entry.instruction_id for entry in first.entries] == ["B000005", "B000004"]
    last = await people.manager.ask(book.AskBook(limit=3, after=first.next))
    assert [entry.instruction_id for entry in last.entries] == ["B000003", "B000002", "B000001"]
    assert last.next == ""
    assert (await people.manager.ask(book.AskBook(status=(S.APPROVED,)))).entries == ()


async def test_no_more_are_open_than_the_settings_allow(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "instructions.max_open=2")
    stage.tick(600.0)
    people = People(stage)
    first = await people.manager.writes()
    await people.manager.writes()
    with pytest.raises(InputError, match=r"instructions\.max_open"):
        await people.manager.writes()
    await people.manager.do(book.WithdrawInstruction, first.instruction_id)
    assert (await people.manager.writes()).instruction_id == "B000003"


async def test_a_death_between_the_record_of_a_fill_and_its_booking_books_it_once(stage: Stage, people: People) -> None:
    told = await people.accepted(wish(delta=2))
    await people.trader.do(book.RecordFill, told.instruction_id, **elsewhere("T1", 1), is_booked=True)
    entries = stage.memory.durable_entries()
    booked = next(number for number, entry in enumerate(entries) if entry.kind == "fills")
    assert entries[booked - 1].kind == "instructions"
    stage.rooms.close("it died")
    stage.journal = stage._new_journal(entries[:booked])
    stage.rooms, stage.office = stage._begin()
    assert await held(stage) == 1
    stage.again()
    assert await held(stage) == 1
    assert sum(entry.kind == "fills" for entry in stage.memory.durable_entries()) == 1


FUND = ('portfolio.accounts=[{"id": "paper", "books": ["fund_a/alpha"]}]', 'trading.products=["fund_a"]')
PLAN = PlanParams(account_id="paper", product_code="fund_a", lots=1)


@pytest.fixture
async def fund(tmp_path: Path) -> Stage:
    """A desk whose fund_a holds three lots: two of plan alpha's, one of its own."""
    stage = Stage(tmp_path, *FUND)
    stage.tick(600.00)
    people = People(stage)
    await people.manager.do(desk.DefinePlan, name="alpha", params=PLAN)
    for strategy, lots in (("alpha", 2), ("", 1)):
        line = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=lots)
        beside: dict[str, Any] = {"product_code": "fund_a", "strategy": strategy, "lines": (line,)}
        await people.trader.do(desk.Submit, account_id="paper", **beside)
    stage.tick(600.00)
    assert await lots_by_book(stage) == {"fund_a/": 1, "fund_a/alpha": 2}
    return stage


async def lots_by_book(stage: Stage) -> dict[str, int]:
    positions: Any = await stage.office.answer(desk.AskPositions())
    lots: dict[str, int] = {}
    for position in positions:
        if position.book and position.quantity:
            lots[position.book] = lots.get(position.book, 0) + position.quantity * position.direction.sign
    return lots


async def sent(stage: Stage, people: People, wished: book.Wish, **more: Any) -> Any:
    """Return an instruction of fund_a approved, sent whole and given time to fill."""
    told = await people.accepted(wished, product_code="fund_a", **more)
    await people.trader.do(book.SendAdjustment, told.instruction_id, adjustment=0)
    stage.tick(600.00)
    stage.tick(600.00)
    return await people.trader.entry(told.instruction_id)


@pytest.mark.parametrize(
    ("target", "after"),
    [
        (2, {"fund_a/alpha": 2}),
        (1, {"fund_a/alpha": 1}),
        (0, {}),
        (-2, {"fund_a/": -2}),
    ],
)
async def test_a_target_of_a_product_is_met_by_its_own_book_first_then_by_its_strategies(
    fund: Stage, target: int, after: dict[str, int]
) -> None:
    told = await sent(fund, People(fund), wish(target=target))
    assert (told.status, told.adjustments[0].current_position) == (S.DONE, 3)
    assert await lots_by_book(fund) == after
    assert await held(fund) == target
    assert fund.failures == []


async def test_each_closing_order_of_a_product_names_the_book_that_gives_the_lots(fund: Stage) -> None:
    told = await sent(fund, People(fund), wish(target=0))
    orders: Any = await fund.office.answer(desk.AskOrders(is_live=False))
    own = [order.request for order in orders if order.request.instruction_id == told.instruction_id]
    assert [(request.strategy, request.quantity) for request in own] == [("", 1), ("alpha", 2)]


async def test_an_instruction_that_names_a_strategy_touches_no_other_book(fund: Stage) -> None:
    told = await sent(fund, People(fund), wish(target=-1), strategy="alpha")
    assert told.adjustments[0].current_position == 2
    assert await lots_by_book(fund) == {"fund_a/": 1, "fund_a/alpha": -1}


async def test_what_the_gate_thinks_of_a_products_target_counts_the_strategies_lots(fund: Stage) -> None:
    people = People(fund)
    told = await people.manager.writes(wish(target=0), product_code="fund_a", is_submitted=True)
    judged = await people.approver.ask(book.AskBookWhatIf(instruction_id=told.instruction_id))
    assert judged.is_approved
    assert [(line.order.strategy, line.order.quantity) for line in judged.lines] == [("", 1), ("alpha", 2)]


async def test_a_timeline_is_told_by_codes_with_arguments_and_in_english(fund: Stage) -> None:
    people = People(fund)
    told = await sent(fund, people, wish(target=2))
    await people.trader.do(book.CloseInstruction, told.instruction_id)
    steps = await people.manager.ask(book.AskTimeline(instruction_id=told.instruction_id))
    by_act = {step.act: (step.note_code, step.note_args, step.note) for step in steps}
    assert by_act["draft"] == ("contracts", {"count": "1"}, "1 contracts")
    assert by_act["send"] == (
        "sent",
        {"send": "0", "side": "sell", "quantity": "1", "instrument_id": AU, "algorithm": "direct"},
        f"send 0: sell 1 {AU} direct",
    )
    assert by_act["progress"] == ("progress", {"before": "working", "after": "done"}, "working → done")
    assert by_act["close"] == ("", {}, "")
