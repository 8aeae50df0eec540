"""How an account did over days and trades: its curve, the deepest fall from a height, and the usual figures.

Money stays exact. Ratios are taken with 28 digits and shown with six: what anybody compares them with has fewer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tradewind.domain.day_result import DayResult, TradeResult

DAYS_PER_YEAR: Final = 242
"""Trading days of a Chinese year, about; ratios are brought to a year with it."""
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_SHOWN: Final = Decimal("0.000001")
_FEWEST: Final = 2
"""Days that a spread can be told of."""


class CurvePoint(msgspec.Struct, frozen=True):
    """The end of a day: net value of one yuan put in at the beginning, and how far below its height it is (0 … −1)."""

    trading_day: int
    net_value: Decimal
    drawdown: Decimal


class Drawdown(msgspec.Struct, frozen=True):
    """The deepest fall of the net value from a height, as a share of it; `amount` is the money it stands for.

    `recovered_day` is 0 while the height has not been reached again; `days_down` and `days_under` are trading days from
    the height to the bottom, and to the recovery or the newest day.
    """

    ratio: Decimal
    amount: Decimal
    peak_day: int
    bottom_day: int
    recovered_day: int
    days_down: int
    days_under: int


class TradeFigures(msgspec.Struct, frozen=True):
    """What closing trades came to, each after its closing fee; ratios are `None` where there is nothing to divide by.

    `holding_s` is the mean time a closed lot was held; `losing_run` and `winning_run` are trades in a row.
    """

    closed: int
    won: int
    lost: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    payoff: Decimal | None
    best: Decimal
    worst: Decimal
    losing_run: int
    winning_run: int
    holding_s: int | None
    fills: int
    turnover: Decimal
    commission: Decimal


class Performance(msgspec.Struct, frozen=True):
    """Everything that is told of a span of days. Returns are net of fees; deposits and withdrawals are no profit."""

    days: int
    net: Decimal
    total_return: Decimal
    annual_return: Decimal | None
    volatility: Decimal | None
    sharpe: Decimal | None
    sortino: Decimal | None
    calmar: Decimal | None
    winning_days: int
    losing_days: int
    turnover_ratio: Decimal | None
    drawdown: Drawdown | None
    trades: TradeFigures


def daily_return(day: DayResult) -> Decimal:
    """Return a day's profit as a share of what the day began with, money moved that day included; 0 of nothing."""
    base = day.pre_balance + day.deposit - day.withdraw
    return day.net / base if base > 0 else _ZERO


def curve(days: Sequence[DayResult]) -> list[CurvePoint]:
    """Return the net value at the end of each day, the oldest first."""
    value = height = _ONE
    points = []
    for day in days:
        value *= _ONE + daily_return(day)
        height = max(height, value)
        fall = value / height - _ONE if height > 0 else _ZERO
        points.append(CurvePoint(day.trading_day, value.quantize(_SHOWN), fall.quantize(_SHOWN)))
    return points


def deepest_fall(days: Sequence[DayResult]) -> Drawdown | None:
    """Return the deepest fall, `None` where there never was any."""
    value = height = _ONE
    peak, deepest, bottom, height_at_worst = -1, _ZERO, -1, -1
    values: list[Decimal] = []
    for place, day in enumerate(days):
        value *= _ONE + daily_return(day)
        values.append(value)
        if value >= height:
            height, peak = value, place
        elif value / height - _ONE < deepest:
            deepest, bottom, height_at_worst = value / height - _ONE, place, peak
    if bottom < 0:
        return None
    level = _ONE if height_at_worst < 0 else values[height_at_worst]
    recovered = next((place for place in range(bottom + 1, len(days)) if values[place] >= level), -1)
    last = recovered if recovered >= 0 else len(days) - 1
    return Drawdown(
        ratio=deepest.quantize(_SHOWN),
        amount=sum((day.net for day in days[height_at_worst + 1 : bottom + 1]), _ZERO),
        # The height may be the beginning itself: then the fall began with the first day.
        peak_day=days[max(height_at_worst, 0)].trading_day,
        bottom_day=days[bottom].trading_day,
        recovered_day=days[recovered].trading_day if recovered >= 0 else 0,
        days_down=bottom - height_at_worst,
        days_under=last - height_at_worst,
    )


def trade_figures(trades: Iterable[TradeResult]) -> TradeFigures:
    """Return what trades came to, in the order in which they were done."""
    done = sorted(trades, key=lambda trade: (trade.ts_event, trade.trade_id))
    closed = [trade for trade in done if trade.is_closing]
    results = [trade.close_pnl_by_trade - trade.commission for trade in closed]
    gains = [each for each in results if each > 0]
    losses = [each for each in results if each < 0]
    held = [(trade.ts_event - trade.opened_at, trade.quantity) for trade in closed if trade.opened_at]
    lots = sum(quantity for _, quantity in held)
    return TradeFigures(
        closed=len(closed),
        won=len(gains),
        lost=len(losses),
        win_rate=_ratio(Decimal(len(gains)), Decimal(len(closed))),
        profit_factor=_ratio(sum(gains, _ZERO), -sum(losses, _ZERO)),
        payoff=_ratio(sum(gains, _ZERO) * len(losses), -sum(losses, _ZERO) * len(gains)),
        best=max(results, default=_ZERO),
        worst=min(results, default=_ZERO),
        losing_run=_longest(result < 0 for result in results),
        winning_run=_longest(result > 0 for result in results),
        holding_s=sum(time * quantity for time, quantity in held) // lots // 1_000_000_000 if lots else None,
        fills=len(done),
        turnover=sum((trade.turnover for trade in done), _ZERO),
        commission=sum((trade.commission for trade in done), _ZERO),
    )


def performance(days: Sequence[DayResult], trades: Iterable[TradeResult]) -> Performance:
    """Return the figures of a span of days, the oldest first; of no day at all, nothing but zeros."""
    returns = [daily_return(day) for day in days]
    figures, fall = trade_figures(trades), deepest_fall(days)
    growth = _ONE
    for each in returns:
        growth *= _ONE + each
    mean = sum(returns, _ZERO) / len(returns) if returns else _ZERO
    spread = _spread(returns, mean)
    below = (sum((min(each, _ZERO) ** 2 for each in returns), _ZERO) / len(returns)).sqrt() if returns else None
    annual = growth ** (Decimal(DAYS_PER_YEAR) / len(returns)) - _ONE if returns and growth > 0 else None
    root = Decimal(DAYS_PER_YEAR).sqrt()
    average = sum((day.balance for day in days), _ZERO) / len(days) if days else _ZERO
    return Performance(
        days=len(days),
        net=sum((day.net for day in days), _ZERO),
        total_return=(growth - _ONE).quantize(_SHOWN),
        annual_return=_shown(annual),
        volatility=_shown(None if spread is None else spread * root),
        sharpe=_ratio(mean * root, spread),
        sortino=_ratio(mean * root, below if len(returns) >= _FEWEST else None),
        calmar=_ratio(annual, None if fall is None else -fall.ratio),
        winning_days=sum(day.net > 0 for day in days),
        losing_days=sum(day.net < 0 for day in days),
        turnover_ratio=_ratio(figures.turnover, average),
        drawdown=fall,
        trades=figures,
    )


def _spread(returns: Sequence[Decimal], mean: Decimal) -> Decimal | None:
    """Return the standard deviation of a sample."""
    if len(returns) < _FEWEST:
        return None
    return (sum(((each - mean) ** 2 for each in returns), _ZERO) / (len(returns) - 1)).sqrt()


def _ratio(over: Decimal | None, under: Decimal | None) -> Decimal | None:
    return _shown(over / under) if over is not None and under is not None and under > 0 else None


def _shown(value: Decimal | None) -> Decimal | None:
    """Return six digits of a ratio; one that no screen could hold says nothing: a day's gain to the power of a year."""
    return None if value is None or abs(value) >= Decimal(10**12) else value.quantize(_SHOWN)


def _longest(hits: Iterable[bool]) -> int:
    longest = run = 0
    for is_hit in hits:
        run = run + 1 if is_hit else 0
        longest = max(longest, run)
    return longest
