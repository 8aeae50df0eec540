"""Positions and accounts as the ledger tells them, cash moves and settlements.

Two ways of counting stand side by side: day by day against the settlement price (盯市, `position_pnl`, `close_pnl`) and
trade by trade against the opening price (逐笔, `floating_pnl`, `close_pnl_by_trade`). Equity is the same under both.
A `book` is "" for the account itself, else "product/strategy": virtual books of an account sum to it.
Source: reference accounting rules of CTP brokers (`docs/accounting.md`).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from tradewind.domain.order import Fill


class Direction(StrEnum):
    """Which way a position stands."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """Return 1 for long, -1 for short."""
        return 1 if self is Direction.LONG else -1


def book_name(product_code: str, strategy: str) -> str:
    """Name the virtual book of a product's strategy; "" is the account's own."""
    return f"{product_code}/{strategy}" if product_code or strategy else ""


class Position(msgspec.Struct, frozen=True):
    """Lots of one contract held one way in one book; quantities in lots, money in account currency.

    `frozen_today` and `frozen_yesterday` are spoken for by closing orders that live. `open_cost` is
    Σ open × lots × multiplier, `position_cost` the same with yesterday's lots at the last settlement price.
    """

    account_id: str
    book: str
    instrument_id: str
    direction: Direction
    today: int
    yesterday: int
    frozen_today: int
    frozen_yesterday: int
    open_cost: Decimal
    position_cost: Decimal
    margin: Decimal
    last_price: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal
    contract_multiplier: int
    opened_at: int
    version: int
    ts_event: int

    @property
    def quantity(self) -> int:
        """Return all lots."""
        return self.today + self.yesterday

    @property
    def closable(self) -> int:
        """Return the lots no order has spoken for."""
        return self.today + self.yesterday - self.frozen_today - self.frozen_yesterday

    @property
    def open_price(self) -> Decimal | None:
        """Return the average opening price (逐笔), `None` when flat."""
        return self.open_cost / (self.quantity * self.contract_multiplier) if self.quantity else None

    @property
    def holding_price(self) -> Decimal | None:
        """Return the average price of the day's count (盯市), `None` when flat."""
        return self.position_cost / (self.quantity * self.contract_multiplier) if self.quantity else None


class Account(msgspec.Struct, frozen=True):
    """Funds of one account or of one virtual book.

    balance = pre_balance + deposit − withdraw + close_pnl + position_pnl + premium − commission;
    available = balance (its P&L counted by the broker's algorithm) − margin − all that is frozen.
    """

    account_id: str
    book: str
    currency: str
    trading_day: int
    pre_balance: Decimal
    deposit: Decimal
    withdraw: Decimal
    close_pnl: Decimal
    close_pnl_by_trade: Decimal
    position_pnl: Decimal
    floating_pnl: Decimal
    premium: Decimal
    commission: Decimal
    margin: Decimal
    frozen_margin: Decimal
    frozen_commission: Decimal
    frozen_cash: Decimal
    balance: Decimal
    available: Decimal
    version: int
    ts_event: int

    @property
    def risk_ratio(self) -> Decimal | None:
        """Return margin ÷ balance (风险度), `None` when there is no balance."""
        return self.margin / self.balance if self.balance > 0 else None


class Booking(msgspec.Struct, frozen=True):
    """What a fill did to its account's money, as the ledger booked it; profits of closing both ways of counting.

    `trader` is whose order it was, "" for a fill that is not ours; `opened_at` when what it closed had been opened, the
    mean over its lots (ns UTC), 0 for a fill that opens.
    """

    fill: Fill
    commission: Decimal
    close_pnl: Decimal
    close_pnl_by_trade: Decimal
    contract_multiplier: int = 1
    trader: str = ""
    opened_at: int = 0

    @property
    def account_id(self) -> str:
        """Return whose money it is."""
        return self.fill.account_id


class CashMove(msgspec.Struct, frozen=True):
    """Money paid in (positive) or out (negative); `move_id` makes it happen once."""

    move_id: str
    account_id: str
    book: str
    amount: Decimal
    actor: str
    reason: str
    trading_day: int
    ts_event: int


class Settlement(msgspec.Struct, frozen=True):
    """The end of an account's trading day: every lot marked to `prices` (by instrument), the next day begun."""

    account_id: str
    trading_day: int
    next_trading_day: int
    prices: dict[str, Decimal]
    expired: tuple[str, ...]
    """Contracts that end with this day: their lots leave at the settlement price."""
    actor: str
    ts_event: int
