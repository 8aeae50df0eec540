"""Prices for settling a day: the exchange's own, the next day's word for it, the average, the last."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolio_builders import DAY_1, DAY_2, INDEX, all_rates, contracts
from tradewind.portfolio.marks import Marks
from tradewind.portfolio.terms import Terms, TermsTable

from builders import make_tick


@pytest.fixture
def terms() -> Terms:
    found = TermsTable(contracts(), all_rates()).find(INDEX, DAY_1)
    assert found is not None
    return found


def day_tick(**changes: Any) -> Any:
    fields = {
        "instrument_id": INDEX,
        "trading_day": DAY_1,
        "last_price": 1512.0,
        "volume": 20,
        "turnover": 20 * 300 * 1505.13,
        "low_price": 1490.0,
        "high_price": 1520.0,
        "pre_settlement_price": 1480.0,
        "settlement_price": None,
    }
    return make_tick(**{**fields, **changes})


def test_without_an_official_price_the_average_on_the_tick_counts(terms: Terms) -> None:
    marks = Marks()
    marks.note(day_tick())
    assert marks.settlement(terms, DAY_1, "official") == Decimal("1505.2")


def test_an_official_price_after_the_close_wins(terms: Terms) -> None:
    marks = Marks()
    marks.note(day_tick())
    marks.note_settlement(day_tick(settlement_price=1507.4))
    assert marks.settlement(terms, DAY_1, "official") == Decimal("1507.4")
    assert marks.settlement(terms, DAY_1, "average") == Decimal("1505.2")
    assert marks.settlement(terms, DAY_1, "last") == Decimal("1512.0")


def test_an_official_price_on_the_line_itself_counts_too(terms: Terms) -> None:
    marks = Marks()
    marks.note(day_tick(settlement_price=1507.4))
    assert marks.settlement(terms, DAY_1, "official") == Decimal("1507.4")


def test_the_next_day_s_pre_settlement_price_is_the_official_one(terms: Terms) -> None:
    marks = Marks()
    marks.note(day_tick())
    marks.note(day_tick(trading_day=DAY_2, pre_settlement_price=1506.6))
    assert marks.settlement(terms, DAY_1, "official") == Decimal("1506.6")


def test_the_ended_day_s_average_is_known_after_the_next_day_began(terms: Terms) -> None:
    marks = Marks()
    marks.note(day_tick())
    marks.note(day_tick(trading_day=DAY_2, pre_settlement_price=None, last_price=1600.0))
    assert marks.settlement(terms, DAY_1, "official") == Decimal("1505.2")
    assert marks.settlement(terms, DAY_1, "last") == Decimal("1512.0")


def test_an_average_outside_the_day_s_range_is_not_believed(terms: Terms) -> None:
    marks = Marks()
    marks.note(day_tick(turnover=20 * 1505.0))
    assert marks.settlement(terms, DAY_1, "average") == Decimal("1512.0")


@pytest.mark.parametrize("changes", [{"volume": 0}, {"turnover": 0.0}])
def test_where_nothing_traded_the_last_price_stands_for_the_average(terms: Terms, changes: dict[str, Any]) -> None:
    marks = Marks()
    marks.note(day_tick(**changes))
    assert marks.settlement(terms, DAY_1, "official") == Decimal("1512.0")


def test_a_contract_that_did_not_tick_has_no_price(terms: Terms) -> None:
    marks = Marks()
    assert marks.settlement(terms, DAY_1, "official") is None
    assert marks.last(terms) is None


def test_prices_of_the_line_become_the_decimals_they_mean() -> None:
    assert Marks().exact(0.1 + 0.2, 1) == Decimal("0.3")
    assert str(Marks().exact(1600.0, 2)) == "1600.00"
