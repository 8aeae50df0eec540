"""What a trading day brought an account or one of its books, contract by contract: of a closed day, or so far today."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class DayPart(msgspec.Struct, frozen=True):
    """One contract's part of a ledger's day; money in account currency, profits by the day's count (盯市).

    `bought` and `sold` are lots traded, `long` and `short` lots held at the end. `price` is the settlement price of a
    closed day, else the last one; `None` where nobody said any.
    """

    instrument_id: str
    close_pnl: Decimal
    position_pnl: Decimal
    commission: Decimal
    bought: int
    sold: int
    long: int
    short: int
    contract_multiplier: int
    price: Decimal | None

    @property
    def net(self) -> Decimal:
        """Return what is left after fees."""
        return self.close_pnl + self.position_pnl - self.commission


class DayResult(msgspec.Struct, frozen=True):
    """A ledger's day: the identity of its funds, and the parts that its profit is made of; `book` "" is the account.

    balance = pre_balance + deposit − withdraw + close_pnl + position_pnl − commission, and the parts sum to the last
    three exactly.
    """

    account_id: str
    book: str
    trading_day: int
    currency: str
    pre_balance: Decimal
    deposit: Decimal
    withdraw: Decimal
    close_pnl: Decimal
    position_pnl: Decimal
    commission: Decimal
    balance: Decimal
    margin: Decimal
    ts_event: int
    parts: tuple[DayPart, ...] = ()

    @property
    def net(self) -> Decimal:
        """Return the profit of the day after fees."""
        return self.close_pnl + self.position_pnl - self.commission


class TradeResult(msgspec.Struct, frozen=True):
    """A booked fill as the record keeps it: what it cost, what it closed, and whose order it was.

    `opened_at` is when what it closed had been opened, the mean over its lots (ns UTC), 0 for a fill that opens.
    """

    trade_id: str
    account_id: str
    product_code: str
    strategy: str
    trader: str
    instruction_id: str
    instrument_id: str
    trading_day: int
    side: str
    position_offset: str
    quantity: int
    price: Decimal
    contract_multiplier: int
    commission: Decimal
    close_pnl: Decimal
    close_pnl_by_trade: Decimal
    opened_at: int
    ts_event: int

    @property
    def signed_units(self) -> int:
        """Return lots × multiplier, negative for what was sold."""
        units = self.quantity * self.contract_multiplier
        return units if self.side == "buy" else -units

    @property
    def turnover(self) -> Decimal:
        """Return the money that changed hands."""
        return self.price * self.quantity * self.contract_multiplier

    @property
    def is_closing(self) -> bool:
        """True for a fill that closed lots."""
        return self.position_offset != "open"
