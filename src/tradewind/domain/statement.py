"""The broker's statement of a day (结算单) in our words: what they say of the money, each trade and each position.

Money and prices are exact decimals as printed. `None` stands for what a statement does not say; nothing is guessed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side

Counting = Literal["by_day", "by_trade"]
"""How profit is counted: against the settlement price (盯市) or against the opening price (逐笔)."""


class StatementFunds(msgspec.Struct, frozen=True, kw_only=True):
    """The summary of an account's money (资金状况), in account currency."""

    pre_balance: Decimal | None = None
    """期初结存"""
    moved: Decimal | None = None
    """出入金: deposits less withdrawals."""
    close_pnl: Decimal | None = None
    """平仓盈亏"""
    position_pnl: Decimal | None = None
    """持仓盯市盈亏"""
    floating_pnl: Decimal | None = None
    """浮动盈亏; only where profit is counted by trade."""
    commission: Decimal | None = None
    """手续费"""
    balance: Decimal | None = None
    """期末结存"""
    equity: Decimal | None = None
    """客户权益"""
    margin: Decimal | None = None
    """保证金占用"""
    available: Decimal | None = None
    """可用资金"""
    risk_degree: Decimal | None = None
    """风险度 as a part of 1: printed 5.01 %, here 0.0501."""
    other: dict[str, Decimal] = {}
    """Every other line with an amount, by the name it has there."""


class StatementCash(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came or went (出入金明细)."""

    day: int
    kind: str
    deposit: Decimal
    withdraw: Decimal
    note: str = ""


class StatementTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the trades (成交记录). `exchange` is ours ("SHFE"), "" where the statement has no such column."""

    day: int
    exchange: str
    symbol: str
    side: Side
    offset: Offset
    price: Decimal
    quantity: int
    turnover: Decimal | None
    commission: Decimal
    close_pnl: Decimal | None
    fill_id: str
    hedge: str = ""
    premium: Decimal | None = None


class StatementClose(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what was closed (平仓明细): a trade against a lot of an earlier one."""

    day: int
    exchange: str
    symbol: str
    open_day: int | None
    side: Side
    quantity: int
    open_price: Decimal
    pre_settlement: Decimal | None
    price: Decimal
    close_pnl: Decimal


class StatementLot(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the positions in detail (持仓明细): lots of one day at one price."""

    exchange: str
    symbol: str
    open_day: int
    direction: Direction
    quantity: int
    open_price: Decimal
    pre_settlement: Decimal | None
    settlement_price: Decimal
    floating_pnl: Decimal | None
    position_pnl: Decimal | None
    margin: Decimal | None
    hedge: str = ""


class StatementPosition(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the positions summed up (持仓汇总); most brokers leave the exchange out."""

    exchange: str
    symbol: str
    long: int
    long_price: Decimal | None
    short: int
    short_price: Decimal | None
    pre_settlement: Decimal | None
    settlement_price: Decimal
    position_pnl: Decimal | None
    margin: Decimal | None
    hedge: str = ""


class OtherSection(msgspec.Struct, frozen=True):
    """A part of the statement that we have no words for, kept as it stands."""

    title: str
    line: int
    rows: tuple[tuple[str, ...], ...]


class MalformedLine(msgspec.Struct, frozen=True):
    """A line that could not be read: which, in which section, and why. What it says is missing from the rest."""

    line: int
    section: str
    why: str
    text: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement. `day` is 0 for one of a month, whose `period` says which ("202601")."""

    client_id: str
    client_name: str = ""
    day: int
    period: str = ""
    is_monthly: bool = False
    currency: str = "CNY"
    counting: Counting = "by_day"
    funds: StatementFunds = StatementFunds()
    cash: tuple[StatementCash, ...] = ()
    trades: tuple[StatementTrade, ...] = ()
    closes: tuple[StatementClose, ...] = ()
    lots: tuple[StatementLot, ...] = ()
    positions: tuple[StatementPosition, ...] = ()
    sections: tuple[str, ...] = ()
    """The sections of known names that it has, in our words, in their order."""
    others: tuple[OtherSection, ...] = ()
    malformed: tuple[MalformedLine, ...] = ()
