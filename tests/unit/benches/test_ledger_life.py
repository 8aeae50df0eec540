"""The life that `bench ledger` measures: every event of it is booked, and the books prove themselves."""

from __future__ import annotations

from typing import Any

from tradewind.benches.ledger_life import SETTINGS, contracts, fill, life, opening, tables, thousand_positions
from tradewind.bus.desk_topics import APPROVED_ORDERS, CASH_MOVES, FILLS, ORDERS, SETTLEMENTS
from tradewind.domain.order import Offset, Side
from tradewind.portfolio import Books
from tradewind.portfolio.proofs import faults


def test_a_life_of_several_days_is_booked_whole() -> None:
    books = Books(SETTINGS, *tables())
    folds: dict[str, Any] = {
        CASH_MOVES.name: books.pay,
        APPROVED_ORDERS.name: books.approve,
        ORDERS.name: books.follow,
        FILLS.name: books.book,
        SETTLEMENTS.name: books.settle,
    }
    count = 0
    for name, event in life(25_000):
        folds[name](event)
        count += 1
    assert 25_000 <= count < 25_010
    assert (books.aside_count, faults(books)) == (0, [])
    assert len(books.ledger("bench", "").days) == 2


def test_the_positions_measured_are_a_thousand() -> None:
    books = Books(SETTINGS, *tables())
    books.pay(opening())
    for each in thousand_positions():
        books.book(each)
    assert sum(len(held) for held in books.held.values()) == 1_000
    assert len(contracts()) == len(books.held) == 20


def test_fills_differ_in_price() -> None:
    prices = {fill(number, "au2604.SHFE", Side.BUY, Offset.OPEN, book="a/b").price for number in range(50)}
    assert len(prices) == 50
