"""Ends of days: the settlement of an account, once every contract it holds has a price to be settled at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.account import Settlement

if TYPE_CHECKING:
    from decimal import Decimal

    from tradewind.portfolio.allocation import AccountLedger
    from tradewind.portfolio.lots import Holding
    from tradewind.portfolio.marks import Marks


class Prices(NamedTuple):
    """What a day can be settled at, and the contracts for which nobody said a price."""

    known: dict[str, Decimal]
    missing: tuple[str, ...]


def settlement_prices(account: AccountLedger, marks: Marks, kind: str) -> Prices:
    """Return the prices of everything the account holds, for the day it is in."""
    day = account.account.trading_day
    known: dict[str, Decimal] = {}
    missing: list[str] = []
    for holding in _held(account):
        price = marks.settlement(holding.terms, day, kind)
        if price is None:
            missing.append(holding.instrument_id)
        else:
            known[holding.instrument_id] = price
    return Prices(known, tuple(dict.fromkeys(missing)))


def settlement(account: AccountLedger, prices: Prices, *, next_day: int, actor: str, ts_event: int) -> Settlement:
    """Return the end of the account's day.

    A contract nobody told a price for is settled at the one it stands at in the books: its profit of the day is 0.
    """
    day = account.account.trading_day
    standing = {
        holding.instrument_id: holding.standing for holding in _held(account) if holding.instrument_id in prices.missing
    }
    return Settlement(
        account_id=account.account.account_id,
        trading_day=day,
        next_trading_day=next_day,
        prices={**standing, **prices.known},
        expired=tuple(
            dict.fromkeys(
                holding.instrument_id
                for holding in _held(account)
                if holding.terms.expire_date is not None and holding.terms.expire_date <= day
            )
        ),
        actor=actor,
        ts_event=ts_event,
    )


def _held(account: AccountLedger) -> list[Holding]:
    return [holding for holding in account.account.holdings.values() if holding.quantity]
