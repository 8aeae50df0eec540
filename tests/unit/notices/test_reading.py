"""What the journal says to people: which entries become a happening, and what of them is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from notices_builders import T0
from store_builders import make_instruction, make_order, make_settlement
from tradewind.bus.desk_topics import ACTS, INSTRUCTIONS, LIMIT_WARNINGS, ORDERS, SETTLEMENTS, TRADING_STATES
from tradewind.bus.topics import Topic
from tradewind.domain.act import Act
from tradewind.domain.instruction import Execution, Instruction, InstructionLine, InstructionStatus, Intent
from tradewind.domain.notice import Happening, NoticeKind
from tradewind.domain.order import Offset, OrderStatus, Origin, Side
from tradewind.domain.trading_state import LimitWarning, Scope, TradingMode, TradingState
from tradewind.notices.direct import Trails, offset_of
from tradewind.notices.reading import EVERYWHERE, WHOLE, JournalReader, Place, Seen
from tradewind.stores.ports import Entry

READER = JournalReader("desk")


def read(topic: Topic[Any], event: object, *, seq: int = 7) -> Seen | None:
    return READER.read(Entry(seq, T0, topic.name, "", "line", "", msgspec.json.encode(event)))


def told(topic: Topic[Any], event: object) -> tuple[NoticeKind, Place, dict[str, str]]:
    seen = read(topic, event)
    assert seen is not None
    assert seen.draft is not None
    return seen.draft.happening.kind, seen.draft.place, seen.draft.happening.params


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (InstructionStatus.SUBMITTED, NoticeKind.INSTRUCTION_SUBMITTED),
        (InstructionStatus.APPROVED, NoticeKind.INSTRUCTION_APPROVED),
        (InstructionStatus.REJECTED, NoticeKind.INSTRUCTION_REJECTED),
        (InstructionStatus.WORKING, NoticeKind.INSTRUCTION_ACCEPTED),
        (InstructionStatus.CANCELLED, NoticeKind.INSTRUCTION_WITHDRAWN),
        (InstructionStatus.EXPIRED, NoticeKind.INSTRUCTION_EXPIRED),
        (InstructionStatus.DONE, NoticeKind.INSTRUCTION_DONE),
    ],
)
def test_a_managers_instruction_is_told_by_where_it_stands(status: InstructionStatus, kind: NoticeKind) -> None:
    event = make_instruction(origin=Origin.MANAGER, status=status, actor="meng", reason="换月")
    seen = read(INSTRUCTIONS, {**msgspec.to_builtins(event), "adjustments": [{}]})
    assert seen is not None
    assert seen.draft is not None
    assert (seen.key, seen.draft.makers) == ("instruction i-1", ("meng",))
    happening = seen.draft.happening
    assert (happening.event_id, happening.kind, happening.subject) == ("desk:7", kind, "i-1")
    assert (happening.product_code, happening.account_id) == ("P1", "A1")
    assert happening.params == {"lines": "1", "reason": "换月", "status": status.value}


def test_a_draft_is_told_to_nobody_and_forgets_what_was_told() -> None:
    assert read(INSTRUCTIONS, make_instruction(origin=Origin.MANAGER, status=InstructionStatus.DRAFT)) == Seen(
        "instruction i-1", None
    )


def direct(reader: JournalReader, event: Any, topic: Topic[Any] = INSTRUCTIONS) -> Happening | None:
    seen = reader.read(Entry(7, T0, topic.name, "", "line", "", msgspec.json.encode(event)))
    return None if seen is None or seen.draft is None else seen.draft.happening


def ticket(status: InstructionStatus, filled: int, **changes: Any) -> Instruction:
    line = InstructionLine(
        "rb2605.SHFE",
        Side.BUY,
        changes.pop("intent", Intent.AUTO),
        2,
        Execution(limit_price=Decimal("3150.0")),
        filled_quantity=filled,
        turnover=Decimal(3147) * filled,
        reason_code=changes.pop("code", ""),
    )
    values = {"origin": Origin.MANAGER, "actor": "meng", "reason": "ticket", "cause": "ticket:1", "lines": (line,)}
    return make_instruction(instruction_id="M:1", status=status, **{**values, **changes})


@pytest.mark.parametrize("origin", [Origin.MANAGER, Origin.CLOSE_BUTTON])
def test_a_ticket_and_a_close_button_tell_contract_side_lots_and_price_when_all_is_filled(origin: Origin) -> None:
    reader = JournalReader("desk")
    offset = Offset.OPEN if origin is Origin.MANAGER else Offset.CLOSE_TODAY
    order = make_order(request={"instruction_id": "M:1", "origin": origin, "offset": offset})
    assert direct(reader, order, ORDERS) is None
    happening = direct(reader, ticket(InstructionStatus.DONE, 2, origin=origin))
    assert happening is not None
    assert (happening.kind, happening.actor) == (NoticeKind.INSTRUCTION_DONE, "meng")
    assert happening.params == {
        "instrument_id": "rb2605.SHFE", "side": "buy", "offset": offset.value, "quantity": "2", "filled": "2",
        "outcome": "filled", "price": "3147", "lines": "1", "status": "done",
    }  # fmt: skip


def test_that_ones_own_ticket_is_at_work_is_told_to_nobody() -> None:
    for status in (InstructionStatus.WORKING, InstructionStatus.PARTLY_DONE, InstructionStatus.CANCELLING):
        assert read(INSTRUCTIONS, ticket(status, 1)) == Seen("instruction M:1", None)


@pytest.mark.parametrize(
    ("status", "filled", "changes", "told"),
    [
        ("done", 1, {"code": "day_end"}, ("part", "3147", "day_end", "")),
        ("cancelled", 0, {"reason": "看错了", "reason_code": "cancelled"}, ("nothing", "3150", "看错了", "")),
        ("rejected", 0, {"intent": Intent.CLOSE, "code": "no_lots"}, ("nothing", "3150", "no_lots", "close")),
        ("expired", 0, {"reason_code": "day_end"}, ("nothing", "3150", "day_end", "")),
    ],
)  # fmt: skip
def test_a_ticket_that_is_not_filled_tells_how_much_of_it_was_and_why(
    status: str, filled: int, changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    happening = direct(JournalReader("desk"), ticket(InstructionStatus(status), filled, **changes))
    assert happening is not None
    assert tuple(happening.params.get(name, "") for name in ("outcome", "price", "reason", "offset")) == told


def test_a_ticket_whose_order_was_rejected_is_told_once() -> None:
    reader = JournalReader("desk")
    asked = {"instruction_id": "M:1", "origin": Origin.MANAGER, "side": Side.BUY, "offset": Offset.OPEN}
    rejected = direct(reader, make_order(request=asked, status=OrderStatus.REJECTED, reason="资金不足"), ORDERS)
    assert rejected is not None
    assert (rejected.params["side"], rejected.params["offset"]) == ("buy", "open")
    assert direct(reader, ticket(InstructionStatus.REJECTED, 0, code="FUNDS")) is None


def test_what_orders_were_for_is_forgotten_when_there_are_many() -> None:
    trails = Trails(most=2)
    for number in range(3):
        trails.heard(f"M:{number}", "open", "sent")
    assert [trails.of(f"M:{number}").offsets for number in range(3)] == [set(), {"open"}, {"open"}]
    assert [offset_of({"open"}), offset_of({"close_today", "close_yesterday"}), offset_of({"open", "close"})] == [
        "open",
        "close",
        "",
    ]


def test_instructions_of_strategies_are_told_to_nobody() -> None:
    assert read(INSTRUCTIONS, make_instruction(origin=Origin.STRATEGY)) is None


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_told_where_it_was_rejected_or_nobody_knows(status: OrderStatus) -> None:
    seen = read(ORDERS, make_order(status=status, reason="资金不足"))
    assert seen is not None
    assert (seen.draft is not None) == (status in {OrderStatus.REJECTED, OrderStatus.UNKNOWN})
    if seen.draft is not None:
        assert seen.draft.place == Place("P1", "A1")
        assert seen.draft.happening.params["reason"] == "资金不足"


@pytest.mark.parametrize(
    ("scope", "key", "place"),
    [
        (Scope.PLATFORM, "", EVERYWHERE),
        (Scope.INSTRUMENT, "au2606.SHFE", EVERYWHERE),
        (Scope.ACCOUNT, "A1", Place(None, "A1", is_exact=False)),
        (Scope.PRODUCT, "P1", Place("P1", None, is_exact=False)),
        (Scope.STRATEGY, "momentum", WHOLE),
    ],
)
def test_a_halt_is_about_what_its_scope_holds(scope: Scope, key: str, place: Place) -> None:
    state = TradingState(scope, key, TradingMode.HALTED, "fang", "manual", "", 1, T0)
    assert told(TRADING_STATES, state)[:2] == (NoticeKind.TRADING_HALTED, place)


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        (Scope.PLATFORM, WHOLE),
        (Scope.ACCOUNT, Place("", "k")),
        (Scope.PRODUCT, Place("k", None)),
        (Scope.STRATEGY, WHOLE),
    ],
)
def test_a_limits_figures_are_for_those_who_may_see_just_that(scope: Scope, place: Place) -> None:
    warning = LimitWarning("max_margin", scope, "k", 80, "1000000", "812000", 20260102, T0)
    kind, found, words = told(LIMIT_WARNINGS, warning)
    assert (kind, found) == (NoticeKind.LIMIT_WARNING, place)
    assert (words["percent"], words["limit"], words["actual"]) == ("80", "1000000", "812000")


def test_sixty_per_cent_wakes_nobody() -> None:
    warning = LimitWarning("max_margin", Scope.ACCOUNT, "A1", 60, "1", "0.6", 20260102, T0)
    assert read(LIMIT_WARNINGS, warning) is None


def test_a_settlement_tells_its_days_and_no_money() -> None:
    kind, place, words = told(SETTLEMENTS, make_settlement())
    assert (kind, place.account_id) == (NoticeKind.SETTLEMENT_DONE, "A1")
    assert words == {"trading_day": "20260102", "next_trading_day": "20260105"}


def test_of_acts_only_those_in_the_table_are_told() -> None:
    after = msgspec.json.encode({"product_code": "P1", "account_id": "A1", "detail": "au2606 3 ≠ 2"}).decode()
    act = Act("a-1", "reconciliation_differed", "reconciler", "line", "A1", "", after, T0)
    kind, place, words = told(ACTS, act)
    assert (kind, place) == (NoticeKind.RECONCILIATION_DIFFERENCE, Place("P1", "A1"))
    assert words == {"detail": "au2606 3 ≠ 2"}
    assert read(ACTS, msgspec.structs.replace(act, action="signed_in", after="nothing of the kind")) is None


def test_a_field_that_an_event_gained_and_a_status_it_may_have_one_day_disturb_nobody() -> None:
    event = msgspec.to_builtins(make_instruction(origin=Origin.MANAGER, actor="meng"))
    book = {"makers": ["lin", "meng"], "adjustments": [{}, {}], "total_current_delta_value": "1.5"}
    seen = read(INSTRUCTIONS, {**event, **book, "status": "accepted"})
    assert seen is not None
    assert seen.draft is not None
    assert (seen.draft.happening.kind, seen.draft.makers) == (NoticeKind.INSTRUCTION_ACCEPTED, ("lin", "meng"))
    assert seen.draft.happening.params["lines"] == "2"
    assert read(INSTRUCTIONS, {**event, "status": "pondered"}) == Seen("instruction i-1", None)


def test_what_people_wrote_keeps_to_its_line_and_to_its_length() -> None:
    reason = "a\r\nBcc: all@desk.example\x00\u202e" + "x" * 500
    instruction = make_instruction(origin=Origin.MANAGER, status=InstructionStatus.SUBMITTED, reason=reason)
    _, _, words = told(INSTRUCTIONS, instruction)
    assert words["reason"].startswith("aBcc: all@desk.examplexxx")
    assert (len(words["reason"]), words["reason"].isprintable()) == (200, True)
