"""What the broker says is held, and where our books say otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ctp_front_by_hand import Account, contract_row, funds_row, position_row, trade_row
from store_builders import make_account, make_position
from tradewind.domain.account import Direction
from tradewind.execution.brokers.ctp.contracts import read_contracts
from tradewind.execution.brokers.ctp.holdings import Books, Held, differences, read_funds, read_positions
from tradewind.execution.ports import HoldingsReport

DBL_MAX = 1.7976931348623157e308
CONTRACTS, _ = read_contracts(
    [contract_row(), contract_row("rb2105", "SHFE", PriceTick=1.0, PositionDateType="1"), contract_row("x", "")]
)


def test_two_rows_of_one_contract_where_days_are_kept_apart_are_one_position() -> None:
    rows = [
        position_row("rb2105", "SHFE", PositionDate="1", Position=3, TodayPosition=3),
        position_row("rb2105", "SHFE", PositionDate="2", Position=4, YdPosition=9),
        position_row("rb2105", "SHFE", "3", PositionDate="1", Position=0),
    ]
    assert read_positions(rows, CONTRACTS) == {("rb2105.SHFE", Direction.LONG): Held(3, 4)}


def test_elsewhere_yesterdays_lots_are_those_that_are_not_todays_whatever_the_open_had() -> None:
    rows = [position_row("IF2101", "CFFEX", "3", Position=5, TodayPosition=2, YdPosition=8)]
    assert read_positions(rows, CONTRACTS) == {("IF2101.CFFEX", Direction.SHORT): Held(2, 3)}


def test_a_row_that_is_no_contract_is_counted_and_left_out() -> None:
    assert read_contracts([contract_row(PriceTick=DBL_MAX), contract_row("y", "DCE")])[1] == 1


def test_amounts_are_exact_to_the_cent_and_what_is_empty_is_left_out() -> None:
    funds = read_funds(funds_row(Commission=21.7019, Balance=DBL_MAX))
    assert funds["commission"] == Decimal("21.70")
    assert "balance" not in funds


def test_what_differs_is_named_with_both_sides() -> None:
    books = Books((make_position(instrument_id="IF2101.CFFEX", today=2, yesterday=1),), make_account())
    held = {("IF2101.CFFEX", Direction.LONG): Held(1, 1), ("rb2105.SHFE", Direction.SHORT): Held(0, 4)}
    found = differences(books, held, read_funds(funds_row(PreBalance=float(make_account().pre_balance))))
    assert [(each.code, each.subject, each.ours, each.theirs) for each in found] == [
        ("position_today", "IF2101.CFFEX long", "2", "1"),
        ("position_yesterday", "rb2105.SHFE short", "0", "4"),
    ]


def compared(**front: Any) -> Account:
    """Return an account at work that was compared with books of 2 lots bought today."""
    account = Account(compare_s=60.0)
    account.front.rows.update(front)
    account.work()
    position = make_position(instrument_id="IF2101.CFFEX", today=2, yesterday=0)
    account.trader.set_books(lambda _account: Books((position,), None))
    account.trader.custody.begin()
    return account


def reports(account: Account) -> list[HoldingsReport]:
    return [report for report in account.said if isinstance(report, HoldingsReport)]


def test_holdings_that_agree_are_reported_without_a_difference_and_again_after_a_while() -> None:
    account = compared(ReqQryInvestorPosition=[position_row("IF2101", "CFFEX", Position=2, TodayPosition=2)])
    account.pass_time(4)
    assert [report.differences for report in reports(account)] == [()]
    account.pass_time(70)
    assert len(reports(account)) == 2


def test_a_difference_is_told_and_shown() -> None:
    account = compared(ReqQryInvestorPosition=[position_row("IF2101", "CFFEX", Position=3, TodayPosition=3)])
    account.pass_time(4)
    assert reports(account)[0].differences[0].code == "position_today"
    assert account.trader.link().differences == reports(account)[0].differences


def test_a_comparison_that_a_fill_disturbed_is_asked_again_and_concludes_nothing() -> None:
    account = compared(ReqQryInvestorPosition=[])
    account.front.call("OnRtnTrade", **trade_row())
    account.pass_time(1)
    asked = account.front.names().count("ReqQryInvestorPosition")
    assert reports(account) == []
    account.pass_time(4)
    assert account.front.names().count("ReqQryInvestorPosition") > asked
