"""Virtual books: products and strategies of one account, summing to it whatever they close."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from portfolio_builders import (
    DAY_2,
    GOLD,
    INDEX,
    LONG,
    MEAL,
    all_rates,
    contracts,
    make_books,
    make_fill,
    make_move,
    make_settlement,
)
from tradewind.domain.account import Account
from tradewind.domain.rates import CommissionRate
from tradewind.portfolio import AccountSettings, Books, PortfolioSettings
from tradewind.portfolio.proofs import faults

ZERO = Decimal(0)


def funds(books: Books, book: str) -> Account:
    return books.ledger("a1", book).account(books.marks, 0)


def lots(books: Books, book: str, instrument_id: str = INDEX) -> tuple[int, int]:
    holding = books.ledger("a1", book).holdings.get((instrument_id, LONG))
    return (0, 0) if holding is None else (holding.today, holding.yesterday)


def of(book: str) -> dict[str, str]:
    product, _, strategy = book.partition("/")
    return {"product_code": product, "strategy": strategy}


def test_a_fill_counts_in_its_book_and_in_the_account() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1500", **of("P/s")))
    books.mark(INDEX, Decimal(1510))
    assert lots(books, "P/s") == lots(books, "") == (2, 0)
    assert funds(books, "P/s").position_pnl == funds(books, "").position_pnl == 6_000
    assert not faults(books)


def test_a_fill_of_nobody_counts_in_the_residual_book() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "1500"))
    assert lots(books, "/") == (2, 0)


FEE = CommissionRate(ZERO, Decimal("3.01"), ZERO, ZERO, ZERO, ZERO)


@pytest.mark.parametrize(("closed", "handed_over"), [(0, 3), (2, 1), (3, 0)])
def test_a_fill_that_turns_out_to_be_somebody_s_goes_to_their_book_with_its_part_of_the_fee(
    closed: int, handed_over: int
) -> None:
    books = make_books(all_rates(commission=FEE))
    stranger = make_fill("buy", "open", 3, "1500", fill_id="T1", client_order_id="")
    books.book(stranger)
    books.mark(INDEX, Decimal(1507))
    if closed:
        books.book(make_fill("sell", "close", closed, "1510", fill_id="T2"))
    claimed = msgspec.structs.replace(stranger, client_order_id="c1", product_code="P", strategy="s")
    for _ in range(2):
        books.book(claimed)
        assert (lots(books, "P/s")[0], lots(books, "/")[0]) == (handed_over, 3 - closed - handed_over)
        assert lots(books, "")[0] == 3 - closed
        assert funds(books, "P/s").commission == handed_over * Decimal("3.01")
    assert not faults(books)
    books.mark(INDEX, Decimal(1520))
    assert funds(books, "P/s").position_pnl == handed_over * 20 * 300
    assert not faults(books)
    books.settle(make_settlement({INDEX: "1520"}))
    assert not faults(books)


def test_what_was_settled_as_nobody_s_stays_so() -> None:
    books = make_books(all_rates(commission=FEE))
    stranger = make_fill("buy", "open", 3, "1500", fill_id="T1", client_order_id="")
    books.book(stranger)
    books.settle(make_settlement({INDEX: "1520"}))
    books.book(msgspec.structs.replace(stranger, client_order_id="c1", product_code="P", strategy="s"))
    assert (lots(books, "P/s"), lots(books, "/")) == ((0, 0), (0, 3))
    assert not faults(books)


def test_a_close_takes_its_own_book_s_lots_though_the_exchange_takes_the_oldest() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 1, "1490", **of("P/a")))
    books.book(make_fill("buy", "open", 1, "1500", **of("P/b")))
    books.book(make_fill("sell", "close", 1, "1510", **of("P/b")))
    assert (lots(books, "P/a"), lots(books, "P/b")) == ((1, 0), (0, 0))
    assert funds(books, "P/b").close_pnl == 3_000
    assert funds(books, "").close_pnl == 6_000  # the account gave its oldest lot
    books.mark(INDEX, Decimal(1510))
    assert not faults(books)


def test_what_exceeds_its_own_book_comes_from_the_residual_then_from_others_by_name() -> None:
    books = make_books()
    for book in ("P/b", "P/a", "P/own", "/"):
        books.book(make_fill("buy", "open", 1, "1500", **of(book)))
    books.book(make_fill("sell", "close", 3, "1510", **of("P/own")))
    assert [lots(books, book)[0] for book in ("P/own", "/", "P/a", "P/b")] == [0, 0, 0, 1]
    assert [funds(books, book).close_pnl for book in ("P/own", "/", "P/a", "P/b")] == [3_000, 3_000, 3_000, 0]
    assert not faults(books)


def test_commission_of_a_shared_close_is_split_by_lots_without_remainder() -> None:
    books = make_books(all_rates(commission=CommissionRate(ZERO, ZERO, Decimal("0.0000231"), ZERO, ZERO, ZERO)))
    for book in ("P/a", "P/b", "P/c"):
        books.book(make_fill("buy", "open", 1, "1500", **of(book)))
    books.settle(make_settlement({INDEX: "1500"}))
    books.book(make_fill("sell", "close", 3, "1500.1", trading_day=DAY_2, **of("P/a")))
    parts = [funds(books, book).commission for book in ("P/a", "P/b", "P/c")]
    assert sum(parts) == funds(books, "").commission == Decimal("1500.1") * 900 * Decimal("0.0000231")
    assert max(parts) - min(parts) < Decimal("0.0000001")
    assert not faults(books)


def test_a_book_gives_lots_of_the_other_day_where_it_has_none_of_the_right_one() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 2, "950", instrument_id=GOLD, **of("P/old")))
    books.settle(make_settlement({GOLD: "950"}))
    books.book(make_fill("buy", "open", 2, "952", instrument_id=GOLD, trading_day=DAY_2, **of("P/new")))
    books.book(make_fill("sell", "close_today", 2, "955", instrument_id=GOLD, trading_day=DAY_2, **of("P/old")))
    assert lots(books, "P/old", GOLD) == (0, 0)
    assert lots(books, "P/new", GOLD) == (2, 0)
    assert lots(books, "", GOLD) == (0, 2)
    books.mark(GOLD, Decimal(955))
    assert not faults(books)


def test_books_of_a_product_whose_today_goes_first_sum_too() -> None:
    books = make_books()
    books.book(make_fill("buy", "open", 3, "3000", instrument_id=MEAL, **of("P/a")))
    books.settle(make_settlement({MEAL: "3010"}))
    books.book(make_fill("buy", "open", 2, "3020", instrument_id=MEAL, trading_day=DAY_2, **of("P/b")))
    books.book(make_fill("sell", "close", 4, "3030", instrument_id=MEAL, trading_day=DAY_2, **of("P/a")))
    assert lots(books, "P/a", MEAL) == (0, 0)
    assert sum(lots(books, "P/b", MEAL)) == 1
    books.mark(MEAL, Decimal(3040))
    assert not faults(books)


def test_money_paid_into_a_book_is_the_account_s_too() -> None:
    books = make_books()
    books.pay(make_move("5000", book="P/a"))
    assert funds(books, "P/a").balance == 5_000
    assert funds(books, "").balance == 1_005_000
    assert not faults(books)


def test_configured_books_are_there_before_their_first_fill() -> None:
    books = make_books(books=("P/a",))
    assert funds(books, "P/a").trading_day == funds(books, "").trading_day


def test_books_beyond_the_most_count_as_the_residual() -> None:
    settings = PortfolioSettings(accounts=(AccountSettings(id="a1"),), max_books=2)
    limited = Books(settings, contracts(), all_rates())
    limited.pay(make_move("open", move_id="open:a1"))
    for book in ("P/a", "P/b"):
        limited.book(make_fill("buy", "open", 1, "1500", **of(book)))
    assert set(limited.accounts["a1"].books) == {"/", "P/a"}
    assert lots(limited, "/") == (1, 0)
    assert not faults(limited)
