"""The paper exchange on the live book: for how many lots, at what price, when."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_exchange import Paper
from tradewind.domain.order import Side, TimeInForce
from tradewind.domain.tick import TickFlag

DEPTH = ((5229.8, 4, 5231.0, 3), (5229.6, 6, 5231.2, 8))
AUCTION = int(TickFlag.AUCTION)


def buy(paper: Paper, price: str, key: str = "o1", **changes: Any) -> None:
    paper.send(key, price=Decimal(price), **changes)


def test_an_order_takes_no_more_than_the_book_shows_within_its_limit() -> None:
    paper = Paper()
    paper.tick(depth=DEPTH)
    buy(paper, "5231.0", quantity=9)
    assert paper.fills == [("o1", "5230.8", 2), ("o1", "5231.0", 3)]
    assert paper.ends == []


def test_lots_shown_once_are_taken_once() -> None:
    paper = Paper()
    paper.tick()
    buy(paper, "5230.8", "a")
    buy(paper, "5230.8", "b")
    assert paper.fills == [("a", "5230.8", 2)]
    paper.tick(ask_volume=4)
    assert paper.fills == [("a", "5230.8", 2), ("a", "5230.8", 3), ("b", "5230.8", 1)]


def test_a_sell_takes_the_bids() -> None:
    paper = Paper()
    paper.tick(depth=DEPTH)
    buy(paper, "5229.8", quantity=9, side=Side.SELL)
    assert paper.fills == [("o1", "5230.0", 1), ("o1", "5229.8", 4)]


def test_an_order_at_the_price_waits_behind_the_lots_shown_and_moves_up_as_they_trade() -> None:
    paper = Paper()
    paper.tick(bid_volume=10)
    buy(paper, "5230.0")
    paper.tick(5230.0, 8, bid_volume=10)
    assert paper.fills == []
    paper.tick(5230.0, 3, bid_volume=10)
    assert paper.fills == [("o1", "5230.0", 1)]
    paper.tick(5230.0, 2, bid_volume=10)
    assert paper.fills == [("o1", "5230.0", 1), ("o1", "5230.0", 2)]


def test_lots_ahead_that_were_cancelled_are_ahead_no_more() -> None:
    paper = Paper()
    paper.tick(bid_volume=100)
    buy(paper, "5230.0")
    paper.tick(5230.4, 0, bid_volume=3)
    paper.tick(5230.0, 5, bid_volume=3)
    assert paper.fills == [("o1", "5230.0", 2)]


def test_an_order_better_than_all_stands_first() -> None:
    paper = Paper()
    paper.tick()
    buy(paper, "5230.4")
    paper.tick(5230.4, 2)
    assert paper.fills == [("o1", "5230.4", 2)]


def test_an_order_deeper_than_shown_waits_behind_as_many_lots_as_the_last_level_has() -> None:
    paper = Paper()
    paper.tick(depth=DEPTH)
    buy(paper, "5229.0")
    paper.tick(5229.0, 7, bid_price=5229.0, bid_volume=50, ask_price=5229.2)
    assert paper.fills == [("o1", "5229.0", 1)]


def test_a_price_that_trades_through_fills_at_the_orders_own_price_as_far_as_lots_traded() -> None:
    paper = Paper()
    paper.tick(bid_volume=100)
    buy(paper, "5230.0")
    paper.tick(5229.8, 3, bid_price=5229.6, ask_price=5230.2)
    assert paper.fills == [("o1", "5230.0", 3)]


def test_sellers_that_come_to_a_standing_order_fill_it_at_its_price() -> None:
    paper = Paper()
    paper.tick(bid_volume=100)
    buy(paper, "5230.0")
    paper.tick(5230.4, 0, bid_price=5229.6, ask_price=5229.8, ask_volume=2)
    assert paper.fills == [("o1", "5230.0", 2)]


def test_an_older_order_is_done_first() -> None:
    paper = Paper()
    paper.tick()
    buy(paper, "5230.4", "old", quantity=2)
    buy(paper, "5230.4", "young", quantity=2)
    paper.tick(5230.4, 3)
    assert paper.fills == [("old", "5230.4", 2), ("young", "5230.4", 1)]


def test_without_a_book_the_last_price_counts_for_the_lots_that_traded() -> None:
    paper = Paper()
    nobody = {"bid_price": None, "bid_volume": 0, "ask_price": None, "ask_volume": 0}
    paper.tick(5230.0, 3, **nobody)
    buy(paper, "5230.0")
    assert paper.fills == [("o1", "5230.0", 3)]
    paper.tick(5229.8, 1, **nobody)
    assert paper.fills == [("o1", "5230.0", 3), ("o1", "5230.0", 1)]


def test_nobody_sells_at_the_upper_limit() -> None:
    paper = Paper()
    paper.tick(5737.8, 5, bid_price=5737.8, bid_volume=900, ask_price=None, ask_volume=0)
    buy(paper, "5737.8")
    assert paper.fills == []


def test_fill_and_kill_takes_what_there_is_and_cancels_the_rest() -> None:
    paper = Paper()
    paper.tick()
    buy(paper, "5230.8", time_in_force=TimeInForce.FAK)
    assert paper.fills == [("o1", "5230.8", 2)]
    assert paper.ends == [("o1", "cancelled", "remainder")]


@pytest.mark.parametrize(("lots", "fills", "ends"), [(2, 1, []), (3, 0, [("o1", "cancelled", "remainder")])])
def test_fill_or_kill_is_all_or_nothing(lots: int, fills: int, ends: list[tuple[str, str, str]]) -> None:
    paper = Paper()
    paper.tick()
    buy(paper, "5230.8", time_in_force=TimeInForce.FOK, quantity=lots)
    assert (len(paper.fills), paper.ends) == (fills, ends)


def test_an_order_before_the_first_tick_meets_it_as_if_it_had_come_then() -> None:
    paper = Paper()
    buy(paper, "5230.8")
    assert paper.fills == []
    paper.tick()
    assert paper.fills == [("o1", "5230.8", 2)]


def test_orders_of_the_call_auction_meet_at_one_price() -> None:
    paper = Paper(start_s=-30)
    buy(paper, "5231.0", "better")
    buy(paper, "5230.0", "at")
    buy(paper, "5229.0", "worse")
    assert paper.fills == []
    paper.tick(5230.0, 7, flags=AUCTION)
    assert paper.fills == [("better", "5230.0", 5), ("at", "5230.0", 2)]
    paper.advance(31)
    paper.tick(5230.0, 0, ask_price=5229.0, ask_volume=50, bid_price=5228.8)
    assert paper.fills[2:] == [("at", "5230.0", 3), ("worse", "5229.0", 5)]


def test_an_auction_without_a_trade_leaves_its_orders_to_the_first_tick() -> None:
    paper = Paper(start_s=-30)
    buy(paper, "5231.0", quantity=2)
    paper.advance(30)
    paper.tick()
    assert paper.fills == [("o1", "5230.8", 2)]


TICKS = st.lists(
    st.tuples(st.integers(-3, 3), st.integers(0, 6), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25
)
ORDERS = st.lists(
    st.tuples(st.integers(0, 24), st.integers(-3, 4), st.sampled_from(tuple(Side)), st.integers(1, 6)), max_size=8
)


def run(ticks: list[tuple[int, int, int, int]], orders: list[tuple[int, int, Side, int]]) -> tuple[Paper, int, int]:
    """Return the exchange after that, the lots shown or traded to buyers and to sellers."""
    paper, to_buyers, to_sellers = Paper(), 0, 0
    for index, (step, lots, bids, asks) in enumerate(ticks):
        last = round(5230.0 + 0.2 * step, 1)
        paper.tick(
            last, lots, bid_price=round(last - 0.2, 1), bid_volume=bids, ask_price=round(last + 0.2, 1), ask_volume=asks
        )
        to_buyers, to_sellers = to_buyers + lots + asks, to_sellers + lots + bids
        for number, (at, offset, side, quantity) in enumerate(orders):
            if at == index:
                price = Decimal("5230.0") + Decimal("0.2") * offset
                paper.send(f"o{number}", price=price, side=side, quantity=quantity)
        paper.advance(0.5)
    return paper, to_buyers, to_sellers


@given(TICKS, ORDERS)
def test_no_order_is_done_beyond_its_limit_its_lots_or_what_was_there(
    ticks: list[tuple[int, int, int, int]], orders: list[tuple[int, int, Side, int]]
) -> None:
    paper, to_buyers, to_sellers = run(ticks, orders)
    done: dict[str, int] = {}
    for key, price, lots in paper.fills:
        _, offset, side, _ = orders[int(key[1:])]
        limit = Decimal("5230.0") + Decimal("0.2") * offset
        assert Decimal(price) <= limit if side is Side.BUY else Decimal(price) >= limit
        done[key] = done.get(key, 0) + lots
    assert all(lots <= orders[int(key[1:])][3] for key, lots in done.items())
    bought = sum(lots for key, lots in done.items() if orders[int(key[1:])][2] is Side.BUY)
    assert bought <= to_buyers
    assert sum(done.values()) - bought <= to_sellers


@given(TICKS, ORDERS)
def test_the_same_ticks_and_orders_give_the_same_reports(
    ticks: list[tuple[int, int, int, int]], orders: list[tuple[int, int, Side, int]]
) -> None:
    assert run(ticks, orders)[0].said == run(ticks, orders)[0].said
