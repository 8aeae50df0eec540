"""What the instruction book tells along with its answers: nothing of other funds, nothing of what one may not see."""

from __future__ import annotations

import contextlib
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from book_builders import Person, draft, elsewhere
from desk_stage import AU
from rights_table import ACCOUNT, INSTRUCTION
from tradewind.domain import book_messages as book
from tradewind.domain import desk
from tradewind.domain.order import Offset, Side
from tradewind.domain.rights import EVERYTHING, Reach
from tradewind.errors import InputError, NotAllowedError, StateConflictError
from two_funds import FUNDS, SHARED, TwoFunds, reach_of

MINE, THEIRS = (INSTRUCTION[fund] for fund in FUNDS)
WEIGHED = (book.Wish(instrument_id=AU, weight=Decimal("0.5")),)
FUND_A = reach_of("fund_a")
FUND_A_SHARED = Reach(frozenset({("fund_a", SHARED)}))


@pytest.fixture
async def stage(tmp_path: Path) -> TwoFunds:
    stage = TwoFunds(tmp_path)
    await stage.fill()
    return stage


def someone(stage: TwoFunds, role: str = "administrator", reach: Reach | None = None, name: str = "li") -> Person:
    """Return somebody of fund_a."""
    return Person(stage, name, role, FUND_A if reach is None else reach)


async def approve(stage: TwoFunds, *names: str) -> None:
    zhao = someone(stage, reach=EVERYTHING)
    for name in names:
        entry = await zhao.entry(name)
        await zhao.do(book.ApproveInstruction, name, expected_version=entry.version)


async def accepted(stage: TwoFunds, person: Person, name: str) -> None:
    await approve(stage, name)
    await person.do(book.AcceptInstruction, name)


def commands(fund: str, key: str) -> dict[str, book.BookCommand]:
    """Return every command of the book, about what that fund has there."""
    sign: dict[str, Any] = {"actor": "li", "source": "test", "request_id": key}
    place: dict[str, Any] = {"account_id": ACCOUNT[fund], "product_code": fund}
    one = {**sign, "instruction_id": INSTRUCTION[fund]}
    return {
        "draft": book.DraftInstruction(**sign, **place, draft=draft()),
        "follow": book.DraftFromOpportunity(**sign, **place, opportunity_id="none", quantity=1),
        "amend": book.AmendInstruction(**one, expected_version=2, draft=draft()),
        "submit": book.SubmitInstruction(**one),
        "withdraw": book.WithdrawInstruction(**one),
        "approve": book.ApproveInstruction(**one, expected_version=2),
        "reject": book.RejectInstruction(**one, expected_version=2, reason="no"),
        "accept": book.AcceptInstruction(**one),
        "decline": book.DeclineInstruction(**one),
        "reassign": book.ReassignInstruction(**one, trader="qian"),
        "send": book.SendAdjustment(**one, adjustment=0),
        "stop": book.StopSend(**one),
        "resume": book.ResumeSend(**one, send=0),
        "fill": book.RecordFill(**one, **elsewhere()),
        "waive": book.WaiveAdjustment(**one, adjustment=0),
        "close": book.CloseInstruction(**one),
    }


NAMES = list(commands("fund_a", "k"))


def test_every_kind_of_command_is_tried() -> None:
    assert {type(command) for command in commands("fund_a", "k").values()} == set(book.BookCommand.__args__)


async def test_a_command_about_what_is_foreign_is_refused_like_one_about_what_is_not_there(stage: TwoFunds) -> None:
    before = stage.rooms.journal.last_seq
    for name in NAMES:
        words = []
        for fund in ("fund_b", "fund_x"):
            with pytest.raises(NotAllowedError) as refused:
                await stage.desk.carry_out(commands(fund, f"{name} {fund}")[name], FUND_A)
            words.append(str(refused.value))
        assert words[0] == words[1], name
    assert stage.rooms.journal.last_seq == before


async def test_the_same_command_about_ones_own_is_judged_on_its_merits(stage: TwoFunds) -> None:
    done = set()
    for name in ("draft", "follow", "approve", "accept", "reassign", *NAMES):
        with contextlib.suppress(InputError, StateConflictError):
            await stage.desk.carry_out(commands("fund_a", name)[name], FUND_A)
            done.add(name)
    assert done >= {"draft", "approve", "accept", "reassign"}


@pytest.mark.parametrize("kind", [book.AskBookEntry, book.AskTimeline, book.AskDetails, book.AskBookWhatIf])
async def test_a_question_about_what_is_foreign_is_answered_as_about_what_is_not_there(
    stage: TwoFunds, kind: Any
) -> None:
    words = []
    for fund in ("fund_b", "fund_x"):
        with pytest.raises(NotAllowedError) as refused:
            await stage.desk.answer(kind(instruction_id=INSTRUCTION[fund]), FUND_A)
        words.append(str(refused.value))
    assert words[0] == words[1]
    assert await stage.desk.answer(kind(instruction_id=MINE), FUND_A) is not None


@pytest.mark.parametrize(("reach", "lots"), [(FUND_A, 3), (reach_of("fund_b"), 3), (EVERYTHING, 6)])
async def test_what_is_to_be_adjusted_counts_ones_own_alone(stage: TwoFunds, reach: Reach, lots: int) -> None:
    await approve(stage, MINE, THEIRS)
    who = someone(stage, "viewer", reach)
    (found,) = await who.ask(book.AskToAdjust())
    covered = [name for name, fund in zip((MINE, THEIRS), FUNDS, strict=True) if reach.covers(fund, ACCOUNT[fund])]
    assert (found.buy_quantity, list(found.instructions)) == (lots, covered)
    assert [line.instruction_id for line in await who.ask(book.AskToTrade())] == covered


@pytest.mark.parametrize("ask", [{}, {"product_code": "fund_b"}, {"account_id": "B1"}, {"person": "setup"}])
async def test_no_filter_and_no_page_leads_to_another_funds_instructions(stage: TwoFunds, ask: Any) -> None:
    who = someone(stage, "viewer")
    for after in ("", "B000003", THEIRS, "B²"):
        page = await who.ask(book.AskBook(**ask, limit=1, after=after))
        assert {entry.instruction_id for entry in page.entries} <= {MINE}
        assert page.next == ""


async def test_a_trader_does_not_take_back_what_a_manager_wrote_by_the_button_for_orders(stage: TwoFunds) -> None:
    trader = someone(stage, "trader")
    with pytest.raises(StateConflictError, match="withdraw it there"):
        await trader.do(desk.CancelInstruction, MINE)
    assert (await trader.entry(MINE)).status == "submitted"


async def test_a_fill_recorded_for_another_fund_is_not_told_where(stage: TwoFunds) -> None:
    everybody = someone(stage, reach=EVERYTHING)
    for name in (MINE, THEIRS):
        await accepted(stage, everybody, name)
    await everybody.do(book.RecordFill, THEIRS, **elsewhere("T1"))
    with pytest.raises(StateConflictError, match=r"recorded already, for another instruction$"):
        await someone(stage).do(book.RecordFill, MINE, **elsewhere("T1"))


async def test_what_a_shared_account_holds_in_all_is_not_told_where_a_fill_closes_too_much(stage: TwoFunds) -> None:
    sold = (book.Wish(instrument_id=AU, target=0),)
    name = (await stage.write("fund_a", SHARED, key="flat", strategy="hand", wishes=sold)).instruction_id
    await accepted(stage, someone(stage, reach=EVERYTHING), name)
    fill = elsewhere("T1", 5, offset=Offset.CLOSE_TODAY, is_booked=True)
    for reach, words in ((EVERYTHING, "holds 4 lots long"), (FUND_A_SHARED, "holds fewer lots long")):
        with pytest.raises(InputError, match=words):
            await someone(stage, reach=reach).do(book.RecordFill, name, **fill)


async def test_a_weight_of_a_shared_account_is_for_who_may_see_what_it_is_worth(stage: TwoFunds) -> None:
    beside: dict[str, Any] = {"account_id": SHARED, "product_code": "fund_a"}
    narrow, wide = someone(stage, reach=FUND_A_SHARED), someone(stage, reach=EVERYTHING)
    with pytest.raises(NotAllowedError, match="take weights of the product's"):
        await narrow.writes(*WEIGHED, **beside)
    written = await narrow.writes(**beside)
    amended: dict[str, Any] = {"expected_version": written.version, "draft": book.Draft(wishes=WEIGHED)}
    with pytest.raises(NotAllowedError, match="take weights of the product's"):
        await narrow.do(book.AmendInstruction, written.instruction_id, **amended)
    assert "account equity" in (await wide.writes(*WEIGHED, **beside)).adjustments[0].wish


async def test_what_an_account_is_worth_is_hidden_from_readers_of_one_fund(stage: TwoFunds) -> None:
    wide, narrow = someone(stage, reach=EVERYTHING), someone(stage, reach=FUND_A_SHARED)
    told = await wide.writes(*WEIGHED, account_id=SHARED, product_code="fund_a", is_submitted=True)
    name = told.instruction_id
    zhao = someone(stage, reach=EVERYTHING, name="zhao")
    told = await zhao.do(book.ApproveInstruction, name, expected_version=told.version)
    assert re.fullmatch(r"weight 0.5 of account equity \d+\.\d\d: .* lots, rounded to \d+", told.adjustments[0].wish)
    page = await narrow.ask(book.AskBook())
    seen = [
        (await narrow.entry(name)).adjustments[0],
        next(entry for entry in page.entries if entry.instruction_id == name).adjustments[0],
        next(line for line in await narrow.ask(book.AskToTrade()) if line.instruction_id == name).adjustment,
        next(raw for raw in await narrow.ask(desk.AskInstructions()) if raw.instruction_id == name).adjustments[0],
        (await narrow.do(book.AcceptInstruction, name)).adjustments[0],
    ]
    lots = told.adjustments[0].adjusted_position
    assert [line.wish for line in seen] == [f"weight of account equity: {lots} lots"] * len(seen)
    assert [getattr(line, "weighed", "") for line in seen] == [""] * len(seen)
    assert (await wide.entry(name)).adjustments[0].wish == told.adjustments[0].wish


@pytest.mark.parametrize("is_remembered", [True, False], ids=["in memory", "by its id"])
async def test_who_reaches_less_by_now_is_not_told_what_came_of_an_earlier_request(
    stage: TwoFunds,
    is_remembered: bool,  # noqa: FBT001 - a case of two
) -> None:
    wide, narrow = someone(stage, reach=EVERYTHING), someone(stage)
    theirs, mine = (_again(fund) for fund in ("fund_b", "fund_a"))
    line = (desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=1),)
    await wide.writes(**theirs)
    await wide.do(desk.Submit, **theirs, lines=line)
    if not is_remembered:
        stage.again()
        stage.desk = stage.office.office
        stage.tick(600.0)
    for act in (narrow.writes(**mine), narrow.do(desk.Submit, **mine, lines=line)):
        with pytest.raises(NotAllowedError, match="there is no such thing"):
            await act


def _again(fund: str) -> dict[str, Any]:
    return {"account_id": ACCOUNT[fund], "product_code": fund, "request_id": "again"}
