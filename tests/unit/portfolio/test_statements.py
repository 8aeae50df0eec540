"""Statements at the portfolio: when they are compared, what they do to a day that waits, who confirms them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolio_builders import DAY_1, DAY_2, GOLD, HOUR_NS, START_NS, Desk, make_fill
from statement_builders import agreeing_statement, with_funds
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.statement import Statement, StatementFunds, StatementLot
from tradewind.domain.statement_review import StatementReview
from tradewind.errors import InputError, StateConflictError


def gold_statement(price: str, **changes: Any) -> Statement:
    """Return a statement of the first day that says at what price gold was settled, and little else."""
    lot = StatementLot(
        exchange="SHFE", symbol="au2604", open_day=DAY_1, direction="long", quantity=1,  # type: ignore[arg-type]
        open_price=Decimal(900), pre_settlement=None, settlement_price=Decimal(price), floating_pnl=None,
        position_pnl=None, margin=None,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "client_id": "880001", "day": DAY_1, "funds": StatementFunds(), "lots": (lot,), "sections": ("funds", "lots"),
    }  # fmt: skip
    return Statement(**{**fields, **changes})


def desk_of(**settings: Any) -> Desk:
    """Return an account that holds gold on its first day."""
    desk = Desk(**settings)
    desk.start()
    desk.clock.advance_to(START_NS + HOUR_NS)
    desk.fill(make_fill("buy", "open", 1, "900", instrument_id=GOLD))
    return desk


def day_of(desk: Desk) -> int:
    return desk.service.books.accounts["a1"].account.trading_day


def after_the_close(desk: Desk) -> None:
    desk.clock.advance_to(START_NS + 9 * HOUR_NS)


def test_a_statement_settles_the_day_at_its_prices_and_is_compared_with_it() -> None:
    desk = desk_of(settlement_price="statement")
    after_the_close(desk)
    assert day_of(desk) == DAY_1
    review = desk.service.take_statement("a1", gold_statement("912.34"), "d1")
    assert review is not None
    assert day_of(desk) == DAY_2
    assert desk.service.books.ended["a1"][-1].positions[0].settlement_price == Decimal("912.34")
    assert (review.trading_day, review.version) == (DAY_1, 1)


def test_before_the_day_is_over_a_statement_waits() -> None:
    desk = desk_of()
    assert desk.service.take_statement("a1", gold_statement("912.34"), "d1") is None
    assert desk.service.statements.waiting() == {"a1": DAY_1}
    after_the_close(desk)
    (review,) = desk.service.statements.reviews()
    assert (review.trading_day, desk.service.statements.waiting()) == (DAY_1, {})
    assert desk.service.books.ended["a1"][-1].positions[0].settlement_price == Decimal("912.34")


def test_without_a_statement_the_day_waits_and_is_settled_otherwise_once_the_next_has_begun() -> None:
    desk = desk_of(settlement_price="statement")
    after_the_close(desk)
    assert day_of(desk) == DAY_1
    desk.clock.advance_to(START_NS + 25 * HOUR_NS)
    desk.fill(make_fill("buy", "open", 1, "900", instrument_id=GOLD, trading_day=DAY_2))
    assert day_of(desk) == DAY_2


def agreed(desk: Desk) -> StatementReview:
    after_the_close(desk)
    desk.service.take_statement("a1", gold_statement("912.34"), "first")
    review = desk.service.take_statement("a1", agreeing_statement(desk.service.books.ended["a1"][-1]), "agreed")
    assert review is not None
    return review


def test_policy_confirms_what_agrees() -> None:
    review = agreed(desk_of(confirm_statements="auto"))
    assert (review.version, review.is_clean, review.difference_count) == (2, True, 0)
    assert review.confirmation is not None
    assert (review.confirmation.actor, review.confirmation.by) == ("policy", "auto")


def test_policy_confirms_nothing_where_a_person_must() -> None:
    assert agreed(desk_of()).confirmation is None


def test_policy_confirms_nothing_that_is_unexplained() -> None:
    desk = desk_of(confirm_statements="auto")
    agreed(desk)
    day = desk.service.books.ended["a1"][-1]
    review = desk.service.take_statement("a1", with_funds(agreeing_statement(day), balance="0.01"), "other")
    assert review is not None
    assert (review.unexplained_count > 0, review.confirmation) == (True, None)


def test_a_person_confirms_the_very_statement_that_was_shown_and_once() -> None:
    desk = desk_of()
    review = agreed(desk)
    statements = desk.service.statements
    with pytest.raises(StateConflictError, match="is another one by now"):
        statements.confirm("a1", DAY_1, "first", actor="wang", reason="")
    with pytest.raises(InputError, match="no compared statement of 20260106; there are: 20260105"):
        statements.confirm("a1", DAY_2, "agreed", actor="wang", reason="")
    confirmed = statements.confirm("a1", DAY_1, "agreed", actor="wang", reason="looked at it")
    assert confirmed.version == review.version + 1
    assert statements.confirm("a1", DAY_1, "agreed", actor="li", reason="") == confirmed
    assert statements.review("a1", DAY_1) == confirmed


def test_the_same_text_again_is_not_compared_again() -> None:
    desk = desk_of()
    review = agreed(desk)
    told = len(desk.journal)
    day = desk.service.books.ended["a1"][-1]
    assert desk.service.take_statement("a1", agreeing_statement(day), "agreed") == review
    assert len(desk.journal) == told


def test_a_day_before_the_books_began_has_to_be_looked_at_by_a_person() -> None:
    desk = desk_of(confirm_statements="auto")
    review = desk.service.take_statement("a1", gold_statement("912", day=20251231), "old")
    assert review is not None
    assert [each.code for each in review.differences] == ["day.unknown"]
    assert review.confirmation is None


@pytest.mark.parametrize(
    ("account", "changes", "said"),
    [
        ("a9", {}, "there is no account 'a9'; there are: a1"),
        ("a1", {"is_monthly": True, "day": 0, "period": "202601"}, r"a statement of a month \(202601\)"),
        ("a1", {"day": 0}, "names no day"),
        ("a1", {"sections": ()}, "has no summary of the funds"),
        ("a1", {"currency": "USD"}, "the statement is in USD; allowed: CNY"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(account: str, changes: dict[str, Any], said: str) -> None:
    desk = desk_of()
    with pytest.raises(InputError, match=said):
        desk.service.take_statement(account, gold_statement("912", **changes), "d")
    assert desk.service.statements.waiting() == {}


def test_a_restart_knows_every_review_from_the_record_and_from_a_snapshot() -> None:
    desk = desk_of()
    agreed(desk)
    desk.service.statements.confirm("a1", DAY_1, "agreed", actor="wang", reason="")
    lived = desk.service
    (review,) = lived.statements.reviews()
    from_record = desk.new_service(OrderedBus(on_failure=desk._raise))
    for name, event in desk.journal:
        from_record.apply(name, event)
    assert from_record.statements.reviews() == [review]
    assert from_record.books.ended == lived.books.ended
    from_snapshot = desk.new_service(OrderedBus(on_failure=desk._raise))
    from_snapshot.restore(lived.snapshot())
    assert from_snapshot.books.ended == lived.books.ended
    assert from_snapshot.statements.reviews() == [review]
