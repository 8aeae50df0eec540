"""What live orders hold back, and when they let it go."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio_builders import (
    DAY_2,
    GOLD,
    INDEX,
    LONG,
    MEAL,
    SHORT,
    all_rates,
    approved,
    make_books,
    make_fill,
    make_order,
    make_request,
    make_settlement,
    money,
)
from tradewind.domain.account import Account, Direction, Position
from tradewind.domain.charges import pro_rata
from tradewind.domain.order import ApprovedOrder, OrderStatus
from tradewind.domain.rates import CommissionRate
from tradewind.portfolio import Books
from tradewind.portfolio.proofs import faults

ZERO = Decimal(0)
FEES = CommissionRate(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, order_fee=Decimal("0.1"), cancel_fee=Decimal("0.3"))


def funds(books: Books, book: str = "") -> Account:
    return books.ledger("a1", book).account(books.marks, 0)


def position(books: Books, instrument_id: str, direction: Direction = LONG) -> Position:
    ledger = books.ledger("a1", "")
    return ledger.position(ledger.holdings[instrument_id, direction], books.marks, 0)


def opened(books: Books, quantity: int = 4) -> ApprovedOrder:
    approval = approved(make_request("buy", "open", quantity), margin="180000", commission="40")
    books.approve(approval)
    return approval


def filled(books: Books, approval: ApprovedOrder, quantity: int) -> None:
    order = approval.order
    books.book(
        make_fill(
            order.side,
            order.offset,
            quantity,
            "1500",
            client_order_id=order.client_order_id,
            instrument_id=order.instrument_id,
            trading_day=order.trading_day,
        )
    )


def test_an_approved_order_holds_back_margin_and_commission() -> None:
    books = make_books()
    opened(books)
    assert (funds(books).frozen_margin, funds(books).frozen_commission) == money(180_000, 40)
    assert funds(books).available == 1_000_000 - 180_040
    assert funds(books).balance == 1_000_000


def test_a_fill_releases_its_part() -> None:
    books = make_books()
    approval = opened(books)
    filled(books, approval, 1)
    assert (funds(books).frozen_margin, funds(books).frozen_commission) == money(135_000, 30)
    assert funds(books).margin == 45_000


def test_an_order_s_own_count_releases_nothing_before_its_fill_is_booked() -> None:
    books = make_books()
    approval = opened(books)
    books.follow(make_order(approval, OrderStatus.FILLED, 1, filled_quantity=4))
    assert funds(books).frozen_margin == 180_000
    filled(books, approval, 4)
    assert funds(books).frozen_margin == 0
    assert funds(books).margin == 180_000


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.REJECTED])
def test_the_end_of_an_order_releases_the_rest(status: OrderStatus) -> None:
    books = make_books()
    approval = opened(books)
    filled(books, approval, 1)
    books.follow(make_order(approval, status, 1, filled_quantity=1))
    assert (funds(books).frozen_margin, funds(books).frozen_commission) == money(0, 0)


def test_a_cancelled_order_keeps_what_its_outstanding_fills_will_need() -> None:
    books = make_books()
    approval = opened(books)
    books.follow(make_order(approval, OrderStatus.CANCELLED, 1, filled_quantity=3))
    assert funds(books).frozen_margin == 135_000


def test_a_late_fill_after_the_end_books_and_holds_nothing_back() -> None:
    books = make_books()
    approval = opened(books)
    books.follow(make_order(approval, OrderStatus.CANCELLED, 1))
    filled(books, approval, 2)
    assert funds(books).frozen_margin == 0
    assert position(books, INDEX).quantity == 2


def test_an_older_version_of_an_order_changes_nothing() -> None:
    books = make_books()
    approval = opened(books)
    books.follow(make_order(approval, OrderStatus.CANCELLED, 3))
    books.follow(make_order(approval, OrderStatus.ACCEPTED, 2))
    books.approve(approval)
    assert funds(books).frozen_margin == 0


def test_the_end_of_the_day_releases_everything() -> None:
    books = make_books()
    opened(books)
    books.settle(make_settlement({}))
    assert (funds(books).frozen_margin, funds(books).frozen_commission) == money(0, 0)
    assert not books.orders


def test_an_order_of_tomorrow_goes_on_holding_over_the_settlement() -> None:
    books = make_books()
    books.approve(approved(make_request("buy", "open", 1, trading_day=DAY_2), margin="45000"))
    books.settle(make_settlement({}))
    assert funds(books).frozen_margin == 45_000


def test_an_order_of_an_ended_day_holds_nothing_back() -> None:
    books = make_books()
    approval = approved(make_request("buy", "open", 1), margin="45000")
    books.settle(make_settlement({}))
    books.approve(approval)
    books.follow(make_order(approval, OrderStatus.UNKNOWN, 2))
    assert funds(books).frozen_margin == 0


def test_a_closing_order_speaks_for_lots_and_a_fill_takes_them() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 5, "1500"))
    approval = approved(make_request("sell", "close", 3), commission="9")
    books.approve(approval)
    assert (position(books, INDEX).frozen_today, position(books, INDEX).closable) == (3, 2)
    filled(books, approval, 2)
    assert (position(books, INDEX).quantity, position(books, INDEX).frozen_today, position(books, INDEX).closable) == (
        3,
        1,
        2,
    )
    assert funds(books).frozen_commission == 3


def test_a_closing_buy_speaks_for_short_lots() -> None:
    books = make_books()
    books.book(make_fill("sell", "open", 2, "1500"))
    books.approve(approved(make_request("buy", "close", 1)))
    assert position(books, INDEX, SHORT).closable == 1


@pytest.mark.parametrize(
    ("instrument_id", "offset", "frozen"),
    [
        (GOLD, "close_today", (2, 0)),
        (GOLD, "close", (0, 2)),
        (GOLD, "close_yesterday", (0, 2)),
        (INDEX, "close", (0, 2)),
        (INDEX, "close_today", (0, 2)),
        (MEAL, "close", (1, 1)),
    ],
)
def test_which_day_s_lots_are_spoken_for_follows_the_order_of_closing(
    instrument_id: str, offset: str, frozen: tuple[int, int]
) -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 3, "1500", instrument_id=instrument_id))
    books.settle(make_settlement({instrument_id: "1500"}))
    today = 1 if instrument_id == MEAL else 2
    books.book(make_fill("buy", "open", today, "1500", instrument_id=instrument_id, trading_day=DAY_2))
    books.approve(approved(make_request("sell", offset, 2, instrument_id=instrument_id, trading_day=DAY_2)))
    held = position(books, instrument_id)
    assert (held.frozen_today, held.frozen_yesterday) == frozen


def test_message_fees_are_charged_once_and_only_for_what_the_exchange_saw() -> None:
    books = make_books(all_rates(commission=FEES))
    approval = opened(books)
    books.follow(make_order(approval, OrderStatus.SENT, 1, order_id=""))
    assert funds(books).commission == 0
    books.follow(make_order(approval, OrderStatus.ACCEPTED, 2))
    books.follow(make_order(approval, OrderStatus.PARTIAL, 3, filled_quantity=1))
    assert funds(books).commission == Decimal("0.1")
    for version in (4, 5):
        books.follow(make_order(approval, OrderStatus.CANCELLED, version, is_cancel_sent=True))
    assert funds(books).commission == Decimal("0.4")


def test_an_order_the_exchange_ended_by_itself_costs_no_cancel() -> None:
    books = make_books(all_rates(commission=FEES))
    approval = opened(books)
    books.follow(make_order(approval, OrderStatus.CANCELLED, 1))
    assert funds(books).commission == Decimal("0.1")


def test_an_order_whose_approval_was_not_heard_holds_back_what_it_says_itself() -> None:
    books = make_books()
    approval = approved(make_request("buy", "open", 2), margin="90000")
    books.follow(make_order(approval, OrderStatus.ACCEPTED, 1))
    assert funds(books).frozen_margin == 90_000


def test_what_a_book_s_orders_hold_back_is_held_back_in_the_book_too() -> None:
    books = make_books()
    books.approve(approved(make_request("buy", "open", 1, product_code="P", strategy="s"), margin="45000"))
    assert funds(books, "P/s").frozen_margin == funds(books).frozen_margin == 45_000
    assert funds(books, "/").frozen_margin == 0
    assert not faults(books)


def test_a_part_of_an_amount_never_leaves_a_remainder_behind() -> None:
    third = pro_rata(Decimal("0.1"), 1, 3)
    assert third == Decimal("0.03333334")
    assert Decimal(1_000_000) + third - third == Decimal(1_000_000)


def test_a_fill_booked_before_its_order_was_known_frees_what_the_order_held_once_it_is_claimed() -> None:
    books = make_books()
    approval = opened(books, 1)
    order = approval.order
    facts = {"instrument_id": order.instrument_id, "fill_id": "T1"}
    stranger = make_fill(order.side, order.offset, 1, "1500", client_order_id="", **facts)
    claimed = make_fill(order.side, order.offset, 1, "1500", client_order_id=order.client_order_id, **facts)

    books.book(stranger)
    assert funds(books).frozen_margin > 0
    for _ in range(2):
        books.book(claimed)
        assert (funds(books).frozen_margin, funds(books).frozen_commission) == (ZERO, ZERO)
        assert position(books, order.instrument_id).quantity == 1
