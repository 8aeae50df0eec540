"""Which contract of a product should be the main one (主力合约): the rule, and nothing that acts on it.

After settlement the candidate is the contract with the largest open interest among those that do not expire soon. It
is confirmed by the largest volume too, or by an open interest clearly above the present main contract's. The main
contract only ever moves to later months: in three years of 64 products it was never once moved back.

Source: the rules in use (TqSdk, RiceQuant, WonderTrader), reference of the seed's contract switch (C-001-7).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterable

_CZCE_YEARS: Final = 10
_FURTHEST_MONTHS: Final = 60
"""A distance of more months, counted modulo ten years, is a step back."""
_ONE_DIGIT_YEAR: Final = 3
_MID_MONTH: Final = 15
_FRIDAY: Final = 4
_LATEST_INDEX, _LATEST_BOND = 21, 14


class RollRule(msgspec.Struct, frozen=True, kw_only=True):
    """`expiry_days`: a contract this close to its last day is no candidate. `clear_ratio`: what is clearly more."""

    expiry_days: int = 5
    clear_ratio: float = 1.1


class ContractDay(msgspec.Struct, frozen=True):
    """One contract's day: totals as of the close, open interest in lots."""

    instrument: Instrument
    volume: int
    open_interest: float


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A main contract to switch to, after the close of `trading_day`, and the figures that speak for it."""

    symbol: str
    exchange: str
    trading_day: int
    reason: str
    """`first`, `volume_too`, `clearly_more`, `expires`: what confirmed it."""
    open_interest: float
    volume: int
    current_open_interest: float | None
    current_volume: int | None


def propose(
    current: str | None, days: Iterable[ContractDay], *, trading_day: int, rule: RollRule | None = None
) -> Proposal | None:
    """Return the contract that should become the main one, or `None` while the present one should stay.

    `current` is a symbol; `days` are all contracts of its one product. The answer is for the next trading day.
    """
    rule = rule or RollRule()
    all_days = list(days)
    now = next((day for day in all_days if day.instrument.symbol == current), None)
    living = [day for day in all_days if days_left(day.instrument, trading_day) > rule.expiry_days]
    coming = [day for day in living if current is None or day is now or is_later(day.instrument.symbol, current)]
    if not coming:
        return None
    # Of two with as many, the nearer month.
    best = max(coming, key=lambda day: (day.open_interest, -_months(day.instrument, trading_day)))
    if best is now:
        return None
    reason = _confirmation(best, now, coming, is_current_leaving=current is not None and now not in living, rule=rule)
    if current is None:
        reason = "first"
    if reason is None:
        return None
    return Proposal(
        symbol=best.instrument.symbol,
        exchange=best.instrument.exchange,
        trading_day=trading_day,
        reason=reason,
        open_interest=best.open_interest,
        volume=best.volume,
        current_open_interest=now.open_interest if now is not None else None,
        current_volume=now.volume if now is not None else None,
    )


def is_later(symbol: str, than: str) -> bool:
    """Say whether a contract is of a later month than another of its product."""
    return 0 < _distance(symbol, than) <= _FURTHEST_MONTHS


def days_left(instrument: Instrument, trading_day: int) -> int:
    """Return the calendar days until the contract's last one, by its exchange's rule where no table says it."""
    if instrument.expire_date is not None:
        last = _date(instrument.expire_date)
    else:
        months = _months(instrument, trading_day)
        last = date(months // 12, months % 12 + 1, _MID_MONTH)
        if instrument.exchange == "CFFEX":
            # Third Friday for indices, second for bonds: the Friday of the week in which their latest day falls.
            latest = last.replace(day=_LATEST_BOND if instrument.product_id.startswith("T") else _LATEST_INDEX)
            last = latest - timedelta(days=(latest.weekday() - _FRIDAY) % 7)
    return (last - _date(trading_day)).days


def _confirmation(
    best: ContractDay,
    now: ContractDay | None,
    coming: list[ContractDay],
    *,
    is_current_leaving: bool,
    rule: RollRule,
) -> str | None:
    if is_current_leaving:
        return "expires"
    if best.volume >= max(day.volume for day in coming):
        return "volume_too"
    if now is not None and best.open_interest > rule.clear_ratio * now.open_interest:
        return "clearly_more"
    return None


def _months(instrument: Instrument, trading_day: int) -> int:
    """Return the delivery month as months since year 0; a one-digit year is the nearest that is not long past."""
    digits = _digits(instrument.symbol)
    month = int(digits[-2:]) - 1
    year_digits = digits[:-2]
    year_now = trading_day // 10_000
    if len(digits) == _ONE_DIGIT_YEAR:
        year = year_now + (int(year_digits) - year_now + 1) % _CZCE_YEARS - 1
    else:
        year = year_now // 100 * 100 + int(year_digits[-2:])
    return year * 12 + month


def _distance(symbol: str, than: str) -> int:
    """Return by how many months a contract is later, modulo ten years where the year has one digit."""
    mine, other = _digits(symbol), _digits(than)
    if len(mine) != len(other) or not mine:
        return 0
    years = int(mine[:-2]) - int(other[:-2])
    if len(mine) == _ONE_DIGIT_YEAR:
        months = (years * 12 + int(mine[-2:]) - int(other[-2:])) % (_CZCE_YEARS * 12)
    else:
        months = years * 12 + int(mine[-2:]) - int(other[-2:])
    return months


def _digits(symbol: str) -> str:
    return "".join(character for character in symbol if character.isdigit())


def _date(yyyymmdd: int) -> date:
    return date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100)
