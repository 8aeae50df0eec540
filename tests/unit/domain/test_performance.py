"""The figures of an account: worked out by hand where they are few, held to their meaning where they are any."""

from __future__ import annotations

from decimal import Decimal

import hypothesis.strategies as st
import msgspec
from hypothesis import given

from tradewind.domain.day_result import DayResult, TradeResult
from tradewind.domain.performance import curve, daily_return, deepest_fall, performance, trade_figures

_ZERO = Decimal(0)
HOUR_NS = 3_600_000_000_000


def days_of(*nets: int, start: int = 1_000) -> list[DayResult]:
    """Return days with these profits, one after the other."""
    made, balance = [], Decimal(start)
    for number, net in enumerate(nets, start=1):
        made.append(
            DayResult(
                "a", "", 20260100 + number, "CNY", balance, _ZERO, _ZERO, Decimal(net), _ZERO, _ZERO, balance + net,
                _ZERO, number,
            )
        )  # fmt: skip
        balance += net
    return made


def closed(pnl: int, *, number: int = 0, commission: int = 0, hours: int = 1, lots: int = 1) -> TradeResult:
    """Return a fill that closed lots with this profit by trade."""
    return TradeResult(
        f"t{number:03}", "a", "", "", "wang", "i", "x.SHFE", 20260101, "sell", "close", lots, Decimal(100), 10,
        Decimal(commission), Decimal(pnl), Decimal(pnl), 1, hours * HOUR_NS + 1 + number,
    )  # fmt: skip


def test_money_paid_in_is_no_profit_but_is_what_the_day_worked_with() -> None:
    (day,) = days_of(100)
    paid = msgspec.structs.replace(day, deposit=Decimal(1_000))
    assert (daily_return(day), daily_return(paid)) == (Decimal("0.1"), Decimal("0.05"))


def test_the_deepest_fall_is_told_with_its_height_its_bottom_and_its_recovery() -> None:
    days = days_of(100, -220, 110, 0, 200, -100)
    fall = deepest_fall(days)
    assert fall is not None
    assert (fall.ratio, fall.amount) == (Decimal("-0.200000"), Decimal(-220))
    assert (fall.peak_day, fall.bottom_day, fall.recovered_day) == (20260101, 20260102, 20260105)
    assert (fall.days_down, fall.days_under) == (1, 4)


def test_a_fall_that_began_with_the_first_day_and_is_not_made_good_lasts_to_this_day() -> None:
    fall = deepest_fall(days_of(-100, -100, 50))
    assert fall is not None
    assert (fall.ratio, fall.recovered_day, fall.days_down, fall.days_under) == (Decimal("-0.200000"), 0, 2, 3)


def test_an_account_that_never_fell_has_no_drawdown() -> None:
    assert deepest_fall(days_of(0, 10, 0)) is None
    assert performance(days_of(0, 10, 0), []).calmar is None


@given(st.lists(st.integers(min_value=-40, max_value=60), min_size=1, max_size=30))
def test_the_deepest_fall_is_the_lowest_point_of_the_drawdown_curve(nets: list[int]) -> None:
    days = days_of(*nets, start=5_000)
    points, fall = curve(days), deepest_fall(days)
    assert min(point.drawdown for point in points) == (fall.ratio if fall else 0)
    assert points[-1].net_value == (days[-1].balance / 5_000).quantize(Decimal("0.000001"))


def test_trades_are_won_or_lost_after_their_fee() -> None:
    figures = trade_figures(
        [closed(300), closed(1, number=1, commission=2), closed(-99, number=2), closed(100, number=3)]
    )
    assert (figures.closed, figures.won, figures.lost) == (4, 2, 2)
    assert (figures.win_rate, figures.profit_factor, figures.payoff) == (Decimal("0.5"), Decimal(4), Decimal(4))
    assert (figures.losing_run, figures.winning_run) == (2, 1)
    assert (figures.best, figures.worst) == (Decimal(300), Decimal(-99))


def test_holding_time_is_weighed_by_lots() -> None:
    assert trade_figures([closed(1, hours=1, lots=1), closed(1, hours=4, lots=2)]).holding_s == 3 * 3_600


def test_nothing_to_divide_by_gives_no_ratio_instead_of_a_wrong_one() -> None:
    told = performance([], [])
    assert (told.sharpe, told.sortino, told.calmar, told.annual_return, told.trades.win_rate) == (None,) * 5
    assert trade_figures([closed(5)]).profit_factor is None


def test_sharpe_and_sortino_are_what_their_formulas_say() -> None:
    told = performance(days_of(10, -10, 20), [])
    returns = [0.01, -10 / 1010, 0.02]
    mean = sum(returns) / 3
    spread = (sum((each - mean) ** 2 for each in returns) / 2) ** 0.5
    below = (sum(min(each, 0) ** 2 for each in returns) / 3) ** 0.5
    assert told.sharpe is not None
    assert told.sortino is not None
    assert abs(float(told.sharpe) - mean / spread * 242**0.5) < 1e-5
    assert abs(float(told.sortino) - mean / below * 242**0.5) < 1e-5
