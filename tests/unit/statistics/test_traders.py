"""Whose lots a position is made of."""

from __future__ import annotations

from portfolio_builders import GOLD
from statistics_builders import make_fill
from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side
from tradewind.statistics.traders import TradersLots

KEY = ("a1", "p1/s1", GOLD, Direction.LONG)


def held(*told: tuple[str, int]) -> TradersLots:
    """Return lots bought by these traders, one after the other."""
    lots = TradersLots()
    for number, (trader, quantity) in enumerate(told):
        lots.fill(make_fill(fill_id=str(number), quantity=quantity), "p1/s1", trader)
    return lots


def test_opening_gives_the_lots_to_who_wanted_the_order() -> None:
    assert held(("zhang", 2), ("li", 3), ("zhang", 1)).split(KEY, 6) == [("zhang", 3), ("li", 3)]


def test_closing_takes_the_closers_own_lots_first_then_the_oldest() -> None:
    lots = held(("zhang", 2), ("li", 3))
    lots.fill(make_fill(side=Side.SELL, offset=Offset.CLOSE, quantity=4), "p1/s1", "li")
    assert lots.split(KEY, 1) == [("zhang", 1)]


def test_lots_the_fills_do_not_explain_belong_to_nobody() -> None:
    assert held(("zhang", 2)).split(KEY, 5) == [("zhang", 2), ("", 3)]
    assert TradersLots().split(KEY, 4) == [("", 4)]


def test_where_the_ledger_holds_fewer_the_oldest_are_gone() -> None:
    assert held(("zhang", 2), ("li", 3)).split(KEY, 2) == [("li", 2)]


def test_a_contract_that_ended_leaves_nothing_behind() -> None:
    lots = held(("zhang", 2))
    lots.forget("a1", [GOLD])
    assert not lots.lots
