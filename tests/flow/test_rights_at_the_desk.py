"""At the desk everybody sees and does what they reach, and learns nothing of the rest, not even that it is there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk_stage import AU
from tradewind.domain import desk
from tradewind.domain.account import Direction
from tradewind.domain.book_messages import BookCommand
from tradewind.domain.order import Side
from tradewind.domain.plan import PlanParams
from tradewind.domain.rights import EVERY, EVERYTHING, NOTHING, Reach
from tradewind.domain.statement_review import ConfirmStatement, TakeStatement
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.domain.whose import may_see
from tradewind.errors import InputError, NotAllowedError, StateConflictError
from two_funds import ACCOUNT, FUNDS, SHARED, SIGNED, TwoFunds, reach_of

LINE = desk.WishedLine(instrument_id=AU, side=Side.BUY, quantity=1)
FUND_A = reach_of("fund_a")
FUND_A_SHARED = Reach(frozenset({("fund_a", SHARED)}))
ACCOUNT_A = Reach(frozenset({(EVERY, "A1")}))


@pytest.fixture
async def stage(tmp_path: Path) -> TwoFunds:
    stage = TwoFunds(tmp_path)
    await stage.fill()
    return stage


async def ask(stage: TwoFunds, question: Any, reach: Reach = FUND_A) -> Any:
    return await stage.desk.answer(question, reach)


def close_of(fund: str, account: str, **more: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "instrument_id": AU,
        "direction": Direction.LONG,
        "book": f"{fund}/hand",
        **more,
    }


LISTS = [
    desk.AskAccounts(), desk.AskPositions(), desk.AskOrders(), desk.AskOrders(is_live=True), desk.AskInstructions(),
    desk.AskPlans(), desk.AskTriggers(),
]  # fmt: skip


@pytest.mark.parametrize("question", LISTS, ids=repr)
@pytest.mark.parametrize(
    "reach",
    [FUND_A, FUND_A_SHARED, ACCOUNT_A, reach_of("fund_b"), EVERYTHING],
    ids=["fund", "fund, shared", "account", "other fund", "everything"],
)
async def test_a_list_holds_what_is_covered_and_all_of_that(stage: TwoFunds, question: Any, reach: Reach) -> None:
    whole = await ask(stage, question, EVERYTHING)
    plans = {plan.name: plan for plan in await ask(stage, desk.AskPlans(), EVERYTHING)}
    assert list(await ask(stage, question, reach)) == [row for row in whole if may_see(reach, row, plans.get)]


async def test_the_two_funds_of_a_shared_account_do_not_see_each_other(stage: TwoFunds) -> None:
    accounts = await ask(stage, desk.AskAccounts(), FUND_A_SHARED)
    assert [(account.account_id, account.book) for account in accounts] == [(SHARED, "fund_a/hand")]
    positions = await ask(stage, desk.AskPositions(), FUND_A_SHARED)
    assert [(held.account_id, held.book, held.quantity) for held in positions] == [(SHARED, "fund_a/hand", 2)]


async def test_who_has_an_account_alone_sees_it_as_a_whole(stage: TwoFunds) -> None:
    accounts = await ask(stage, desk.AskAccounts())
    assert [(account.account_id, account.book) for account in accounts] == [
        ("A1", ""), ("A1", "/"), ("A1", "fund_a/hand"), (SHARED, "fund_a/hand"),
    ]  # fmt: skip


async def test_limits_and_queues_of_others_are_left_out(stage: TwoFunds) -> None:
    limits = await ask(stage, desk.AskLimits())
    assert {(use.scope, use.key) for use in limits.scopes} == {
        (Scope.ACCOUNT, "A1"), (Scope.STRATEGY, "plan_fund_a"),
    }  # fmt: skip
    assert {count.account_id for count in limits.counters} == {"A1"}
    assert {queue.account_id for queue in (await ask(stage, desk.AskQueue())).queues} <= {"A1"}
    whole = await ask(stage, desk.AskLimits(), EVERYTHING)
    assert len(whole.scopes) == 1 + 3 + 2


async def test_what_if_shows_funds_and_limits_within_reach_only(stage: TwoFunds) -> None:
    wish: dict[str, Any] = {"account_id": SHARED, "product_code": "fund_a", "strategy": "hand", "lines": (LINE,)}
    mine = await ask(stage, desk.AskWhatIf(**wish), FUND_A_SHARED)
    whole = await ask(stage, desk.AskWhatIf(**wish), EVERYTHING)
    assert [line.is_approved for line in mine.lines] == [line.is_approved for line in whole.lines] == [True]
    assert (len(whole.accounts), mine.accounts) == (1, ())
    assert {(room.scope, room.key) for room in mine.headroom} <= {(Scope.STRATEGY, "hand")}


async def test_equity_of_a_shared_account_is_not_told_beside_ones_book(stage: TwoFunds) -> None:
    stage.tick(601.00, after_s=61)
    question = desk.AskEquity(account_id=SHARED, book="fund_a/hand")
    assert (await ask(stage, question, FUND_A_SHARED)).today == []
    assert (await ask(stage, question, EVERYTHING)).today != []


NAMED: list[tuple[str, Any, Any]] = [
    ("lots", desk.AskLots(**close_of("fund_b", "B1")), desk.AskLots(**close_of("fund_x", "X9"))),
    ("equity", desk.AskEquity(account_id="B1"), desk.AskEquity(account_id="X9")),
    (
        "what-if",
        desk.AskWhatIf(account_id="B1", product_code="fund_b", lines=(LINE,)),
        desk.AskWhatIf(account_id="X9", product_code="fund_x", lines=(LINE,)),
    ),
    ("close", desk.AskClose(**close_of("fund_b", "B1")), desk.AskClose(**close_of("fund_x", "X9"))),
]


@pytest.mark.parametrize(("name", "foreign", "absent"), NAMED, ids=[row[0] for row in NAMED])
async def test_a_question_about_what_is_foreign_is_answered_as_about_what_is_not_there(
    stage: TwoFunds, name: str, foreign: Any, absent: Any
) -> None:
    del name
    words = []
    for question in (foreign, absent):
        with pytest.raises(NotAllowedError) as refused:
            await ask(stage, question)
        words.append(str(refused.value))
    assert words[0] == words[1]
    assert not any(word in words[0] for word in ("B1", "X9", "fund_b", "fund_x"))


def commands(fund: str, account: str, key: str) -> dict[str, desk.Command]:
    """Return every command there is, about things of that fund and account."""
    sign: dict[str, Any] = {"actor": "li", "source": "test", "request_id": key}
    params = PlanParams(account_id=account, product_code=fund)
    return {
        "submit": desk.Submit(**sign, account_id=account, product_code=fund, lines=(LINE,)),
        "cancel instruction": desk.CancelInstruction(**sign, instruction_id=f"M:rest {fund}"),
        "cancel order": desk.CancelOrder(**sign, client_order_id=f"M:rest {fund}-0-1"),
        "close": desk.Close(**sign, confirmation="x", **close_of(fund, account)),
        "define": desk.DefinePlan(**sign, name=f"plan_{fund}", params=params),
        "start": desk.StartPlan(**sign, name=f"plan_{fund}"),
        "swap": desk.SwapPlan(**sign, name=f"plan_{fund}"),
        "stop": desk.StopPlan(**sign, name=f"plan_{fund}"),
        "halt account": desk.SetMode(**sign, mode=TradingMode.HALTED, scope=Scope.ACCOUNT, key=account),
        "halt product": desk.SetMode(**sign, mode=TradingMode.HALTED, scope=Scope.PRODUCT, key=fund),
        "halt plan": desk.SetMode(**sign, mode=TradingMode.HALTED, scope=Scope.STRATEGY, key=f"plan_{fund}"),
        "release account": desk.SetMode(**sign, mode=TradingMode.ACTIVE, scope=Scope.ACCOUNT, key=account, phrase="x"),
        "cash": desk.MoveCash(**sign, account_id=account, amount=Decimal(5)),
        "tend": desk.TendAccount(**sign, account_id=account, wish="compare"),
        "take statement": TakeStatement(**sign, account_id=account, text="x"),
        "confirm statement": ConfirmStatement(**sign, account_id=account, trading_day=20260105, digest="x"),
    }


NAMES = list(commands("fund_a", "A1", "k"))


def test_every_kind_of_command_is_tried() -> None:
    tried = {type(command) for command in commands("fund_a", "A1", "k").values()}
    assert tried | set(BookCommand.__args__) == set(desk.Command.__args__), "those of the book: test_rights_at_the_book"


@pytest.mark.parametrize("name", NAMES)
async def test_a_command_about_what_is_foreign_is_refused_like_one_about_what_is_not_there(
    stage: TwoFunds, name: str
) -> None:
    before = stage.rooms.journal.last_seq
    words = []
    for fund, account in (("fund_b", "B1"), ("fund_x", "X9")):
        with pytest.raises(NotAllowedError) as refused:
            await stage.desk.carry_out(commands(fund, account, f"{name} {fund}")[name], FUND_A)
        words.append(str(refused.value))
    assert words[0] == words[1]
    assert stage.rooms.journal.last_seq == before


@pytest.mark.parametrize("name", NAMES)
async def test_the_same_command_about_ones_own_is_judged_on_its_merits(stage: TwoFunds, name: str) -> None:
    try:
        await stage.desk.carry_out(commands("fund_a", "A1", name)[name], FUND_A)
    except (InputError, StateConflictError):
        # What cannot be done now (no such confirmation, not running, no such phrase) is refused for that.
        assert name in {"close", "swap", "stop", "release account", "tend", "take statement", "confirm statement"}


@pytest.mark.parametrize(
    ("scope", "key"), [(Scope.PLATFORM, ""), (Scope.INSTRUMENT, AU), (Scope.ACCOUNT, SHARED), (Scope.ACCOUNT, EVERY)]
)
async def test_to_halt_what_is_also_others_takes_a_reach_over_all_of_it(
    stage: TwoFunds, scope: Scope, key: str
) -> None:
    halt = desk.SetMode(
        actor="li", source="test", request_id="h", mode=TradingMode.HALTED, scope=scope, key=key, reason="drill"
    )
    for reach in (FUND_A, FUND_A_SHARED, ACCOUNT_A):
        with pytest.raises(NotAllowedError):
            await stage.desk.carry_out(halt, reach)
    assert await ask(stage, desk.AskTradingStates(), EVERYTHING) == ()
    await stage.desk.carry_out(halt, EVERYTHING)


async def test_a_product_is_halted_by_who_has_it_in_every_account(stage: TwoFunds) -> None:
    halt = desk.SetMode(
        actor="li", source="test", request_id="h", mode=TradingMode.HALTED, scope=Scope.PRODUCT, key="fund_a"
    )
    with pytest.raises(NotAllowedError):
        await stage.desk.carry_out(halt, FUND_A_SHARED)
    await stage.desk.carry_out(halt, FUND_A)
    for reach, count in ((FUND_A, 1), (FUND_A_SHARED, 1), (reach_of("fund_b"), 0)):
        assert len(await ask(stage, desk.AskTradingStates(), reach)) == count


async def test_a_plan_is_not_taken_over_nor_given_away(stage: TwoFunds) -> None:
    for name, fund in (("plan_fund_b", "fund_a"), ("plan_fund_a", "fund_b")):
        params = PlanParams(account_id=ACCOUNT[fund], product_code=fund)
        take = desk.DefinePlan(actor="li", source="test", request_id=name, name=name, params=params)
        with pytest.raises(NotAllowedError):
            await stage.desk.carry_out(take, FUND_A)


async def test_nobody_trades_in_the_name_of_anothers_plan(stage: TwoFunds) -> None:
    wish = desk.Submit(
        actor="li", source="test", request_id="n", account_id="A1", product_code="fund_a",
        strategy="plan_fund_b", lines=(LINE,),
    )  # fmt: skip
    with pytest.raises(NotAllowedError):
        await stage.desk.carry_out(wish, FUND_A)
    question = desk.AskWhatIf(account_id="A1", product_code="fund_a", strategy="plan_fund_b", lines=(LINE,))
    with pytest.raises(NotAllowedError):
        await ask(stage, question)


async def test_a_request_id_that_another_used_tells_nothing_of_what_came_of_it(stage: TwoFunds) -> None:
    theirs = desk.Submit(**SIGNED, request_id="same", account_id="B1", product_code="fund_b", lines=(LINE,))
    done: Any = await stage.desk.carry_out(theirs, EVERYTHING)
    mine = desk.Submit(
        actor="li", source="test", request_id="same", account_id="A1", product_code="fund_a", lines=(LINE,)
    )
    with pytest.raises(StateConflictError, match="request_id is taken") as refused:
        await stage.desk.carry_out(mine, FUND_A)
    assert "B1" not in str(refused.value)
    again: Any = await stage.desk.carry_out(theirs, EVERYTHING)
    assert again.instruction_id == done.instruction_id


async def test_two_people_may_move_money_under_the_same_request_id(stage: TwoFunds) -> None:
    for actor, fund in (("li", "fund_a"), ("wu", "fund_b")):
        move = desk.MoveCash(actor=actor, source="test", request_id="m", account_id=ACCOUNT[fund], amount=Decimal(7))
        for _ in range(2):
            account: Any = await stage.desk.carry_out(move, reach_of(fund))
            assert account.deposit == 1_000_007


async def test_who_may_move_the_money_of_a_book_is_not_shown_the_accounts(stage: TwoFunds) -> None:
    move = desk.MoveCash(
        actor="li", source="test", request_id="m", account_id=SHARED, book="fund_a/hand", amount=Decimal(7)
    )
    shown: Any = await stage.desk.carry_out(move, FUND_A_SHARED)
    assert (shown.account_id, shown.book) == (SHARED, "fund_a/hand")


async def test_an_answer_kept_for_a_repeat_is_not_given_to_whoever_lost_the_right(stage: TwoFunds) -> None:
    command = commands("fund_a", "A1", "again")["define"]
    await stage.desk.carry_out(command, FUND_A)
    with pytest.raises(NotAllowedError):
        await stage.desk.carry_out(command, reach_of("fund_b"))


@pytest.mark.parametrize("fund", FUNDS)
async def test_who_reaches_nothing_is_told_which_permission_it_takes(stage: TwoFunds, fund: str) -> None:
    for command in commands(fund, ACCOUNT[fund], "n").values():
        with pytest.raises(NotAllowedError, match=f"needs the permission {desk.needs(command)}"):
            await stage.desk.carry_out(command, NOTHING)
    with pytest.raises(NotAllowedError, match="needs the permission view"):
        await ask(stage, desk.AskAccounts(), NOTHING)


async def test_an_account_that_is_not_there_is_told_with_those_one_reaches(stage: TwoFunds) -> None:
    every_product = Reach(frozenset({(EVERY, "A1"), (EVERY, "X9")}))
    with pytest.raises(InputError) as refused:
        await ask(stage, desk.AskEquity(account_id="X9"), every_product)
    assert "there are: A1" in str(refused.value)
    assert "B1" not in str(refused.value)
