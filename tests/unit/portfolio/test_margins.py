"""Margin of an account by groups, what more lots would take, and the price today's lots are counted at."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given

from portfolio_builders import DAY_1, GOLD, INDEX, LONG, SHORT, make_books, make_fill, make_rates
from tradewind.domain.charges import DaySplit, closing_split
from tradewind.domain.margins import MarginSums, SideMargin, side_margin
from tradewind.domain.order import Offset

from builders import make_tick

if TYPE_CHECKING:
    from tradewind.domain.rates import ClosePriority
    from tradewind.portfolio.settings import MarginPrice

side_margins = st.builds(
    SideMargin,
    group=st.sampled_from(["", "SHFE.au", "SHFE.cu"]),
    direction=st.sampled_from([LONG, SHORT]),
    amount=st.integers(min_value=0, max_value=10**6).map(Decimal),
)


@given(held=st.lists(side_margins), extra=st.lists(side_margins))
def test_what_more_lots_would_take_is_what_they_take_once_they_are_there(
    held: list[SideMargin], extra: list[SideMargin]
) -> None:
    sums = MarginSums(held)
    before = sums.total()
    asked = sums.total_with(extra)
    assert sums.total() == before
    assert asked == MarginSums([*held, *extra]).total()


@given(held=st.lists(side_margins), gone=side_margins)
def test_a_side_taken_away_leaves_nothing_behind(held: list[SideMargin], gone: SideMargin) -> None:
    sums = MarginSums([*held, gone])
    sums.add(gone._replace(amount=-gone.amount))
    assert sums.total() == MarginSums(held).total()


def test_a_side_counts_in_its_group_only_where_the_rates_say_so() -> None:
    rates = make_rates(GOLD, margin_group="SHFE.au", is_larger_side_only=True)
    assert side_margin(rates, LONG, Decimal(5)) == SideMargin("SHFE.au", LONG, Decimal(5))
    assert side_margin(make_rates(GOLD), LONG, Decimal(5)).group == ""


def test_hedging_within_a_group_takes_no_more_margin() -> None:
    sums = MarginSums([SideMargin("SHFE.au", LONG, Decimal(100))])
    assert sums.total_with([SideMargin("SHFE.au", SHORT, Decimal(80))]) == 100
    assert sums.total_with([SideMargin("SHFE.au", SHORT, Decimal(130))]) == 130


@pytest.mark.parametrize(
    ("kind", "price"), [("open", "1500"), ("last", "1600"), ("average", "1550"), ("pre_settlement", "1450")]
)
def test_today_s_lots_are_counted_at_the_price_the_broker_chose(kind: MarginPrice, price: str) -> None:
    books = make_books(margin_price=kind)
    books.marks.note(
        make_tick(
            instrument_id=INDEX,
            trading_day=DAY_1,
            last_price=1600.0,
            volume=10,
            turnover=10 * 300 * 1550.0,
            low_price=1400.0,
            high_price=1700.0,
            pre_settlement_price=1450.0,
        )
    )
    books.book(make_fill("buy", "open", 1, "1500"))
    assert books.ledger("a1", "").margin(books.marks) == Decimal(price) * 30


@pytest.mark.parametrize("kind", ["last", "average", "pre_settlement"])
def test_before_the_market_says_a_price_lots_are_counted_at_their_own(kind: MarginPrice) -> None:
    books = make_books(margin_price=kind)
    books.book(make_fill("buy", "open", 1, "1500"))
    assert books.ledger("a1", "").margin(books.marks) == 45_000


@pytest.mark.parametrize(
    ("offset", "quantity", "is_date_kept", "priority", "expected"),
    [
        (Offset.CLOSE, 3, True, "fifo", (0, 3)),
        (Offset.CLOSE, 4, True, "fifo", None),
        (Offset.CLOSE_YESTERDAY, 2, True, "fifo", (0, 2)),
        (Offset.CLOSE_TODAY, 2, True, "fifo", (2, 0)),
        (Offset.CLOSE_TODAY, 3, True, "fifo", None),
        (Offset.CLOSE, 4, False, "fifo", (1, 3)),
        (Offset.CLOSE_TODAY, 4, False, "fifo", (1, 3)),
        (Offset.CLOSE, 4, False, "today_first", (2, 2)),
        (Offset.CLOSE_YESTERDAY, 1, False, "today_first", (1, 0)),
        (Offset.CLOSE, 6, False, "today_first", None),
    ],
)
def test_a_close_takes_lots_by_offset_exchange_and_order(
    offset: Offset, quantity: int, *, is_date_kept: bool, priority: ClosePriority, expected: tuple[int, int] | None
) -> None:
    held = DaySplit(today=2, yesterday=3)
    assert closing_split(offset, quantity, held, is_date_kept=is_date_kept, priority=priority) == expected
