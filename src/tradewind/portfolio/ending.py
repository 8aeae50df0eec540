"""Notes a day as the books end it, for whoever compares it with the broker's statement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.ended_day import EndedDay, EndedPosition, EndedTrade

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.account import Booking
    from tradewind.portfolio.ledger import Ledger
    from tradewind.portfolio.marks import Marks

_ZERO = Decimal(0)


def trade_of(booking: Booking, contract_multiplier: int) -> EndedTrade:
    """Return a booked fill as a trade of its day."""
    fill = booking.fill
    return EndedTrade(
        fill.fill_id,
        fill.instrument_id,
        fill.side,
        fill.offset,
        fill.quantity,
        fill.price,
        contract_multiplier,
        booking.commission,
        booking.close_pnl,
        booking.close_pnl_by_trade,
    )


def positions_of(ledger: Ledger, prices: Mapping[str, Decimal]) -> list[EndedPosition]:
    """Return what is held when the day ends; to be asked before the ledger settles, margins are told after."""
    found = []
    for holding in ledger.holdings.values():
        if not holding.quantity:
            continue
        price = prices.get(holding.instrument_id, holding.standing)
        value = price * holding.size
        found.append(
            EndedPosition(
                holding.instrument_id,
                holding.direction,
                holding.today,
                holding.yesterday,
                holding.terms.multiplier,
                holding.open_value * holding.direction.sign,
                holding.base_value * holding.direction.sign,
                holding.settled,
                price,
                value - holding.base_value,
                value - holding.open_value,
                _ZERO,
            )
        )
    return found


class DayOfBooks:
    """What must be noted of a ledger's day before it ends; `ended` is asked when it has, before the new day's rates."""

    def __init__(self, ledger: Ledger, prices: Mapping[str, Decimal], trades: Iterable[EndedTrade]) -> None:
        self._ledger = ledger
        self._trades = tuple(trades)
        self._positions = positions_of(ledger, prices)
        self._close_pnl_by_trade = ledger.close_pnl_by_trade

    def ended(self, marks: Marks) -> EndedDay:
        """Return the day."""
        ledger = self._ledger
        day = ledger.days[-1]
        positions = tuple(self._with_margin(position, marks) for position in self._positions)
        return EndedDay(
            account_id=ledger.account_id,
            trading_day=day.trading_day,
            currency=ledger.currency,
            pre_balance=day.pre_balance,
            deposit=day.deposit,
            withdraw=day.withdraw,
            close_pnl=day.close_pnl,
            close_pnl_by_trade=self._close_pnl_by_trade,
            position_pnl=day.position_pnl,
            floating_pnl=sum((position.floating_pnl for position in positions), _ZERO),
            commission=day.commission,
            balance=day.balance,
            margin=ledger.margin(marks),
            trades=self._trades,
            positions=positions,
        )

    def _with_margin(self, position: EndedPosition, marks: Marks) -> EndedPosition:
        holding = self._ledger.holdings.get((position.instrument_id, position.direction))
        if holding is None:
            return position
        return msgspec.structs.replace(position, margin=self._ledger.margin_of(holding, marks))
