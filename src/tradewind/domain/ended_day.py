"""A trading day of an account as our books ended it: what a broker's statement of that day is compared with."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side


class EndedTrade(msgspec.Struct, frozen=True):
    """A fill as it was booked; money in account currency, profits of closing both ways of counting."""

    fill_id: str
    instrument_id: str
    side: Side
    offset: Offset
    quantity: int
    price: Decimal
    contract_multiplier: int
    commission: Decimal
    close_pnl: Decimal
    close_pnl_by_trade: Decimal


class EndedPosition(msgspec.Struct, frozen=True):
    """Lots as they stood when the day ended, at its settlement price; costs are Σ price × lots × multiplier.

    `yesterday` are lots of days before, which entered the day at `pre_settlement`; `margin` is what they bind at the
    settlement price, 0 where the contract ended with the day.
    """

    instrument_id: str
    direction: Direction
    today: int
    yesterday: int
    contract_multiplier: int
    open_cost: Decimal
    position_cost: Decimal
    pre_settlement: Decimal | None
    settlement_price: Decimal
    position_pnl: Decimal
    floating_pnl: Decimal
    margin: Decimal

    @property
    def quantity(self) -> int:
        """Return all lots."""
        return self.today + self.yesterday


class EndedDay(msgspec.Struct, frozen=True):
    """The whole day of one account; `balance` is what the next begins with."""

    account_id: str
    trading_day: int
    currency: str
    pre_balance: Decimal
    deposit: Decimal
    withdraw: Decimal
    close_pnl: Decimal
    close_pnl_by_trade: Decimal
    position_pnl: Decimal
    floating_pnl: Decimal
    commission: Decimal
    balance: Decimal
    margin: Decimal
    trades: tuple[EndedTrade, ...]
    positions: tuple[EndedPosition, ...]

    @property
    def available(self) -> Decimal:
        """Return what is free once the day has ended: nothing is frozen, profit has become balance."""
        return self.balance - self.margin

    @property
    def message_fees(self) -> Decimal:
        """Return the commission that belongs to no trade: fees of orders and cancels."""
        return self.commission - sum((trade.commission for trade in self.trades), Decimal(0))
