"""What the desk shows beside its records: fills and working orders summed up, positions and funds with their risk.

Every row names its account and its product ("" for what belongs to an account as a whole), so that whoever shows rows
can filter them by what somebody may see. Rows of a group are cells of (group, account, product): the sum over the
cells somebody may see is that group for them. Money exact; `None` where something that it needs is not known.
Source: seed 004, channels trade_statistic, order_statistic, pos_group_statistic, pos, acc (C-004-1).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from tradewind.domain.account import Direction
from tradewind.domain.order import Side

ZERO: Final = Decimal(0)


class TradeStatistic(msgspec.Struct, frozen=True):
    """The fills of one contract and side of a trading day, of one account, product and strategy.

    `turnover` is Σ price × lots × multiplier. With `fills` 0 the day is over and the row is gone.
    """

    account_id: str
    product_code: str
    strategy: str
    instrument_id: str
    side: Side
    trading_day: int
    fills: int
    quantity: int
    turnover: Decimal
    avg_price: Decimal | None
    commission: Decimal
    version: int
    ts_event: int


class OrderStatistic(msgspec.Struct, frozen=True):
    """The orders of one contract and side that may still fill, of one account, product and strategy.

    With `orders` 0 none is left and the row is gone.
    """

    account_id: str
    product_code: str
    strategy: str
    instrument_id: str
    side: Side
    orders: int
    quantity: int
    filled_quantity: int
    remaining_quantity: int
    frozen_margin: Decimal
    version: int
    ts_event: int


class PositionFigures(msgspec.Struct, frozen=True):
    """A position with what it is worth and how it moves; `market_value` and all of delta carry its direction's sign.

    `delta_lots` is lots × delta of one (1 of a future), `delta` the same in units, `delta_value` in money at the price
    of what moves it: the future itself, or an option's underlying.
    """

    account_id: str
    product_code: str
    strategy: str
    book: str
    instrument_id: str
    instrument_name: str
    exchange: str
    sector: str
    direction: Direction
    quantity: int
    today: int
    yesterday: int
    closable: int
    open_price: Decimal | None
    holding_price: Decimal | None
    last_price: Decimal | None
    market_value: Decimal | None
    delta_lots: Decimal | None
    delta: Decimal | None
    delta_value: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal
    margin: Decimal
    version: int
    ts_event: int


class AccountFigures(msgspec.Struct, frozen=True):
    """Funds of an account or of one of its books, and how much is at risk.

    `risk_degree` is margin ÷ balance (风险度), `leverage` the value of all positions, long and short added, ÷ balance.
    """

    account_id: str
    product_code: str
    strategy: str
    book: str
    currency: str
    trading_day: int
    pre_balance: Decimal
    balance: Decimal
    available: Decimal
    margin: Decimal
    frozen_margin: Decimal
    frozen_commission: Decimal
    deposit: Decimal
    withdraw: Decimal
    commission: Decimal
    close_pnl: Decimal
    position_pnl: Decimal
    floating_pnl: Decimal
    market_value: Decimal | None
    gross_value: Decimal | None
    delta_value: Decimal | None
    risk_degree: Decimal | None
    leverage: Decimal | None
    version: int
    ts_event: int


class Grouping(StrEnum):
    """What positions are put together by."""

    PRODUCT = "product"
    STRATEGY = "strategy"
    EXCHANGE = "exchange"
    SECTOR = "sector"
    TRADER = "trader"
    """Whose orders opened the lots; "" for lots that came without an order of ours."""


class PositionGroup(msgspec.Struct, frozen=True):
    """The positions of one group in one account and product, added up.

    `unpriced` counts positions whose delta or value is not known; while there is one, those sums are `None`: a part
    would be taken for the whole. With `positions` 0 the group is empty and the row is gone.
    """

    grouping: Grouping
    name: str
    account_id: str
    product_code: str
    positions: int
    long_quantity: int
    short_quantity: int
    net_quantity: int
    gross_quantity: int
    delta_lots: Decimal | None
    delta_value: Decimal | None
    market_value: Decimal | None
    gross_value: Decimal | None
    position_pnl: Decimal
    floating_pnl: Decimal
    margin: Decimal
    unpriced: int
    version: int
    ts_event: int


def emptied(row: TradeStatistic | OrderStatistic | PositionGroup) -> TradeStatistic | OrderStatistic | PositionGroup:
    """Return the row that follows one of which nothing is left: it is gone."""
    version = row.version + 1
    match row:
        case TradeStatistic():
            return msgspec.structs.replace(
                row, fills=0, quantity=0, turnover=ZERO, avg_price=None, commission=ZERO, version=version
            )
        case OrderStatistic():
            return msgspec.structs.replace(
                row, orders=0, quantity=0, filled_quantity=0, remaining_quantity=0, frozen_margin=ZERO, version=version
            )
        case PositionGroup():
            return PositionGroup(
                row.grouping, row.name, row.account_id, row.product_code,
                positions=0, long_quantity=0, short_quantity=0, net_quantity=0, gross_quantity=0,
                delta_lots=ZERO, delta_value=ZERO, market_value=ZERO, gross_value=ZERO,
                position_pnl=ZERO, floating_pnl=ZERO, margin=ZERO, unpriced=0,
                version=version, ts_event=row.ts_event,
            )  # fmt: skip


class StatisticsKind(StrEnum):
    """One of the tables."""

    POSITIONS = "positions"
    ACCOUNTS = "accounts"
    TRADES = "trades"
    ORDERS = "orders"
    GROUPS = "groups"


class StatisticsView(msgspec.Struct, frozen=True):
    """The tables that were asked for, as far as the asker may see them; `None` for the others."""

    positions: list[PositionFigures] | None = None
    accounts: list[AccountFigures] | None = None
    trades: list[TradeStatistic] | None = None
    orders: list[OrderStatistic] | None = None
    groups: list[PositionGroup] | None = None
